"""kubectl exec with real programs: at a terminal, through pipes, and given up."""
import fcntl
import os
import select
import struct
import subprocess
import termios
import time

import pytest

from daemon import Cluster, eventually

LARGE = 200_000_000


@pytest.fixture(scope="module")
def pod(daemon):
    return Cluster(daemon, "hippo").create().leader()


@pytest.fixture(params=["WebSocket", "SPDY"])
def inside(daemon, pod, request):
    """The beginning of a command that runs something in a database pod, as kubectl does since 1.31 and as it
    did before. Older ones know SPDY only: with them both are that."""
    protocol = "KUBECTL_REMOTE_COMMAND_WEBSOCKETS=" + str(request.param == "WebSocket").lower()

    def command(flags, *words):
        return ["env", protocol, "kubectl", "--kubeconfig", str(daemon.state / "kubeconfig"), "exec", *flags, pod,
                "-c", "database", "--", *words]
    return command


class Terminal:
    """A command at a terminal of 33 rows and 77 columns."""

    def __init__(self, command):
        self.ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.seen = ""

    def type(self, text):
        os.write(self.ours, text.encode())

    def expect(self, text, seconds=20):
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self.ours], [], [], left)[0], self.seen
            self.seen += os.read(self.ours, 4096).decode()

    def close(self):
        os.close(self.ours)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def terminal(inside):
    opened = []

    def at(*arguments):
        opened.append(Terminal(inside(*arguments)))
        return opened[-1]
    yield at
    for one in opened:
        one.close()


def runs(inside, word):
    done = subprocess.run(inside((), "bash", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"), capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return word in done.stdout


def test_a_shell_at_a_terminal(terminal):
    shell = terminal(("-it",), "bash", "--norc")
    shell.type("tty; echo $(stty size) on $TERM\n")
    shell.expect("/dev/pts/")
    shell.expect("33 77 on xterm")
    shell.type("psql -h /tmp -U postgres postgres\n")
    shell.expect("postgres=#")
    shell.type("select 6 * 7 as answer;\n")
    shell.expect("    42")
    shell.type("\\q\n")
    # What is typed before a Ctrl-C is thrown away with it, so each is waited for. The quotes keep
    # a word from being seen when it is typed. It is said by who is to be interrupted: between two
    # commands a Ctrl-C is the shell's, and the second runs on.
    shell.type("sh -c 'echo by\"\"e; exec sleep 1000'\n")
    shell.expect("bye")
    shell.type("\x03")
    shell.expect("^C")
    shell.type("exit 5\n")
    shell.expect("exit code 5")
    assert shell.process.wait(20) == 5


def test_a_command_at_a_terminal_ends_by_itself(terminal):
    for flags in ("-it", "-i", "-t"):
        one = terminal((flags,), "psql", "-h", "/tmp", "-U", "postgres", "-XAtc", "select 40 + 2")
        one.expect("42")
        assert one.process.wait(20) == 0


def test_large_input_and_output_pass_whole(inside):
    there = subprocess.run(inside(("-i",), "bash", "-c", "sleep 0.5; wc -c"), input=b"x" * LARGE, capture_output=True,
                           timeout=120)
    assert there.stdout.decode().strip() == str(LARGE), there.stderr
    back = subprocess.Popen(inside((), "head", "-c", str(LARGE), "/dev/zero"), stdout=subprocess.PIPE)
    time.sleep(0.5)  # a slow reader: far more is written than the daemon would hold
    assert len(back.stdout.read()) == LARGE
    back.stdout.close()
    assert back.wait(20) == 0


@pytest.mark.parametrize("flags", [("-it",), ("-i",)])
def test_a_client_that_goes_away_takes_its_command_along(inside, terminal, flags):
    word = f"sleep 12345{len(flags[0])}"
    one = terminal(flags, "bash", "-c", f"echo up; {word}; true")
    one.expect("up")
    assert runs(inside, word)
    one.process.kill()
    eventually("the command has gone", lambda: not runs(inside, word), 20)
