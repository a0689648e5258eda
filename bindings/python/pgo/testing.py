"""A real PostgreSQL cluster with high availability for tests: a plugin for pytest.

Installed, it is found by pytest; from a build tree say ``pytest -p pgo.testing``. A test asks for
`pg_cluster` and gets a primary, a streaming replica and a backup repository, made once a session::

    def test_rows_survive_the_primary(pg_cluster):
        pg_cluster.query("create table t as select 1 as v")
        pg_cluster.kill_primary()
        pg_cluster.wait_for_failover()
        assert pg_cluster.query("select v from t") == [["1"]]

``--pgo-state-dir DIR`` keeps the cluster between sessions, so that the next one starts in seconds.
Each session takes loopback addresses that nobody else uses, and so does each worker of pytest-xdist;
the workers keep their clusters in folders of their own below DIR.
"""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from typing import Any, Callable, Dict, List, Optional, Set, TypeVar

import pytest

from .client import Client, connect
from .errors import (BY_CODE, DeadlineExceeded, FailedPrecondition, NotFound, PgoError,
                     ResourceExhausted)
from .transport import Transport

T = TypeVar("T")
HOLD = "libpgo/hold"  # annotation: the node does not start the pod's containers again
MERGE_PATCH = "application/merge-patch+json"
#: Second numbers of the loopback addresses that environments choose from.
NETWORKS = range(130, 250)
PORTS = (6443, 8443)
_environments: "weakref.WeakSet[Environment]" = weakref.WeakSet()


def eventually(what: str, look: Callable[[], T], timeout: float, interval: float = 0.1) -> T:
    """The first true value of `look`; `DeadlineExceeded` names what was waited for."""
    deadline = time.monotonic() + timeout
    while not (value := look()):
        if time.monotonic() > deadline:
            raise DeadlineExceeded(f"not within {timeout} s: {what}")
        time.sleep(interval)
    return value


class Network:
    """The first two numbers of loopback addresses, for one environment alone."""

    def __init__(self, name: str, claim: Optional[socket.socket] = None) -> None:
        self.name, self._claim = name, claim

    @staticmethod
    def of_state(state_dir: Optional[str]) -> Optional["Network"]:
        """That of the clusters that are kept there: their services have addresses in it."""
        settings = pathlib.Path(state_dir or "", "client.json")
        if state_dir is None or not settings.exists():
            return None
        found = re.search(r"https://(127\.\d+)\.", settings.read_text())
        return Network(found.group(1)) if found else None

    @staticmethod
    def free() -> "Network":
        """One that nobody uses, be it for other ports. A socket without a file claims it: the claim ends with us, however
        we end, and a session that starts at the same moment takes the next one."""
        for number in NETWORKS:
            name = f"127.{number}"
            claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                claim.bind(f"\0pgo-testing-{name}")
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as daemons:
                    daemons.bind(f"\0pgo-network-{name}")
                for port in PORTS:
                    with socket.create_server((f"{name}.0.1", port)):
                        pass
            except OSError:
                claim.close()
                continue
            return Network(name, claim)
        raise ResourceExhausted("no loopback network is free from 127.130 to 127.249; name one with "
                                "--pgo-network", "network")

    def release(self) -> None:
        if self._claim is not None:
            self._claim.close()


class Environment:
    """Everything in a child process: Kubernetes API, node, operator. Use it with `with`.

    Without a `network` it takes that of the clusters in `state_dir`, or else one that is free."""

    def __init__(self, state_dir: Optional[str] = None, network: Optional[str] = None,
                 user: str = "pgo") -> None:
        self._temporary = state_dir is None
        self.held: Set[str] = set()  # pods that were killed and are kept down
        self._network = (Network(network) if network
                         else Network.of_state(state_dir) or Network.free())
        self.network = self._network.name
        # The daemon works in another folder.
        self.state_dir = os.path.abspath(state_dir) if state_dir else tempfile.mkdtemp(
            prefix="pgo-testing-", dir="/var/tmp")
        package = pathlib.Path(__file__).resolve().parent.parent
        path = os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pgo.daemon", "--state-dir", self.state_dir, "--network",
             self.network, "--user", user],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/",
            env={**os.environ, "PYTHONPATH": path})
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline() or "{}")
        if "kubeconfig" not in said:
            self.close()
            kind = BY_CODE.get(said.get("code", 0), PgoError)
            raise kind(said.get("message", "the environment did not start; see above"))
        self.endpoints: Dict[str, str] = said
        self.namespace = said["namespace"]
        self.client: Client = connect(said["clientSettings"])
        self.kubernetes: Transport = Transport.from_kubeconfig(said["kubeconfig"])
        _environments.add(self)
        self.release()  # what a session that broke off has left

    def hold(self, pod: str) -> None:
        """The pod's containers are not started again until `release`."""
        self._annotate(pod, "true")
        self.held.add(pod)

    def release(self) -> None:
        """Lets every pod start that is held, whoever held it."""
        for pod in self.kubernetes.list(f"/api/v1/namespaces/{self.namespace}/pods"):
            if HOLD in pod["metadata"].get("annotations", {}):
                self._annotate(pod["metadata"]["name"], None)
        self.held.clear()

    def _annotate(self, pod: str, value: Optional[str]) -> None:
        status, _ = self.kubernetes.request(
            "PATCH", f"/api/v1/namespaces/{self.namespace}/pods/{pod}",
            {"metadata": {"annotations": {HOLD: value}}}, MERGE_PATCH)
        if status not in (200, 404):
            raise FailedPrecondition(f"the pod {pod} cannot be annotated ({status})", pod)

    def __enter__(self) -> "Environment":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Lets go what is held, stops PostgreSQL cleanly, then the rest; removes the state unless
        its place was named."""
        if self in _environments:
            _environments.discard(self)
            try:
                self.release()
            except PgoError:
                pass  # it does not answer any more; the next start lets go
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._network.release()
        if self._temporary:
            shutil.rmtree(self.state_dir, ignore_errors=True)

    def cluster(self, name: str, replicas: int = 1, timeout: float = 600,
                **settings: Any) -> "PgCluster":
        """The cluster of this name, made if it is not there, once it is complete."""
        try:
            self.client.show_cluster(name)
        except NotFound:
            self.client.create_cluster(name=name, replica_count=replicas, **settings)
        self.client.wait_for_cluster(name, timeout)
        return PgCluster(self, name)


class PgCluster:
    """One cluster under test."""

    def __init__(self, environment: Environment, name: str) -> None:
        self.environment, self.name = environment, name
        self.client = environment.client
        self._kubernetes = environment.kubernetes
        self._base = f"/api/v1/namespaces/{environment.namespace}"
        spec = self.client.show_cluster(name).cluster.spec
        self.user, self.database = spec.user, spec.database

    # ---- connecting

    @property
    def dsn(self) -> str:
        """For libpq and what builds on it; the service follows the primary."""
        return self._dsn(self.name)

    @property
    def replica_dsn(self) -> str:
        """The same for the replicas."""
        return self._dsn(f"{self.name}-replica")

    def _dsn(self, service: str) -> str:
        import base64
        _, found = self._kubernetes.request("GET", f"{self._base}/services/{service}")
        _, secret = self._kubernetes.request("GET", f"{self._base}/secrets/{self.name}-{self.user}-secret")
        if "spec" not in found or "data" not in secret:
            raise NotFound(f"{service} has no service or no secret", service)
        password = base64.b64decode(secret["data"]["password"]).decode()
        return (f"host={found['spec']['clusterIP']} port=5432 dbname={self.database} "
                f"user={self.user} password={password} connect_timeout=2")

    def query(self, sql: str, pod: Optional[str] = None, timeout: float = 30) -> List[List[str]]:
        """Runs SQL as the superuser on the primary (or in the pod named) and returns its rows as
        text; `FailedPrecondition` with what PostgreSQL said."""
        where = pod or self.primary
        if where is None:
            raise FailedPrecondition(f"{self.name} has no primary now", self.name)
        done = self._exec(where, ["psql", "-h", "/tmp", "-U", "postgres", "-d", self.database,
                                  "--no-psqlrc", "-qtA", "-F", "\t", "-v", "ON_ERROR_STOP=1"],
                          sql, timeout)
        if done.exit_code:
            raise FailedPrecondition(done.err.strip(), self.name)
        return [line.split("\t") for line in done.out.splitlines()]

    def _exec(self, pod: str, command: List[str], input: str = "", timeout: float = 30) -> Any:
        return self._kubernetes.exec(self.environment.namespace, pod, "database", command, input,
                                     timeout)

    # ---- who is what

    def _pods(self, role: str) -> List[str]:
        pods = self._kubernetes.list(
            f"{self._base}/pods?labelSelector=pg-cluster%3D{self.name}%2Crole%3D{role}")
        return [pod["metadata"]["name"] for pod in pods
                if "deletionTimestamp" not in pod["metadata"]]

    @property
    def primary(self) -> Optional[str]:
        """The pod that leads; None while there is none, or no telling."""
        found = [pod for pod in self._pods("master") if pod not in self.environment.held]
        if len(found) > 1:
            # One that was killed keeps its label until it is back; the leader lock settles it.
            _, lock = self._kubernetes.request("GET", f"{self._base}/configmaps/{self.name}-leader")
            leader = lock.get("metadata", {}).get("annotations", {}).get("leader")
            found = [pod for pod in found if pod == leader]
        return found[0] if len(found) == 1 else None

    @property
    def replicas(self) -> List[str]:
        """The pods that follow."""
        return self._pods("replica")

    def wait_for_replicas(self, count: int = 1, timeout: float = 300) -> None:
        """Returns when so many replicas stream from one that takes writes, by PostgreSQL's own word."""
        # A primary that comes back has its label, and replicas, before it leads again.
        streaming = ("select count(*) from pg_stat_replication "
                     "where state = 'streaming' and not pg_is_in_recovery()")

        def enough() -> bool:
            try:
                return int(self.query(streaming)[0][0]) >= count
            except PgoError:
                return False
        eventually(f"{count} replica(s) of {self.name} stream", enough, timeout)

    def wait_for_primary(self, timeout: float = 120) -> str:
        """Returns the pod that leads once it takes writes. `primary` alone goes by Patroni's label, which
        a pod that died keeps until it is back."""
        def writable() -> Optional[str]:
            leader = self.primary
            try:
                taken = leader and self.query("create temporary table t (v int); select pg_is_in_recovery()",
                                              pod=leader, timeout=5)[-1] == ["f"]
            except PgoError:
                return None
            return leader if taken else None
        return eventually(f"a pod of {self.name} leads and takes writes", writable, timeout)

    # ---- disaster

    def kill_primary(self) -> str:
        """Kills every process of the primary's pod as a crash would (SIGKILL) and keeps it down
        until `wait_for_failover` has seen another one lead, or the test has failed. Returns the
        pod's name."""
        victim = eventually("there is a primary", lambda: self.primary, 30)
        self.environment.hold(victim)
        try:
            self._exec(victim, ["bash", "-c", "kill -9 -1"])
        except PgoError:
            pass  # the command dies with the rest
        return victim

    def wait_for_failover(self, timeout: float = 120) -> float:
        """Waits until another pod leads and takes writes, then lets what was killed come back.
        Returns the seconds waited."""
        begun = time.monotonic()
        self.wait_for_primary(timeout)
        elapsed = time.monotonic() - begun
        self.environment.release()
        return elapsed

    # ---- more of them

    def clone(self, name: str, pitr_target: str = "", replica_count: int = 0,
              timeout: float = 600) -> "PgCluster":
        """A new cluster with the data of this one's backups and WAL, as it was at `pitr_target`
        ("2026-11-22 14:30:00+00") if that is given, once it and its replicas are complete.
        `FailedPrecondition` with the reason as soon as the clone has failed."""
        asked = self.client.clone_cluster(source_cluster_name=self.name, target_cluster_name=name,
                                          pitr_target=pitr_target, replica_count=replica_count)
        for _ in self.client.clone_progress(name, asked.workflow_id, timeout):
            pass
        return PgCluster(self.environment, name)

    def delete(self, timeout: float = 120) -> None:
        """Removes the cluster with its data and backups."""
        self.client.delete_cluster(cluster_name=self.name, delete_data=True, delete_backups=True)

        def gone() -> bool:
            try:
                self.client.show_cluster(self.name)
                return False
            except NotFound:
                return True
        eventually(f"{self.name} is gone", gone, timeout)


# ---- pytest


def pytest_addoption(parser: Any) -> None:
    group = parser.getgroup("pgo", "PostgreSQL clusters under test")
    group.addoption("--pgo-network", default=None,
                    help="first two numbers of the loopback addresses to use, such as 127.99; "
                         "without it one that is free")
    group.addoption("--pgo-state-dir", default=None,
                    help="keep the clusters there, and use them again in the next session")
    group.addoption("--pgo-user", default="pgo", help="whom to become when pytest runs as root")
    group.addoption("--pgo-replicas", default=1, type=int, help="replicas of pg_cluster")


def pytest_runtest_makereport(item: Any, call: Any) -> None:
    """A test that fails between `kill_primary` and `wait_for_failover` leaves nothing held."""
    if call.excinfo is None:
        return
    for environment in list(_environments):
        if environment.held:
            try:
                environment.release()
            except PgoError:
                pass  # an environment that has died; what is raised here ends the whole session


@pytest.fixture(scope="session")
def pgo_environment(request: Any) -> Any:
    """A Kubernetes API, a node and the operator, in a child process."""
    option = request.config.getoption
    state_dir = option("--pgo-state-dir")
    # A worker of pytest-xdist is a session of its own.
    if state_dir is not None and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
        state_dir = os.path.join(state_dir, worker)
    with Environment(state_dir, option("--pgo-network"), option("--pgo-user")) as made:
        yield made


@pytest.fixture(scope="session")
def pg_cluster(pgo_environment: Environment, request: Any) -> PgCluster:
    """A primary, a streaming replica and a backup repository; one for all tests of the session."""
    replicas = request.config.getoption("--pgo-replicas")
    cluster = pgo_environment.cluster("pytest", replicas)
    cluster.wait_for_replicas(replicas)
    return cluster
