"""--dry-run tells what will be written and writes nothing; explain tells what is waited for."""
import json

import pytest

from daemon import Cluster, eventually

KINDS = ["pgclusters", "pgreplicas", "pgtasks", "deployments", "services", "secrets", "configmaps",
         "jobs", "persistentvolumeclaims"]


@pytest.fixture(scope="module")
def trial(daemon):
    cluster = Cluster(daemon, "trial").create()
    yield cluster
    daemon.pgo("delete", "cluster", "trial", "--no-prompt")


def written(daemon):
    """Every object and its version; Patroni renews its own."""
    objects = [(o["kind"], o["metadata"]["name"], o["metadata"]["resourceVersion"])
               for kind in KINDS for o in daemon.objects(kind)]
    return [o for o in objects if not o[1].endswith(("-leader", "-config"))]


def plan_of(daemon, *command):
    before = written(daemon)
    plan = daemon.pgo_json(*command, "--dry-run")
    assert written(daemon) == before, "a dry run has written something"
    assert plan["Code"] == "ok"
    return plan


def remove(daemon, name):
    """To the end, so that nothing else is being written when the next plan is compared."""
    daemon.pgo("delete", "cluster", name, "--no-prompt")
    eventually(f"{name} is gone", lambda: f"{name}-rmdata" not in daemon.names("pgtasks"), 90)


def creates(plan, kind, later=False):
    steps = plan["Steps"] + [s for stage in plan["Later"] for s in stage["Steps"] if later]
    return [s["Name"] for s in steps if s["Verb"] == "create" and s["Kind"] == kind]


def test_the_plan_of_a_creation_is_what_is_made_then(daemon, trial):
    plan = plan_of(daemon, "create", "cluster", "second", "--password=correct-horse")
    assert creates(plan, "Pgcluster") == ["second"]
    assert {"second", "second-backrest-shared-repo"} == set(creates(plan, "Deployment"))
    assert [w["Reason"] for w in plan["Waits"]]
    assert "correct-horse" not in json.dumps(plan)
    Cluster(daemon, "second").create()
    for kind, resource in [("Deployment", "deployments"), ("Secret", "secrets"),
                           ("Service", "services"), ("PersistentVolumeClaim", "persistentvolumeclaims")]:
        assert set(creates(plan, kind)) == set(daemon.names(resource, "pg-cluster=second"))
    eventually("its first backup is there", lambda: any(
        c["status"]["state"] == "pgcluster Initialized" for c in daemon.objects("pgclusters")
        if c["metadata"]["name"] == "second"), 90)
    assert set(creates(plan, "Job", later=True)) == {"second-stanza-create", "backrest-backup-second"}
    assert set(creates(plan, "Job", later=True)) == set(daemon.names("jobs", "pg-cluster=second"))
    remove(daemon, "second")


def test_scale_makes_the_replica_that_its_plan_names(daemon, trial):
    plan = plan_of(daemon, "scale", "trial")
    [name] = creates(plan, "Pgreplica")
    assert f"starts {name}" in [s["Effect"] for s in plan["Steps"]]
    daemon.pgo("scale", "trial", "--no-prompt")
    assert daemon.names("pgreplicas", "pg-cluster=trial") == [name]
    eventually("it is told that the replica is not ready yet", lambda: any(
        w["Reason"] == "instance_ready" and w["Subject"] == name and name in w["Detail"]
        for w in daemon.pgo_json("explain", "trial")["Waits"]), 30, interval=0.2)
    eventually("the replica streams", lambda: trial.streaming() == 1, 60)


def test_the_plan_of_a_removal_says_what_stops_and_needs_no_yes(daemon, trial):
    shown = daemon.pgo("delete", "cluster", "trial", "--dry-run").stdout
    assert "stops trial" in shown and "Nothing was written." in shown
    for volume in ("trial", "trial-pgbr-repo"):
        assert f"destroys the data in {volume}\n" in shown
    kept = daemon.pgo("delete", "cluster", "trial", "--keep-data", "--keep-backups", "--dry-run").stdout
    assert "stops trial" in kept and "destroys" not in kept
    assert "trial" in daemon.names("pgclusters")


def test_a_request_that_would_be_refused_is_refused(daemon, trial):
    done = daemon.pgo("scale", "nosuch", "--dry-run", check=False)
    assert done.returncode == 1 and "nosuch" in done.stderr


def test_explain_says_what_a_cluster_waits_for(daemon, trial):
    eventually("nothing is waited for", lambda: daemon.pgo_json("explain", "trial")["Waits"] == [], 60)
    assert daemon.pgo_json("explain", "trial")["State"] == "pgcluster Initialized"
    assert "waits for nothing" in daemon.pgo("explain", "trial").stdout

    daemon.pgo("create", "cluster", "young")
    eventually("it waits", lambda: daemon.pgo_json("explain", "young")["Waits"], 20)
    [wait, *_] = daemon.pgo_json("explain", "young")["Waits"]
    assert wait["Message"] and wait["Remedy"] and wait["Since"].endswith("Z")
    both = daemon.pgo_json("explain", "trial", "young")
    assert [one["Cluster"] for one in both["Results"]] == ["trial", "young"]
    # A server that runs takes its time to shut down.
    eventually("it leads", Cluster(daemon, "young").leader, 60)
    daemon.pgo("delete", "cluster", "young", "--no-prompt")
    assert daemon.pgo_json("explain", "young")["State"] == "being removed"
    eventually("young is gone", lambda: "young-rmdata" not in daemon.names("pgtasks"), 90)

    unknown = daemon.pgo("explain", "nosuch", check=False)
    assert unknown.returncode == 1 and "nosuch" in unknown.stderr
