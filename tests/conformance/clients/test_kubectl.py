"""kubectl as people use it."""

import fcntl
import json
import os
import select
import struct
import subprocess
import termios
import time

from conftest import wait_for

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: one
        ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
"""

JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: one}]
"""

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.test.libpgo.org}
spec:
  group: test.libpgo.org
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget, listKind: GadgetList, shortNames: [gd]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: Color, type: string, jsonPath: .spec.color}
    schema:
      openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""

GADGET = """
apiVersion: test.libpgo.org/v1
kind: Gadget
metadata: {name: lamp}
spec: {color: green}
"""


def pods(kubectl, namespace):
    return json.loads(kubectl("-n", namespace, "get", "pods", "-o", "json"))["items"]


def test_create_wait_get_and_delete(kubectl, namespace):
    kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
    kubectl("-n", namespace, "wait", "--for=condition=Available", "deploy/web", "--timeout=10s")
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    table = kubectl("-n", namespace, "get", "deploy").split("\n")
    assert table[0].split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert table[1].split()[:4] == ["web", "2/2", "2", "2"]
    listed = kubectl("-n", namespace, "get", "pods", "-o", "wide").split("\n")
    assert listed[1].split()[1:3] == ["1/1", "Running"]
    assert "stand-in" in listed[1]
    assert len(kubectl("-n", namespace, "get", "all", "-o", "name").split()) == 5
    names = kubectl("-n", namespace, "get", "pods", "-l", "app=web", "-o", "name").split()
    kubectl("-n", namespace, "delete", names[0])
    wait_for(lambda: len(pods(kubectl, namespace)) == 2)
    assert names[0] not in kubectl("-n", namespace, "get", "pods", "-o", "name").split()
    kubectl("-n", namespace, "delete", "deploy", "web")
    wait_for(lambda: not pods(kubectl, namespace))
    gone = kubectl.run("-n", namespace, "get", "deploy", "web", check=False)
    assert gone.returncode == 1 and "NotFound" in gone.stderr


def test_apply_again_and_patch(kubectl, namespace):
    kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
    unchanged = kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
    assert unchanged.count("unchanged") == 2
    changed = kubectl("-n", namespace, "apply", "-f", "-",
                      stdin=DEPLOYMENT.replace("image: one", "image: two"))
    assert "deployment.apps/web configured" in changed
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    # A container is found by its name in a strategic merge patch.
    kubectl("-n", namespace, "patch", "deploy", "web", "-p",
            '{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"three"}]}}}}')
    kubectl("-n", namespace, "patch", "deploy", "web", "--type=merge", "-p",
            '{"spec":{"replicas":1}}')
    kubectl("-n", namespace, "patch", "deploy", "web", "--type=json", "-p",
            '[{"op":"add","path":"/metadata/labels/added","value":"yes"}]')
    seen = json.loads(kubectl("-n", namespace, "get", "deploy", "web", "-o", "json"))
    container = seen["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "three" and container["ports"][0]["containerPort"] == 8080
    assert seen["spec"]["replicas"] == 1
    assert seen["metadata"]["labels"] == {"app": "web", "added": "yes"}
    refused = kubectl.run("-n", namespace, "patch", "deploy", "web", "--type=json", "-p",
                          '[{"op":"test","path":"/spec/replicas","value":7}]', check=False)
    assert refused.returncode == 1


def test_roll_out_history_undo_and_restart(kubectl, namespace):
    kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    kubectl("-n", namespace, "set", "image", "deploy/web", "main=two")
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    assert len(kubectl("-n", namespace, "rollout", "history", "deploy/web").split("\n")) >= 4
    kubectl("-n", namespace, "rollout", "undo", "deploy/web")
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    wait_for(lambda: [p["spec"]["containers"][0]["image"] for p in pods(kubectl, namespace)]
             == ["one", "one"])
    before = {p["metadata"]["name"] for p in pods(kubectl, namespace)}
    kubectl("-n", namespace, "rollout", "restart", "deploy/web")
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    wait_for(lambda: len(pods(kubectl, namespace)) == 2)
    assert not before & {p["metadata"]["name"] for p in pods(kubectl, namespace)}


def test_scale_label_and_annotate(kubectl, namespace):
    kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
    kubectl("-n", namespace, "scale", "deploy/web", "--replicas=3")
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    assert len(pods(kubectl, namespace)) == 3
    pod = pods(kubectl, namespace)[0]["metadata"]["name"]
    kubectl("-n", namespace, "label", "pod", pod, "role=master")
    chosen = kubectl("-n", namespace, "get", "pods", "-l", "role=master", "-o", "name")
    assert chosen.split() == ["pod/" + pod]
    other = kubectl("-n", namespace, "get", "pods", "-l", "app in (web),role!=master", "-o", "name")
    assert len(other.split()) == 2
    kubectl("-n", namespace, "label", "pod", pod, "role-")
    kubectl("-n", namespace, "annotate", "pod", pod, "note=hello world")
    seen = json.loads(kubectl("-n", namespace, "get", "pod", pod, "-o", "json"))["metadata"]
    assert "role" not in seen["labels"] and seen["annotations"]["note"] == "hello world"
    shown = kubectl("-n", namespace, "get", "pods", "--field-selector",
                    "metadata.name=" + pod, "-o", "name")
    assert shown.split() == ["pod/" + pod]


def test_describe(kubectl, namespace):
    kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    text = kubectl("-n", namespace, "describe", "deploy", "web")
    assert "2 desired | 2 updated | 2 total | 2 available" in text
    assert "ScalingReplicaSet" in text
    pod = pods(kubectl, namespace)[0]["metadata"]["name"]
    text = kubectl("-n", namespace, "describe", "pod", pod)
    assert "Scheduled" in text and "Controlled By:" in text
    # Older versions read Endpoints, newer ones EndpointSlices.
    assert kubectl("-n", namespace, "describe", "service", "web").count("127.79.") == 2
    assert kubectl("-n", namespace, "get", "endpoints", "web").count("127.79.") == 2
    assert "Ready" in kubectl("describe", "node", "stand-in")


def test_exec(kubectl_for_exec, namespace):
    kubectl = kubectl_for_exec
    kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    pod = pods(kubectl, namespace)[0]["metadata"]["name"]
    assert kubectl("-n", namespace, "exec", pod, "--", "echo", "a", "b") == "a b\n"
    assert kubectl("-n", namespace, "exec", "-i", pod, "--", "cat", stdin="through\n") == "through\n"
    failed = kubectl.run("-n", namespace, "exec", pod, "-c", "main", "--", "complain", check=False)
    assert failed.returncode == 2 and "it hurts" in failed.stderr
    nowhere = kubectl.run("-n", namespace, "exec", "nobody", "--", "echo", check=False)
    assert nowhere.returncode != 0


class Terminal:
    """kubectl at a terminal of 33 rows and 77 columns."""

    def __init__(self, kubectl, *arguments):
        self.ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
        self.process = subprocess.Popen([*kubectl.base, *arguments], stdin=theirs, stdout=theirs,
                                        stderr=theirs, env=kubectl.environment,
                                        start_new_session=True)
        os.close(theirs)
        self.seen = ""

    def type(self, text):
        os.write(self.ours, text.encode())

    def expect(self, text, seconds=15):
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            self.read(deadline)

    def read(self, deadline):
        left = deadline - time.monotonic()
        assert left > 0 and select.select([self.ours], [], [], left)[0], self.seen
        self.seen += os.read(self.ours, 4096).decode()

    def ask(self, word):
        """Types a word and waits for the answer to it."""
        answers = self.seen.count(f": {word}")
        self.type(word + "\n")
        while self.seen.count(f": {word}") == answers:
            self.read(time.monotonic() + 15)

    def close(self):
        os.close(self.ours)
        self.process.kill()
        self.process.wait()


def test_exec_at_a_terminal(kubectl_for_exec, namespace):
    kubectl = kubectl_for_exec
    kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    pod = pods(kubectl, namespace)[0]["metadata"]["name"]
    for flags, where in (("-it", "33x77"), ("-i", "pipe")):
        terminal = Terminal(kubectl, "-n", namespace, "exec", flags, pod, "--", "talk")
        try:
            terminal.ask("hello")
            # kubectl tells the size on a channel of its own, which may be heard after the first words.
            deadline = time.monotonic() + 15
            while f"{where}: again" not in terminal.seen and time.monotonic() < deadline:
                terminal.ask("again")
            assert f"{where}: again" in terminal.seen, terminal.seen
            terminal.type("bye\n")
            terminal.expect("exit code 3")
            assert terminal.process.wait(10) == 3
        finally:
            terminal.close()


def test_logs(kubectl, namespace):
    kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    pod = pods(kubectl, namespace)[0]["metadata"]["name"]
    assert f"stand-in for {pod}/main" in kubectl("-n", namespace, "logs", pod)
    assert "/main" in kubectl("-n", namespace, "logs", "deploy/web")


def test_logs_of_the_last_lines_and_of_the_run_before(daemon, kubectl, namespace):
    kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    pod, other = [p["metadata"]["name"] for p in pods(kubectl, namespace)]
    (daemon.state / f"{pod}.log").write_text("one\ntwo\nthree\n")
    assert kubectl("-n", namespace, "logs", pod).split("\n")[1:] == ["one", "two", "three", ""]
    assert kubectl("-n", namespace, "logs", pod, "--tail=2") == "two\nthree\n"
    assert kubectl("-n", namespace, "logs", pod, "--tail=0") == ""
    assert kubectl("-n", namespace, "logs", pod, "--limit-bytes=8") == "stand-in"
    (daemon.state / f"{pod}.previous").write_text("before\n")
    assert kubectl("-n", namespace, "logs", pod, "--previous") == "before\n"
    never = kubectl.run("-n", namespace, "logs", other, "--previous", check=False)
    assert never.returncode == 1 and "has not run before" in never.stderr


def test_logs_are_followed_until_the_pod_is_gone(daemon, kubectl, namespace):
    kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
    kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=10s")
    pod = pods(kubectl, namespace)[0]["metadata"]["name"]
    log = daemon.state / f"{pod}.log"
    log.write_text("one\ntwo\n")
    follow = kubectl.start("-n", namespace, "logs", "-f", "--tail=1", pod)
    try:
        assert follow.stdout.readline() == "two\n"
        for word in ("three\n", "four\n"):
            with log.open("a") as more:
                more.write(word)
            assert follow.stdout.readline() == word
        kubectl("-n", namespace, "delete", "deploy", "web")
        assert follow.communicate(timeout=20)[0] == ""
        assert follow.returncode == 0
    finally:
        follow.kill()
        follow.wait()


def test_watch(kubectl, namespace):
    watch = kubectl.start("-n", namespace, "get", "pods", "-w", "-o", "name")
    try:
        time.sleep(0.3)
        kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
        first = watch.stdout.readline()
        assert first.startswith("pod/web-")
    finally:
        watch.terminate()
        watch.communicate(timeout=10)


def test_jobs(kubectl, namespace):
    kubectl("-n", namespace, "create", "-f", "-", stdin=JOB)
    kubectl("-n", namespace, "wait", "--for=condition=complete", "job/once", "--timeout=10s")
    table = kubectl("-n", namespace, "get", "jobs").split("\n")
    assert "1/1" in table[1]
    assert "once" in kubectl("-n", namespace, "logs", "job/once")
    kubectl("-n", namespace, "delete", "job", "once")
    wait_for(lambda: not pods(kubectl, namespace))


def test_custom_resources(kubectl, namespace):
    kubectl("create", "-f", "-", stdin=CRD)
    kubectl("wait", "--for=condition=Established", "crd/gadgets.test.libpgo.org", "--timeout=10s")
    kubectl("-n", namespace, "create", "-f", "-", stdin=GADGET)
    table = kubectl("-n", namespace, "get", "gadgets").split("\n")
    assert table[0].split()[:2] == ["NAME", "COLOR"] and table[1].split()[:2] == ["lamp", "green"]
    assert kubectl("-n", namespace, "get", "gd", "-o", "name") == "gadget.test.libpgo.org/lamp\n"
    kubectl("-n", namespace, "patch", "gadget", "lamp", "--type=merge", "-p",
            '{"spec":{"color":"red"}}')
    shown = kubectl("-n", namespace, "get", "gadget", "lamp", "-o", "jsonpath={.spec.color}")
    assert shown == "red"
    kubectl("delete", "crd", "gadgets.test.libpgo.org")
    wait_for(lambda: kubectl.run("-n", namespace, "get", "gadgets", check=False).returncode != 0)


def test_api_resources_and_rights(kubectl):
    names = kubectl("api-resources", "-o", "name").split()
    for name in ("pods", "deployments.apps", "jobs.batch", "leases.coordination.k8s.io",
                 "roles.rbac.authorization.k8s.io"):
        assert name in names
    assert kubectl("auth", "can-i", "create", "deployments").strip() == "yes"
    no = kubectl.run("auth", "can-i", "delete", "nodes",
                     "--as=system:serviceaccount:default:default", check=False)
    assert no.stdout.strip() == "no"
    assert "Server Version" in kubectl("version")
    assert kubectl("get", "--raw", "/healthz") == "ok"


def test_namespace_goes_with_its_content(kubectl, namespace):
    kubectl("-n", namespace, "apply", "-f", "-", stdin=DEPLOYMENT)
    kubectl("-n", namespace, "create", "secret", "generic", "key", "--from-literal=a=b")
    kubectl("delete", "namespace", namespace, "--timeout=20s")
    assert kubectl.run("get", "namespace", namespace, check=False).returncode == 1


def test_claims_and_volumes(kubectl, namespace):
    kubectl("-n", namespace, "create", "-f", "-", stdin="""
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
""")
    wait_for(lambda: kubectl("-n", namespace, "get", "pvc", "data",
                             "-o", "jsonpath={.status.phase}") == "Bound")
    row = kubectl("-n", namespace, "get", "pvc", "data").split("\n")[1].split()
    assert row[1] == "Bound" and row[3] == "1Gi"
    volume = row[2]
    assert namespace + "/data" in kubectl("get", "pv", volume)
    kubectl("-n", namespace, "delete", "pvc", "data")
    wait_for(lambda: kubectl.run("get", "pv", volume, check=False).returncode == 1)
