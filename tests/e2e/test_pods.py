"""What an instance leaves when its pod ends, and what it finds when it comes back under another name."""
import json
import os
import pathlib
import subprocess

import pytest

from daemon import Cluster, Daemon, eventually

CONTROL = "/usr/lib/postgresql/15/bin/pg_controldata"


def state_of_data(daemon, cluster):
    """What the control file in a cluster's volume says of the server, which does not run."""
    data = next(path.parent for path in pathlib.Path(daemon.state, "pv").rglob("PG_VERSION")
                if path.parent.name == cluster)
    assert not (data / "postmaster.pid").exists()
    shown = subprocess.run([CONTROL, "-D", data], capture_output=True, text=True, check=True).stdout
    return next(line.split(":")[1].strip() for line in shown.splitlines()
                if line.startswith("Database cluster state"))


def delete_leader(daemon, cluster):
    daemon.kube("delete", "pod", "-n", "pgouser1", cluster.leader(), "--wait=false")


def writes_again(cluster, value, seconds=60):
    eventually(f"a write of {value} succeeds", lambda: cluster.can_write(value), seconds)


def synchronous(daemon, cluster):
    config = json.loads(daemon.object("configmaps", f"{cluster}-config")["metadata"]["annotations"]["config"])
    parameters = (config.get("postgresql") or {}).get("parameters") or {}
    return bool(config.get("synchronous_mode")), parameters.get("synchronous_standby_names")


@pytest.fixture(scope="module")
def solo(daemon):
    cluster = Cluster(daemon, "solo").create("--sync-replication")
    cluster.sql("create table public.t (v int)")
    return cluster


def test_a_primary_alone_in_synchronous_mode_leads_again_after_each_deletion_of_its_pod(daemon, solo):
    for deletion in range(3):
        leader = solo.leader()
        delete_leader(daemon, solo)
        eventually("the pod is gone", lambda: leader not in daemon.names("pods"), 60)
        writes_again(solo, deletion)
    assert solo.sql("select count(distinct v) from public.t") == "3"


def test_a_primary_deleted_before_a_standby_was_agreed_on_leads_again(daemon):
    cluster = Cluster(daemon, "trio").create("--sync-replication", "--replica-count=1")
    cluster.sql("create table public.t (v int)")
    eventually("the replica streams", lambda: cluster.streaming() == 1, 90)
    for deletion in range(2):
        leader = eventually("somebody leads", cluster.leader, 60)
        daemon.kube("exec", leader, "-c", "database", "--", "bash", "-c", "kill -9 -1", check=False)
        writes_again(cluster, 2 * deletion)
        delete_leader(daemon, cluster)
        writes_again(cluster, 2 * deletion + 1)
    assert cluster.sql("select count(distinct v) from public.t") == "4"
    daemon.pgo("delete", "cluster", "trio", "--no-prompt")


def test_kept_data_is_shut_down_and_forgets_how_it_was_replicated(daemon, solo):
    assert synchronous(daemon, "solo")[0]
    daemon.pgo("delete", "cluster", "solo", "--keep-data", "--no-prompt")
    eventually("it is gone", lambda: "solo-rmdata" not in daemon.names("pgtasks"), 90)
    assert state_of_data(daemon, "solo") == "shut down"
    again = Cluster(daemon, "solo").create()
    assert again.sql("select count(*) > 0 from public.t") == "t"
    assert synchronous(daemon, "solo") == (False, None)


def test_a_paused_cluster_is_shut_down_with_the_daemon():
    network = os.environ.get("PGO_E2E_NETWORK", "127.91")
    first, second = network.split(".")
    daemon = Daemon(f"{first}.{int(second) + 60}").start()
    try:
        cluster = Cluster(daemon, "quiet").create("--disable-autofail")
        cluster.sql("create table public.t (v int)")
        daemon.stop()
        assert state_of_data(daemon, "quiet") == "shut down"
        daemon.start()
        # Patroni starts no server while it is paused.
        daemon.pgo("update", "cluster", "quiet", "--enable-autofail", "--no-prompt")
        eventually("it is back", lambda: cluster.can_write(1), 60)
    finally:
        daemon.remove()
