"""The fixture pg_cluster on real PostgreSQL, and with it the whole way down: Python, C interface,
operator, embedded Kubernetes API, local node."""
import subprocess

import pytest

import pgo


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


def test_a_clone_has_the_rows_of_its_source(pg_cluster):
    pg_cluster.query("create table public.cloned as select 42 as v")
    pg_cluster.query("select pg_switch_wal()")
    try:
        clone = pg_cluster.clone("twin")
    except pgo.Unimplemented:
        pytest.skip("the clone operation is not served yet")
    assert clone.query("select v from public.cloned") == [["42"]]
    clone.delete()


def test_the_next_session_on_the_same_state_finds_the_rows(request):
    from pgo.testing import Environment
    network = request.config.getoption("--pgo-network")
    prefix, number = network.rsplit(".", 1)
    other = f"{prefix}.{(int(number) + 100) % 256}"
    with Environment(network=other) as first:
        first._temporary = False
        state = first.state_dir
        cluster = first.cluster("kept", replicas=0)
        cluster.query("create table public.t as select 7 as v")
    with Environment(state, network=other) as second:
        second._temporary = True
        again = second.cluster("kept", replicas=0)
        pgo.testing.eventually("it leads again", lambda: again.primary, 120)
        assert again.query("select v from public.t") == [["7"]]


def test_an_environment_that_cannot_start_says_why(pgo_environment):
    from pgo.testing import Environment
    with pytest.raises(pgo.FailedPrecondition, match="another"):
        Environment(pgo_environment.state_dir, network="127.1")
