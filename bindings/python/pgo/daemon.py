"""Everything in a process of its own: ``python3 -m pgo.daemon --state-dir DIR``.

Started by root it becomes an ordinary user first, as databases do not run as root. It tells where it
can be reached on standard output, as one line of JSON, and stops cleanly when its standard input
ends or it is terminated.
"""
import argparse
import ctypes
import json
import os
import pwd
import resource
import signal
import sys
import threading
from typing import Any, Dict, Optional

PR_SET_DUMPABLE = 4


def hand_over(state_dir: str, entry: pwd.struct_passwd) -> None:
    """Gives the user what root has made for this and nobody has used: a wrong option or somebody else's
    link leads root to any directory of the machine."""
    os.makedirs(state_dir, exist_ok=True)
    try:
        directory = os.open(state_dir.rstrip("/") or "/", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise SystemExit(f"{state_dir}: opening the state directory, which must not be a symbolic link: {error.strerror}")
    try:
        owner = os.fstat(directory).st_uid
        if owner == entry.pw_uid:
            return
        if owner != 0 or os.listdir(directory):
            raise SystemExit(f"{state_dir}: the state directory belongs to user {owner}; choose another one with "
                             f"--state-dir, its owner with --user, or give it to {entry.pw_name} (chown)")
        os.fchown(directory, entry.pw_uid, entry.pw_gid)
    finally:
        os.close(directory)


def become(user: str, state_dir: str) -> None:
    """Gives the state directory to the user and becomes that user for good."""
    entry = pwd.getpwnam(user)
    if entry.pw_uid == 0:
        raise SystemExit("databases do not run as root; name an ordinary user with --user")
    hand_over(state_dir, entry)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ["HOME"] = entry.pw_dir
    # Changing the user made /proc/self belong to root, which would hide it from our own children.
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


def tell(document: Dict[str, Any]) -> None:
    print(json.dumps(document), flush=True)


def main(arguments: Optional[list] = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m pgo.daemon", description=__doc__)
    parser.add_argument("--state-dir", required=True)
    parser.add_argument("--network", default="127.77")
    parser.add_argument("--namespace", default="pgouser1")
    parser.add_argument("--user", default="pgo", help="whom to become when started by root")
    given = parser.parse_args(arguments)
    if os.geteuid() == 0:
        become(given.user, given.state_dir)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    import pgo  # after the change of user, so that nothing of the library was there before

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup leaves it
            signal.signal(number, lambda *_: ended.set())

    def until_input_ends() -> None:
        while os.read(0, 4096):
            pass
        ended.set()

    try:
        with pgo.dev(given.state_dir, network=given.network, namespaces=(given.namespace,)) as here:
            threading.Thread(target=until_input_ends, daemon=True).start()
            tell(here.endpoints)
            while not ended.wait(3600):
                pass
    except pgo.PgoError as error:
        tell({"code": error.code, "message": str(error), "subject": error.subject})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
