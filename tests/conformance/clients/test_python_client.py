"""The Python Kubernetes client: verbs, patch kinds, watches, exec."""

import threading

import pytest

from conftest import Daemon, wait_for

kubernetes = pytest.importorskip("kubernetes", reason="python3-kubernetes is not installed")
from kubernetes import client, config, stream, watch  # noqa: E402
from kubernetes.client.rest import ApiException  # noqa: E402


@pytest.fixture(scope="session")
def api(daemon):
    return config.new_client_from_config(str(daemon.kubeconfig))


@pytest.fixture
def core(api):
    return client.CoreV1Api(api)


def config_map(name, **data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name), data=data)


def pod(name):
    return client.V1Pod(
        metadata=client.V1ObjectMeta(name=name),
        spec=client.V1PodSpec(containers=[client.V1Container(name="main", image="one")]))


def test_create_read_replace_list_delete(core):
    made = core.create_namespaced_config_map("default", config_map("crud", a="1"))
    assert made.metadata.uid and made.metadata.resource_version
    with pytest.raises(ApiException) as twice:
        core.create_namespaced_config_map("default", config_map("crud", a="1"))
    assert twice.value.status == 409 and twice.value.reason == "Conflict"
    made.data["a"] = "2"
    replaced = core.replace_namespaced_config_map("crud", "default", made)
    assert replaced.data == {"a": "2"}
    with pytest.raises(ApiException) as stale:
        core.replace_namespaced_config_map("crud", "default", made)
    assert stale.value.status == 409
    assert "crud" in [c.metadata.name for c in core.list_namespaced_config_map("default").items]
    core.delete_namespaced_config_map("crud", "default")
    with pytest.raises(ApiException) as gone:
        core.read_namespaced_config_map("crud", "default")
    assert gone.value.status == 404


def test_paging(core):
    for i in range(5):
        made = config_map(f"page-{i}")
        made.metadata.labels = {"paged": "yes"}
        core.create_namespaced_config_map("default", made)
    names, token = [], None
    while True:
        page = core.list_namespaced_config_map("default", label_selector="paged=yes", limit=2,
                                               _continue=token)
        names += [c.metadata.name for c in page.items]
        token = page.metadata._continue
        if not token:
            break
        assert len(page.items) == 2
    assert names == [f"page-{i}" for i in range(5)]
    core.delete_collection_namespaced_config_map("default", label_selector="paged=yes")
    assert not core.list_namespaced_config_map("default", label_selector="paged=yes").items


def test_patch_kinds(core, api):
    core.create_namespaced_config_map("default", config_map("patched", a="1", b="2"))
    # The client sends a dict as strategic merge patch and a list as JSON patch.
    seen = core.patch_namespaced_config_map("patched", "default", {"data": {"a": None, "c": "3"}})
    assert seen.data == {"b": "2", "c": "3"}
    seen = core.patch_namespaced_config_map(
        "patched", "default", [{"op": "replace", "path": "/data/b", "value": "4"}])
    assert seen.data == {"b": "4", "c": "3"}
    answer = api.call_api(
        "/api/v1/namespaces/default/configmaps/patched", "PATCH", body={"data": {"c": None}},
        header_params={"Content-Type": "application/merge-patch+json"},
        auth_settings=["BearerToken"], response_type="V1ConfigMap")
    assert answer[0].data == {"b": "4"}
    stale = {"metadata": {"resourceVersion": "1"}, "data": {"x": "y"}}
    with pytest.raises(ApiException) as conflict:
        core.patch_namespaced_config_map("patched", "default", stale)
    assert conflict.value.status == 409
    core.delete_namespaced_config_map("patched", "default")


def test_watch_and_resume(core):
    start = core.list_namespaced_config_map("default").metadata.resource_version
    core.create_namespaced_config_map("default", config_map("seen", a="1"))
    core.patch_namespaced_config_map("seen", "default", {"data": {"a": "2"}})
    core.delete_namespaced_config_map("seen", "default")
    selection = {"namespace": "default", "field_selector": "metadata.name=seen"}
    events = []
    watching = watch.Watch()
    for event in watching.stream(core.list_namespaced_config_map, resource_version=start,
                                 timeout_seconds=10, **selection):
        events.append(event)
        if event["type"] == "DELETED":
            watching.stop()
    assert [e["type"] for e in events] == ["ADDED", "MODIFIED", "DELETED"]
    versions = [int(e["object"].metadata.resource_version) for e in events]
    assert versions == sorted(set(versions)) and versions[0] > int(start)
    # From the middle on, exactly the rest comes.
    rest = []
    watching = watch.Watch()
    for event in watching.stream(core.list_namespaced_config_map,
                                 resource_version=str(versions[0]), timeout_seconds=10,
                                 **selection):
        rest.append(event["type"])
        if event["type"] == "DELETED":
            watching.stop()
    assert rest == ["MODIFIED", "DELETED"]


def test_watch_tells_news_at_once_and_ends_in_time(core):
    start = core.list_namespaced_config_map("default").metadata.resource_version
    timer = threading.Timer(0.3, core.create_namespaced_config_map,
                            ("default", config_map("late")))
    timer.start()
    names = [event["object"].metadata.name for event in watch.Watch().stream(
        core.list_namespaced_config_map, namespace="default", resource_version=start,
        timeout_seconds=2)]
    timer.join()
    assert names == ["late"]
    core.delete_namespaced_config_map("late", "default")


def test_watch_of_a_forgotten_version_is_gone(tmp_path):
    small = Daemon(tmp_path, "20")
    try:
        core = client.CoreV1Api(config.new_client_from_config(str(small.kubeconfig)))
        start = core.list_namespaced_config_map("default").metadata.resource_version
        core.create_namespaced_config_map("default", config_map("busy"))
        for i in range(40):
            core.patch_namespaced_config_map("busy", "default", {"data": {"i": str(i)}})
        with pytest.raises(ApiException) as gone:
            for _ in watch.Watch().stream(core.list_namespaced_config_map, namespace="default",
                                          resource_version=start, timeout_seconds=5):
                pytest.fail("events from a version that is gone")
        assert gone.value.status == 410
    finally:
        small.stop()


def test_exec_streams(core):
    core.create_namespaced_pod("default", pod("shell"))
    wait_for(lambda: core.read_namespaced_pod("shell", "default").status.phase == "Running")
    out = stream.stream(core.connect_get_namespaced_pod_exec, "shell", "default",
                        command=["echo", "hello"], stdout=True, stderr=True, stdin=False,
                        tty=False)
    assert out == "hello\n"
    talk = stream.stream(core.connect_get_namespaced_pod_exec, "shell", "default",
                         command=["complain"], stdout=True, stderr=True, stdin=False, tty=False,
                         _preload_content=False)
    talk.run_forever(timeout=10)
    assert talk.read_stderr() == "it hurts\n" and talk.returncode == 2
    assert core.read_namespaced_pod_log("shell", "default").startswith("stand-in for shell/main")
    core.delete_namespaced_pod("shell", "default")


def talk_to(core, name, tty):
    return stream.stream(core.connect_get_namespaced_pod_exec, name, "default", command=["talk"],
                         stdout=True, stderr=True, stdin=True, tty=tty, _preload_content=False)


def test_exec_is_a_conversation(core):
    core.create_namespaced_pod("default", pod("talker"))
    wait_for(lambda: core.read_namespaced_pod("talker", "default").status.phase == "Running")
    talk = talk_to(core, "talker", tty=False)
    talk.write_stdin("one\n")
    assert talk.readline_stdout(timeout=10) == "pipe: one"
    talk.write_stdin("two\n")
    assert talk.readline_stdout(timeout=10) == "pipe: two"
    talk.write_stdin("bye\n")
    talk.run_forever(timeout=10)
    assert talk.returncode == 3
    terminal = talk_to(core, "talker", tty=True)
    terminal.write_channel(4, '{"Width":100,"Height":30}')
    terminal.write_stdin("here\n")
    assert terminal.readline_stdout(timeout=10).rstrip("\r") == "30x100: here"
    terminal.close()  # a client that goes away without a word
    # Terminals are not every node's; who has none says so.
    refused = stream.stream(core.connect_get_namespaced_pod_exec, "talker", "default",
                            command=["echo"], stdout=True, stdin=True, tty=True,
                            _preload_content=False)
    refused.run_forever(timeout=10)
    assert "this node has no terminals" in refused.read_channel(3)
    core.delete_namespaced_pod("talker", "default")


def test_a_restart_keeps_everything(tmp_path):
    first = Daemon(tmp_path)
    core = client.CoreV1Api(config.new_client_from_config(str(first.kubeconfig)))
    made = core.create_namespaced_config_map("default", config_map("kept", a="1"))
    first.stop()
    first.kubeconfig.unlink()
    second = Daemon(tmp_path)
    try:
        core = client.CoreV1Api(config.new_client_from_config(str(second.kubeconfig)))
        again = core.read_namespaced_config_map("kept", "default")
        assert again.metadata.uid == made.metadata.uid and again.data == {"a": "1"}
        newer = core.patch_namespaced_config_map("kept", "default", {"data": {"a": "2"}})
        assert int(newer.metadata.resource_version) > int(made.metadata.resource_version)
    finally:
        second.stop()
