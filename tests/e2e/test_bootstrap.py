"""A first start that is cut off: the cluster is made anew, whole, and nobody has to see to it."""
import os
import signal
import time

import pytest

from daemon import Cluster, Daemon, eventually


def while_initdb_runs(data):
    return (data / "PG_VERSION").exists() and not (data / "global/pg_control").exists()


def while_the_application_user_is_made(data):
    return (data / "postmaster.pid").exists()


def cut_off(daemon, moment):
    """Kills the daemon with all that runs in it, as a power cut would."""
    data = daemon.state / "pv/pgouser1/hippo/hippo"
    deadline = time.monotonic() + 60
    while not moment(data):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    os.kill(daemon.process.pid, signal.SIGKILL)
    daemon.process.wait()
    assert moment(data) and (data.parent / "hippo.bootstrapping").exists(), "killed too late to tell anything"


@pytest.mark.parametrize("moment", [while_initdb_runs, while_the_application_user_is_made])
def test_a_database_that_was_cut_off_while_it_was_made_is_made_anew(moment):
    daemon = Daemon(os.environ.get("PGO_E2E_NETWORK", "127.91"))
    try:
        daemon.start()
        daemon.pgo("create", "cluster", "hippo", "--password=correct-horse")
        cut_off(daemon, moment)
        daemon.start()
        hippo = Cluster(daemon, "hippo")
        eventually("the application user can write", lambda: hippo.sql("create table public.t (v int)", check=False) is not None)
        extensions = hippo.sql("select string_agg(extname, ',' order by extname) from pg_extension")
        assert "pg_stat_statements" in extensions
        assert not list(daemon.state.glob("pv/pgouser1/hippo/*.bootstrapping"))
    finally:
        daemon.remove()
