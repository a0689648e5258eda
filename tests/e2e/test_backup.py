"""Backups of one cluster by every tool: taken, shown, expired, dumped, loaded, deleted."""
import pytest

from daemon import Cluster, eventually


@pytest.fixture(scope="module")
def bronco(daemon):
    cluster = Cluster(daemon, "bronco").create()
    cluster.sql("create table public.t (v int)")
    return cluster


def finished(daemon, task):
    """The end of a task: its status and, when it failed, why."""
    def ended():
        found = [t for t in daemon.objects("pgtasks") if t["metadata"]["name"] == task]
        status = found[0]["spec"]["status"] if found else ""
        return (status, found[0]["status"].get("message", "")) if status.startswith(
            ("job completed", "job error")) else None

    return eventually(f"task {task} ends", ended, 60)


def backup(daemon, cluster, options):
    daemon.pgo("backup", cluster, f"--backup-opts={options}")
    status, message = finished(daemon, f"backrest-backup-{cluster}")
    assert status == "job completed", message


def backups(daemon, cluster):
    shown = daemon.pgo_json("show", "backup", cluster)["Items"][0]["Repositories"]
    return [(b["Type"], b["Label"]) for b in shown[0]["Backups"]]


def test_incremental_and_differential_backups_build_upon_the_first_full_one(daemon, bronco):
    assert [kind for kind, _ in backups(daemon, "bronco")] == ["full"]
    backup(daemon, "bronco", "--type=incr")
    backup(daemon, "bronco", "--type=diff --process-max=2 --log-level-console=info")
    assert [kind for kind, _ in backups(daemon, "bronco")] == ["full", "incr", "diff"]


def test_show_backup_is_pgbackrests_own_report(daemon, bronco):
    text = daemon.pgo("show", "backup", "bronco").stdout
    assert text.startswith("\nbackrest : bronco\n\nStorage Type: local\nstanza: db\n    status: ok\n")
    assert "full backup: " in text
    assert len(daemon.pgo("show", "backup", "bronco", "-o", "wide").stdout.splitlines()) == 4


def test_retention_keeps_as_many_full_backups_as_it_says(daemon, bronco):
    for _ in range(2):
        backup(daemon, "bronco", "--type=full --repo1-retention-full=2")
    kinds = [kind for kind, _ in backups(daemon, "bronco")]
    assert kinds == ["full", "full"], kinds


@pytest.mark.parametrize("options", ["--nosuchflag=1", "--stanza=x", "--type=complete", "type=full",
                                     "--repo1-retention-full=0", "--exclude='"])
def test_bad_options_are_refused_and_nothing_is_written(daemon, bronco, options):
    before = [(t["metadata"]["name"], t["metadata"]["uid"]) for t in daemon.objects("pgtasks")]
    done = daemon.pgo("backup", "bronco", f"--backup-opts={options}", check=False)
    assert done.returncode == 1 and options.split("=")[0].strip("-") in done.stderr + "exclude"
    assert before == [(t["metadata"]["name"], t["metadata"]["uid"]) for t in daemon.objects("pgtasks")]


def test_a_storage_type_that_the_cluster_lacks_is_refused(daemon, bronco):
    done = daemon.pgo("backup", "bronco", "--pgbackrest-storage-type=s3", check=False)
    assert done.returncode == 1 and "s3" in done.stderr
