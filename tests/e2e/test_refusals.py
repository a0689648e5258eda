"""What a user is told when something is wrong: a clear error on stderr, a non-zero exit, nothing written."""
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile

import pytest

from daemon import BIN, Daemon


def refused(done, *words, code=1):
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    for word in words:
        assert word in done.stderr, done.stderr
    return done


def test_a_wrong_password_is_refused(daemon):
    settings = json.loads((daemon.state / "client.json").read_text())
    env = {"PGO_APISERVER_URL": settings["url"], "PGO_CA_CERT": settings["ca_cert"],
           "PGO_CLIENT_CERT": settings["client_cert"], "PGO_CLIENT_KEY": settings["client_key"],
           "PGOUSERNAME": settings["username"], "PGOUSERPASS": "wrong", "PGO_NAMESPACE": "pgouser1"}
    done = refused(daemon.pgo("show", "cluster", "--all", check=False, env=env), "401")
    assert "wrong" not in done.stderr.replace("wrong password", "")


def test_files_that_are_no_certificates_are_a_matter_of_set_up(daemon):
    settings = json.loads((daemon.state / "client.json").read_text())
    key, certificate, authority = (str(daemon.state / settings[name])
                                   for name in ("client_key", "client_cert", "ca_cert"))
    refused(daemon.pgo("status", "--pgo-ca-cert=/etc/passwd", check=False), "/etc/passwd", "--pgo-ca-cert", code=2)
    # Keys that are none, and one that belongs to another certificate.
    refused(daemon.pgo("status", "--pgo-client-key=/etc/passwd", check=False), "/etc/passwd", "--pgo-client-key",
            code=2)
    refused(daemon.pgo("status", f"--pgo-client-cert={authority}", check=False), authority, key, code=2)
    refused(daemon.pgo("status", f"--pgo-client-cert={key}", check=False), "--pgo-client-cert", code=2)
    assert daemon.pgo("status", f"--pgo-client-cert={certificate}").returncode == 0


def test_an_unknown_cluster_is_named(daemon):
    refused(daemon.pgo("scale", "nosuch", "--no-prompt", check=False), "nosuch")


@pytest.mark.parametrize("name", ["Hippo", "1hippo", "hippo_", "hip.po", "-hippo"])
def test_a_name_that_is_no_dns_label_is_refused(daemon, name):
    before = daemon.names("secrets")
    done = daemon.pgo("create", "cluster", name, check=False)
    assert done.returncode in (1, 2)
    assert done.stderr
    assert daemon.names("secrets") == before


def start_and_fail(candidate):
    candidate.spawn()
    try:
        code = candidate.process.wait(30)
    except subprocess.TimeoutExpired:
        candidate.stop()
        raise
    text = candidate.log.read_text()
    candidate.process = None
    return code, text


def test_a_second_daemon_on_the_same_state_is_refused(daemon):
    second = Daemon("127.92", state=daemon.state)
    second.log = daemon.state.parent / (daemon.state.name + ".second.log")
    code, text = start_and_fail(second)
    assert code != 0 and "another daemon" in text


def test_a_second_daemon_on_the_same_network_is_refused_whatever_its_ports(daemon):
    for options in ([], ["--api-port", "16443", "--rest-port", "18443"]):
        second = Daemon(daemon.network, options=options)
        code, text = start_and_fail(second)
        second.remove()
        assert code != 0 and f"{daemon.network} is in use by postgres-operat, pid {daemon.process.pid}" in text
        assert "--network" in text


def test_a_port_in_use_is_named():
    other = Daemon("127.93")
    with socket.create_server(("127.93.0.1", 6443)):
        code, text = start_and_fail(other)
    other.remove()
    assert code != 0 and "by 127.93.0.1:6443" in text and "--network, --api-port" in text


def test_a_missing_package_is_named_with_the_command_that_installs_it(request):
    # Not under pytest's own folders: the daemon's user may not look into those of root.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pgo-e2e-images-", dir="/var/tmp"))
    request.addfinalizer(lambda: shutil.rmtree(folder))
    folder.chmod(0o755)
    images = folder / "images"
    shutil.copytree(BIN.parent / "share/pgo/images", images)
    catalogue = images / "images.yaml"
    catalogue.write_text(catalogue.read_text().replace("/usr/bin/patroni", "/usr/bin/patroni-is-not-here"))
    other = Daemon("127.94", options=["--images-dir", str(images)])
    code, text = start_and_fail(other)
    other.remove()
    assert code != 0 and "patroni" in text and "apt" in text


for_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives directories away and reads any folder")


@for_root
def test_root_may_keep_the_images_where_the_daemons_user_cannot_read_them(tmp_path):
    tmp_path.chmod(0o700)
    images = tmp_path / "images"
    shutil.copytree(pathlib.Path(__file__).parents[2] / "deploy/images", images)
    daemon = Daemon("127.95", options=["--images-dir", images])
    try:
        daemon.start()
        used = daemon.state / "images/postgres-ha/entrypoint"
        assert used.read_text() == (images / "postgres-ha/entrypoint").read_text()
        assert used.stat().st_mode & 0o111 and used.stat().st_uid != 0
        # A second start that is refused leaves what the pods of the first one run.
        before = used.stat()
        second = Daemon("127.92", state=daemon.state, options=["--images-dir", images])
        second.log = daemon.state.parent / (daemon.state.name + ".second.log")
        code, text = start_and_fail(second)
        assert code != 0 and "another daemon" in text
        assert (used.stat().st_ino, used.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    finally:
        daemon.remove()


def somebody_elses(folder):
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, 0)
    return folder, folder, "nobody"


def roots_own_with_files(folder):
    (folder / "file").write_text("")
    return folder, folder, "not empty"


def a_link(folder):
    link = folder.with_name(folder.name + ".link")
    link.symlink_to(folder)
    return f"{link}/", folder, "symbolic link"


@for_root
@pytest.mark.parametrize("kind", [somebody_elses, roots_own_with_files, a_link])
def test_root_gives_no_directory_away_that_is_not_the_daemons(tmp_path, kind):
    folder = tmp_path / "folder"
    folder.mkdir()
    state, given, word = kind(folder)
    owner = given.stat().st_uid
    done = subprocess.run([BIN / "postgres-operator", "--dev", "--state-dir", state, "--network", "127.96"],
                          capture_output=True, text=True, timeout=30)
    refused(done, str(state), word)
    assert given.stat().st_uid == owner


@pytest.mark.parametrize("flag, word", [("--metrics", "crunchy-collect"), ("--pgbadger", "crunchy-pgbadger"),
                                        ("--ccp-image=crunchy-postgres-gis-ha", "gis")])
def test_what_this_installation_cannot_run_is_refused_by_name(daemon, flag, word):
    before = daemon.names("secrets")
    refused(daemon.pgo("create", "cluster", "bare", flag, check=False), word)
    assert daemon.names("secrets") == before and daemon.names("pgclusters") == []


@pytest.mark.parametrize("command, word, code", [
    (["create", "cluster", "bare", "--pgbouncer-pass=x"], "--pgbouncer", 2),
    (["create", "pgbouncer", "nosuch"], "nosuch", 1),
    (["create", "pgbouncer"], "--selector", 2),
    (["create", "pgbouncer", "hippo", "--selector=name=hippo"], "either", 2),
    (["delete", "pgbouncer", "nosuch", "--no-prompt"], "nosuch", 1),
    (["delete", "pgbouncer"], "--selector", 2)])
def test_a_pgbouncer_that_cannot_be_is_refused(daemon, command, word, code):
    before = daemon.names("secrets"), daemon.names("pgtasks")
    refused(daemon.pgo(*command, check=False), word, code=code)
    assert (daemon.names("secrets"), daemon.names("pgtasks")) == before


@pytest.mark.parametrize("options, word", [(["--state-dir", "/nonexistent"], "--dev"),
                                           (["--no-node"], "--dev"),
                                           (["--dev", "--install"], "--dev"),
                                           (["--dev", "--kubeconfig", "x"], "--dev"),
                                           (["--dev", "--network", "somewhere"], "somewhere"),
                                           (["--nosuchflag"], "nosuchflag")])
def test_options_of_the_daemon_that_would_have_no_effect_are_refused(options, word):
    done = subprocess.run([BIN / "postgres-operator", *options], capture_output=True, text=True,
                          timeout=30)
    assert done.returncode != 0 and word in done.stderr and not done.stdout
