"""Restores in place on real PostgreSQL: a point in time, everything, after a scaledown, a bad one."""
import pytest

from daemon import Cluster, eventually


@pytest.fixture(scope="module")
def pony(daemon):
    cluster = Cluster(daemon, "pony").create("--replica-count=1")
    cluster.sql("create table public.t (v int)")
    return cluster


def scope(daemon):
    cluster = daemon.object("pgclusters", "pony")
    return cluster["metadata"]["labels"]["crunchy-pgha-scope"]


def restore(daemon, *options, check=True):
    return daemon.pgo("restore", "pony", "--no-prompt", "--wait", "--wait-timeout=290", *options,
                      check=check)


def test_a_point_in_time_lands_on_the_exact_transaction_and_replicas_come_back(daemon, pony):
    eventually("one replica streams", lambda: pony.streaming() == 1)
    pony.sql("insert into public.t values (1)")
    point = pony.sql("select clock_timestamp()")
    pony.sql("insert into public.t values (2)")
    restore(daemon, f"--pitr-target={point}")
    assert pony.sql("select string_agg(v::text, ',' order by v) from public.t") == "1"
    assert pony.sql("select pg_is_in_recovery()") == "f"  # K18: promoted, not paused
    eventually("the replica streams again", lambda: pony.streaming() == 1, 60)
    assert {"pony", scope(daemon)} <= set(daemon.names("pvc", "pg-cluster=pony"))


def test_a_restore_of_everything_loses_nothing_that_was_committed(daemon, pony):
    """The last rows are in no archive yet when the restore is asked for. K6: after a scaledown."""
    replica = daemon.names("pgreplicas", "pg-cluster=pony")[0]
    daemon.pgo("scaledown", "pony", f"--target={replica}", "--no-prompt")
    eventually("the replica is gone", lambda: not daemon.names("pgreplicas", "pg-cluster=pony"), 60)
    before = scope(daemon)
    pony.sql("insert into public.t values (3)")
    restore(daemon)
    assert scope(daemon) != before
    assert pony.sql("select string_agg(v::text, ',' order by v) from public.t") == "1,3"


def test_a_restore_that_cannot_work_is_refused_and_touches_nothing(daemon, pony):
    before = (daemon.names("pgtasks"), daemon.names("deployments"), scope(daemon))
    for options in (["--pitr-target=yesterday"], ["--backup-opts=--nosuch"],
                    ["--node-label=nosuch=x"], ["--pgbackrest-storage-type=s3"],
                    ["--pitr-target=2999-01-01 00:00:00+00"]):
        done = restore(daemon, *options, check=False)
        assert done.returncode == 1 and done.stderr.startswith("Error: "), done
    # pgBackRest is asked for its first backup, in a dry run too.
    for options in ([], ["--dry-run"]):
        done = restore(daemon, "--pitr-target=2020-01-01 00:00:00+00", *options, check=False)
        assert done.returncode == 1 and "before the first backup" in done.stderr, done
    assert (daemon.names("pgtasks"), daemon.names("deployments"), scope(daemon)) == before
    assert pony.can_write(4)


def test_deletion_takes_the_config_maps_of_every_scope(daemon, pony):
    """O7"""
    assert len(daemon.names("pvc", "pg-cluster=pony")) >= 3
    daemon.pgo("delete", "cluster", "pony", "--no-prompt")
    eventually("nothing of it is left", lambda: not any(
        "pony" in name for kind in ("configmaps", "pvc", "pgtasks", "jobs", "secrets", "pods")
        for name in daemon.names(kind)), 90)
