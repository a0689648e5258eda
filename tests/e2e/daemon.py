"""A daemon under test, and the commands a user would type at it."""
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

BIN = pathlib.Path(os.environ.get("PGO_BIN", "build/release/bin")).resolve()


def eventually(what, check, timeout=60.0, interval=0.2):
    """Waits until check() is true and returns its value; names what was waited for otherwise."""
    deadline = time.monotonic() + timeout
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(interval)


class Daemon:
    """`postgres-operator --dev` on a state directory of its own."""

    def __init__(self, network, state=None, options=()):
        self.network = network
        self.state = pathlib.Path(state or tempfile.mkdtemp(prefix="pgo-e2e-", dir="/var/tmp"))
        self.options = list(options)
        self.log = self.state.parent / (self.state.name + ".log")
        self.process = None
        if os.geteuid() == 0:
            # The daemon gives up root and must still get into its directory.
            user = pwd.getpwnam("pgo")
            os.chown(self.state, user.pw_uid, user.pw_gid)

    def spawn(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [BIN / "postgres-operator", "--dev", "--state-dir", self.state,
                 "--network", self.network, *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start(self):
        self.spawn()

        def answers():
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended:\n{self.log.read_text()[-4000:]}")
            return self.pgo("version", check=False).returncode == 0

        eventually("the daemon answers", answers, 30)
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(60) == 0, "the daemon did not stop cleanly"
        self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def pgo(self, *arguments, check=True, stdin="", env=None):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent",
                       "PGO_STATE_DIR": str(self.state), **(env or {})}
        done = subprocess.run([BIN / "pgo", *arguments], input=stdin, capture_output=True,
                              text=True, env=environment, timeout=300)
        if check:
            assert done.returncode == 0, f"pgo {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done

    def pgo_json(self, *arguments):
        return json.loads(self.pgo(*arguments, "-o", "json").stdout)

    def kube(self, *arguments, check=True):
        command = ["kubectl", "--kubeconfig", self.state / "kubeconfig", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if check:
            assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done

    def objects(self, kind, selector=""):
        options = ["-l", selector] if selector else []
        return json.loads(self.kube("get", kind, *options, "-o", "json").stdout)["items"]

    def object(self, kind, name):
        return next(o for o in self.objects(kind) if o["metadata"]["name"] == name)

    def names(self, kind, selector=""):
        return sorted(item["metadata"]["name"] for item in self.objects(kind, selector))


class Cluster:
    """One cluster of a daemon, and its databases."""

    def __init__(self, daemon, name, password="correct-horse"):
        self.daemon, self.name, self.password = daemon, name, password

    def create(self, *options):
        self.daemon.pgo("create", "cluster", self.name, f"--password={self.password}", "--wait",
                        *options)
        return self

    def address(self, service=None):
        services = self.daemon.pgo_json("show", "cluster", self.name)["Results"][0]["Services"]
        return next(s["ClusterIP"] for s in services if s["Name"] == (service or self.name))

    def sql(self, statement, service=None, check=True):
        done = subprocess.run(
            ["psql", "--no-psqlrc", "-qtA", "-h", self.address(service), "-U", "testuser", "-d",
             "userdb", "-v", "ON_ERROR_STOP=1", "-c", statement],
            capture_output=True, text=True, timeout=30,
            env={"PATH": os.environ["PATH"], "PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "2"})
        if check:
            assert done.returncode == 0, done.stderr
        return done.stdout.strip() if done.returncode == 0 else None

    def leader(self):
        pods = [pod["metadata"]["name"] for pod in self.daemon.objects(
            "pods", f"pg-cluster={self.name},role=master")
            if "deletionTimestamp" not in pod["metadata"]]
        return pods[0] if len(pods) == 1 else None

    def replicas(self):
        return self.daemon.names("pods", f"pg-cluster={self.name},role=replica")

    def streaming(self):
        """How many replicas stream from the leader, by PostgreSQL's own word."""
        leader = self.leader()
        if not leader:
            return 0
        done = self.daemon.kube(
            "exec", leader, "-c", "database", "--", "psql", "-h", "/tmp", "-U", "postgres", "-qtA",
            "-c", "select count(*) from pg_stat_replication where state = 'streaming'", check=False)
        return int(done.stdout or 0) if done.returncode == 0 else 0

    def can_write(self, value):
        return self.sql(f"insert into public.t values ({value})", check=False) is not None
