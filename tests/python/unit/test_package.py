"""The package without a node: examples in the docs, errors, callbacks, what a closed thing says."""
import doctest
import importlib
import inspect
import json
import os
import pathlib
import pwd
import subprocess
import sys
import threading

import pytest

import pgo
from pgo import daemon, messages
from pgo.testing import eventually

MODULES = ("pgo", "pgo._events", "pgo._progress", "pgo.client", "pgo.errors", "pgo.running", "pgo.transport", "pgo._message")


@pytest.fixture
def zoo():
    with pgo.Api() as api, pgo.Operator(api.transport(), namespaces=("zoo",), install=True) as running:
        yield running


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docs_do_what_they_say(name):
    module = importlib.import_module(name)
    failed, tried = doctest.testmod(module, extraglobs={"pgo": pgo}, optionflags=doctest.ELLIPSIS)
    assert tried and not failed


@pytest.fixture(scope="module")
def operations():
    with pgo._library.Text() as text:
        pgo._library.check(pgo._library.lib.pgo_rest_operations(text.out))
        return text.json()


def test_every_operation_of_the_library_is_a_documented_method(operations):
    assert len(operations) > 50
    for operation in operations:
        assert getattr(pgo.Client, operation["name"]).__doc__.startswith(operation["summary"])


@pytest.mark.parametrize("name", [
    "create_cluster", "show_clusters", "delete_cluster", "update_cluster", "test_cluster",
    "explain_cluster", "show_workflow", "scale_cluster", "query_scale", "scale_down",
    "query_failover", "create_failover", "clone_cluster", "create_backup", "show_backups",
    "restore_cluster", "create_schedule", "show_schedules", "delete_schedule", "create_policy",
    "show_policies", "apply_policy", "delete_policy"])
def test_a_method_tells_its_arguments_its_errors_and_an_example_that_runs(name):
    method = getattr(pgo.Client, name)
    for argument in list(inspect.signature(method).parameters)[1:]:
        assert f"* {argument}: " in method.__doc__, argument
    assert "\nRaises" in inspect.cleandoc(method.__doc__)
    [test] = doctest.DocTestFinder().find(method, name)
    assert test.examples
    if name in pgo._messages.EXAMPLES_ON_A_NODE:
        return  # run by the tests with real PostgreSQL
    with pgo.Api() as api, pgo.Operator(api.transport(), namespaces=("zoo",), install=True) as here:
        made = here.client.create_cluster(name="hippo")
        here.client.create_policy(name="extras", sql="create extension if not exists pgcrypto")
        here.client.create_schedule(cluster_name="hippo", schedule="@daily",
                                    schedule_type="pgbackrest", pg_back_rest_type="diff")

        def seen():  # what was written is read from caches
            try:
                here.client.show_workflow(id=pgo.workflow_id(made))
                return (here.client.show_clusters(all_flag=True).results
                        and here.client.show_policies(all_flag=True).policy_list.items
                        and here.client.show_schedules(cluster_name="hippo").results)
            except pgo.NotFound:
                return False
        eventually("the caches have heard of it", seen, 20, interval=0.01)
        test.globs = {"pgo": pgo, "client": here.client}
        assert not doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed


def test_what_writes_can_be_tried_and_what_asks_cannot(operations):
    for operation in operations:
        assert hasattr(pgo.DryRun, operation["name"]) == operation["writes"]
    assert hasattr(pgo.DryRun, "delete_cluster") and not hasattr(pgo.DryRun, "show_clusters")


def test_a_dry_run_tells_the_plan_and_does_nothing(zoo):
    zoo.client.create_cluster(name="hippo")
    plan = zoo.client.dry_run().delete_cluster(cluster_name="hippo", delete_data=True)
    assert isinstance(plan, messages.DryRunResponse) and plan.code == "ok"
    assert (plan.steps[0].verb, plan.steps[0].kind) == ("create", "Pgtask")
    assert plan.steps[0].reason == "the request"
    assert zoo.client.show_cluster("hippo").cluster.metadata.name == "hippo"
    with pytest.raises(pgo.NotFound, match="nosuch"):
        zoo.client.dry_run().scale_cluster(name="nosuch")


def test_an_explanation_says_what_a_cluster_waits_for_and_what_ends_it(zoo):
    zoo.client.create_cluster(name="hippo")
    told = zoo.client.explain_cluster(name="hippo")
    assert told.cluster == "hippo" and told.waits
    assert all(wait.message and wait.remedy for wait in told.waits)
    with pytest.raises(pgo.NotFound, match="nosuch"):
        zoo.client.explain_cluster(name="nosuch")


def test_a_typed_call_can_be_cancelled(zoo):
    with pgo.Cancel() as cancel:
        cancel.trigger()
        with pytest.raises(pgo.Cancelled):
            zoo.client.create_cluster(name="hippo", cancel=cancel)
        with pytest.raises(pgo.Cancelled):
            zoo.client.dry_run().create_cluster(name="hippo", cancel=cancel)


def test_every_code_of_the_c_interface_has_its_exception():
    from pgo import _ffi, errors
    codes = {value for name, value in vars(_ffi).items() if name.startswith("PGO_ERR_")}
    assert set(errors.BY_CODE) == codes
    for code, kind in errors.BY_CODE.items():
        assert pgo._library.lib.pgo_code_name(code).decode() == kind.name


def test_a_message_goes_to_the_wire_and_back_unchanged():
    request = messages.CreateClusterRequest(name="hippo", replica_count=2, sync_replication=True)
    document = request.to_json()
    assert document["Name"] == "hippo" and document["SyncReplication"] is True
    assert messages.CreateClusterRequest.from_json(json.loads(json.dumps(document))) == request


def test_what_a_newer_server_adds_is_left_out():
    shown = messages.ShowClusterResponse.from_json(
        {"Results": [{"Pods": [{"Name": "a", "Colour": "grey"}]}], "Code": "ok", "Msg": "", "New": 1})
    assert shown.results[0].pods[0].name == "a" and shown.code == "ok"


def test_an_unknown_field_is_refused_and_named(zoo):
    with pytest.raises(pgo.InvalidArgument, match="Colour") as caught:
        zoo.client.call("create_cluster", {"Name": "hippo", "Colour": "grey"})
    assert caught.value.subject == "Colour"
    assert not zoo.client.show_clusters(all_flag=True).results


def test_a_second_cluster_of_a_name_is_already_exists(zoo):
    zoo.client.create_cluster(name="hippo")
    with pytest.raises(pgo.AlreadyExists, match="hippo"):
        zoo.client.create_cluster(name="hippo")


def test_what_the_server_does_not_know_is_unimplemented(zoo):
    with pytest.raises(pgo.Unimplemented):
        zoo.client.request("GET", "/nosuch")


def test_an_unreachable_apiserver_is_unavailable_and_retryable():
    with pgo.connect(url="https://127.105.255.254:1") as client:
        with pytest.raises(pgo.Unavailable) as caught:
            client.show_version()
    assert caught.value.retryable


def test_events_reach_callbacks_and_iterators():
    seen, done = [], threading.Event()

    def on_event(event):
        seen.append(event["type"])
        done.set()

    with pgo.Api() as api, pgo.Operator(api.transport(), namespaces=("zoo",), install=True,
                                        on_event=on_event) as running:
        events = running.events()
        running.client.create_cluster(name="hippo")
        first = next(events)
        assert done.wait(20)
    assert first["type"] == seen[0] and first["payload"]["clustername"] == "hippo"
    assert isinstance(list(events), list)


def test_log_records_go_to_logging_unless_a_callback_takes_them(caplog):
    caplog.set_level("DEBUG", logger="pgo")
    with pgo.Api() as api, pgo.Operator(api.transport(), namespaces=("zoo",), install=True) as running:
        events = running.events()  # before the request: what has happened by then is not told again
        running.client.create_cluster(name="hippo")
        assert next(events)
    assert any(record.name == "pgo.engine" for record in caplog.records)


def test_an_exception_in_a_callback_does_not_stop_the_operator(zoo, capfd):
    def broken(event):
        raise RuntimeError("no")

    with pgo.Api() as api, pgo.Operator(api.transport(), namespaces=("zoo",), install=True,
                                        on_event=broken) as running:
        running.client.create_cluster(name="hippo")
        with api.transport() as transport:
            for event in transport.watch("/apis/apps/v1/namespaces/zoo/deployments"):
                assert event["object"]["kind"] == "Deployment"
                break
    assert zoo.client.show_version().version == "4.2.0"


def test_what_has_been_closed_says_so():
    with pgo.Api() as api:
        running = pgo.Operator(api.transport(), install=True)
        other = running.client.in_namespace("zoo")
        running.close()
        running.close()
        with pytest.raises(pgo.FailedPrecondition, match="closed"):
            running.status("zoo", "hippo")
        with pytest.raises(pgo.FailedPrecondition, match="stopped"):
            other.show_version()


def test_calls_of_several_threads_run_at_once(zoo):
    """The lock of the interpreter is released: a call that waits does not stop the others."""
    release = threading.Event()

    class Slow(pgo.HostTransport):
        def request(self, method, path, body, content_type):
            assert release.wait(20)
            return 200, {}

    with pgo.Transport.from_host(Slow()) as slow:
        waiting = threading.Thread(target=slow.request, args=("GET", "/api"))
        waiting.start()
        assert zoo.client.show_version().version == "4.2.0"
        release.set()
        waiting.join(20)
    assert not waiting.is_alive()


def test_a_zero_byte_in_a_name_is_refused(zoo):
    with pytest.raises(ValueError, match="zero byte"):
        zoo.client.in_namespace("a\0b")


def test_the_interpreter_ends_cleanly_with_everything_left_open(tmp_path):
    program = ("import pgo; api = pgo.Api(); "
               "running = pgo.Operator(api.transport(), namespaces=('zoo',), install=True, "
               "on_event=print); "
               "running.client.create_cluster(name='hippo'); events = running.events()")
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True,
                          text=True, timeout=60, env={**os.environ})
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr


def test_the_package_is_typed():
    assert (pathlib.Path(pgo.__file__).parent / "py.typed").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives directories away")
def test_root_gives_the_daemons_user_an_unused_directory_of_its_own_and_no_other(tmp_path):
    user, other = pwd.getpwnam("nobody"), pwd.getpwnam("daemon")
    daemon.hand_over(f"{tmp_path}/new/state", user)
    daemon.hand_over(f"{tmp_path}/new/state", user)
    assert (tmp_path / "new/state").stat().st_uid == user.pw_uid
    (tmp_path / "used").mkdir()
    (tmp_path / "used/file").touch()
    (tmp_path / "others").mkdir()
    os.chown(tmp_path / "others", other.pw_uid, 0)
    (tmp_path / "link").symlink_to("empty")
    (tmp_path / "empty").mkdir()
    for name, word in ("used", "chown"), ("others", "--user"), ("link/", "symbolic link"):
        with pytest.raises(pgo.FailedPrecondition, match=word):
            daemon.hand_over(f"{tmp_path}/{name}", user)
    assert [(tmp_path / name).stat().st_uid for name in ("used", "others", "empty")] == [0, other.pw_uid, 0]
