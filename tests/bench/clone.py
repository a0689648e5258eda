#!/usr/bin/python3
"""Measures `pgo clone` of a cluster of some size against rsync and pgbackrest doing the same by hand.

By hand: the repository copied by rsync and restored by pgbackrest, and a server started on it until it has
recovered and answers; once on local folders, and once as it is done between hosts, by ssh from the
repository's pod, which is how a clone has to do it. The clone: from the request until the new primary answers.
Each run does one right after the other, so that all meet the machine in the same state. Whoever looks whether they
are there yet takes next to nothing of the processors that they use. Figures, not tests: the exit code is 0 whatever they are.
"""
import argparse
import base64
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

import psycopg2

from figures import TICK, report, service_address, timed
from daemon import Cluster, Daemon, eventually

POSTGRES = "/usr/lib/postgresql/15/bin"


def fill(cluster, megabytes):
    """Rows of a kilobyte that hardly compress. They are vacuumed and their log is archived, so that neither goes
    on, on the same processors, while others are timed."""
    cluster.sql("create table public.big (v text)")
    for _ in range(max(1, megabytes // 16)):
        cluster.sql("insert into public.big select string_agg(md5(i::text || j || random()), '') "
                    "from generate_series(1, 16384) i, generate_series(1, 32) j group by i")


    cluster.sql("vacuum (freeze, analyze) public.big")
    waiting = ("select count(*) from pg_ls_dir('pg_wal/archive_status') as status where status like '%.ready'")
    eventually("the log is archived", lambda: as_postgres(cluster, waiting) == "0", 600, 1)


def as_postgres(cluster, statement):
    """What only a superuser may see; passwords of roles are in their secrets."""
    secret = cluster.daemon.object("secrets", f"{cluster.name}-postgres-secret")
    password = base64.b64decode(secret["data"]["password"]).decode()
    with psycopg2.connect(host=service_address(cluster), user="postgres", password=password,
                          dbname="userdb") as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0])


def full_backup(daemon, cluster):
    name = f"backrest-backup-{cluster.name}"
    before = daemon.object("pgtasks", name)["metadata"]["uid"]
    daemon.pgo("backup", cluster.name, "--backup-opts=--type=full")

    def done():
        task = daemon.object("pgtasks", name)
        return task and task["metadata"]["uid"] != before and task["spec"]["status"] == "job completed"

    eventually("the backup is there", done, 600, 1)


def answers(**where):
    """True when a server there takes writes. In this process: psql is a Perl script that starts a program."""
    try:
        connection = psycopg2.connect(dbname="userdb", connect_timeout=2, **where)
    except psycopg2.OperationalError:
        return False
    with connection, connection.cursor() as cursor:
        cursor.execute("select not pg_is_in_recovery()")
        return cursor.fetchone()[0]


class RepositoryHost:
    """The pod with the repository, as ssh reaches it: how to call ssh, and whom."""

    PATH = "/backrestrepo/{}-backrest-shared-repo"

    def __init__(self, daemon, cluster, work):
        pod = daemon.objects("pods", f"pgo-backrest-repo=true,pg-cluster={cluster.name}")[0]
        secret = daemon.object("secrets", f"{cluster.name}-backrest-repo-config")
        self.address = pod["status"]["podIP"]
        self.path = self.PATH.format(cluster.name)
        self.key, self.ssh = work / "id_rsa", work / "ssh"
        self.key.write_bytes(base64.b64decode(secret["data"]["id_rsa"]))
        self.key.chmod(0o600)
        # The images' settings: this cipher costs less than half of ssh's own first choice.
        self.ssh.write_text(f"#!/bin/sh\nexec ssh -F none -p 2022 -i {self.key} -o StrictHostKeyChecking=no "
                            "-o UserKnownHostsFile=/dev/null -o LogLevel=error "
                            "-o Ciphers=^aes128-gcm@openssh.com \"$@\"\n")
        self.ssh.chmod(0o700)


def by_hand(daemon, cluster, over_ssh):
    """Seconds until the copy is restored, until a server on it has recovered and answers; bytes."""
    repository = next(pathlib.Path(daemon.state, "pv").rglob(f"{cluster.name}-backrest-shared-repo"))
    work = pathlib.Path(tempfile.mkdtemp(prefix="pgo-by-hand-", dir="/var/tmp"))
    copy, data = work / "repo", work / "data"
    access, config = work / "pg_hba.conf", work / "pgbackrest.conf"
    owner = repository.stat()
    # PostgreSQL refuses root.
    who = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    environment = {"PATH": f"{POSTGRES}:{os.environ['PATH']}", "HOME": str(work),
                   "PGBACKREST_CONFIG": str(config), "PGBACKREST_SPOOL_PATH": str(work)}
    data.mkdir(mode=0o700)
    access.write_text("local all all trust\n")
    config.touch()
    host = RepositoryHost(daemon, cluster, work) if over_ssh else None
    if who:
        for path in (work, *work.iterdir()):
            os.chown(path, owner.st_uid, owner.st_gid)

    def run(*command, good=(0,)):
        done = subprocess.run(command, env=environment, cwd=work, capture_output=True, text=True, **who)
        assert done.returncode in good, f"{command}: {done.stdout}{done.stderr}"

    def restore():
        # The source goes on archiving: what is still being written is left out, and may vanish.
        rsync, vanished = ("rsync", "-a", "--exclude=*.pgbackrest.tmp"), (0, 24)
        options = [f"--pg1-path={data}", f"--lock-path={work}", f"--log-path={work}"]
        if host:
            run(*rsync, "-e", host.ssh, f"pgbackrest@{host.address}:{host.path}/", f"{copy}/", good=vanished)
            options += [f"--repo1-host={host.address}", "--repo1-host-user=pgbackrest",
                        f"--repo1-path={host.path}", f"--cmd-ssh={host.ssh}"]
        else:
            run(*rsync, f"{repository}/", f"{copy}/", good=vanished)
            options += [f"--repo1-path={copy}"]
        run("pgbackrest", "--stanza=db", *options, "restore")

    def recover():
        settings = {"listen_addresses": "''", "unix_socket_directories": work, "hba_file": access,
                    "archive_mode": "off", "logging_collector": "off"}
        run("pg_ctl", "-D", data, "-l", work / "log", "-w", "-o",
            " ".join(f"-c {name}={value}" for name, value in settings.items()), "start")
        eventually("it has recovered", lambda: answers(host=str(work), user="postgres"), 600, TICK)

    try:
        restored = timed(restore)
        answering = restored + timed(recover)
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        return restored, answering, sum(f.stat().st_size for f in data.rglob("*") if f.is_file())
    finally:
        shutil.rmtree(work, ignore_errors=True)


class Phases:
    """Where the time of a clone goes: a watch notes when each of its pods runs, and when it is done."""

    STEPS = {"copy": "pgo-clone-step-1", "restore": "pgo-backrest-restore", "instance": "pgo-pg-database"}

    def __init__(self, daemon, name):
        self.seen = {}
        labels = "".join(f'{{.metadata.labels.{label}}}{{"|"}}' for label in self.STEPS.values())
        self.watch = subprocess.Popen(
            ["kubectl", "--kubeconfig", daemon.state / "kubeconfig", "get", "pods", "--watch",
             f"--selector=pg-cluster={name}",
             f'--output=jsonpath={labels}{{.status.phase}}{{"|"}}{{.status.containerStatuses[0].ready}}{{"\\n"}}'],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.watch.stdout:
            *marks, phase, ready = line.strip().split("|")
            for step, mark in zip(self.STEPS, marks):
                if mark == "true" and phase == "Running":
                    self.seen.setdefault((step, "runs"), time.monotonic())
                if mark == "true" and (phase == "Succeeded" or step == "instance" and ready == "true"):
                    self.seen.setdefault((step, "done"), time.monotonic())

    def seconds(self):
        """Of each step, from its pod's start to its end; the instance's to its readiness."""
        self.watch.kill()
        self.watch.wait()
        self.thread.join()
        return {step: self.seen.get((step, "done"), float("nan")) - self.seen.get((step, "runs"), float("nan"))
                for step in self.STEPS}


def clone(daemon, cluster, name):
    """Seconds until the clone answers, and of its steps."""
    twin = Cluster(daemon, name, cluster.password)
    phases = Phases(daemon, name)

    def run():
        daemon.pgo("clone", cluster.name, name)
        address = eventually("the clone's service exists", lambda: service_address(twin), 600, 0.5)
        eventually("the clone answers", lambda: answers(
            host=address, user="testuser", password=twin.password), 600, TICK)

    seconds, steps = timed(run), phases.seconds()
    daemon.pgo("delete", "cluster", name, "--no-prompt")
    eventually("it is gone", lambda: not daemon.names("pods", f"pg-cluster={name}"), 90)
    return seconds, {**steps, "rest": seconds - sum(steps.values())}


def report_ratio(what, clones, others, wanted):
    ratios = [c / o for c, o in zip(clones, others)]
    report(what, ratios, wanted, "")
    print(f"{'':<66} {min(ratios):8.3g}     to {max(ratios):.3g}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="127.93")
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    daemon = Daemon(options.network).start()
    try:
        cluster = Cluster(daemon, "origin").create()
        fill(cluster, options.megabytes)
        full_backup(daemon, cluster)
        restored, answering, over_ssh, cloned, steps = [], [], [], [], []
        for run in range(options.runs):
            first, second, size = by_hand(daemon, cluster, over_ssh=False)
            restored.append(first)
            answering.append(second)
            over_ssh.append(by_hand(daemon, cluster, over_ssh=True)[1])
            seconds, parts = clone(daemon, cluster, f"twin{run}")
            cloned.append(seconds)
            steps.append(parts)
            print(f"run {run + 1}: by hand {second:.1f} s, over ssh {over_ssh[-1]:.1f} s, "
                  f"clone {seconds:.1f} s: {seconds / second:.2f} times; "
                  + ", ".join(f"{step} {part:.1f}" for step, part in parts.items()), flush=True)
        report(f"rsync and pgbackrest restore of {size / 2**30:.2f} GB by hand", restored, "")
        report("the same until a server on it answers", answering, "")
        report("the same by ssh from the repository's pod", over_ssh, "")
        report("pgo clone of the same until it answers", cloned, "")
        for step in steps[0]:
            report(f"... of which {step}", [parts[step] for parts in steps], "")
        report_ratio("ratio", cloned, answering, "<= 1.3")
        report_ratio("ratio to the same by ssh", cloned, over_ssh, "")
        report_ratio("ratio to the restored files alone", cloned, restored, "")
    finally:
        daemon.remove()


if __name__ == "__main__":
    main()
