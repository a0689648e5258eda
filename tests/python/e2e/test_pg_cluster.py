"""The fixture pg_cluster on real PostgreSQL, and with it the whole way down: Python, C interface,
operator, embedded Kubernetes API, local node."""
import concurrent.futures
import doctest
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

import pgo
from pgo.testing import HOLD, Environment, pytest_runtest_makereport


def psql(dsn, sql):
    done = subprocess.run(["psql", "--no-psqlrc", "-qtA", dsn, "-c", sql], capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def writable(dsn):
    done = subprocess.run(["psql", "--no-psqlrc", "-qtA", dsn, "-c", "select pg_is_in_recovery()"],
                          capture_output=True, text=True, timeout=30)
    return done.stdout.strip() == "f"


def test_the_dsn_leads_to_the_primary_and_the_replicas_follow(pg_cluster):
    assert psql(pg_cluster.dsn, "select pg_is_in_recovery()") == "f"
    assert psql(pg_cluster.replica_dsn, "select pg_is_in_recovery()") == "t"
    assert len(pg_cluster.replicas) == 1


def test_query_gives_rows_and_says_what_is_wrong(pg_cluster):
    pg_cluster.query("create table if not exists public.t (v int); truncate public.t")
    pg_cluster.query("insert into public.t values (1), (2)")
    assert pg_cluster.query("select v, v * 2 from public.t order by v") == [["1", "2"], ["2", "4"]]
    with pytest.raises(pgo.FailedPrecondition, match="nosuch"):
        pg_cluster.query("select * from nosuch")


def test_the_cluster_is_shown_with_typed_messages(pg_cluster):
    shown = pg_cluster.client.show_cluster(pg_cluster.name)
    assert sorted(pod.type for pod in shown.pods if pod.type != "backrest") == ["primary", "replica"]
    tested = pg_cluster.client.test_cluster(cluster_name=pg_cluster.name).results[0]
    assert all(instance.available for instance in tested.instances)


def test_rows_survive_the_death_of_the_primary_and_the_dead_comes_back(pg_cluster):
    # What is not synchronous must have arrived before the primary dies.
    expected = pg_cluster.query("insert into public.t values (3) returning v")
    position = pg_cluster.query("select pg_current_wal_lsn()")[0][0]
    behind = (f"select count(*) from pg_stat_replication where replay_lsn >= '{position}'")
    pgo.testing.eventually("the replica has the row",
                           lambda: pg_cluster.query(behind) == [["1"]], 60)
    old = pg_cluster.kill_primary()
    pg_cluster.wait_for_failover()
    assert pg_cluster.primary != old
    assert pg_cluster.query("select v from public.t where v = 3") == expected
    pgo.testing.eventually("the service leads to the new primary", lambda: writable(pg_cluster.dsn), 60)
    pg_cluster.wait_for_replicas(1)


def test_a_test_that_fails_lets_go_what_it_held(pg_cluster):
    def held():
        pods = pg_cluster.environment.kubernetes.list(
            f"/api/v1/namespaces/{pg_cluster.environment.namespace}/pods")
        return [pod["metadata"]["name"] for pod in pods
                if HOLD in pod["metadata"].get("annotations", {})]

    victim = pg_cluster.kill_primary()
    assert held() == [victim]
    with pytest.raises(ZeroDivisionError) as failure:
        1 / 0
    pytest_runtest_makereport(None, pytest.CallInfo(lambda: None, failure, 0, 0, 0, "call",
                                                    _ispytest=True))
    assert held() == [] and not pg_cluster.environment.held
    pg_cluster.wait_for_primary()
    pg_cluster.wait_for_replicas(1)


def test_a_clone_has_the_rows_of_its_source_as_they_were(pg_cluster):
    pg_cluster.query("create table public.cloned as select 42 as v")
    [[then]] = pg_cluster.query("select clock_timestamp()")
    pg_cluster.query("insert into public.cloned values (43)")
    pg_cluster.query("select pg_switch_wal()")
    clone = pg_cluster.clone("twin", pitr_target=then, replica_count=1)
    assert clone.query("select v from public.cloned") == [["42"]]
    clone.wait_for_replicas(1, timeout=60)
    clone.delete()


def test_a_clone_that_ends_badly_says_why_long_before_the_time_is_up(pg_cluster):
    def cancel():
        try:
            return pg_cluster.client.delete_cluster(cluster_name="never").code == "ok"
        except pgo.NotFound:
            return False  # it has not been asked for yet

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        cloning = pool.submit(pg_cluster.clone, "never", timeout=600)
        pgo.testing.eventually("the clone is cancelled", cancel, 30)
        with pytest.raises(pgo.FailedPrecondition, match="the clone failed: cancelled"):
            cloning.result()
    assert time.monotonic() - begun < 90


def test_the_next_session_finds_the_rows_though_the_one_before_died_with_a_pod_held(pgo_environment):
    with Environment() as first:
        first._temporary = False
        assert first.network != pgo_environment.network  # two at once
        state = first.state_dir
        cluster = first.cluster("kept", replicas=0)
        cluster.query("create table public.t as select 7 as v; checkpoint")
        cluster.kill_primary()
        first._process.kill()
    with Environment(state) as second:
        second._temporary = True
        assert second.network == first.network  # the services have addresses there
        again = second.cluster("kept", replicas=0, timeout=120)
        again.wait_for_primary()
        assert again.query("select v from public.t") == [["7"]]


def test_an_environment_that_cannot_start_says_why(pgo_environment):
    with pytest.raises(pgo.FailedPrecondition, match="another"):
        Environment(pgo_environment.state_dir, network="127.1")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files that nobody else may read")
def test_an_environment_starts_from_a_package_that_only_root_may_read(tmp_path):
    package, copy = pathlib.Path(pgo.__file__).parent, tmp_path / "pgo"
    (copy / "lib").mkdir(parents=True)
    shutil.copy(package / "lib" / "libpgo.so.1", copy / "lib")
    shutil.copytree(package / "images", copy / "images")
    for module in package.glob("*.py"):
        shutil.copy(module, copy)
    tmp_path.chmod(0o700)
    program = """
from pgo.testing import Environment
with Environment() as here:
    here.cluster("hippo", replicas=0)
    print(Environment.__module__, here.client.show_version().version)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          timeout=120, cwd="/", env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.stdout == "pgo.testing 4.2.0\n", done.stderr


def test_the_examples_that_need_a_running_cluster_do_what_they_say(pgo_environment):
    from pgo import _messages
    pgo_environment.client.create_policy(name="extras",
                                         sql="create extension if not exists pgcrypto")
    cluster = pgo_environment.cluster("hippo")
    tests = {test.name.rpartition(".")[2]: test
             for test in doctest.DocTestFinder().find(_messages.Operations)}
    # The one that takes the replica away comes last.
    for operation in sorted(_messages.EXAMPLES_ON_A_NODE, key=lambda name: name == "scale_down"):
        cluster.wait_for_replicas(1)
        pgo_environment.client.wait_for_cluster("hippo")
        tests[operation].globs = {"pgo": pgo, "client": pgo_environment.client}
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(tests[operation])
        assert result.attempted and not result.failed, operation
