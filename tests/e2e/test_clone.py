"""Clones on real PostgreSQL: of everything, of a point in time, cancelled, refused."""
import os

import pytest

from daemon import Cluster, eventually


@pytest.fixture(scope="module")
def source(daemon):
    cluster = Cluster(daemon, "origin").create()
    cluster.sql("create table public.t (v int)")
    cluster.sql("insert into public.t select generate_series(1, 1000)")
    return cluster


def archived(daemon, cluster):
    """Everything written so far is in the archive."""
    leader = cluster.leader()
    asked = daemon.kube("exec", leader, "-c", "database", "--", "psql", "-h", "/tmp", "-U", "postgres",
                        "-qtAc", "select pg_walfile_name(pg_switch_wal())").stdout.strip()
    eventually("the segment is archived", lambda: daemon.kube(
        "exec", leader, "-c", "database", "--", "psql", "-h", "/tmp", "-U", "postgres", "-qtAc",
        f"select last_archived_wal >= '{asked}' from pg_stat_archiver").stdout.strip() == "t", 30)


def tasks(daemon, target):
    return {t["metadata"]["name"]: t for t in daemon.objects("pgtasks", f"pg-cluster={target}")}


def test_a_clone_holds_what_the_source_held_and_goes_its_own_way(daemon, source):
    archived(daemon, source)
    done = daemon.pgo("clone", "origin", "twin", "--wait", "--wait-timeout=290")
    assert "waiting for the copy of the repository" in done.stdout
    twin = Cluster(daemon, "twin", source.password)
    assert twin.sql("select count(*), sum(v) from public.t") == "1000|500500"
    twin.sql("insert into public.t values (-1)")
    source.sql("insert into public.t values (-2)")
    assert twin.sql("select count(*) from public.t where v = -2") == "0"
    assert source.sql("select count(*) from public.t where v = -1") == "0"
    # One process alone would leave processors idle while everybody waits for the data.
    restored = daemon.kube("logs", "-l", "pg-cluster=twin,pgo-backrest-restore=true", "--tail=-1").stdout
    assert f"--process-max={min(len(os.sched_getaffinity(0)), 4)} " in restored
    workflow = next(name for name in tasks(daemon, "twin") if name.endswith("-cloneworkflow"))
    shown = daemon.pgo("show", "workflow", tasks(daemon, "twin")[workflow]["spec"]["parameters"]
                       ["workflowid"]).stdout
    for step in ("clone 1.1: create pvc", "clone 1.2: sync pgbackrest repo",
                 "clone 2: restoring backup", "clone 3: cluster creating"):
        assert step in shown


def test_patroni_takes_a_clone_over_as_it_recovered(daemon, source):
    """Stopping and starting it again would cost a timeline and seconds."""
    def asked(statement, cluster=Cluster(daemon, "twin", source.password)):
        return daemon.kube("exec", cluster.leader(), "-c", "database", "--", "psql", "-h", "/tmp", "-U", "postgres",
                           "-qtAc", statement).stdout.strip()

    assert asked("select timeline_id from pg_control_checkpoint()") == "2"
    # It runs with the settings that Patroni wants, and those can still be changed.
    assert asked("select count(*) from pg_settings where pending_restart") == "0"
    assert asked("select count(*) from pg_settings where source = 'command line' and context = 'sighup' "
                 "and name <> 'restore_command'") == "0"
    assert asked("select count(*) from pg_hba_file_rules where auth_method = 'md5'") != "0"
    assert asked("show synchronous_standby_names") == ""
    config = daemon.object("configmaps", "twin-config")["metadata"]["annotations"]["config"]
    assert "primary_on_role_change" not in config


def test_no_password_that_an_instance_sets_can_be_read_again(daemon, source):
    for cluster in (source, Cluster(daemon, "twin", source.password)):
        found = daemon.kube("exec", cluster.leader(), "-c", "database", "--", "psql", "-h", "/tmp", "-U", "postgres",
                            "-qtAc", "select query from pg_stat_statements where query ilike '%password%'").stdout
        assert "alter role" not in found.lower()


def test_a_second_clone_of_that_name_is_refused_and_writes_nothing(daemon, source):
    before = daemon.names("pgtasks")
    for names in (("origin", "twin"), ("nosuch", "other"), ("origin", "Bad_Name")):
        done = daemon.pgo("clone", *names, check=False)
        assert done.returncode == 1 and done.stderr.startswith("Error: "), done
    for target in ("yesterday", "2999-01-01 00:00:00+00", "2020-01-01 00:00:00+00"):
        done = daemon.pgo("clone", "origin", "x", f"--pitr-target={target}", check=False)
        assert done.returncode == 1, done
    assert daemon.names("pgtasks") == before


def test_a_clone_of_a_point_in_time_ends_at_that_transaction(daemon, source):
    source.sql("insert into public.t values (5001)")
    point = source.sql("select clock_timestamp()")
    source.sql("insert into public.t values (5002)")
    archived(daemon, source)
    daemon.pgo("clone", "origin", "earlier", f"--pitr-target={point}", "--wait",
               "--wait-timeout=290")
    earlier = Cluster(daemon, "earlier", source.password)
    assert earlier.sql("select v from public.t where v > 5000 order by v") == "5001"
    daemon.pgo("delete", "cluster", "earlier", "--no-prompt")


def test_a_cancelled_clone_leaves_nothing_behind(daemon, source):
    daemon.pgo("clone", "origin", "never")
    assert daemon.pgo_json("explain", "never")["State"] == "being cloned from origin"
    daemon.pgo("delete", "cluster", "never", "--no-prompt")

    def ended():
        """Of its tasks only the one that says how it ended."""
        left = tasks(daemon, "never")
        return len(left) == 1 and all(name.endswith("-cloneworkflow") and
                                      task["spec"]["parameters"].get("reason") == "cancelled"
                                      for name, task in left.items())

    eventually("the clone ends", ended, 60)
    kinds = ("pvc", "jobs", "deployments", "services", "secrets", "pgclusters")
    eventually("all of it is gone", lambda: not any(
        daemon.names(kind, "pg-cluster=never") for kind in kinds), 60)
    daemon.pgo("delete", "cluster", "never", "--no-prompt")
    assert not tasks(daemon, "never")
    assert daemon.pgo("delete", "cluster", "never", "--no-prompt", check=False).returncode == 1
    assert source.can_write(7)
