"""Synchronous replication through one death of the primary after another: what was acknowledged is
there, whatever happened meanwhile. PGO_E2E_KILLS says how many deaths; `make soak` asks for twenty."""
import os
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
        self.options = dict(host=cluster.address(), user="testuser", dbname="userdb",
                            password=cluster.password, connect_timeout=2,
                            options="-c statement_timeout=5000 -c synchronous_commit=on")
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        number = 0
        while not self.stopping.is_set():
            try:
                connection = psycopg2.connect(**self.options)
                connection.autocommit = True
                with connection.cursor() as cursor:
                    while not self.stopping.is_set():
                        number += 1
                        cursor.execute("insert into public.acknowledged values (%s)", (number,))
                        self.acknowledged.append(number)
            except psycopg2.Error:
                time.sleep(0.05)  # nobody leads for the moment

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(30)


@pytest.fixture(scope="module")
def synchronous(daemon):
    cluster = Cluster(daemon, "sync").create("--sync-replication", "--replica-count=1")
    cluster.sql("create table public.acknowledged (v bigint primary key)")
    yield cluster
    daemon.pgo("delete", "cluster", "sync", "--no-prompt")


def test_every_acknowledged_row_survives_the_deaths_of_primaries(synchronous):
    cluster = synchronous

    def in_step():
        """The one standby is synchronous, by PostgreSQL's own word."""
        leader = cluster.leader()
        if not leader:
            return False
        done = cluster.daemon.kube(
            "exec", leader, "-c", "database", "--", "psql", "-h", "/tmp", "-U", "postgres", "-qtA",
            "-c", "select count(*) from pg_stat_replication where sync_state = 'sync'", check=False)
        return done.returncode == 0 and done.stdout.strip() == "1"

    with Writer(cluster) as writer:
        for death in range(KILLS):
            eventually(f"a synchronous standby before death {death + 1}", in_step, 120)
            reached = len(writer.acknowledged)
            eventually("rows are written", lambda n=reached: len(writer.acknowledged) > n + 20, 60)
            whole_pod = death % 2 == 1
            cluster.daemon.kube("exec", cluster.leader(), "-c", "database", "--", "bash", "-c",
                                "kill -9 -1" if whole_pod else POSTMASTER, check=False)
            reached = len(writer.acknowledged)
            eventually("rows are written again",
                       lambda n=reached: len(writer.acknowledged) > n + 20, 60)
    eventually("a leader answers", lambda: cluster.sql("select 1", check=False) == "1", 60)
    stored = {int(v) for v in cluster.sql("select v from public.acknowledged").split()}
    lost = [v for v in writer.acknowledged if v not in stored]
    print(f"{len(writer.acknowledged)} rows acknowledged through {KILLS} deaths")
    assert not lost
