"""One embedded API for all tests of a run, and how to talk to it."""

import copy
import os
import re
import shutil
import subprocess
import time

import pytest


class Daemon:
    """A running embedded_daemon with its own state directory."""

    def __init__(self, state, *arguments):
        self.state = state
        self.kubeconfig = state / "kubeconfig"
        self.log = open(state / "log", "w")
        self.process = subprocess.Popen(
            [os.environ["EMBEDDED_DAEMON"], str(state), *arguments],
            stdin=subprocess.PIPE, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 20
        while not self.kubeconfig.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("the daemon did not start:\n" + (state / "log").read_text())
            time.sleep(0.02)

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.log.close()


@pytest.fixture(scope="session")
def daemon(tmp_path_factory):
    running = Daemon(tmp_path_factory.mktemp("embedded"))
    yield running
    running.stop()
    assert running.process.returncode == 0


class Kubectl:
    def __init__(self, program, kubeconfig, home):
        self.base = [program, "--kubeconfig", str(kubeconfig), "--cache-dir", str(home / "cache")]
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home)}

    def with_environment(self, more):
        other = copy.copy(self)
        other.environment = {**self.environment, **more}
        return other

    def run(self, *arguments, stdin=None, check=True):
        done = subprocess.run([*self.base, *arguments], input=stdin, text=True,
                              capture_output=True, timeout=30, env=self.environment, check=False)
        if check:
            assert done.returncode == 0, f"kubectl {arguments}: {done.stdout}{done.stderr}"
        return done

    def __call__(self, *arguments, stdin=None):
        return self.run(*arguments, stdin=stdin).stdout

    def start(self, *arguments):
        return subprocess.Popen([*self.base, *arguments], text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env=self.environment)


@pytest.fixture(scope="session")
def kubectl(daemon, tmp_path_factory):
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed")
    return Kubectl(program, daemon.kubeconfig, tmp_path_factory.mktemp("home"))


@pytest.fixture(params=["WebSocket", "SPDY"])
def kubectl_for_exec(kubectl, request):
    """kubectl as it executes since 1.31, and as all did before. Older ones know SPDY only: both are that."""
    wanted = {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": str(request.param == "WebSocket").lower()}
    yield kubectl.with_environment(wanted)


@pytest.fixture
def namespace(kubectl, request):
    """A namespace of the test's own."""
    name = re.sub("[^a-z0-9]+", "-", request.node.name.lower())[:60].strip("-")
    kubectl("create", "namespace", name)
    return name


def wait_for(condition, seconds=10):
    """Waits until `condition` holds and returns what it said."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, "what the test waits for does not happen"
        time.sleep(0.05)
