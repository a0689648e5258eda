"""Failover by hand, with the lag that Patroni really sees."""
import json
import urllib.error
import urllib.request

import pytest

from daemon import Cluster, eventually


def query(daemon, command, name):
    return {r["Name"]: r for r in daemon.pgo_json(command, name, "--query")["Results"]}


def task_of(daemon, name):
    return daemon.object("pgtasks", f"{name}-failover")


def deployment_of(daemon, pod):
    return daemon.object("pods", pod)["metadata"]["labels"]["deployment-name"]


def labels_follow(daemon, name, leader):
    """K1: pgcluster and Deployments say who leads."""
    cluster = daemon.object("pgclusters", name)
    services = {d["metadata"]["name"]: d["metadata"]["labels"].get("service-name")
                for d in daemon.objects("deployments", f"pgo-pg-database=true,pg-cluster={name}")}
    return (cluster["metadata"]["labels"]["current-primary"] == leader and
            all(s == (name if d == leader else f"{name}-replica") for d, s in services.items()))


def test_the_query_lists_each_replica_with_its_node_and_timeline(daemon, hippo):
    eventually("one replica streams", lambda: hippo.streaming() == 1)
    (replica,) = query(daemon, "failover", "hippo").values()
    assert replica["Name"] == deployment_of(daemon, hippo.replicas()[0])
    assert replica["Status"] == "running" and replica["ReplicationLag"] == 0
    assert replica["Timeline"] == 1 and replica["Node"]
    assert daemon.pgo("failover", "hippo", "--query").stdout.splitlines()[1] == "Cluster: hippo"


def ask_patroni(daemon, pod, method, path, body=None):
    """The HTTP status that an account of this machine gets from Patroni."""
    address = daemon.object("pods", pod)["status"]["podIP"]
    request = urllib.request.Request(f"http://{address}:8009{path}", method=method, data=body)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_patroni_takes_orders_from_its_own_pods_only(daemon, hippo):
    leader, replica = hippo.leader(), hippo.replicas()[0]
    orders = [("PATCH", "/config", b'{"postgresql": {"parameters": {"archive_command": "false"}}}'),
              ("PUT", "/config", b"{}"), ("POST", "/restart", b"{}"), ("POST", "/reload", b""),
              ("POST", "/failover", f'{{"candidate": "{replica}"}}'.encode()),
              ("POST", "/switchover", f'{{"leader": "{leader}", "candidate": "{replica}"}}'.encode()),
              ("POST", "/reinitialize", b'{"force": true}')]
    for pod in (leader, replica):
        assert [ask_patroni(daemon, pod, *order) for order in orders] == [401] * len(orders)
        assert ask_patroni(daemon, pod, "GET", "/patroni") == 200
    for command in ("patronictl list", f"patronictl restart hippo {leader} --force --timeout 30",
                    """curl -fsS -X PATCH -d '{"ttl": 21}' http://127.0.0.1:8009/config""",
                    """curl -fsS -X PATCH -d '{"ttl": 20}' "http://$POD_IP:8009/config" """):
        done = daemon.kube("exec", replica, "-c", "database", "--", "bash", "-c", command)
        assert "Failed" not in done.stdout, done.stdout
    assert hippo.leader() == leader
    eventually("the replica streams again", lambda: hippo.streaming() == 1, 60)


def test_a_replica_that_does_not_receive_is_shown_with_its_lag(daemon, hippo):
    replica = hippo.replicas()[0]

    def in_replica(script):
        daemon.kube("exec", replica, "-c", "database", "--", "bash", "-c", script)

    # The WAL receiver stopped, what is written afterwards is the lag.
    stop = "kill -%s $(pgrep -f 'postgres: .*walreceiver' | head -1)"
    in_replica(stop % "STOP")
    try:
        hippo.sql("create table public.lag as select repeat('x', 1000) as x from generate_series(1, 40000)")
        for command in ("failover", "scaledown"):
            eventually(f"{command} --query shows the lag",
                       lambda c=command: any(20 < r["ReplicationLag"] < 200
                                             for r in query(daemon, c, "hippo").values()), 30)
    finally:
        in_replica(stop % "CONT")
    eventually("the lag is gone", lambda: all(
        r["ReplicationLag"] == 0 for r in query(daemon, "failover", "hippo").values()), 60)


@pytest.mark.parametrize("target", ["nosuch", "hippo", "hippo-"])
def test_a_target_that_cannot_lead_is_refused_and_nothing_is_written(daemon, hippo, target):
    done = daemon.pgo("failover", "hippo", f"--target={target}", "--no-prompt", check=False)
    assert done.returncode == 1 and target in done.stderr
    assert "hippo-failover" not in daemon.names("pgtasks")


def test_a_failover_ends_when_the_target_leads_and_loses_no_row(daemon, hippo):
    hippo.sql("insert into public.t values (1)")
    (target,) = query(daemon, "failover", "hippo")
    done = daemon.pgo("failover", "hippo", f"--target={target}", "--no-prompt", "--wait")
    assert f"{target} leads hippo" in done.stdout
    # K38: at that moment it is true.
    assert deployment_of(daemon, hippo.leader()) == target
    assert labels_follow(daemon, "hippo", target)
    assert task_of(daemon, "hippo")["spec"]["status"] == "completed"
    eventually("the service leads to the new primary", lambda: hippo.can_write(2), 20)
    assert hippo.sql("select string_agg(v::text, ',' order by v) from public.t") == "1,2"
    eventually("the old primary streams", lambda: hippo.streaming() == 1, 60)
    assert "status              completed" in daemon.pgo("show", "workflow", "hippo-failover").stdout


def test_a_backup_is_made_after_the_promotion(daemon, hippo):
    def made():
        task = daemon.object("pgtasks", "backrest-backup-hippo")["spec"]
        return (task["parameters"].get("pgha-backup-type") == "failover" and
                task["status"] == "job completed")
    eventually("the backup after the failover is there", made, 60)


def kill_primary(daemon, leader):
    daemon.kube("exec", leader, "-c", "database", "--", "bash", "-c",
                'kill -9 "$(head -n 1 "${PGHA_DATA_DIR:-$PATRONI_POSTGRESQL_DATA_DIR}/postmaster.pid")"')


def paused(daemon):
    config = daemon.object("configmaps", "hippo-config")
    return json.loads(config["metadata"]["annotations"]["config"]).get("pause") is True


def test_with_autofail_off_nothing_takes_over_and_switched_on_again_it_heals(daemon, hippo):
    # K9: neither flag is nothing to update.
    assert daemon.pgo("update", "cluster", "hippo", "--no-prompt", check=False).returncode == 2
    daemon.pgo("update", "cluster", "hippo", "--disable-autofail", "--no-prompt")
    eventually("Patroni is paused", lambda: paused(daemon), 20)
    old = deployment_of(daemon, hippo.leader())
    replica = hippo.replicas()[0]
    kill_primary(daemon, hippo.leader())
    eventually("the primary is seen to be down", lambda: not hippo.can_write(3), 20)
    # Patroni notices within its loop of a few seconds; the replica must not lead after several.
    roles = []

    def many_looks():
        pod = daemon.object("pods", replica)
        roles.append(pod["metadata"]["labels"]["role"])
        return len(roles) >= 20
    eventually("the replica was looked at long enough", many_looks, 60, interval=0.5)
    assert set(roles) == {"replica"}
    assert not hippo.can_write(3)
    # A stopped primary has its name in the list; it must stay, so scaledown does not offer it.
    other = deployment_of(daemon, replica)
    candidates = query(daemon, "failover", "hippo")
    assert other in candidates and set(candidates) <= {old, other}
    assert set(query(daemon, "scaledown", "hippo")) == {other}

    daemon.pgo("update", "cluster", "hippo", "--enable-autofail", "--no-prompt")
    eventually("Patroni is resumed", lambda: not paused(daemon), 20)
    eventually("somebody takes writes again", lambda: hippo.can_write(3), 60)
    eventually("the other one streams", lambda: hippo.streaming() == 1, 90)
    eventually("labels follow", lambda: labels_follow(
        daemon, "hippo", deployment_of(daemon, hippo.leader())), 30)
    assert old in daemon.names("deployments")


def ready_replica(daemon):
    """The one replica, which a target must be: labelled by Patroni, and ready for its probe."""
    def ready():
        pods = [p for p in daemon.objects("pods", "pg-cluster=hippo,role=replica")
                if all(c["ready"] for c in p["status"].get("containerStatuses", [{"ready": False}]))]
        return len(pods) == 1 and pods[0]["metadata"]["labels"]["deployment-name"]
    return eventually("the replica is ready", ready, 60)


def by_hand(daemon):
    """To the one replica; K38: at the end it leads."""
    target = ready_replica(daemon)
    daemon.pgo("failover", "hippo", f"--target={target}", "--no-prompt", "--wait")
    assert deployment_of(daemon, Cluster(daemon, "hippo").leader()) == target
    assert labels_follow(daemon, "hippo", target)


def test_with_autofail_off_people_may_fail_over_by_hand(daemon, hippo):
    ready_replica(daemon)
    daemon.pgo("update", "cluster", "hippo", "--disable-autofail", "--no-prompt")
    eventually("Patroni is paused", lambda: paused(daemon), 20)
    hippo.sql("insert into public.t values (11)")
    by_hand(daemon)
    eventually("the service leads to the new primary", lambda: hippo.can_write(12), 20)
    assert hippo.sql("select count(*) from public.t where v = 11") == "1"
    eventually("the old primary streams", lambda: hippo.streaming() == 1, 60)

    # Nothing takes over for a dead primary, but who is told to does.
    kill_primary(daemon, hippo.leader())
    eventually("nobody leads", lambda: hippo.leader() is None, 60)
    target = ready_replica(daemon)
    [down] = [w for w in daemon.pgo_json("explain", "hippo")["Waits"] if w["Reason"] == "primary_ready"]
    assert f"pgo failover hippo --target={target} " in down["Remedy"]
    assert "pgo update cluster hippo --enable-autofail " in down["Remedy"]
    by_hand(daemon)
    eventually("writes are taken again", lambda: hippo.can_write(13), 20)
    assert hippo.sql("select count(*) from public.t where v = 11") == "1"
    assert paused(daemon)
    daemon.pgo("update", "cluster", "hippo", "--enable-autofail", "--no-prompt")
    eventually("Patroni is resumed", lambda: not paused(daemon), 20)
    eventually("the dead one streams again", lambda: hippo.streaming() == 1, 90)


def test_the_first_primary_can_be_scaled_down_after_a_failover(daemon, hippo):
    """K14, and K15: the replicas' Service goes with the last replica."""
    # Patroni labels a replica a moment after it streams.
    eventually("the replica is labelled", lambda: len(query(daemon, "failover", "hippo")) == 1, 60)
    leader = deployment_of(daemon, hippo.leader())
    if leader == "hippo":
        by_hand(daemon)
        eventually("the first primary streams", lambda: hippo.streaming() == 1, 60)
    assert "hippo-replica" in daemon.names("services")
    daemon.pgo("scaledown", "hippo", "--target=hippo", "--no-prompt")
    eventually("its Deployment is gone", lambda: "hippo" not in daemon.names("deployments"), 60)
    eventually("its volume is gone", lambda: "hippo" not in daemon.names("pvc"), 60)
    eventually("the Service for replicas is gone",
               lambda: "hippo-replica" not in daemon.names("services"), 30)
    assert hippo.can_write(4)
