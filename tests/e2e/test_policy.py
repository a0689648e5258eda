"""Policies: SQL that the operator runs in primaries, and what is told when it fails."""
import http.server
import threading

import pytest

from daemon import Cluster


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("policies")

    def write(name, sql):
        (folder / name).write_text(sql)
        return str(folder / name)
    return write


@pytest.fixture(scope="module")
def polly(daemon, files):
    """A cluster made with two policies, of which one cannot work."""
    daemon.pgo("create", "policy", "good", "--in-file=" + files(
        "good.sql", "create table good (v int); insert into good values (7); grant select on good to public;"))
    daemon.pgo("create", "policy", "bad", "--in-file=" + files(
        "bad.sql", "create table half (v int);\nselect 1/0;\ncreate table never (v int);"))
    return Cluster(daemon, "polly").create("--policies=good,bad")


def psql(daemon, cluster, statement):
    return daemon.kube("exec", cluster.leader(), "-c", "database", "--", "psql", "-qtA", "-U", "postgres",
                       "-c", statement).stdout.strip()


def labels(daemon, name):
    cluster = daemon.object("pgclusters", name)
    return cluster["metadata"]["labels"]


def test_a_cluster_with_an_unknown_policy_is_refused(daemon):
    done = daemon.pgo("create", "cluster", "nono", "--policies=nosuch", check=False)
    assert done.returncode == 1 and "nosuch" in done.stderr
    assert "nono" not in daemon.names("pgclusters")


def test_policies_at_creation_are_applied_and_their_errors_are_told(daemon, polly):
    assert psql(daemon, polly, "select v from good") == "7"
    assert labels(daemon, "polly").get("good") == "pgpolicy"
    # K13: the second one stopped at its error, is not marked, and the workflow says why.
    assert psql(daemon, polly, "select to_regclass('half') is not null, to_regclass('never') is null") == "t|t"
    assert "bad" not in labels(daemon, "polly")
    task = daemon.object("pgtasks", "polly-createcluster")
    shown = daemon.pgo("show", "workflow", task["spec"]["parameters"]["workflowid"]).stdout
    assert "failed policy: bad" in shown and "division by zero" in shown
    assert "polly-policies" not in daemon.names("pgtasks")


def test_a_policy_is_applied_later_and_an_error_is_answered(daemon, polly, files):
    daemon.pgo("create", "policy", "later", "--in-file=" + files("later.sql", "create table later (v int);"))
    listed = daemon.pgo("apply", "later", "--selector=name=polly", "--dry-run").stdout
    assert "polly" in listed and psql(daemon, polly, "select to_regclass('later') is null") == "t"
    daemon.pgo("apply", "later", "--selector=name=polly")
    assert psql(daemon, polly, "select to_regclass('later') is not null") == "t"
    assert labels(daemon, "polly").get("later") == "pgpolicy"
    again = daemon.pgo("apply", "later", "--selector=name=polly", check=False)
    assert again.returncode == 1 and 'relation "later" already exists' in again.stderr


def test_the_sql_of_an_address_is_fetched_at_each_use(daemon, polly):
    class Handler(http.server.BaseHTTPRequestHandler):
        sql = b"create table fetched (v int);"

        def do_GET(self):
            self.send_response(200 if self.path == "/policy.sql" else 404)
            self.end_headers()
            self.wfile.write(self.sql)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        daemon.pgo("create", "policy", "remote", f"--url={base}/policy.sql")
        daemon.pgo("apply", "remote", "--selector=name=polly")
        assert psql(daemon, polly, "select to_regclass('fetched') is not null") == "t"
        daemon.pgo("create", "policy", "missing", f"--url={base}/nosuch.sql")
        done = daemon.pgo("apply", "missing", "--selector=name=polly", check=False)
        assert done.returncode == 1 and "404" in done.stderr
        Handler.sql = b"-" * (2 << 20)
        done = daemon.pgo("apply", "remote", "--selector=name=polly", check=False)
        assert done.returncode == 1 and "larger" in done.stderr
    finally:
        server.shutdown()
    done = daemon.pgo("apply", "remote", "--selector=name=polly", check=False)
    assert done.returncode == 1 and base in done.stderr


def test_policies_are_shown_and_deleted(daemon, polly):
    assert "insert into good values (7)" in daemon.pgo("show", "policy", "good").stdout
    names = [p["metadata"]["name"] for p in
             daemon.pgo_json("show", "policy", "--all")["PolicyList"]["items"]]
    assert {"good", "bad", "later", "remote"} <= set(names)
    assert daemon.pgo("delete", "policy", "good", "--no-prompt").stdout == "deleted policy good\n"
    assert daemon.pgo("show", "policy", "good", check=False).returncode == 1
    assert daemon.pgo("delete", "policy", "good", "--no-prompt", check=False).returncode == 1
    assert psql(daemon, polly, "select v from good") == "7"


@pytest.mark.parametrize("arguments", [
    ("create", "policy", "Bad_Policy", "--url=http://127.0.0.1/x.sql"),
    ("create", "policy", "odd", "--url=ftp://127.0.0.1/x.sql"),
    ("create", "policy", "odd", "--in-file=/nonexistent.sql"),
    ("create", "policy", "odd"),
    ("apply", "nosuch", "--selector=name=polly"),
    ("apply", "bad"),
])
def test_what_makes_no_sense_is_refused_and_nothing_is_written(daemon, polly, arguments):
    before = daemon.names("pgpolicies")
    done = daemon.pgo(*arguments, check=False)
    assert done.returncode in (1, 2) and done.stderr
    assert daemon.names("pgpolicies") == before
