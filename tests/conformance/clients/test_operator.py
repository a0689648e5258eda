"""postgres-operator without --dev, as 4.2.0's Deployment ran it: against an API of somebody else,
with an installer's users, secrets and pgo-config."""

import base64
import json
import os
import pathlib
import socket
import subprocess

import pytest

from conftest import wait_for

BIN = pathlib.Path(os.environ["PGO_BIN"])
NAMESPACE = "operator-test"

INSTALLED = """
apiVersion: v1
kind: Namespace
metadata: {name: pgo}
---
apiVersion: v1
kind: Secret
metadata: {name: pgorole-admin, namespace: pgo, labels: {vendor: crunchydata, pgo-pgorole: "true", rolename: admin}}
stringData: {rolename: admin, permissions: "*"}
---
apiVersion: v1
kind: Secret
metadata: {name: pgouser-admin, namespace: pgo, labels: {vendor: crunchydata, pgo-pgouser: "true", username: admin}}
stringData: {username: admin, password: examplepassword, roles: admin}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: pgo-config, namespace: pgo}
data: {pgo.yaml: %s}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Operator:
    def __init__(self, kubeconfig, folder, pod, settings=None, arguments=("--install",)):
        self.port, self.log = free_port(), folder / f"{pod}.log"
        settings = settings or {"PGO_OPERATOR_NAMESPACE": "pgo", "PGO_INSTALLATION_NAME": "test",
                                "NAMESPACE": NAMESPACE, "MY_POD_NAME": pod}
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **settings,
                       "PORT": str(self.port)}
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [BIN / "postgres-operator", "--kubeconfig", kubeconfig, *arguments],
                env=environment, stdout=log, stderr=log)

    def leads(self):
        return "leading" in self.log.read_text().replace("no longer leading", "")

    def stop(self):
        self.process.terminate()
        assert self.process.wait(20) == 0, self.log.read_text()


def configuration(tag):
    """The shipped pgo.yaml with another image tag."""
    shipped = pathlib.Path(__file__).parents[3] / "libpgo/src/model/data/pgo.yaml"
    changed = [f"  CCPImageTag:  {tag}" if "CCPImageTag" in line else line
               for line in shipped.read_text().splitlines()]
    return json.dumps("\n".join(changed) + "\n")


@pytest.fixture(scope="module")
def installed(daemon, kubectl, tmp_path_factory):
    kubectl("apply", "-f", "-", stdin=INSTALLED % configuration("centos7-12.1-test"))
    folder = tmp_path_factory.mktemp("operator")
    operator = Operator(daemon.kubeconfig, folder, "first")
    wait_for(lambda: kubectl.run("get", "-n", "pgo", "secret", "pgo.tls", check=False).returncode == 0,
             30)
    for name in ("tls.crt", "tls.key"):
        data = kubectl("get", "-n", "pgo", "secret", "pgo.tls", "-o",
                       "jsonpath={.data.%s}" % name.replace(".", "\\."))
        (folder / name).write_bytes(base64.b64decode(data))
        (folder / name).chmod(0o600)
    yield operator, folder
    if operator.process.poll() is None:
        operator.stop()


def pgo(operator, folder, *arguments, password="examplepassword"):
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder),
                   "PGO_APISERVER_URL": f"https://localhost:{operator.port}",
                   "PGO_CA_CERT": str(folder / "tls.crt"), "PGO_CLIENT_CERT": str(folder / "tls.crt"),
                   "PGO_CLIENT_KEY": str(folder / "tls.key"), "PGO_NAMESPACE": NAMESPACE,
                   "PGOUSERNAME": "admin", "PGOUSERPASS": password}
    return subprocess.run([BIN / "pgo", *arguments], env=environment, capture_output=True, text=True,
                          timeout=120, check=False)


def test_a_client_with_the_installers_secrets_creates_a_cluster(kubectl, installed):
    operator, folder = installed
    wait_for(lambda: pgo(operator, folder, "version").returncode == 0, 30)
    created = pgo(operator, folder, "create", "cluster", "hippo")
    assert created.returncode == 0, created.stderr

    def state():
        return kubectl("-n", NAMESPACE, "get", "pgcluster", "hippo", "-o", "jsonpath={.status.state}")

    wait_for(lambda: state() == "pgcluster Initialized", 60)


def test_pgo_config_is_read(kubectl, installed):
    tag = kubectl("-n", NAMESPACE, "get", "pgcluster", "hippo", "-o", "jsonpath={.spec.ccpimagetag}")
    assert tag == "centos7-12.1-test"


def test_a_wrong_password_is_refused(installed):
    refused = pgo(*installed, "show", "cluster", "hippo", password="wrong")
    assert refused.returncode == 1 and "401" not in refused.stdout


def test_a_second_operator_leads_when_the_first_has_gone(daemon, kubectl, installed):
    first, folder = installed
    wait_for(first.leads, 30)
    second = Operator(daemon.kubeconfig, folder, "second")
    try:
        wait_for(lambda: pgo(second, folder, "version").returncode == 0, 30)
        assert not second.leads()
        holder = kubectl("-n", "pgo", "get", "lease", "postgres-operator", "-o",
                         "jsonpath={.spec.holderIdentity}")
        assert holder.startswith("first_")
        first.stop()
        wait_for(second.leads, 30)
        assert pgo(second, folder, "scale", "hippo", "--no-prompt").returncode == 0
        wait_for(lambda: kubectl("-n", NAMESPACE, "get", "deployments", "-l",
                                 "pgo-pg-database=true", "-o", "name").count("deployment") == 2, 60)
    finally:
        second.stop()


@pytest.mark.parametrize("missing", ["PGO_OPERATOR_NAMESPACE", "PGO_INSTALLATION_NAME"])
def test_a_missing_setting_is_named(daemon, missing):
    environment = {"PGO_OPERATOR_NAMESPACE": "pgo", "PGO_INSTALLATION_NAME": "test"}
    del environment[missing]
    done = subprocess.run([BIN / "postgres-operator", "--kubeconfig", daemon.kubeconfig],
                          env=environment, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2 and missing in done.stderr
