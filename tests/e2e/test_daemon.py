"""The daemon as a process: how it ends, and where it lives when nobody says so."""
import os
import pathlib
import signal
import subprocess

import pytest

from daemon import BIN, Daemon, eventually

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


def as_user(folder, program, *arguments, home=None):
    """A command of a user without $HOME, who has this home folder or none."""
    passwd = folder / "passwd"
    passwd.write_text("root:x:0:0::/root:/bin/sh\n" + (f"zoe:x:1234:1234::{home}:/bin/sh\n" if home else ""))
    return subprocess.Popen(
        ["bwrap", "--dev-bind", "/", "/", "--ro-bind", passwd, "/etc/passwd", "--unshare-user", "--uid", "1234",
         "--gid", "1234", "--die-with-parent", BIN / program, *arguments],
        env={"PATH": os.environ["PATH"]}, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_without_home_the_state_is_in_the_home_folder_of_the_list_of_users(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    running = as_user(tmp_path, "postgres-operator", "--dev", "--no-node", "--network", NETWORK, home=home)
    try:
        eventually("it runs", (home / ".local/state/pgo/client.json").exists, 20)
        out, errors = as_user(tmp_path, "pgo", "version", home=home).communicate(timeout=20)
        assert "pgo-apiserver version" in out, errors
    finally:
        running.kill()
        running.communicate()


def test_without_any_home_it_asks_where_the_state_shall_be(tmp_path):
    done = as_user(tmp_path, "postgres-operator", "--dev", "--no-node", "--network", NETWORK)
    _, errors = done.communicate(timeout=20)
    assert done.returncode == 2 and "--state-dir" in errors
    assert [path.name for path in pathlib.Path(tmp_path).iterdir()] == ["passwd"]


def test_postgresql_shuts_down_cleanly_when_the_terminal_is_closed(daemon, hippo):
    leader = hippo.leader()  # from here on a daemon has the network
    daemon.process.send_signal(signal.SIGHUP)
    assert daemon.process.wait(60) == 0
    daemon.start()
    eventually("the cluster is back", lambda: hippo.can_write(1))
    log = daemon.kube("logs", leader, "-c", "database", "--previous").stdout
    assert "database system is shut down" in log
