"""Schedules on real PostgreSQL and pgBackRest."""
import json
import re
import time

import pytest

from daemon import Cluster, eventually

TASK = "clock-backrest-full-backup-schedule"


@pytest.fixture(scope="module")
def clock(daemon):
    cluster = Cluster(daemon, "clock").create()
    yield cluster
    daemon.pgo("delete", "cluster", "clock", "--no-prompt")


def backups(daemon):
    repo = daemon.names("pods", "pgo-backrest-repo=true,pg-cluster=clock")[0]
    info = daemon.kube("exec", repo, "-c", "database", "--", "pgbackrest", "info", "--output=json")
    return [b["type"] for b in json.loads(info.stdout)[0]["backup"]]


def firing(daemon):
    """Which firing the last scheduled task answers."""
    task = next((t for t in daemon.objects("pgtasks") if t["metadata"]["name"] == TASK), None)
    return task and task["metadata"]["annotations"]["pgo-schedule-firing"]


def test_a_schedule_with_retention_2_keeps_exactly_2_after_4_runs(daemon, clock):
    daemon.pgo("create", "schedule", "clock", "--schedule=*/3 * * * * *", "--schedule-type=pgbackrest",
               "--pgbackrest-backup-type=full", "--schedule-opts=--repo1-retention-full=2")
    firings = set()

    def four():
        firings.add(firing(daemon))
        return len(firings - {None}) >= 4

    eventually("four scheduled backups", four, 150)
    daemon.pgo("delete", "schedule", "--schedule-name=clock-pgbackrest-full", "--no-prompt")

    def settled():
        task = next((t for t in daemon.objects("pgtasks") if t["metadata"]["name"] == TASK), None)
        return task and task["spec"]["status"] == "job completed"

    eventually("the fourth scheduled backup is over", settled, 90)
    assert backups(daemon) == ["full", "full"]
    # K2: it never fires again.
    last = firing(daemon)
    time.sleep(7)
    assert firing(daemon) == last


def in_database(daemon, cluster, database, statement):
    return daemon.kube("exec", cluster.leader(), "-c", "database", "--", "psql", "-qtA", "-U", "postgres",
                       "-d", database, "-c", statement).stdout.strip()


def policy(daemon, folder, name, sql):
    file = folder / f"{name}.sql"
    file.write_text(sql)
    daemon.pgo("create", "policy", name, f"--in-file={file}")


def test_the_sql_of_a_policy_runs_by_the_clock_in_its_database(daemon, clock, tmp_path):
    policy(daemon, tmp_path, "tick", "insert into public.ticks values (now(), current_database());\n")
    in_database(daemon, clock, "postgres", "create database \"other = db\"")
    in_database(daemon, clock, "dbname='other = db'", "create table public.ticks (at timestamptz, db name)")
    daemon.pgo("create", "schedule", "clock", "--schedule=*/2 * * * * *", "--schedule-type=policy",
               "--policy=tick", "--database=other = db")

    def ticks():
        return in_database(daemon, clock, "dbname='other = db'",
                           "select count(*) || ',' || count(distinct date_trunc('second', at)) from public.ticks"
                           " where db = 'other = db'")

    eventually("the SQL has run three times", lambda: int(ticks().split(",")[0]) >= 3, 60)
    daemon.pgo("delete", "schedule", "--schedule-name=clock-policy-tick", "--no-prompt")
    # K2: what was under way ends, then never again.
    time.sleep(3)
    last = ticks()
    time.sleep(5)
    assert ticks() == last and last.split(",")[0] == last.split(",")[1]


def test_while_scheduled_sql_takes_long_its_cluster_is_scaled_and_a_stop_is_prompt(daemon, clock, tmp_path):
    policy(daemon, tmp_path, "sleepy", "insert into public.sleeps values (now());\nselect pg_sleep(600);\n")
    in_database(daemon, clock, "userdb", "create table public.sleeps (at timestamptz)")

    def sleeping():
        return in_database(daemon, clock, "userdb",
                           "select count(*) from pg_stat_activity where query like 'select pg_sleep(600)%'")

    def shown():
        return daemon.pgo("show", "schedule", "--schedule-name=clock-policy-sleepy").stdout

    daemon.pgo("create", "schedule", "clock", "--schedule=@every 2s", "--schedule-type=policy",
               "--policy=sleepy", "--database=userdb")
    try:
        eventually("the SQL runs", lambda: sleeping() == "1", 60)
        daemon.pgo("scale", "clock", "--no-prompt")
        eventually("a replica streams", lambda: clock.streaming() >= 1, 90)
        eventually("the SQL is told of", lambda: "waiting for the SQL of a policy" in
                   daemon.pgo("explain", "clock").stdout, 30)
        assert sleeping() == "1"
        began = time.monotonic()
        daemon.stop()
        assert time.monotonic() - began < 30
        daemon.start()
        # It is not known what the SQL did: that is told, and this firing is not made again.
        eventually("the end is told", lambda: "whether it took effect is not known" in shown() or
                   in_database(daemon, clock, "userdb", "select count(*) from public.sleeps") == "2", 90)
    finally:
        daemon.pgo("delete", "schedule", "--schedule-name=clock-policy-sleepy", "--no-prompt")


def test_k13_scheduled_sql_stops_at_its_error_which_is_told(daemon, clock, tmp_path):
    policy(daemon, tmp_path, "broken",
           "create table if not exists half (v int);\nselect 1/0;\ncreate table never (v int);\n")
    daemon.pgo("create", "schedule", "clock", "--schedule=@every 2s", "--schedule-type=policy",
               "--policy=broken", "--database=userdb")
    try:
        # A firing may have met an instance that did not take writes yet: the next one is told of too.
        eventually("the failure is told", lambda: re.search(
            "last run failed: .*division by zero",
            daemon.pgo("show", "schedule", "--schedule-name=clock-policy-broken").stdout), 60)

        def told():
            events = [e for e in daemon.objects("events") if e["reason"] == "ApplyPolicyFailure"
                      and "division by zero" in e["message"]]
            return len(events) >= 2 and events[0]
        # One firing after the other, whatever became of the one before.
        event = eventually("two firings are told of", told, 60)
        assert event["type"] == "Warning"
        assert "schedulename=clock-policy-broken" in event["message"]
        assert in_database(daemon, clock, "userdb",
                           "select to_regclass('half') is not null, to_regclass('never') is null") == "t|t"
        assert "division by zero" in daemon.log.read_text()
    finally:
        daemon.pgo("delete", "schedule", "--schedule-name=clock-policy-broken", "--no-prompt")


def test_schedules_are_shown_and_gone_after_deletion(daemon, clock):
    daemon.pgo("create", "schedule", "clock", "--schedule=TZ=Europe/Berlin 30 2 * * 0",
               "--schedule-type=pgbackrest", "--pgbackrest-backup-type=diff")
    shown = daemon.pgo("show", "schedule", "clock").stdout
    assert "clock-pgbackrest-diff:\n\tschedule: TZ=Europe/Berlin 30 2 * * 0" in shown
    again = daemon.pgo("create", "schedule", "clock", "--schedule=@daily", "--schedule-type=pgbackrest",
                       "--pgbackrest-backup-type=diff", check=False)
    assert again.returncode == 1 and "clock-pgbackrest-diff" in again.stderr
    daemon.pgo("delete", "schedule", "clock", "--no-prompt")
    assert "No schedules found" in daemon.pgo("show", "schedule", "clock").stdout


@pytest.mark.parametrize("options, told", [
    (["--schedule=61 * * * *", "--schedule-type=pgbackrest", "--pgbackrest-backup-type=full"], "minute"),
    (["--schedule=@daily", "--schedule-type=pgbackrest", "--pgbackrest-backup-type=total"], "total"),
    (["--schedule=@daily", "--schedule-type=pgbackrest", "--pgbackrest-backup-type=full",
      "--schedule-opts=--nosuch=1"], "nosuch"),
    (["--schedule=@daily", "--schedule-type=policy", "--policy=nosuch", "--database=userdb"], "nosuch"),
    (["--schedule=@daily", "--schedule-type=tea"], "tea"),
])
def test_bad_input_is_refused_and_nothing_is_written(daemon, clock, options, told):
    before = daemon.names("configmaps", "crunchy-scheduler=true")
    done = daemon.pgo("create", "schedule", "clock", *options, check=False)
    assert done.returncode in (1, 2) and told in done.stderr
    assert daemon.names("configmaps", "crunchy-scheduler=true") == before


def test_the_schedules_of_a_cluster_are_removed_with_it(daemon):
    Cluster(daemon, "shortlived").create()
    daemon.pgo("create", "schedule", "shortlived", "--schedule=@daily", "--schedule-type=pgbackrest",
               "--pgbackrest-backup-type=incr")
    daemon.pgo("delete", "cluster", "shortlived", "--no-prompt")
    eventually("the cluster is gone", lambda: "shortlived-rmdata" not in daemon.names("pgtasks"), 90)
    assert daemon.names("configmaps", "pg-cluster=shortlived") == []
