"""Repositories in S3, against an S3-compatible server with TLS on loopback."""
import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from daemon import Cluster, eventually

SERVER = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / \
    "libpgo/s3rver/node_modules/s3rver/bin/s3rver.js"
BUCKET, PORT = "backups", 9443
KEY = SECRET = "S3RVER"  # the server's own
S3_FLAGS = [f"--pgbackrest-s3-bucket={BUCKET}",
            f"--pgbackrest-s3-endpoint=s3.svc.cluster.local:{PORT}",
            "--pgbackrest-s3-region=us-east-1", f"--pgbackrest-s3-key={KEY}",
            f"--pgbackrest-s3-key-secret={SECRET}"]


def certificates(folder):
    """An authority and a certificate of the server's names, signed by it."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt",
            "-days", "2", "-subj", "/CN=the test's authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "s3.key", "-out", "s3.csr",
            "-subj", "/CN=s3")
    (folder / "names").write_text("subjectAltName=DNS:*.s3.svc.cluster.local\n")
    openssl("x509", "-req", "-in", "s3.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "s3.crt", "-days", "2", "-extfile", "names")


def publish(daemon, address, authority):
    """Gives the server a name that pods find, and the operator its authority."""
    def apply(document):
        done = subprocess.run(["kubectl", "--kubeconfig", daemon.state / "kubeconfig", "create",
                               "-f", "-"], input=json.dumps(document), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    daemon.kube("create", "namespace", "s3")
    meta = {"name": BUCKET, "namespace": "s3"}
    port = {"name": "https", "port": PORT}
    apply({"apiVersion": "v1", "kind": "Service", "metadata": meta,
           "spec": {"clusterIP": "None", "ports": [port]}})
    apply({"apiVersion": "v1", "kind": "Endpoints", "metadata": meta,
           "subsets": [{"addresses": [{"ip": address}], "ports": [port]}]})
    daemon.kube("-n", "pgo", "delete", "secret", "pgo-backrest-repo-config", "--ignore-not-found")
    apply({"apiVersion": "v1", "kind": "Secret",
           "metadata": {"name": "pgo-backrest-repo-config", "namespace": "pgo"},
           "data": {"aws-s3-ca.crt": base64.b64encode(authority).decode()}})


@pytest.fixture(scope="module")
def bucket(daemon, tmp_path_factory):
    """A running server; the folder in which it keeps the bucket."""
    assert SERVER.exists(), f"{SERVER} is missing; run scripts/setup test"
    folder = tmp_path_factory.mktemp("s3")
    certificates(folder)
    address = f"{daemon.network}.250.1"
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            # Where it cuts a long list it makes a token with a cipher that OpenSSL 3 calls legacy.
            [shutil.which("node"), "--openssl-legacy-provider", SERVER, "-d", folder / "data",
             "-a", address, "-p", str(PORT), "--key", "s3.key", "--cert", "s3.crt",
             "--service-endpoint", "svc.cluster.local", "--configure-bucket", BUCKET],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    eventually("the S3 server listens", lambda: b"listening" in (folder / "log").read_bytes(), 20)
    publish(daemon, address, (folder / "ca.crt").read_bytes())
    yield folder / "data" / BUCKET
    server.send_signal(signal.SIGTERM)
    server.wait(10)


@pytest.fixture(scope="module")
def both(daemon, bucket):
    cluster = Cluster(daemon, "both").create("--pgbackrest-storage-type=local,s3", *S3_FLAGS)
    cluster.sql("create table public.t (v int)")
    return cluster


def backups(daemon, cluster):
    """Types of the backups by storage type, oldest first."""
    repositories = daemon.pgo_json("show", "backup", cluster)["Items"][0]["Repositories"]
    return {r["StorageType"]: [b["Type"] for b in r["Backups"]] for r in repositories}


def back_up(daemon, cluster, *options):
    daemon.pgo("backup", cluster, *options)

    def ended():
        task = next((t for t in daemon.objects("pgtasks")
                     if t["metadata"]["name"] == f"backrest-backup-{cluster}"), None)
        return task and task["spec"]["status"].startswith("job ") and task

    task = eventually("the backup ends", ended, 180)
    assert task["spec"]["status"] == "job completed", task["status"]


def switch_wal(cluster):
    """The segment that everything written so far is in."""
    return cluster.daemon.kube(
        "exec", cluster.leader(), "-c", "database", "--", "psql", "-h", "/tmp", "-U", "postgres",
        "-qtAc", "select pg_walfile_name(pg_switch_wal())").stdout.strip()


def archived(cluster):
    segment = switch_wal(cluster)
    eventually("the segment is archived", lambda: cluster.daemon.kube(
        "exec", cluster.leader(), "-c", "database", "--", "psql", "-h", "/tmp", "-U", "postgres",
        "-qtAc", f"select last_archived_wal >= '{segment}' from pg_stat_archiver"
    ).stdout.strip() == "t", 30)


def test_the_first_backup_is_in_both_repositories(daemon, both):
    assert backups(daemon, "both") == {"local": ["full"], "s3": ["full"]}
    text = daemon.pgo("show", "backup", "both").stdout
    assert text.index("Storage Type: local\n") < text.index("Storage Type: s3\n")


def test_wal_is_archived_to_both_repositories(daemon, both, bucket):
    segment = switch_wal(both)
    repo = daemon.names("pods", "pgo-backrest-repo=true,pg-cluster=both")[0]

    def archived_locally():
        return segment in daemon.kube("exec", repo, "-c", "database", "--", "find", "/backrestrepo",
                                      "-name", f"{segment}*").stdout

    eventually("the segment is in the volume", archived_locally, 30)
    eventually("the segment is in S3", lambda: list(bucket.rglob(f"*{segment}*")), 30)


def test_a_backup_goes_where_it_is_told_and_retention_holds_there(daemon, both):
    back_up(daemon, "both", "--pgbackrest-storage-type=s3", "--backup-opts=--type=incr")
    assert backups(daemon, "both") == {"local": ["full"], "s3": ["full", "incr"]}
    back_up(daemon, "both", "--pgbackrest-storage-type=local,s3",
            "--backup-opts=--type=full --repo1-retention-full=1 --process-max=4")
    assert backups(daemon, "both") == {"local": ["full"], "s3": ["full"]}


def test_the_key_is_in_secrets_and_nowhere_else(daemon, both):
    assert KEY not in daemon.kube("get", "deployments,jobs,pods,pgtasks,pgclusters,configmaps",
                                  "-o", "json").stdout
    assert KEY not in daemon.log.read_text()


def test_a_cluster_in_s3_alone_makes_replica_and_clone_from_there(daemon, bucket):
    cluster = Cluster(daemon, "cloud").create("--pgbackrest-storage-type=s3", "--replica-count=1",
                                              *S3_FLAGS)
    eventually("the replica streams", lambda: cluster.streaming() == 1, 60)
    assert backups(daemon, "cloud") == {"s3": ["full"]}
    cluster.sql("create table public.t as select 4 as v")
    archived(cluster)
    refused = daemon.pgo("clone", "cloud", "fog", check=False)
    assert refused.returncode == 1 and "local" in refused.stderr
    assert "--pgbackrest-storage-type" not in refused.stderr  # a flag that clone does not have
    daemon.pgo("clone", "cloud", "fog", "--pgbackrest-storage-source=s3", "--wait",
               "--wait-timeout=290")
    assert rows(Cluster(daemon, "fog", cluster.password)) == "4"
    daemon.pgo("delete", "cluster", "fog", "--no-prompt")
    refused = daemon.pgo("backup", "cloud", "--pgbackrest-storage-type=local", check=False)
    assert refused.returncode == 1 and "local" in refused.stderr


def set_aside(daemon, cluster, there):
    """Hides the backups in the volume, or brings them back: what works then works from S3."""
    repo = daemon.names("pods", f"pgo-backrest-repo=true,pg-cluster={cluster}")[0]
    path = f"/backrestrepo/{cluster}-backrest-shared-repo"
    daemon.kube("exec", repo, "-c", "database", "--", "mv", *(
        (f"{path}/backup", f"{path}/aside") if there else (f"{path}/aside", f"{path}/backup")))


def rows(cluster):
    return cluster.sql("select coalesce(string_agg(v::text, ',' order by v), '') from public.t")


def test_a_restore_from_s3_needs_nothing_of_the_local_repository(daemon, both):
    both.sql("insert into public.t values (1)")
    point = both.sql("select clock_timestamp()")
    both.sql("insert into public.t values (2)")
    set_aside(daemon, "both", True)
    try:
        daemon.pgo("restore", "both", "--pgbackrest-storage-type=s3", f"--pitr-target={point}",
                   "--no-prompt")
        eventually("the backup is restored", lambda: any(
            job["status"].get("succeeded") for job in
            daemon.objects("jobs", "pgo-backrest-restore=true,pg-cluster=both")), 90)
    finally:
        set_aside(daemon, "both", False)
    eventually("the restore is done", lambda: daemon.object("pgclusters", "both")["status"]
               ["state"] == "pgcluster Initialized", 120)
    assert rows(both) == "1"


def test_k19_a_clone_from_s3_holds_what_its_source_held(daemon, both, bucket):
    both.sql("insert into public.t values (3)")
    back_up(daemon, "both", "--pgbackrest-storage-type=s3", "--backup-opts=--type=incr")
    daemon.pgo("clone", "both", "copy", "--pgbackrest-storage-source=s3", "--wait",
               "--wait-timeout=290")
    copy = Cluster(daemon, "copy", both.password)
    assert rows(copy) == rows(both) == "1,3"
    (restore,) = daemon.objects("jobs", "pgo-clone-step-2=true,pg-cluster=copy")
    (container,) = restore["spec"]["template"]["spec"]["containers"]
    assert {"name": "PGBACKREST_REPO_TYPE", "value": "s3"} in container["env"]
    # Its repository in S3 is its own, and works.
    assert (bucket / "backrestrepo" / "copy-backrest-shared-repo" / "backup" / "db").exists()
    back_up(daemon, "copy", "--pgbackrest-storage-type=s3", "--backup-opts=--type=incr")
    daemon.pgo("delete", "cluster", "copy", "--no-prompt")


@pytest.mark.parametrize("flags", [S3_FLAGS, ["--pgbackrest-storage-type=tape"],
                                   ["--pgbackrest-storage-type=s3", *S3_FLAGS[:-1]],
                                   ["--pgbackrest-storage-type=s3"]])
def test_o12_half_an_s3_repository_is_refused(daemon, flags):
    done = daemon.pgo("create", "cluster", "half", *flags, check=False)
    assert done.returncode == 1 and "Error: " in done.stderr
    assert "half" not in daemon.names("pgclusters")
