"""pgBouncer beside a cluster: who gets in, where it leads after a failover and a restore, and its end."""
import base64
import os
import subprocess

import pytest

from daemon import Cluster, eventually

POOL = "otter-pgbouncer"


@pytest.fixture(scope="module")
def otter(daemon):
    return Cluster(daemon, "otter").create("--replica-count=1", "--pgbouncer")


def through_pool(otter, statement, user="testuser", password=None, database="userdb"):
    return subprocess.run(
        ["psql", "--no-psqlrc", "-qtA", "-h", otter.address(POOL), "-U", user, "-d", database, "-c", statement],
        capture_output=True, text=True, timeout=30,
        env={"PATH": os.environ["PATH"], "PGPASSWORD": password or otter.password, "PGCONNECT_TIMEOUT": "5"})


def works(otter, **how):
    return through_pool(otter, "select 7", **how).stdout == "7\n"


def as_superuser(daemon, otter, statement, database="postgres"):
    daemon.kube("exec", otter.leader(), "-c", "database", "--", "psql", "-q", "-U", "postgres", "-d", database,
                "-c", statement)


def password_of_pool(daemon):
    secret = daemon.object("secrets", f"{POOL}-secret")
    return base64.b64decode(secret["data"]["password"]).decode()


def test_users_get_in_with_their_passwords_and_nobody_else(daemon, otter):
    eventually("the pool works", lambda: works(otter), 20)
    assert "pgbouncer" in daemon.pgo("test", "otter").stdout
    assert not works(otter, password="wrong")
    assert not works(otter, user="postgres")
    assert works(otter, user="pgbouncer", password=password_of_pool(daemon), database="postgres")


def test_a_new_password_and_a_new_database_are_known_at_once(daemon, otter):
    """K32: nobody has to tell the pool."""
    as_superuser(daemon, otter, "alter role testuser password 'changed'")
    assert works(otter, password="changed")
    assert not works(otter)
    as_superuser(daemon, otter, f"alter role testuser password '{otter.password}'")
    as_superuser(daemon, otter, "create database later")
    assert works(otter, database="later")


def test_a_user_whose_password_has_run_out_is_not_let_in(daemon, otter):
    as_superuser(daemon, otter, "alter role testuser valid until '2020-01-01'")
    assert not works(otter)
    as_superuser(daemon, otter, "alter role testuser valid until 'infinity'")
    assert works(otter)


def test_the_pool_leads_to_the_new_primary(daemon, otter):
    eventually("one replica streams", lambda: otter.streaming() == 1)
    old = otter.leader()
    daemon.kube("delete", "pod", old, "--wait=false")
    eventually("another instance leads", lambda: otter.leader() not in (None, old), 60)
    eventually("writes go through the pool",
               lambda: through_pool(otter, "create table if not exists public.p (v int)").returncode == 0, 30)


def test_it_goes_with_everything_it_had_and_comes_back(daemon, otter):
    done = daemon.pgo("delete", "pgbouncer", "otter", "--no-prompt")
    assert done.stdout == "otter pgbouncer deleted\n"
    eventually("it is gone", lambda: not {POOL, f"{POOL}-secret"} & {
        name for kind in ("deployments", "services", "secrets") for name in daemon.names(kind)}, 60)
    again = daemon.pgo("delete", "pgbouncer", "otter", "--no-prompt", check=False)
    assert again.returncode == 1 and "has no pgBouncer" in again.stderr  # O15

    dry = daemon.pgo("create", "pgbouncer", "otter", "--dry-run").stdout
    assert POOL in dry and POOL not in daemon.names("deployments")
    # K31: the password that is given is the one that works.
    daemon.pgo("create", "pgbouncer", "otter", "--pgbouncer-pass=geheim")
    eventually("the pool works again", lambda: works(otter, user="pgbouncer", password="geheim",
                                                     database="postgres"), 60)
    assert works(otter)
    twice = daemon.pgo("create", "pgbouncer", "otter", check=False)
    assert twice.returncode == 1 and "already" in twice.stderr


def test_it_works_on_data_that_know_nothing_of_it(daemon, otter):
    """As a backup is that was taken before there was a pool."""
    for database in ("template1", "later", "userdb", "postgres"):
        as_superuser(daemon, otter, "drop owned by pgbouncer cascade", database)
    as_superuser(daemon, otter, "drop role pgbouncer")
    daemon.pgo("restore", "otter", "--no-prompt", "--wait", "--wait-timeout=290")
    eventually("the pool works", lambda: works(otter), 60)
    assert works(otter, user="pgbouncer", password="geheim", database="postgres")


def test_nothing_of_it_stays_when_the_cluster_goes(daemon, otter):
    daemon.pgo("delete", "cluster", "otter", "--no-prompt")
    eventually("everything is gone", lambda: not any(
        daemon.names(kind, "pg-cluster=otter")
        for kind in ("pods", "deployments", "services", "secrets", "pvc")), 90)
