"""Backups of one cluster by every tool: taken, shown, expired, dumped, loaded, deleted."""
import json
import subprocess

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


def superuser(daemon, cluster, statement):
    """SQL as postgres in the primary's pod, in the database that dumps are of."""
    return daemon.kube("exec", cluster.leader(), "-c", "database", "--", "psql", "-h", "/tmp", "-U",
                       "postgres", "-v", "ON_ERROR_STOP=1", "-qtAc", statement).stdout.strip()


def load(daemon, cluster, timestamp=""):
    """Asks the REST service to load a dump, and waits for the end of it."""
    settings = json.loads((daemon.state / "client.json").read_text())
    pki = daemon.state / "pki"
    request = {"Namespace": settings["namespace"], "FromCluster": cluster,
               "FromPVC": f"backup-{cluster}-pgdump-pvc", "PITRTarget": timestamp}
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--cacert", pki / "ca.crt", "--cert",
         pki / "client.crt", "--key", pki / "client.key", "--config", "-", "--data",
         json.dumps(request), settings["url"] + "/pgdumprestore"], capture_output=True, text=True,
        input=f'user = "{settings["username"]}:{settings["password"]}"\n')
    assert json.loads(done.stdout)["Code"] == "ok", done.stdout + done.stderr
    return finished(daemon, f"restore-{cluster}-pgdump")


def test_a_dump_is_taken_shown_and_loaded_again(daemon, bronco):
    superuser(daemon, bronco, "create table keep (v int); insert into keep values (7)")
    daemon.pgo("backup", "bronco", "--backup-type=pgdump", "--backup-opts=--table=keep --format=c")
    status, message = finished(daemon, "backup-bronco-pgdump")
    assert status.startswith("job completed [backup-bronco-pgdump-"), message
    shown = daemon.pgo("show", "backup", "bronco", "--backup-type=pgdump").stdout
    assert "\tPVC Name:\tbackup-bronco-pgdump-pvc\n" in shown and status in shown
    assert "\tBackup Opts:\t--table=keep --format=c\n" in shown

    superuser(daemon, bronco, "drop table keep")
    status, message = load(daemon, "bronco")
    assert status.startswith("job completed"), message
    assert superuser(daemon, bronco, "select v from keep") == "7"


def test_a_load_that_fails_says_so_and_is_not_tried_again(daemon, bronco):
    status, message = load(daemon, "bronco")  # the table is there
    assert status.startswith("job error [") and "failed" in message
    assert superuser(daemon, bronco, "select count(*) from keep") in ("1", "2")


def test_all_databases_are_dumped_as_text_and_loaded(daemon, bronco):
    bronco.sql("insert into public.t values (42)")
    daemon.pgo("backup", "bronco", "--backup-type=pgdump",
               "--backup-opts=--dump-all --clean --if-exists")
    status, message = finished(daemon, "backup-bronco-pgdump")
    assert status.startswith("job completed"), message
    shown = daemon.pgo("show", "backup", "bronco", "--backup-type=pgdump").stdout
    assert "\tBackup Opts:\t--dump-all --clean --if-exists\n" in shown


def test_o8_delete_backup_removes_the_dumps_and_nothing_else(daemon, bronco):
    done = daemon.pgo("delete", "backup", "bronco", stdin="no\n")
    assert "Nothing was deleted" in done.stdout
    assert "backup-bronco-pgdump-pvc" in daemon.names("pvc")
    others = [n for n in daemon.names("pvc") if "pgdump" not in n]
    daemon.pgo("delete", "backup", "bronco", "--no-prompt")
    eventually("the dumps are gone", lambda: not [
        n for kind in ("pvc", "jobs", "pgtasks") for n in daemon.names(kind)
        if n.startswith("backup-bronco-pgdump")], 30)
    assert daemon.names("pvc") == others
    assert backups(daemon, "bronco"), "pgBackRest's repository stays"
    assert daemon.pgo("delete", "backup", "bronco", "--no-prompt", check=False).returncode == 1
