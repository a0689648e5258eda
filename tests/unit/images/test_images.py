"""The Containerfiles agree with images.yaml, which the local node reads, and an image's user is found
under whatever id a container runs."""

import pathlib
import re
import subprocess

import pytest
import yaml

IMAGES = pathlib.Path(__file__).parents[3] / "deploy/images"
COMMON = IMAGES / "common/rootfs/opt/cpm/lib"
CATALOGUE = yaml.safe_load((IMAGES / "images.yaml").read_text())["images"]


def folder_of(image):
    return image.get("folder", image["names"][0])


def containerfile(folder):
    return (IMAGES / folder / "Containerfile").read_text().replace("\\\n", " ")


@pytest.fixture(params=CATALOGUE, ids=folder_of)
def image(request):
    return request.param


def test_the_containerfile_installs_what_the_local_node_requires(image):
    installed = re.search(r"apt-get install -y --no-install-recommends ([^&]*)",
                          containerfile(folder_of(image))).group(1).split()
    # The server's package brings the client's.
    if "postgresql-15" in installed:
        installed.append("postgresql-client-15")
    assert set(image["requires"]) <= set(installed)


def test_the_container_runs_as_the_user_of_the_local_node(image):
    text, user = containerfile(folder_of(image)), image["user"]
    assert f"USER {user['uid']}\n" in text
    assert f"image-user.sh {user['name']} {user['uid']}" in text
    assert user["uid"] == user["gid"]


def test_an_entrypoint_of_bash_takes_over_the_id_it_runs_under(image):
    entrypoint = (IMAGES / folder_of(image) / "entrypoint").read_text()
    if entrypoint.startswith("#!/bin/bash"):
        assert f"adopt_user {image['user']['name']}\n" in entrypoint


def test_every_folder_with_a_containerfile_is_an_image_of_the_catalogue_or_the_operator():
    folders = {path.parent.name for path in IMAGES.glob("*/Containerfile")}
    assert folders == {folder_of(image) for image in CATALOGUE} | {"postgres-operator"}


def run(script, uid, *options):
    """Runs bash in a sandbox under this id, in group 0, with the scripts that the images share."""
    return subprocess.run(
        ["bwrap", "--unshare-user", "--uid", str(uid), "--gid", "0", "--ro-bind", "/usr", "/usr",
         "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64",
         "/lib64", "--ro-bind", COMMON, "/opt/cpm/lib", "--dev", "/dev", "--proc", "/proc", "--tmpfs",
         "/tmp", "--tmpfs", "/home/postgres", "--setenv", "HOME", "/home/postgres", *options,
         "bash", "-euc", "source /opt/cpm/lib/common.sh; source /opt/cpm/lib/ssh.sh; " + script],
        capture_output=True, text=True, timeout=20, check=False)


def adopt(folder, passwd, uid):
    """The list of users that adopt_user leaves, and its run."""
    file = folder / "passwd"
    file.write_text(passwd)
    done = run("adopt_user postgres; id -un; id -u postgres", uid, "--bind", file, "/etc/passwd")
    return file.read_text().splitlines(), done


ROOT = "root:x:0:0:root:/root:/bin/bash"
POSTGRES = "postgres:x:26:26::/home/postgres:/bin/bash"


@pytest.mark.parametrize("others", [[], ["1000660000:x:1000660000:0:container:/:/sbin/nologin"]],
                         ids=["an id without a name", "an id with a name of its own"])
def test_the_images_user_gets_the_id_that_the_cluster_chose(tmp_path, others):
    lines, done = adopt(tmp_path, "\n".join([ROOT, POSTGRES, *others]) + "\n", 1000660000)
    assert done.stdout.split() == ["postgres", "1000660000"], done.stderr
    assert lines == [ROOT, "postgres:x:1000660000:0::/home/postgres:/bin/bash"]


def test_the_list_of_users_stays_as_it_is_under_the_images_own_id(tmp_path):
    lines, done = adopt(tmp_path, f"{ROOT}\n{POSTGRES}\n", 26)
    assert done.stdout.split() == ["postgres", "26"] and lines == [ROOT, POSTGRES]


def test_the_ssh_settings_can_be_made_again_when_a_container_is_started_again(tmp_path):
    for name in ("ssh_host_rsa_key", "authorized_keys", "sshd_config", "id_rsa", "config"):
        (tmp_path / name).write_text("# " + name + "\n")
    done = run("setup_ssh_client; setup_ssh_client; stat -c %a ~/.ssh/config; cat ~/.ssh/config", 26,
               "--ro-bind", tmp_path, "/sshd")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("400\n# config\n")


# Each call notes what it copies. Backups end when the log beside them has come, and then there is more log;
# as many times as was asked for they report files that vanished.
RSYNC = """#!/bin/bash
/usr/bin/rsync "${{@/#host:/}}" || exit
case "$*" in
  *--exclude=/backup/*)
    echo archive >>/tools/calls
    [[ $(grep -c archive /tools/calls) != 1 ]] || exit {beside} ;;
  *--exclude=/archive/*)
    until grep -q archive /tools/calls; do :; done
    echo backup >>/tools/calls
    echo more >/backrestrepo/source/archive/db/15-1/0003-c.gz
    (($(grep -c backup /tools/calls) > {vanishing})) || exit 24 ;;
esac
"""


def copy_repository(folder, vanishing, beside=0):
    """The repository-sync image's script with a real rsync, but without ssh. Its run, what the calls copied and
    what stands in the copy."""
    source, tools = folder / "repo/source", folder / "tools"
    for name in ("backup/db/backup.info", "archive/db/15-1/0001-a.gz", "archive/db/15-1/0002-b.gz.pgbackrest.tmp"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    tools.mkdir()
    calls, rsync = tools / "calls", tools / "rsync"
    calls.write_text("")
    rsync.write_text(RSYNC.format(vanishing=vanishing, beside=beside))
    rsync.chmod(0o755)
    for name in ("ssh_host_rsa_key", "authorized_keys", "sshd_config", "id_rsa", "config"):
        (tools / name).write_text("")
    (tools / "passwd").write_text(f"{ROOT}\npgbackrest:x:2000:2000::/home/postgres:/bin/bash\n")
    done = run("/entrypoint", 2000, "--bind", folder / "repo", "/backrestrepo", "--bind", tools, "/tools",
               "--ro-bind", tools, "/sshd", "--bind", tools / "passwd", "/etc/passwd",
               "--ro-bind", IMAGES / "pgo-backrest-repo-sync/entrypoint", "/entrypoint",
               "--setenv", "PATH", "/tools:/usr/bin", "--setenv", "PGBACKREST_REPO1_HOST", "host",
               "--setenv", "PGBACKREST_REPO1_PATH", "/backrestrepo/source",
               "--setenv", "NEW_PGBACKREST_REPO", "/backrestrepo/copy")
    copy = folder / "repo/copy"
    return done, calls.read_text().split(), sorted(
        str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file())


# The log that came after the backups were listed is there: they need it.
COPIED = ["archive/db/15-1/0001-a.gz", "archive/db/15-1/0003-c.gz", "backup/db/backup.info"]


@pytest.mark.parametrize("vanishing, beside", [(0, 0), (1, 0), (4, 0), (0, 12)])
def test_a_repository_that_changes_while_it_is_copied_is_copied(tmp_path, vanishing, beside):
    done, calls, copied = copy_repository(tmp_path, vanishing, beside)
    assert done.returncode == 0, done.stdout + done.stderr
    assert calls == ["archive"] + ["backup"] * (vanishing + 1) + ["archive"]
    assert copied == COPIED


def test_a_repository_that_never_holds_still_fails_the_copy(tmp_path):
    done, calls, _ = copy_repository(tmp_path, 99)
    assert (done.returncode, calls.count("backup")) == (24, 5), done.stdout + done.stderr


def load_dump(folder, errors, code):
    """The pgrestore image's run where psql says this of a dump in text, and ends so."""
    dumps, tools = folder / "pgdata/hippo-backups/2024-01-01-00-00-00", folder / "tools"
    dumps.mkdir(parents=True)
    (dumps / "dump").write_text("select 1;\n")
    tools.mkdir()
    (tools / "said").write_text("".join(f"psql:/dump:1: {error}\n" for error in errors))
    programs = {"pg_isready": "exit 0", "pg_restore": "exit 1", "tee": "sleep 0.3; exec /usr/bin/tee \"$@\"",
                "psql": f"[[ $* == *--file=* ]] || exit 0\ncat /tools/said >&2\nexit {code}"}
    for name, text in programs.items():
        (tools / name).write_text(f"#!/bin/bash\n{text}\n")
        (tools / name).chmod(0o755)
    (tools / "passwd").write_text(f"{ROOT}\n{POSTGRES}\n")
    return run("/entrypoint", 26, "--ro-bind", folder / "pgdata", "/pgdata", "--ro-bind", tools, "/tools",
               "--ro-bind", tools / "passwd", "/etc/passwd", "--ro-bind", IMAGES / "pgrestore/entrypoint", "/entrypoint",
               "--setenv", "PATH", "/tools:/usr/bin", *[word for name in ("HOST", "DB", "USER", "PASS")
                                                       for word in ("--setenv", f"PGRESTORE_{name}", "hippo")])


EXISTS = 'ERROR:  role "postgres" already exists'
MISSING = 'ERROR:  relation "nope" does not exist'


@pytest.mark.parametrize("errors, code, word", [
    ([], 0, None), ([EXISTS], 0, None), ([MISSING], 0, "1 statements"), ([EXISTS, MISSING, MISSING], 0, "2 statements"),
    (["connection lost"], 2, "psql ended with 2")])
def test_a_dump_is_loaded_when_none_of_its_statements_has_failed(tmp_path, errors, code, word):
    done = load_dump(tmp_path, errors, code)
    assert done.returncode == (1 if word else 0), done.stdout + done.stderr
    assert (word or "the dump is loaded") in done.stdout
    assert all(error in done.stderr for error in errors)


def patient_isready(folder, answers):
    """pgha-isready over a pg_isready that answers so, each time with the next and in the end with the last."""
    program = folder / "pg_isready"
    program.write_text('#!/bin/bash\necho "$@" >>/tools/calls\n'
                       f'answers=({" ".join(map(str, answers))})\ncalls=$(wc -l </tools/calls)\n'
                       'code="${answers[calls - 1]:-${answers[-1]}}"\necho "answer ${code}"\nexit "${code}"\n')
    program.chmod(0o755)
    done = run("/pgha-isready -p 5432 -d postgres", 26, "--bind", folder, "/tools", "--setenv", "PGHA_BIN_DIR", "/tools",
               "--ro-bind", IMAGES / "postgres-ha/rootfs/opt/cpm/bin/pgha-isready", "/pgha-isready")
    return done, (folder / "calls").read_text().splitlines()


@pytest.mark.parametrize("answers, calls, code", [
    ([0], 1, 0), ([2, 2, 1, 0], 4, 0), ([3], 1, 3), ([127], 1, 127), ([2], 7, 2), ([2, 1], 7, 1)])
def test_patroni_is_told_soon_that_a_server_answers_and_in_the_end_what_is_wrong(tmp_path, answers, calls, code):
    done, called = patient_isready(tmp_path, answers)
    assert (done.returncode, done.stdout) == (code, f"answer {code}\n"), done.stderr
    assert called == ["-p 5432 -d postgres"] * calls
