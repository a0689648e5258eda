"""What the database image does with data that it finds, before Patroni: in a sandbox as the node makes them, without a
daemon."""
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import pytest

IMAGES = pathlib.Path(__file__).resolve().parents[2] / "deploy/images"
ADDRESS = os.environ.get("PGO_E2E_NETWORK", "127.91") + ".9.9"
SCRIPT = r"""
export PATH=/opt/cpm/bin:/usr/lib/postgresql/15/bin:/usr/bin HOME=/tmp PGHOST=/tmp POD_IP=$ADDRESS
export PGHA_DATA_DIR=/pgdata/twin PATRONI_POSTGRESQL_DATA_DIR=/pgdata/twin PGHA_INIT=true PGHA_PGBACKREST=false
export PATRONI_NAME=twin-0 PATRONI_SCOPE=twin PATRONICTL_CONFIG_FILE=/tmp/patroni.yaml
export PATRONI_SUPERUSER_USERNAME=postgres PATRONI_SUPERUSER_PASSWORD=correct-horse
export PATRONI_REPLICATION_USERNAME=primaryuser PATRONI_REPLICATION_PASSWORD=battery-staple
export PATRONI_RESTAPI_LISTEN=$ADDRESS:8009 PATRONI_RESTAPI_CONNECT_ADDRESS=$ADDRESS:8009
export PATRONI_POSTGRESQL_LISTEN=$ADDRESS:5432 PATRONI_POSTGRESQL_CONNECT_ADDRESS=$ADDRESS:5432
pgha-config >/tmp/patroni.yaml
initdb -D $PGHA_DATA_DIR -A trust >/dev/null
cp $PGHA_DATA_DIR/postgresql.conf $PGHA_DATA_DIR/postgresql.base.conf
eval "$BEFORE"
pgha-existing-data.sh || exit 1
running=no; pg_ctl -D $PGHA_DATA_DIR status >/dev/null && running=yes
[ $running = yes ] || pg_ctl -s -D $PGHA_DATA_DIR -w -o "-c unix_socket_directories=/tmp -c listen_addresses=" -l /tmp/log start
echo "running=$running"
echo "accounts=$(psql -qAtc "select count(*) from pg_authid where rolpassword like 'SCRAM%'" postgres)"
echo "libraries=$(psql -qAtc 'show shared_preload_libraries' postgres)"
PGPASSWORD=correct-horse psql -h $ADDRESS -U postgres -c 'select 1' postgres >/dev/null 2>&1 && echo "login=yes" || echo "login=no"
pg_ctl -s -D $PGHA_DATA_DIR -m immediate stop
"""


def existing_data(before=":"):
    """The script's output, as words NAME=VALUE and log lines; `before` prepares the data."""
    owner = pwd.getpwnam("pgo") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    work = pathlib.Path(tempfile.mkdtemp(prefix="pgo-data-", dir="/var/tmp"))
    try:
        (work / "pgdata").mkdir()
        (work / "passwd").write_text("postgres:x:26:26::/tmp:/bin/bash\n")
        (work / "script").write_text(SCRIPT)
        for path in (work, work / "pgdata", work / "passwd", work / "script"):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        command = ["bwrap", "--unshare-user", "--uid", "26", "--gid", "26", "--unshare-pid", "--die-with-parent",
                   "--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/crunchyadm",
                   "--ro-bind", work / "passwd", "/etc/passwd", "--ro-bind", work / "script", "/script",
                   "--ro-bind", "/etc/alternatives", "/etc/alternatives", "--bind", work / "pgdata", "/pgdata",
                   "--ro-bind", IMAGES / "postgres-ha/rootfs/opt/cpm/bin", "/opt/cpm/bin",
                   "--ro-bind", IMAGES / "common/rootfs/opt/cpm/lib", "/opt/cpm/lib",
                   "--setenv", "ADDRESS", ADDRESS, "--setenv", "BEFORE", before]
        for name in ("bin", "sbin", "lib", "lib64"):
            command += ["--symlink", f"usr/{name}", f"/{name}"]
        who = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run([*command, "bash", "/script"], capture_output=True, text=True, timeout=300, cwd="/",
                              **who)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr
    finally:
        shutil.rmtree(work, ignore_errors=True)


def test_the_server_is_left_running_as_patroni_would_run_it_and_lets_nobody_in_from_outside():
    words = existing_data()
    assert "running=yes" in words and "accounts=2" in words and "login=no" in words
    assert "libraries=pgaudit.so,pg_stat_statements.so" in words


@pytest.mark.parametrize("before", [
    "rm $PGHA_DATA_DIR/postgresql.base.conf",  # never under Patroni
    "sed -i 's/shared_preload_libraries: .*/shared_preload_libraries: nosuch.so/' /tmp/patroni.yaml",
    "sed -i 's/unix_socket_directories: .*/unix_socket_directories: \\/crunchyadm/' /tmp/patroni.yaml"])
def test_a_server_that_patroni_cannot_take_over_is_stopped_with_its_accounts_set(before):
    words = existing_data(before)
    assert "running=no" in words and "accounts=2" in words


def test_a_setting_that_postgresql_does_not_know_is_left_out_as_patroni_does():
    words = existing_data("sed -i 's/        temp_buffers:.*/&\\n        nosuch: 1/' /tmp/patroni.yaml; "
                          "grep -q 'nosuch: 1' /tmp/patroni.yaml || exit 1")
    assert "running=yes" in words
