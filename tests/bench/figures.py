#!/usr/bin/python3
"""Measures a real daemon as a user sees it and prints one line per figure: what, measured, wanted.

Every figure is the median of its runs. These are figures, not tests: the exit code is 0 whatever they are.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from daemon import BIN, Cluster, Daemon, eventually  # noqa: E402

TICK = 0.02


def report(what, values, wanted, unit="s"):
    shown = ", ".join(f"{value:.3g}" for value in values)
    print(f"{what:<66} {statistics.median(values):8.3g} {unit:<3} wanted {wanted:<8} runs: {shown}",
          flush=True)


def timed(action):
    start = time.monotonic()
    action()
    return time.monotonic() - start


def client_start(runs=21):
    times = [timed(lambda: subprocess.run([BIN / "pgo", "version", "--client"], check=True,
                                          stdout=subprocess.DEVNULL)) * 1000 for _ in range(runs)]
    report("pgo version --client", sorted(times)[runs // 2 - 2:runs // 2 + 3], "<= 10", "ms")



def creation(daemon, runs):
    """From the start of `pgo create cluster` to a primary that answers, and to a streaming replica."""
    primary, replica = [], []
    for run in range(runs):
        cluster = Cluster(daemon, f"bench{run}")
        start = time.monotonic()
        daemon.pgo("create", "cluster", cluster.name, f"--password={cluster.password}",
                   "--replica-count=1")
        address = eventually("the service exists", lambda: service_address(cluster), 30, TICK)
        eventually("the primary answers", lambda: answers(cluster, address), 60, TICK)
        primary.append(time.monotonic() - start)
        eventually("the replica streams", lambda: cluster.streaming() == 1, 120, 0.1)
        replica.append(time.monotonic() - start)
        if run + 1 < runs:
            daemon.pgo("delete", "cluster", cluster.name, "--no-prompt")
            eventually("it is gone", lambda c=cluster: not daemon.names("pods", f"pg-cluster={c.name}"), 90)
    report("pgo create cluster to primary accepting connections", primary, "<= 4")
    report("pgo create cluster to streaming replica (full backup between)", replica, "<= 16")
    return cluster


def service_address(cluster):
    try:
        return cluster.address()
    except (AssertionError, IndexError, StopIteration):
        return None


def query(cluster, address, statement):
    return subprocess.run(
        ["psql", "--no-psqlrc", "-qtA", "-h", address, "-U", "testuser", "-d", "userdb", "-c", statement],
        capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "PGPASSWORD": cluster.password, "PGCONNECT_TIMEOUT": "1"})


def answers(cluster, address):
    return query(cluster, address, "select 1").returncode == 0


def write_gap(cluster, address, blow):
    """From the blow to the next write that succeeds, given that writes failed in between."""
    start = time.monotonic()
    blow()
    eventually("a write succeeds",
               lambda: query(cluster, address, "insert into public.t values (1)").returncode == 0, 90, TICK)
    return time.monotonic() - start


def failures(daemon, cluster, runs):
    address = cluster.address()
    query(cluster, address, "create table if not exists public.t (v int)")
    kills, deletes = [], []
    for _ in range(runs):
        leader = cluster.leader()
        kills.append(write_gap(cluster, address, lambda l=leader: daemon.kube(
            "exec", l, "-c", "database", "--", "bash", "-c", "kill -9 -1", check=False)))
        eventually("the replica streams", lambda: cluster.streaming() == 1, 120)
        # The next kill is to meet a pod that never restarted: the second restart within ten minutes
        # waits 10 s first, as a kubelet has it, and that would be measured instead.
        daemon.kube("delete", "pod", leader)
        eventually("the replica streams", lambda: cluster.streaming() == 1, 120)
    for _ in range(runs):
        leader = cluster.leader()
        deletes.append(write_gap(cluster, address, lambda l=leader: daemon.kube(
            "delete", "pod", l, "--wait=false")))
        eventually("the replica streams", lambda: cluster.streaming() == 1, 120)
    report("write again after kill -9 of every process of the primary pod", kills, "<= 8")
    report("write again after kubectl delete pod of the primary", deletes, "<= 5")


def idle(daemon, seconds=20):
    def cpu_seconds():
        fields = pathlib.Path(f"/proc/{daemon.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    time.sleep(5)
    before = cpu_seconds()
    time.sleep(seconds)
    used = (cpu_seconds() - before) / seconds * 100
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
    rss = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024
    report("daemon idle with one cluster: memory (RSS)", [rss], "<= 40", "MB")
    report("daemon idle with one cluster: CPU", [used], "<= 1", "%")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    client_start()
    daemon = Daemon("127.95").start()
    try:
        cluster = creation(daemon, runs)
        idle(daemon)
        failures(daemon, cluster, runs)
    finally:
        daemon.remove()


if __name__ == "__main__":
    main()
