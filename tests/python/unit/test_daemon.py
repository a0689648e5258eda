"""The daemon before it starts: what it says, what it takes along. And a session of pytest that loses it."""
import json
import os
import subprocess
import sys
import types

import pytest

import pgo
from pgo import daemon, testing

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give things away")


@as_root
@pytest.mark.parametrize("user, said", [("root", "do not run as root"), ("no-such-user", "no user no-such-user")])
def test_a_user_that_cannot_be_become_is_told_as_the_reason(tmp_path, user, said):
    done = subprocess.run([sys.executable, "-m", "pgo.daemon", "--user", user, "--state-dir", str(tmp_path)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and said in json.loads(done.stdout)["message"], done.stderr


def test_images_are_copied_as_they_are_and_nothing_of_former_ones_stays(tmp_path):
    files = daemon.read_files(daemon.HERE / "images")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "former").touch()
    daemon.write_files(files, tmp_path / "images")
    assert daemon.read_files(tmp_path / "images") == files
    assert os.access(tmp_path / "images" / "postgres-ha" / "entrypoint", os.X_OK)


@pytest.fixture
def unreadable(monkeypatch):
    """As root's images are for the user that root has become."""
    access = os.access
    monkeypatch.setattr(daemon, "become", lambda *_: None)
    monkeypatch.setattr(os, "access", lambda path, mode: (
        access(path, mode) and not str(path).endswith("images.yaml")))


def test_images_that_the_user_may_not_read_are_taken_along(unreadable, tmp_path):
    copy = daemon.become_with_images("pgo", str(tmp_path))
    assert copy == str(tmp_path / "images") and (tmp_path / "images" / "images.yaml").exists()


def test_a_second_start_leaves_the_images_of_the_running_one_alone(unreadable, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "in-use").touch()
    with daemon.alone(tmp_path) as nobody_runs:
        assert nobody_runs
        daemon.become_with_images("pgo", str(tmp_path))
        assert (tmp_path / "images" / "in-use").exists()
    daemon.become_with_images("pgo", str(tmp_path))
    assert not (tmp_path / "images" / "in-use").exists()


def test_an_environment_that_has_died_does_not_end_the_session():
    class Dead(pgo.HostTransport):
        def request(self, method, path, body, content_type):
            asked.append(path)
            raise pgo.Unavailable("the cable is out")

    asked = []
    environment = testing.Environment.__new__(testing.Environment)
    environment.namespace, environment.held = "zoo", {"hippo"}
    environment.kubernetes = pgo.Transport.from_host(Dead())
    testing._environments.add(environment)
    testing.pytest_runtest_makereport(None, types.SimpleNamespace(excinfo=True))
    assert asked == ["/api/v1/namespaces/zoo/pods"]
