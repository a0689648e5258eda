"""Synchronous replication through one death of the primary after another: what was acknowledged is
there, whatever happened meanwhile. PGO_E2E_KILLS says how many deaths; `make soak` asks for twenty."""
import os
import subprocess
import threading
import time

import psycopg2
import pytest

from daemon import Cluster, eventually

KILLS = int(os.environ.get("PGO_E2E_KILLS", "3"))
POSTMASTER = 'kill -9 "$(head -n 1 "${PGHA_DATA_DIR:-$PATRONI_POSTGRESQL_DATA_DIR}/postmaster.pid")"'


class Writer:
    """Inserts 1, 2, 3, ... and remembers which of them were acknowledged."""

    def __init__(self, cluster):
        self.cluster, self.acknowledged, self.stopping = cluster, [], threading.Event()
        self.begun = 0  # the last one that was sent
        self.options = dict(host=cluster.address(), user="testuser", dbname="userdb",
                            password=cluster.password, connect_timeout=2,
                            options="-c statement_timeout=5000 -c synchronous_commit=on")
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.stopping.is_set():
            try:
                connection = psycopg2.connect(**self.options)
                connection.autocommit = True
                with connection.cursor() as cursor:
                    while not self.stopping.is_set():
                        self.begun += 1
                        cursor.execute("insert into public.acknowledged values (%s)", (self.begun,))
                        self.acknowledged.append(self.begun)
            except psycopg2.Error:
                time.sleep(0.05)  # nobody leads for the moment

    def goes_on(self):
        reached = len(self.acknowledged)
        eventually("rows are written", lambda: len(self.acknowledged) > reached + 20, 60)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(30)


class Load:
    """pgbench on all its tables, begun again whenever a failover ends it."""

    def __init__(self, cluster):
        self.command = ["pgbench", "-h", cluster.address(), "-U", "testuser", "-n"]
        self.environment = {"PATH": os.environ["PATH"], "PGPASSWORD": cluster.password,
                            "PGCONNECT_TIMEOUT": "2"}
        self.run("-i", "-s", "2", check=True)
        self.stopping, self.transactions = threading.Event(), 0
        self.thread = threading.Thread(target=self.again_and_again, daemon=True)

    def run(self, *options, check=False):
        return subprocess.run([*self.command, *options, "userdb"], capture_output=True, text=True,
                              env=self.environment, check=check, timeout=60)

    def again_and_again(self):
        while not self.stopping.is_set():
            for line in self.run("-c", "4", "-T", "3").stdout.splitlines():
                if line.startswith("number of transactions actually processed:"):
                    self.transactions += int(line.split(":")[1].split("/")[0])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(60)


@pytest.fixture(scope="module")
def synchronous(daemon):
    cluster = Cluster(daemon, "sync").create("--sync-replication", "--replica-count=1")
    cluster.sql("create table public.acknowledged (v bigint primary key)")
    yield cluster
    daemon.pgo("delete", "cluster", "sync", "--no-prompt")


def synchronous_standby(cluster):
    """The pod that holds every acknowledged row by PostgreSQL's own word, and may lead by Patroni's. The
    latter comes up to 2 s later: without it nobody takes over until the primary is back."""
    leader = cluster.leader()
    if not leader:
        return None
    done = cluster.daemon.kube(
        "exec", leader, "-c", "database", "--", "psql", "-h", "/tmp", "-U", "postgres", "-qtA", "-c",
        "select application_name from pg_stat_replication where sync_state = 'sync'", check=False)
    agreed = [map["metadata"].get("annotations", {}).get("sync_standby")
              for map in cluster.daemon.objects("configmaps")
              if map["metadata"]["name"] == f"{cluster.name}-sync"]
    return done.stdout.strip() if done.stdout.strip() in agreed else None


def stored_rows(cluster):
    return {int(v) for v in cluster.sql("select v from public.acknowledged").split()}


def test_every_acknowledged_row_survives_the_deaths_of_primaries(synchronous):
    cluster = synchronous
    with Writer(cluster) as writer:
        for death in range(KILLS):
            eventually(f"a synchronous standby before death {death + 1}",
                       lambda: synchronous_standby(cluster), 120)
            reached = len(writer.acknowledged)
            eventually("rows are written", lambda n=reached: len(writer.acknowledged) > n + 20, 60)
            whole_pod = death % 2 == 1
            cluster.daemon.kube("exec", cluster.leader(), "-c", "database", "--", "bash", "-c",
                                "kill -9 -1" if whole_pod else POSTMASTER, check=False)
            reached, killed = len(writer.acknowledged), time.monotonic()
            eventually("rows are written again",
                       lambda n=reached: len(writer.acknowledged) > n + 20, 60)
            print(f"death {death + 1} of the {'pod' if whole_pod else 'postmaster'}: "
                  f"writes again after {time.monotonic() - killed:.1f} s")
    eventually("a leader answers", lambda: cluster.sql("select 1", check=False) == "1", 60)
    lost = set(writer.acknowledged) - stored_rows(cluster)
    print(f"{len(writer.acknowledged)} rows acknowledged through {KILLS} deaths")
    assert not lost


def back_up(daemon, cluster):
    def backed_up():
        task = daemon.object("pgtasks", f"backrest-backup-{cluster.name}")
        return task["spec"]["status"] == "job completed"

    # The one that a promotion calls for is not cut off.
    eventually("no other backup runs", backed_up, 180)
    daemon.pgo("backup", cluster.name, "--backup-opts=--type=incr")
    eventually("the backup is done", backed_up, 180)


def test_every_acknowledged_row_survives_scale_backup_and_failover_under_load(synchronous):
    cluster, daemon = synchronous, synchronous.daemon
    cluster.sql("truncate public.acknowledged")
    with Load(cluster) as load, Writer(cluster) as writer:
        daemon.pgo("scale", "sync", "--no-prompt")
        eventually("two replicas stream", lambda: cluster.streaming() == 2, 120)
        back_up(daemon, cluster)
        pod = eventually("a synchronous standby", lambda: synchronous_standby(cluster), 60)
        target = daemon.object("pods", pod)
        daemon.pgo("failover", "sync", "--no-prompt", "--wait",
                   f"--target={target['metadata']['labels']['deployment-name']}")
        writer.goes_on()
    lost = set(writer.acknowledged) - stored_rows(cluster)
    print(f"{len(writer.acknowledged)} rows acknowledged beside {load.transactions} of pgbench's")
    assert load.transactions > 0 and not lost


@pytest.fixture
def twin(daemon, synchronous):
    yield Cluster(daemon, "twin", synchronous.password)
    daemon.pgo("delete", "cluster", "twin", "--no-prompt", check=False)
    eventually("the clone is gone", lambda: not any(
        daemon.names(kind, "pg-cluster=twin") for kind in ("pods", "pvc", "pgclusters")), 90)


def archived(cluster):
    """What was written so far is in the archive."""
    def asked(statement):
        return cluster.daemon.kube("exec", cluster.leader(), "-c", "database", "--", "psql", "-h", "/tmp",
                                   "-U", "postgres", "-qtAc", statement).stdout.strip()

    segment = asked("select pg_walfile_name(pg_switch_wal())")
    eventually("the segment is archived", lambda: asked(
        f"select last_archived_wal >= '{segment}' from pg_stat_archiver") == "t", 60)


def make_clone(daemon, cluster, twin, *options):
    """Until it takes writes; its first backup has nothing to do with the rows that came along."""
    daemon.pgo("clone", cluster.name, twin.name, *options)
    eventually("the clone takes writes", lambda: twin.leader() and twin.sql(
        "select pg_is_in_recovery()", check=False) == "f", 240)


def check_one_moment_of(cluster, twin):
    """The clone holds all that the source held at some moment, and nothing of later transactions. Answers its rows."""
    copied, stored = stored_rows(twin), stored_rows(cluster)
    assert copied and copied == {row for row in stored if row <= max(copied)}
    # pgbench books every amount in four places.
    assert twin.sql("select distinct sum from (select sum(abalance) from pgbench_accounts union all select "
                    "sum(bbalance) from pgbench_branches union all select sum(tbalance) from pgbench_tellers "
                    "union all select sum(delta) from pgbench_history) as booked").count("\n") == 0
    return copied


def test_a_clone_under_load_holds_what_was_acknowledged_before_the_backup_and_costs_the_source_no_row(
        synchronous, twin):
    cluster, daemon = synchronous, synchronous.daemon
    cluster.sql("truncate public.acknowledged")
    with Load(cluster) as load, Writer(cluster) as writer:
        writer.goes_on()
        before = set(writer.acknowledged)
        back_up(daemon, cluster)
        make_clone(daemon, cluster, twin)
        later = writer.begun
        writer.goes_on()
    assert load.transactions > 0
    assert not set(writer.acknowledged) - stored_rows(cluster)
    copied = check_one_moment_of(cluster, twin)
    print(f"of {len(writer.acknowledged)} rows acknowledged beside {load.transactions} of pgbench's, "
          f"{len(before)} before the backup, the clone has {len(copied)}")
    assert before <= copied and max(copied) <= later


def test_a_clone_to_a_point_in_time_under_load_holds_what_was_acknowledged_then_and_nothing_later(
        synchronous, twin):
    cluster, daemon = synchronous, synchronous.daemon
    cluster.sql("truncate public.acknowledged")
    with Load(cluster) as load, Writer(cluster) as writer:
        writer.goes_on()
        before = set(writer.acknowledged)
        point = cluster.sql("select clock_timestamp()")
        begun = writer.begun
        writer.goes_on()
        archived(cluster)
        make_clone(daemon, cluster, twin, f"--pitr-target={point}")
    assert load.transactions > 0
    assert not set(writer.acknowledged) - stored_rows(cluster)
    copied = check_one_moment_of(cluster, twin)
    print(f"of {len(writer.acknowledged)} rows acknowledged, {len(before)} before the point, the clone has {len(copied)}")
    assert before <= copied and max(copied) <= begun
