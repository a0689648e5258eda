"""deploy/operator: applied as it is, it gives postgres-operator what it needs, and no more rights than
it says."""

import json
import pathlib
import ssl
import urllib.request

import pytest
import yaml

from conftest import wait_for
from test_operator import Operator

MANIFESTS = pathlib.Path(__file__).parents[3] / "deploy/operator"
NAMESPACE = "deployed"


@pytest.fixture(scope="module")
def deployed(kubectl):
    """The container of the Deployment, in a namespace of the test's own."""
    kubectl("create", "namespace", NAMESPACE)
    for name in ("rbac.yaml", "deployment.yaml"):
        text = (MANIFESTS / name).read_text()
        kubectl("apply", "-f", "-", stdin=text.replace("namespace: pgo\n", f"namespace: {NAMESPACE}\n"))
    found = json.loads(kubectl("-n", NAMESPACE, "get", "deployment", "postgres-operator", "-o", "json"))
    return found["spec"]["template"]["spec"]


def kubeconfig_of_the_account(daemon, kubectl, deployed, folder):
    config = yaml.safe_load(daemon.kubeconfig.read_text())
    # What `kubectl create token` does; Debian 12's kubectl does not know it yet.
    answer = kubectl("create", "-f", "-", "--raw",
                     f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/"
                     f"{deployed['serviceAccountName']}/token",
                     stdin='{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}')
    token = json.loads(answer)["status"]["token"]
    config["users"][0]["user"] = {"token": token}
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


def environment(container, pod):
    fields = {"metadata.namespace": NAMESPACE, "metadata.name": pod}
    return {item["name"]: fields[item["valueFrom"]["fieldRef"]["fieldPath"]]
            if "valueFrom" in item else item.get("value", "") for item in container["env"]}


def test_the_deployment_and_its_service_find_their_pods(kubectl, deployed):
    def ready():
        return kubectl("-n", NAMESPACE, "get", "deployment", "postgres-operator", "-o",
                       "jsonpath={.status.readyReplicas}") == "1"

    wait_for(ready, 30)
    wait_for(lambda: kubectl("-n", NAMESPACE, "get", "endpoints", "postgres-operator", "-o",
                             "jsonpath={.subsets[0].ports[0].port}") == "8443", 30)


def test_its_environment_and_rights_are_enough_to_install_lead_and_answer(
        daemon, kubectl, deployed, tmp_path):
    container = deployed["containers"][0]
    operator = Operator(kubeconfig_of_the_account(daemon, kubectl, deployed, tmp_path), tmp_path,
                        "deployed-pod", environment(container, "deployed-pod"), container["args"])
    probe = container["readinessProbe"]["httpGet"]
    trusting = ssl._create_unverified_context()  # as a kubelet's probe

    def healthy():
        assert operator.process.poll() is None, operator.log.read_text()
        try:
            url = f"{probe['scheme'].lower()}://localhost:{operator.port}{probe['path']}"
            return urllib.request.urlopen(url, timeout=5, context=trusting).status == 200
        except OSError:
            return False

    try:
        wait_for(healthy, 30)
        wait_for(operator.leads, 30)
        # What the operator gives each of its namespaces it may only give by its own rights.
        for namespace in environment(container, "")["NAMESPACE"].split(","):
            wait_for(lambda ns=namespace: kubectl.run("-n", ns, "get", "serviceaccount", "pgo-pg",
                                                      check=False).returncode == 0, 30)
        assert "forbidden" not in operator.log.read_text().lower()
    finally:
        operator.stop()
