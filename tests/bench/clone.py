#!/usr/bin/python3
"""Measures `pgo clone` of a cluster of some size against rsync and pgbackrest doing the same by hand.

By hand: the repository copied by rsync and restored by pgbackrest, both on local folders, and a server
started on it until it has recovered and answers. The clone: from the request until the new primary answers.
Each run does one right after the other, so that both meet the machine in the same state. Figures, not tests: the exit code is 0 whatever they are.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile

from figures import TICK, report, service_address, answers, timed
from daemon import Cluster, Daemon, eventually

POSTGRES = "/usr/lib/postgresql/15/bin"


def fill(cluster, megabytes):
    """Rows of a kilobyte that hardly compress."""
    cluster.sql("create table public.big (v text)")
    for _ in range(max(1, megabytes // 16)):
        cluster.sql("insert into public.big select string_agg(md5(i::text || j || random()), '') "
                    "from generate_series(1, 16384) i, generate_series(1, 32) j group by i")


def full_backup(daemon, cluster):
    daemon.pgo("backup", cluster.name, "--backup-opts=--type=full")
    task = f"backrest-backup-{cluster.name}"

    def done():
        found = [t for t in daemon.objects("pgtasks") if t["metadata"]["name"] == task]
        return found and found[0]["spec"]["status"] == "job completed"

    eventually("the backup is there", done, 600, 1)


def by_hand(daemon, cluster):
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
    if who:
        for path in (work, data, access, config):
            os.chown(path, owner.st_uid, owner.st_gid)

    def run(*command, check=True):
        done = subprocess.run(command, env=environment, cwd=work, capture_output=True, text=True, **who)
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done

    def restore():
        run("rsync", "-a", f"{repository}/", f"{copy}/")
        run("pgbackrest", "--stanza=db", f"--repo1-path={copy}", f"--pg1-path={data}",
            f"--lock-path={work}", f"--log-path={work}", "restore")

    def recover():
        settings = {"listen_addresses": "''", "unix_socket_directories": work, "hba_file": access,
                    "archive_mode": "off", "logging_collector": "off"}
        run("pg_ctl", "-D", data, "-l", work / "log", "-w", "-o",
            " ".join(f"-c {name}={value}" for name, value in settings.items()), "start")
        eventually("it has recovered", lambda: run(
            "psql", "-h", work, "-U", "postgres", "-d", "userdb", "-qtAc",
            "select pg_is_in_recovery()", check=False).stdout.strip() == "f", 600, TICK)

    try:
        restored = timed(restore)
        answering = restored + timed(recover)
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        return restored, answering, sum(f.stat().st_size for f in data.rglob("*") if f.is_file())
    finally:
        shutil.rmtree(work, ignore_errors=True)


def clone(daemon, cluster, name):
    twin = Cluster(daemon, name, cluster.password)

    def run():
        daemon.pgo("clone", cluster.name, name)
        address = eventually("the clone's service exists", lambda: service_address(twin), 600, TICK)
        eventually("the clone answers", lambda: answers(twin, address), 600, TICK)

    seconds = timed(run)
    daemon.pgo("delete", "cluster", name, "--no-prompt")
    eventually("it is gone", lambda: not daemon.names("pods", f"pg-cluster={name}"), 90)
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="127.93")
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    daemon = Daemon(options.network).start()
    try:
        cluster = Cluster(daemon, "origin").create()
        fill(cluster, options.megabytes)
        full_backup(daemon, cluster)
        restored, answering, cloned = [], [], []
        for run in range(options.runs):
            first, second, size = by_hand(daemon, cluster)
            restored.append(first)
            answering.append(second)
            cloned.append(clone(daemon, cluster, f"twin{run}"))
        report(f"rsync and pgbackrest restore of {size / 2**30:.2f} GB by hand", restored, "")
        report("the same until a server on it answers", answering, "")
        report("pgo clone of the same until it answers", cloned, "")
        report("ratio", [c / h for c, h in zip(cloned, answering)], "<= 1.3", "")
        report("ratio to the restored files alone", [c / h for c, h in zip(cloned, restored)], "", "")
    finally:
        daemon.remove()


if __name__ == "__main__":
    main()
