"""The life of a cluster: created, scaled, struck, restarted, deleted. In this order, on one cluster,
because each creation costs a real initdb, backup and restore."""
import pathlib

from daemon import Cluster, eventually


def test_create_makes_a_primary_a_backup_and_a_streaming_replica(daemon, hippo):
    assert hippo.leader()
    eventually("one replica streams", lambda: hippo.streaming() == 1)
    repo = daemon.names("pods", "pgo-backrest-repo=true,pg-cluster=hippo")[0]
    info = daemon.kube("exec", repo, "-c", "database", "--", "pgbackrest", "info").stdout
    assert "full backup" in info


def test_a_write_on_the_primary_is_read_on_the_replica(hippo):
    hippo.sql("insert into public.t values (1)")
    eventually("the replica has the row",
               lambda: hippo.sql("select count(*) from public.t", "hippo-replica") == "1", 20)
    assert hippo.sql("select pg_is_in_recovery()", "hippo-replica") == "t"


def test_pgo_test_says_that_everything_is_up(daemon, hippo):
    result = daemon.pgo_json("test", "hippo")["Results"][0]
    kinds = sorted(i["InstanceType"] for i in result["Instances"])
    assert kinds == ["primary", "replica"]
    assert all(i["Available"] for i in result["Instances"] + result["Endpoints"])


def test_the_workflow_of_the_creation_is_completed(daemon, hippo):
    task = daemon.object("pgtasks", "hippo-createcluster")
    shown = daemon.pgo("show", "workflow", task["spec"]["parameters"]["workflowid"]).stdout
    assert "task completed" in shown


def test_a_second_cluster_of_the_same_name_is_refused(daemon, hippo):
    before = daemon.names("pgtasks")
    done = daemon.pgo("create", "cluster", "hippo", check=False)
    assert done.returncode == 1 and "hippo" in done.stderr
    assert daemon.names("pgtasks") == before


def test_scale_adds_a_streaming_replica(daemon, hippo):
    daemon.pgo("scale", "hippo", "--no-prompt")
    eventually("two replicas stream", lambda: hippo.streaming() == 2, 60)
    assert len(daemon.names("pgreplicas")) == 2


def test_writes_go_on_after_kill_9_of_the_postmaster(daemon, hippo):
    leader = hippo.leader()
    daemon.kube("exec", leader, "-c", "database", "--", "bash", "-c",
                'kill -9 "$(head -n 1 "${PGHA_DATA_DIR:-$PATRONI_POSTGRESQL_DATA_DIR}/postmaster.pid")"')
    eventually("a write succeeds", lambda: hippo.can_write(2), 40)
    eventually("both replicas stream", lambda: hippo.streaming() == 2, 90)


def test_writes_go_on_after_kill_9_of_every_process_of_the_primary_pod(daemon, hippo):
    daemon.kube("exec", hippo.leader(), "-c", "database", "--", "bash", "-c", "kill -9 -1", check=False)
    eventually("a write succeeds", lambda: hippo.can_write(3), 40)
    eventually("both replicas stream", lambda: hippo.streaming() == 2, 90)


def test_a_deleted_primary_pod_hands_over_and_comes_back_as_a_replica(daemon, hippo):
    old = hippo.leader()
    daemon.kube("delete", "pod", old, "--wait=false")
    eventually("a write succeeds on another leader",
               lambda: hippo.leader() not in (None, old) and hippo.can_write(4), 40)
    eventually("both replicas stream", lambda: hippo.streaming() == 2, 90)
    # K1: the labels that select by role follow the leader.
    leader = daemon.object("pods", hippo.leader())
    deployment = leader["metadata"]["labels"]["deployment-name"]

    def followed():
        cluster = daemon.objects("pgclusters")[0]["metadata"]["labels"]
        services = {d["metadata"]["name"]: d["metadata"]["labels"].get("service-name")
                    for d in daemon.objects("deployments", "pgo-pg-database=true")}
        return (cluster["current-primary"] == deployment and services[deployment] == "hippo" and
                all(s == "hippo-replica" for d, s in services.items() if d != deployment))

    eventually("labels follow the new primary", followed, 30)
    eventually("no row is lost",
               lambda: hippo.sql("select string_agg(v::text, ',' order by v) from public.t",
                                 check=False) in ("1,2,3,4",), 20)


def test_a_restart_of_the_daemon_brings_the_cluster_back(daemon, hippo):
    rows = hippo.sql("select count(*) from public.t")
    daemon.stop()
    daemon.start()
    eventually("a write succeeds", lambda: hippo.can_write(5), 60)
    assert int(hippo.sql("select count(*) from public.t")) == int(rows) + 1
    eventually("both replicas stream", lambda: hippo.streaming() == 2, 90)


def files_in_volumes(daemon):
    """Whatever is left of any volume, also of one that was put aside for deletion."""
    return [str(path) for path in pathlib.Path(daemon.state, "pv").rglob("*") if path.is_file()]


def gone(daemon, name):
    def check():
        return not any(daemon.names(kind, f"pg-cluster={name}")
                       for kind in ("deployments", "pods", "jobs", "services", "pgreplicas"))
    eventually("no workload of the cluster is left", check, 90)
    eventually("the pgcluster is gone", lambda: name not in daemon.names("pgclusters"), 30)


def test_delete_with_kept_data_then_create_finds_the_rows_again(daemon, hippo):
    """Also when another instance led at last: its volume is the newest."""
    def leading():
        return daemon.object("pods", hippo.leader())["metadata"]["labels"]["deployment-name"]

    if leading() == "hippo":
        replica = daemon.names("pgreplicas", "pg-cluster=hippo")[0]
        daemon.pgo("failover", "hippo", f"--target={replica}", "--no-prompt", "--wait")
    newest = leading()
    assert newest != "hippo"
    hippo.sql("insert into public.t values (77)")
    rows = hippo.sql("select count(*) from public.t")
    daemon.pgo("delete", "cluster", "hippo", "--no-prompt", "--keep-data", "--keep-backups")
    gone(daemon, "hippo")
    claims = daemon.names("pvc", "pg-cluster=hippo")
    assert {"hippo", newest, "hippo-pgbr-repo"} <= set(claims)
    assert "hippo-testuser-secret" in daemon.names("secrets", "pg-cluster=hippo")

    again = Cluster(daemon, "hippo", hippo.password).create()
    assert leading() == newest
    assert again.sql("select count(*) from public.t") == rows


def test_the_replacement_of_an_only_instance_leads_again(daemon, hippo):
    old = hippo.leader()
    daemon.kube("delete", "pod", old, "--wait=false")
    eventually("a write succeeds on the replacement",
               lambda: hippo.leader() not in (None, old) and hippo.can_write(6), 60)


def test_delete_leaves_nothing_behind(daemon, hippo):
    daemon.pgo("delete", "cluster", "hippo", "--no-prompt")
    gone(daemon, "hippo")
    for kind in ("pvc", "secrets", "configmaps", "pgtasks"):
        eventually(f"no {kind} are left", lambda k=kind: not daemon.names(k, "pg-cluster=hippo"), 60)
    scope = "crunchy-pgha-scope=hippo"
    eventually("Patroni's state is gone", lambda: not daemon.names("configmaps", scope), 30)
    eventually("the volumes' files are gone", lambda: not files_in_volumes(daemon), 60)
