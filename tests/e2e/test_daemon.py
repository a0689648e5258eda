"""The daemon as a process: how it ends."""
import os
import signal

import pytest

from daemon import Daemon, eventually

NETWORK = os.environ.get("PGO_E2E_NETWORK", "127.91")


@pytest.fixture
def alone():
    """A daemon without a node, which starts and ends in no time."""
    daemon = Daemon(NETWORK, options=["--no-node"])
    yield daemon
    daemon.remove()


def says(daemon, text):
    return lambda: text in daemon.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_cleanly(alone, number):
    alone.start().process.send_signal(number)
    assert alone.process.wait(20) == 0
    assert f"signal={number.name}" in alone.log.read_text()


def test_a_closed_terminal_sends_more_than_one_signal_and_it_stops_cleanly_all_the_same(alone):
    alone.start().process.send_signal(signal.SIGHUP)
    eventually("it stops", says(alone, "stopping"), interval=0.001)
    alone.process.send_signal(signal.SIGHUP)
    assert alone.process.wait(20) == 0


def test_nohup_lets_it_outlive_its_terminal(alone, monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        alone.start()
    finally:
        signal.signal(signal.SIGHUP, before)
    alone.process.send_signal(signal.SIGHUP)
    assert alone.pgo("version").returncode == 0
    alone.stop()
    assert "signal=SIGTERM" in alone.log.read_text()


def test_postgresql_shuts_down_cleanly_when_the_terminal_is_closed(daemon, hippo):
    leader = hippo.leader()  # from here on a daemon has the network
    daemon.process.send_signal(signal.SIGHUP)
    assert daemon.process.wait(60) == 0
    daemon.start()
    eventually("the cluster is back", lambda: hippo.can_write(1))
    log = daemon.kube("logs", leader, "-c", "database", "--previous").stdout
    assert "database system is shut down" in log
