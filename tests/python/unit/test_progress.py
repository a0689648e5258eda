"""What the iterators of progress tell, on a client that plays a server."""
import pytest

import pgo
from pgo import messages
from pgo._messages import Words

READY = dict(phase="Running", ready=True)


class Played(pgo.Client):
    """Answers workflows and clusters from lists, one after the other; the last one stays."""

    def __init__(self, workflows, clusters=()):
        self._handle = None
        self.workflows, self.clusters = list(workflows), list(clusters)

    def show_workflow(self, *, id, **_):
        assert id == "17"
        now = self.workflows.pop(0) if len(self.workflows) > 1 else self.workflows[0]
        if now is None:
            raise pgo.NotFound("There is no workflow 17.")
        return messages.ShowWorkflowResponse(results=messages.ShowWorkflowDetail(parameters=now))

    def show_cluster(self, name):
        return self.clusters.pop(0) if len(self.clusters) > 1 else self.clusters[0]


def cluster(*pods, replicas="0", state=Words.CLUSTER_INITIALIZED, there=0):
    shown = messages.ShowClusterDetail(pods=[messages.ShowClusterPod(type=t, **READY) for t in pods],
                                       replicas=[messages.ShowClusterReplica()] * there)
    shown.cluster.spec.replicas = replicas
    shown.cluster.status.state = state
    return shown


def test_a_clone_is_followed_from_its_request_to_its_replicas():
    steps = [None, {}, {}, {Words.CLONE_REPO_SYNC: "t"},
             {Words.CLONE_REPO_SYNC: "t", Words.CLONE_RESTORE: "t"},
             {Words.CLONE_REPO_SYNC: "t", Words.CLONE_RESTORE: "t", Words.CLONE_CREATE: "t"}]
    clusters = [cluster(replicas="1"), cluster("primary", replicas="1"),
                cluster("primary", "replica", replicas="1")]
    told = list(Played(steps, clusters).clone_progress("twin", "17", interval=0))
    assert told == ["the operator to take up the request", "the copy of the repository",
                    "the backup to be restored", "the primary", "replicas (0 of 1 ready)"]


def test_a_clone_that_fails_raises_the_reason_at_once():
    steps = [{Words.CLONE_RESTORE: "t"},
             {Words.CLONE_RESTORE: "t", Words.FAILED: "t", Words.REASON: "the Job failed 4 times"}]
    told = Played(steps).clone_progress("twin", "17", interval=0)
    assert next(told) == "the backup to be restored"
    with pytest.raises(pgo.FailedPrecondition, match="the clone failed: the Job failed 4 times") as caught:
        next(told)
    assert caught.value.subject == "twin"


def test_a_restore_waits_for_the_replicas_that_there_are():
    steps = [{}, {Words.RESTORE_JOB_CREATED: "t"},
             {Words.RESTORE_JOB_CREATED: "t", Words.RESTORE_PRIMARY_CREATED: "t"}]
    clusters = [cluster("primary", replicas="3", there=1),
                cluster("primary", "replica", replicas="3", there=1)]
    told = list(Played(steps, clusters).restore_progress("hippo", "17", interval=0))
    assert told == ["the operator to take up the request", "the backup to be restored",
                    "replicas (0 of 1 ready)"]


def test_what_is_not_done_in_time_says_what_it_waited_for():
    with pytest.raises(pgo.DeadlineExceeded, match="twin still waits for the copy"):
        list(Played([{Words.CLONE_REPO_SYNC: "t"}]).clone_progress("twin", "17", timeout=0, interval=0))


def test_the_workflow_of_an_answer():
    restored = messages.RestoreResponse(results=["restore of hippo to hippo-x requested, workflow id 9"])
    assert pgo.workflow_id(restored) == "9"
    with pytest.raises(pgo.NotFound):
        pgo.workflow_id(messages.StatusResponse())


def test_two_sessions_take_networks_that_are_not_the_same(tmp_path):
    from pgo.testing import Network
    first, second = Network.free(), Network.free()
    assert first.name != second.name
    first.release()
    again = Network.free()
    assert again.name == first.name
    (tmp_path / "client.json").write_text('{"url": "https://127.177.0.1:8443"}')
    assert Network.of_state(str(tmp_path)).name == "127.177"
    assert Network.of_state(str(tmp_path / "nosuch")) is None
    second.release()
    again.release()
