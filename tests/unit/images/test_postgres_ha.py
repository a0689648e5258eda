"""What the database image does before Patroni: a password for its REST API, and whose data it makes anew."""

import json

import pytest

from test_images import IMAGES, POSTGRES, ROOT, run

HA = IMAGES / "postgres-ha"
# What the database image starts in the end tells what it was started with.
PATRONI = """#!/bin/bash
echo "password=${PATRONI_RESTAPI_PASSWORD:-none}"
(cd /pgdata && find . -type f | sort)
"""


def start_database(folder, *options, before=(), replicator="battery-staple", cancelled=0):
    """The database image's entrypoint up to Patroni, with the files of `before` in its volume. pgha-cancel-bootstrap
    ends with `cancelled`."""
    volume, tools = folder / "pgdata", folder / "tools"
    for file in before:
        (volume / file).parent.mkdir(parents=True, exist_ok=True)
        (volume / file).write_text("")
    for made in (volume, tools):
        made.mkdir(exist_ok=True, parents=True)
    programs = {"patroni": PATRONI, "cancel": f"#!/bin/bash\nexit {cancelled}\n", "wait": "#!/bin/bash\n"}
    for name, text in programs.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    (tools / "passwd").write_text(f"{ROOT}\n{POSTGRES}\n")
    bin_ = HA / "rootfs/opt/cpm/bin"
    environment = {"PATH": "/tools:/usr/bin", "HOSTNAME": "hippo-0", "POD_IP": "127.0.0.1", "PGHA_PGBACKREST": "false",
                   "PGHA_USER": "testuser", "PGHA_USER_PASSWORD": "x", "PATRONI_SUPERUSER_USERNAME": "postgres",
                   "PATRONI_SUPERUSER_PASSWORD": "y", "PATRONI_REPLICATION_USERNAME": "primaryuser",
                   "PATRONI_REPLICATION_PASSWORD": replicator, "PATRONI_POSTGRESQL_DATA_DIR": "/pgdata/hippo"}
    done = run("/entrypoint", 26, "--unshare-pid", "--die-with-parent", "--bind", volume, "/pgdata",
               "--ro-bind", tools, "/tools", "--ro-bind", tools / "passwd", "/etc/passwd", "--tmpfs", "/pgwal",
               "--ro-bind", HA / "entrypoint", "/entrypoint", "--ro-bind", bin_, "/opt/cpm/bin",
               "--ro-bind", tools / "cancel", "/opt/cpm/bin/pgha-cancel-bootstrap",
               "--ro-bind", tools / "wait", "/opt/cpm/bin/pgha-initialized.sh",
               "--ro-bind", tools / "wait", "/opt/cpm/bin/pgha-sync-name",
               "--ro-bind", tools / "wait", "/opt/cpm/bin/pgha-existing-data.sh",
               *[word for name, value in environment.items() for word in ("--setenv", name, value)], *options)
    return done, done.stdout.split("password=")[-1].splitlines()


def rest_password(folder, *options, replicator="battery-staple"):
    done, (password, *_) = start_database(folder, *options, replicator=replicator)
    assert done.returncode == 0, done.stdout + done.stderr
    return password


LOCAL = ("--setenv", "PGO_LOCAL_NODE", "1")


def test_on_the_local_node_patronis_rest_api_has_a_password_that_all_members_know(tmp_path):
    password = rest_password(tmp_path / "one", *LOCAL)
    assert len(password) == 64
    assert rest_password(tmp_path / "two", *LOCAL, "--setenv", "HOSTNAME", "hippo-1") == password
    assert rest_password(tmp_path / "other", *LOCAL, replicator="another") != password
    # In a Kubernetes cluster 4.2.0's members and scripts have none.
    assert rest_password(tmp_path / "cluster") == "none"


def test_the_rest_apis_password_is_not_in_the_log(tmp_path):
    done, (password, *_) = start_database(tmp_path, *LOCAL)
    assert done.stdout.count(password) == 1 and password not in done.stderr


def home_on_the_local_node(script):
    """What `script` prints after the database image has set up its home folder."""
    text = (HA / "entrypoint").read_text().replace('main "$@"', "")
    done = run(text.replace("set -euo pipefail", "") + "\nprotect_rest_api\n" + script, 26, *LOCAL,
               "--setenv", "PATRONI_REPLICATION_PASSWORD", "battery-staple", "--setenv", "POD_IP", "127.0.0.7")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_and_patronictl_find_the_password_at_home_and_nobody_else_reads_it():
    seen = home_on_the_local_node("stat -c %a ~/.netrc ~/.config/patroni/patronictl.yaml; cat ~/.curlrc ~/.netrc; "
                                  "python3 -c 'import patroni.config as c, os; "
                                  "print(c.Config(os.environ[\"HOME\"] + \"/.config/patroni/patronictl.yaml\", "
                                  "validator=None)[\"restapi\"][\"auth\"])'").splitlines()
    assert seen[:3] == ["600", "600", "netrc-optional"]
    password = seen[3].split()[-1]
    assert seen[3:6] == [f"machine {host} login patroni password {password}"
                         for host in ("127.0.0.1", "localhost", "127.0.0.7")]
    assert seen[6] == f"patroni:{password}"


MARK = "./hippo.bootstrapping"
HALF = ("hippo/PG_VERSION", "hippo/base/1/1259")


@pytest.mark.parametrize("before, init, cancelled, left", [
    ((), "true", 0, [MARK]),
    ((*HALF, "hippo.bootstrapping"), "true", 0, [MARK]),
    (("hippo.bootstrapping",), "true", 0, [MARK]),
    # Kept, restored or cloned data; a cluster that has had a leader; an instance that does not make the database.
    (HALF, "true", 0, sorted(f"./{file}" for file in HALF)),
    ((*HALF, "hippo.bootstrapping"), "true", 3, sorted(f"./{file}" for file in HALF)),
    ((*HALF, "hippo.bootstrapping"), "false", 0, sorted(f"./{file}" for file in HALF)),
    ((), "false", 0, [])])
def test_data_of_a_bootstrap_that_was_cut_off_is_made_anew_and_no_other(tmp_path, before, init, cancelled, left):
    done, (_, *files) = start_database(tmp_path, "--setenv", "PGHA_INIT", init, before=before, cancelled=cancelled)
    assert done.returncode == 0, done.stdout + done.stderr
    assert files == left


def test_data_stays_where_it_cannot_be_told_whether_it_is_complete(tmp_path):
    done, _ = start_database(tmp_path, "--setenv", "PGHA_INIT", "true", before=(*HALF, "hippo.bootstrapping"), cancelled=1)
    assert done.returncode == 1 and "cannot be told" in done.stdout
    assert (tmp_path / "pgdata/hippo/PG_VERSION").exists() and (tmp_path / "pgdata/hippo.bootstrapping").exists()


# The API with one ConfigMap, whose patches are printed.
API = """import json, os
def request(kind, name, patch=None):
    assert (kind, name) == ("configmaps", "hippo-config")
    if patch: print(json.dumps(patch["metadata"]))
    return json.loads(os.environ["CONFIG"])
"""


@pytest.mark.parametrize("annotations, code, patched", [
    (None, 0, ""), ({}, 0, ""), ({"config": "{}"}, 0, ""), ({"initialize": "7411"}, 3, "had a leader"),
    ({"initialize": ""}, 0, '{"resourceVersion": "5", "annotations": {"initialize": null}}')])
def test_a_bootstrap_is_cancelled_where_nobody_has_led(tmp_path, annotations, code, patched):
    (tmp_path / "api").write_text(API)
    config = None if annotations is None else {"metadata": {"resourceVersion": "5", "annotations": annotations}}
    bin_ = HA / "rootfs/opt/cpm/bin"
    done = run("/opt/cpm/bin/pgha-cancel-bootstrap", 26, "--ro-bind", bin_, "/opt/cpm/bin", "--ro-bind",
               tmp_path / "api", "/opt/cpm/bin/pgha_kubernetes.py", "--setenv", "PATRONI_SCOPE", "hippo",
               "--setenv", "CONFIG", json.dumps(config))
    assert done.returncode == code and patched in done.stdout and bool(patched) == bool(done.stdout), done.stderr
