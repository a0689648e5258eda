#!/usr/bin/python3
"""Measures the operator's own share of each workflow: the time in which nothing else was at work.

A watch notes when pods of the cluster are at work: a Job's pod from its start to its end, an instance's or a
repository's from its start until it is ready, any pod from the order to end until it is gone; of a failover the time
from when Patroni is asked until it says that the target is promoted. What remains of the time from the typed command to the
end of the workflow is our own: client, REST service, plans and writes, embedded API, controllers, scheduling and
the node's making of sandboxes and volumes. Figures, not tests: the exit code is 0 whatever they are.
"""
import argparse
import json
import pathlib
import subprocess
import threading
import time

from figures import TICK, report, service_address
from daemon import Cluster, Daemon, eventually

WANTED = "<= 500"


class Watch:
    """Calls `note(type, object)` for each event of one resource, from a thread of its own."""

    def __init__(self, daemon, resource, note):
        self.kubectl = subprocess.Popen(
            ["kubectl", "--kubeconfig", daemon.state / "kubeconfig", "get", resource, "--watch",
             "--output-watch-events", "--output=json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.note = note
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.kubectl.stdout:
            event = json.loads(line)
            self.note(event["type"], event["object"])

    def close(self):
        self.kubectl.kill()
        self.kubectl.wait()
        self.thread.join()


class Witness:
    """What was at work, and when."""

    def __init__(self, daemon):
        self.since, self.spans, self.tasks, self.pods, self.roles = {}, [], {}, {}, {}
        self.watches = [Watch(daemon, "pods", self.pod), Watch(daemon, "pgtasks", self.task)]

    def working(self, what, now):
        self.since.setdefault(what, now)

    def rests(self, what, now):
        if what in self.since:
            self.spans.append((self.since.pop(what), now, what))

    def pod(self, event, pod):
        now, meta, status = time.monotonic(), pod["metadata"], pod.get("status", {})
        labels = meta.get("labels", {})
        kind = "job " if "job-name" in labels else "start of "
        start, end = kind + meta["name"], "end of " + meta["name"]
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))
        self.pods[meta["name"]] = labels
        self.roles[meta["name"]] = json.loads(meta.get("annotations", {}).get("status", "{}")).get("role")
        if event == "DELETED":
            del self.pods[meta["name"]]
            self.rests(start, now)
            self.rests(end, now)
        elif "deletionTimestamp" in meta:
            self.rests(start, now)
            self.working(end, now)
        elif status.get("phase") in ("Succeeded", "Failed") or ready and "job-name" not in labels:
            self.rests(start, now)
        elif status.get("phase") == "Running":
            self.working(start, now)

    def task(self, event, task):
        if event == "DELETED":
            self.tasks.pop(task["metadata"]["name"], None)
        else:
            self.tasks[task["metadata"]["name"]] = task

    def patroni(self, target):
        """Patroni is at work from when curl in a pod asks it for a failover until it has answered and says that
        the target, which has the lock, is promoted."""
        def command(process):
            try:
                return (process / "cmdline").read_bytes()
            except OSError:
                return b""  # it has just ended

        asked = any(line.startswith(b"curl") and b"/failover" in line
                    for line in map(command, pathlib.Path("/proc").glob("[0-9]*")))
        if asked:
            self.working("failover by Patroni", time.monotonic())
        elif self.roles.get(target) == "master":
            self.rests("failover by Patroni", time.monotonic())

    def others(self, begin, end):
        """Seconds between begin and end in which something else was at work."""
        spans = sorted([(a, b) for a, b, _ in self.spans] + [(a, end) for a in list(self.since.values())])
        total, reached = 0.0, begin
        for a, b in spans:
            a, b = max(a, reached), min(b, end)
            if b > a:
                total += b - a
                reached = b
        return total

    def of(self, begin, end):
        """The spans between begin and end, in words."""
        return ", ".join(f"{what} {a - begin:.2f} to {b - begin:.2f}"
                         for a, b, what in sorted(self.spans) if b > begin and a < end)

    def close(self):
        for watch in self.watches:
            watch.close()


class Workflows:
    def __init__(self, daemon, verbose):
        self.daemon, self.verbose = daemon, verbose
        self.witness = Witness(daemon)
        self.own = {}

    def measure(self, what, command, done, timeout=120):
        begin = time.monotonic()
        self.daemon.pgo(*command)
        eventually(f"{what} has ended", done, timeout, TICK)
        end = time.monotonic()
        # The watches may be a moment behind: what they have not told yet would count as ours.
        own = end - begin - self.witness.others(begin, end)
        self.own.setdefault(what, []).append((own * 1000, end - begin))
        if self.verbose:
            print(f"{what}: {own * 1000:.0f} ms of {end - begin:.2f} s; {self.witness.of(begin, end)}", flush=True)

    def step(self, prefix, step):
        """The workflow of a name that begins so has come to that step."""
        return any(name.startswith(prefix) and step in task["spec"]["parameters"]
                   for name, task in list(self.witness.tasks.items()))

    def task(self, name, status="completed"):
        task = self.witness.tasks.get(name)
        return task is not None and task["spec"].get("status") == status

    def pods(self, **wanted):
        """The names of pods with these labels, as the watch has told. Asking would take time of its own."""
        wanted = {key.replace("_", "-"): value for key, value in wanted.items()}
        return [name for name, labels in list(self.witness.pods.items()) if wanted.items() <= labels.items()]

    def run(self, cluster):
        name, daemon = cluster.name, self.daemon
        quiet = lambda: not any(what.split()[0] in ("start", "job", "end") for what in list(self.witness.since))
        streams = lambda: quiet() and len(self.pods(pg_cluster=name, role="replica")) == self.replicas
        self.replicas = 1
        self.measure("create cluster with a replica",
                     ("create", "cluster", name, f"--password={cluster.password}", "--replica-count=1"),
                     lambda: self.step(f"{name}-createcluster", "task completed") and streams())
        self.backup(cluster)
        self.replicas = 2
        self.measure("scale", ("scale", name, "--no-prompt"), streams)
        target = cluster.replicas()[0]
        deployment = target.rsplit("-", 2)[0]
        self.measure("failover", ("failover", name, f"--target={deployment}", "--no-prompt"),
                     lambda: self.witness.patroni(target) or self.task(f"{name}-failover")
                     and target in self.pods(pg_cluster=name, role="master"))
        self.settle(cluster)
        # Not the first primary: a restore would make two replicas, for two were asked for.
        replica = next(pod for pod in cluster.replicas() if pod.rsplit("-", 2)[0] != name).rsplit("-", 2)[0]
        self.replicas = 1
        self.measure("scaledown", ("scaledown", name, f"--target={replica}", "--no-prompt"),
                     lambda: not self.pods(deployment_name=replica))
        self.settle(cluster)
        self.measure("restore", ("restore", name, "--no-prompt"),
                     lambda: self.step(f"{name}-pgbackrestrestore", "restored Primary created") and streams(), 180)
        self.settle(cluster)
        twin = Cluster(daemon, name + "twin", cluster.password)
        self.measure("clone", ("clone", name, twin.name),
                     lambda: quiet() and self.step(f"{twin.name}-", "clone 3: cluster creating")
                     and self.pods(pg_cluster=twin.name, role="master"), 180)
        self.settle(cluster)
        for each in (twin.name, name):
            self.measure("delete cluster", ("delete", "cluster", each, "--no-prompt"),
                         lambda c=each: not self.pods(pg_cluster=c))

    def backup(self, cluster):
        name = f"backrest-backup-{cluster.name}"
        eventually("the first backup is done", lambda: self.task(name, "job completed"), 60)
        before = self.witness.tasks[name]["metadata"]["uid"]
        self.measure("backup", ("backup", cluster.name), lambda: self.task(name, "job completed")
                     and self.witness.tasks[name]["metadata"]["uid"] != before)

    def settle(self, cluster):
        """Between two workflows: the backup after a promotion is not to count for the next one."""
        eventually("nothing is at work", lambda: not self.witness.since
                   and not [job for job in self.daemon.objects("jobs", f"pg-cluster={cluster.name}")
                            if job.get("status", {}).get("active")], 120, 0.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="127.96")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--verbose", action="store_true", help="what was at work, and when")
    options = parser.parse_args()
    daemon = Daemon(options.network).start()
    workflows = Workflows(daemon, options.verbose)
    try:
        for run in range(options.runs):
            workflows.run(Cluster(daemon, f"bench{run}"))
        for what, measured in workflows.own.items():
            report(f"own share of {what}", [own for own, _ in measured], WANTED, "ms")
    finally:
        workflows.witness.close()
        daemon.remove()


if __name__ == "__main__":
    main()
