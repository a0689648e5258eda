"""What takes time, told step by step: new clusters, clones, restores."""
import time
from typing import Any, Callable, Dict, Iterator, Optional

from ._messages import ShowClusterDetail, Words
from .errors import DeadlineExceeded, FailedPrecondition, NotFound

#: What `status.state` of a pgcluster says once its first backup has been made.
INITIALIZED = Words.CLUSTER_INITIALIZED
#: A server that has just written a workflow may read it from a cache that lags so many seconds.
LAG = 10


def waiting_for(cluster: ShowClusterDetail, restored: bool = False) -> Optional[str]:
    """What a cluster waits for, told from its objects; None when it is complete. After a restore
    (`restored`) the replicas are those that there are: some that were once asked for may be gone.

    >>> pgo.waiting_for(pgo.messages.ShowClusterDetail())
    'the primary'
    """
    ready = [pod.type for pod in cluster.pods if pod.phase == "Running" and pod.ready]
    if "primary" not in ready:
        return "the primary"
    if cluster.cluster.status.state != INITIALIZED:
        return "the first full backup"
    wanted = len(cluster.replicas) if restored else int(cluster.cluster.spec.replicas or 0)
    if ready.count("replica") < wanted:
        return f"replicas ({ready.count('replica')} of {wanted} ready)"
    return None


def workflow_id(answer: Any) -> str:
    """The id of the workflow that an answer tells: of `create_cluster`, `clone_cluster` or
    `restore_cluster`. `NotFound` when it tells none.

    >>> pgo.workflow_id(pgo.messages.CloneResponse(workflow_id="17"))
    '17'
    """
    if told := getattr(answer, "workflow_id", ""):
        return told
    for line in getattr(answer, "results", []):
        if "workflow id " in line:
            return line.rsplit(" ", 1)[1]
    raise NotFound("the answer tells no workflow")


def clone_waits_for(steps: Dict[str, str]) -> Optional[str]:
    """Of a clone before its cluster exists, from the steps of its workflow; None from then on."""
    if Words.CLONE_CREATE in steps:
        return None
    if Words.CLONE_RESTORE in steps:
        return "the backup to be restored"
    if Words.CLONE_REPO_SYNC in steps:
        return "the copy of the repository"
    return "the operator to take up the request"


def restore_waits_for(steps: Dict[str, str]) -> Optional[str]:
    """Of a restore before its primary is made; None from then on."""
    if Words.RESTORE_PRIMARY_CREATED in steps:
        return None
    if Words.RESTORE_JOB_CREATED in steps:
        return "the backup to be restored"
    return "the operator to take up the request"


class Wait:
    """Looks at the world again and again: each thing that is waited for is told once."""

    def __init__(self, what: str, timeout: float, interval: float) -> None:
        self._what, self._timeout, self._interval = what, timeout, interval
        self.begun = time.monotonic()

    def follow(self, look: Callable[[], Optional[str]]) -> Iterator[str]:
        """Until `look` has nothing more to wait for; `DeadlineExceeded` when the time is up."""
        last = None
        while (waiting := look()) is not None:
            if waiting != last:
                yield waiting
                last = waiting
            if time.monotonic() - self.begun > self._timeout:
                raise DeadlineExceeded(f"after {self._timeout} s {self._what} still waits for {waiting}",
                                       self._what)
            time.sleep(self._interval)

    def follow_steps(self, client: Any, kind: str, workflow: str,
                     stage: Callable[[Dict[str, str]], Optional[str]]) -> Iterator[str]:
        """The steps of a workflow; `FailedPrecondition` with the reason as soon as it has failed."""

        def look() -> Optional[str]:
            try:
                steps = client.show_workflow(id=workflow).results.parameters or {}
            except NotFound:
                if time.monotonic() - self.begun > LAG:
                    raise
                steps = {}
            if Words.FAILED in steps:
                raise FailedPrecondition(f"the {kind} failed: {steps.get(Words.REASON, '')}", self._what)
            return stage(steps)

        return self.follow(look)
