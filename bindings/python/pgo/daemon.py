"""Everything in a process of its own: ``python3 -m pgo.daemon --state-dir DIR``.

Started by root it becomes an ordinary user first, as databases do not run as root. It tells where it
can be reached on standard output, as one line of JSON, and stops cleanly when its standard input
ends or it is terminated.
"""
import argparse
import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import pwd
import resource
import shutil
import signal
import sys
import threading
from typing import Any, Dict, Iterator, Optional, Tuple

import pgo
from ._library import HERE

PR_SET_DUMPABLE = 4
#: Each file of a folder: what it holds, and whether it is a program.
Files = Dict[pathlib.PurePath, Tuple[bytes, bool]]


def hand_over(state_dir: str, entry: pwd.struct_passwd) -> None:
    """Gives the user what root has made for this and nobody has used: a wrong option or somebody else's
    link leads root to any directory of the machine."""
    os.makedirs(state_dir, exist_ok=True)
    try:
        directory = os.open(state_dir.rstrip("/") or "/", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise pgo.FailedPrecondition(
            f"opening the state directory {state_dir}, which must not be a symbolic link: {error.strerror}",
            state_dir) from None
    try:
        owner = os.fstat(directory).st_uid
        if owner == entry.pw_uid:
            return
        if owner != 0 or os.listdir(directory):
            raise pgo.FailedPrecondition(
                f"the state directory {state_dir} belongs to user {owner}; choose another one with "
                f"--state-dir, its owner with --user, or give it to {entry.pw_name} (chown)", state_dir)
        os.fchown(directory, entry.pw_uid, entry.pw_gid)
    finally:
        os.close(directory)


def become(user: str, state_dir: str) -> None:
    """Gives the state directory to the user and becomes that user for good."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise pgo.FailedPrecondition(
            f"there is no user {user}; make it, or name another one with --user", user) from None
    if entry.pw_uid == 0:
        raise pgo.FailedPrecondition(
            "databases do not run as root; name an ordinary user with --user", user)
    hand_over(state_dir, entry)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ["HOME"] = entry.pw_dir
    # Changing the user made /proc/self belong to root, which would hide it from our own children.
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


def read_files(folder: pathlib.Path) -> Files:
    return {path.relative_to(folder): (path.read_bytes(), os.access(path, os.X_OK))
            for path in folder.rglob("*") if path.is_file()}


def write_files(files: Files, folder: pathlib.Path) -> None:
    """In the place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, (data, program) in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o755 if program else 0o644)


@contextlib.contextmanager
def alone(state_dir: pathlib.Path) -> Iterator[bool]:
    """Whether no daemon runs on the state directory; none starts in the meantime."""
    lock = os.open(state_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        except BlockingIOError:
            free = False
        yield free
    finally:
        os.close(lock)


def become_with_images(user: str, state_dir: str) -> Optional[str]:
    """Becomes the user, who may not get at root's images (a package in /root): then they are copied
    to the state directory. Where they are, if not beside the package."""
    images = HERE / "images"
    files = read_files(images)
    become(user, state_dir)
    if not files or os.access(images / "images.yaml", os.R_OK):
        return None
    copy = pathlib.Path(state_dir, "images")
    with alone(pathlib.Path(state_dir)) as nobody_runs:
        if nobody_runs:  # else the start says so
            write_files(files, copy)
    return str(copy)


def tell(document: Dict[str, Any]) -> None:
    print(json.dumps(document), flush=True)


def main(arguments: Optional[list] = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m pgo.daemon", description=__doc__)
    parser.add_argument("--state-dir", required=True)
    parser.add_argument("--network", default="127.77")
    parser.add_argument("--namespace", default="pgouser1")
    parser.add_argument("--user", default="pgo", help="whom to become when started by root")
    given = parser.parse_args(arguments)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup leaves it
            signal.signal(number, lambda *_: ended.set())

    def until_input_ends() -> None:
        while os.read(0, 4096):
            pass
        ended.set()

    try:
        images = become_with_images(given.user, given.state_dir) if os.geteuid() == 0 else None
        with pgo.dev(given.state_dir, network=given.network, namespaces=(given.namespace,),
                     images_dir=images) as here:
            threading.Thread(target=until_input_ends, daemon=True).start()
            tell(here.endpoints)
            while not ended.wait(3600):
                pass
        return 0
    except OSError as error:
        failed: pgo.PgoError = pgo.FailedPrecondition(f"{error.filename}: {error.strerror}",
                                                      str(error.filename or ""))
    except pgo.PgoError as error:
        failed = error
    tell({"code": failed.code, "message": str(failed), "subject": failed.subject})
    return 1


if __name__ == "__main__":
    sys.exit(main())
