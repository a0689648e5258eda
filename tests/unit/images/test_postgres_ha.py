"""What the database image does before Patroni: a password for its REST API."""

from test_images import IMAGES, POSTGRES, ROOT, run

HA = IMAGES / "postgres-ha"
# What the database image starts in the end tells what it was started with.
PATRONI = """#!/bin/bash
echo "password=${PATRONI_RESTAPI_PASSWORD:-none}"
"""


def start_database(folder, *options, replicator="battery-staple"):
    """The database image's entrypoint up to Patroni."""
    volume, tools = folder / "pgdata", folder / "tools"
    for made in (volume, tools):
        made.mkdir(exist_ok=True, parents=True)
    programs = {"patroni": PATRONI, "wait": "#!/bin/bash\n"}
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
