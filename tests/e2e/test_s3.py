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
            [shutil.which("node"), SERVER, "-d", folder / "data", "-a", address, "-p", str(PORT),
             "--key", "s3.key", "--cert", "s3.crt", "--service-endpoint", "svc.cluster.local",
             "--configure-bucket", BUCKET],
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


def test_the_first_backup_is_in_both_repositories(daemon, both):
    assert backups(daemon, "both") == {"local": ["full"], "s3": ["full"]}
    text = daemon.pgo("show", "backup", "both").stdout
    assert text.index("Storage Type: local\n") < text.index("Storage Type: s3\n")


def test_wal_is_archived_to_both_repositories(daemon, both, bucket):
    segment = both.daemon.kube(
        "exec", both.leader(), "-c", "database", "--", "psql", "-h", "/tmp", "-U", "postgres",
        "-qtAc", "select pg_walfile_name(pg_switch_wal())").stdout.strip()
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


def test_a_cluster_in_s3_alone_makes_its_replica_from_there(daemon, bucket):
    cluster = Cluster(daemon, "cloud").create("--pgbackrest-storage-type=s3", "--replica-count=1",
                                              *S3_FLAGS)
    eventually("the replica streams", lambda: cluster.streaming() == 1, 60)
    assert backups(daemon, "cloud") == {"s3": ["full"]}
    refused = daemon.pgo("backup", "cloud", "--pgbackrest-storage-type=local", check=False)
    assert refused.returncode == 1 and "local" in refused.stderr


@pytest.mark.parametrize("flags", [S3_FLAGS, ["--pgbackrest-storage-type=tape"],
                                   ["--pgbackrest-storage-type=s3", *S3_FLAGS[:-1]],
                                   ["--pgbackrest-storage-type=s3"]])
def test_o12_half_an_s3_repository_is_refused(daemon, flags):
    done = daemon.pgo("create", "cluster", "half", *flags, check=False)
    assert done.returncode == 1 and "Error: " in done.stderr
    assert "half" not in daemon.names("pgclusters")
