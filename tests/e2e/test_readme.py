"""What README.md and the examples show is what happens: each command, in the order in which it is printed."""
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

import pytest

from daemon import BIN

ROOT = pathlib.Path(__file__).resolve().parents[2]


def shown(after):
    """The commands of the first block after these words, without prompt and remark."""
    block = (ROOT / "README.md").read_text().split(after, 1)[1].split("```")[1]
    return [line[2:].split("   #")[0].strip() for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture
def home(daemon, tmp_path):
    """A home folder in which the daemon's state is where README.md says."""
    (tmp_path / ".local/state").mkdir(parents=True)
    (tmp_path / ".local/state/pgo").symlink_to(daemon.state)
    return tmp_path


def test_the_commands_of_the_readme_work_as_printed(daemon, home):
    commands = shown("**As a daemon with everything inside**")
    assert commands[0] == "postgres-operator --dev" and len(commands) > 10
    for command in commands[1:]:
        done = subprocess.run(["bash", "-c", command], cwd=home, input="yes\n", text=True,
                              capture_output=True, timeout=180,
                              env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(home)})
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert daemon.pgo("show", "cluster", "--all").returncode == 0


def test_the_example_in_c_shows_the_clusters_of_a_daemon(daemon):
    done = subprocess.run([BIN / "example_show_clusters", daemon.state / "client.json"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert '"Code":"ok"' in done.stdout
    done = subprocess.run([BIN / "example_show_clusters", daemon.state / "nosuch.json"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "nosuch.json" in done.stderr and not done.stdout


def test_the_example_in_python_makes_a_cluster_and_finds_it_again(request):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pgo-e2e-example-", dir="/var/tmp"))
    request.addfinalizer(lambda: shutil.rmtree(folder))
    as_user = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("pgo")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = ["runuser", "-u", "pgo", "--"]
    shutil.copy(ROOT / "examples/python/quickstart.py", folder / "quickstart.py")
    (folder / "quickstart.py").chmod(0o644)
    for told in ("waiting for the primary", "hippo is there already"):
        done = subprocess.run(
            [*as_user, "env", f"PYTHONPATH={BIN.parent / 'python'}", "PYTHONDONTWRITEBYTECODE=1",
             sys.executable, "quickstart.py", str(folder / "state")],
            cwd=folder, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stderr
        assert told in done.stdout
        assert "primary hippo" in done.stdout and "replica hippo" in done.stdout
