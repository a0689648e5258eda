"""The operations of the operator, of one in this process or of an apiserver elsewhere."""
import ctypes
import json
from typing import Any, Dict, Iterator, Optional, Type, TypeVar

from . import _ffi
from ._library import Handle, Text, check, lib, options, text, use_of
from ._message import Message
from ._messages import Operations, ShowClusterDetail, Trials
from ._progress import Wait, clone_waits_for, restore_waits_for, waiting_for
from .errors import NotFound

M = TypeVar("M", bound=Message)


class Cancel(Handle):
    """Ends the calls it was given to: they raise `Cancelled`. Trigger it from any thread."""

    _free = "pgo_cancel_free"

    def __init__(self) -> None:
        super().__init__(lib.pgo_cancel_new())

    def trigger(self) -> None:
        with self._use() as handle:
            lib.pgo_cancel_trigger(handle)


class Client(Handle, Operations):
    """One method for each operation: keyword arguments in, a dataclass of `pgo.messages` out.

    Refusals are exceptions (see `pgo.errors`). Thread safe; calls of several threads run at once.

    >>> with pgo.Api() as api, pgo.Operator(api.transport(), namespaces=["zoo"], install=True) as op:
    ...     made = op.client.create_cluster(name="hippo")
    ...     op.client.show_cluster("hippo").cluster.spec.database
    'userdb'
    """

    _free = "pgo_client_free"

    def _call(self, name: str, response: Type[M], request: Message, cancel: Optional[Cancel]) -> M:
        return response.from_json(self.call(name, request.to_json(), cancel))

    def call(self, operation: str, request: Optional[Dict[str, Any]] = None,
             cancel: Optional[Cancel] = None) -> Dict[str, Any]:
        """An operation by name, with its messages as they are on the wire."""
        return self._by_name(lib.pgo_client_call, operation, request, cancel)

    def _by_name(self, function: Any, operation: str, request: Optional[Dict[str, Any]],
                 cancel: Optional[Cancel]) -> Dict[str, Any]:
        document = json.dumps(request or {}).encode()
        with self._use() as handle, use_of(cancel) as stop, Text() as answer:
            check(function(handle, text(operation), document, len(document), stop, answer.out))
            return answer.json()

    def dry_run(self) -> "DryRun":
        """The operations that write, only tried: each answers its plan and does nothing.

        >>> with pgo.Api() as api, pgo.Operator(api.transport(), namespaces=["zoo"], install=True) as op:
        ...     plan = op.client.dry_run().create_cluster(name="hippo")
        ...     [step.name for step in plan.steps if step.kind == "Deployment"]
        ...     op.client.show_clusters(all_flag=True).results
        ['hippo-backrest-shared-repo', 'hippo']
        []
        """
        return DryRun(self)

    def request(self, method: str, path: str, body: Optional[Dict[str, Any]] = None,
                cancel: Optional[Cancel] = None) -> Dict[str, Any]:
        """Any request of the REST interface as it stands; a refusal (Code "error") is an answer.

        >>> with pgo.Api() as api, pgo.Operator(api.transport(), install=True) as op:
        ...     op.client.request("GET", "/version")["Version"]
        '4.2.0'
        """
        document = json.dumps(body).encode() if body is not None else b""
        with self._use() as handle, use_of(cancel) as stop, Text() as answer:
            check(lib.pgo_client_request(handle, text(method), text(path), document, len(document),
                                         stop, answer.out))
            return answer.json()

    def in_namespace(self, namespace: str) -> "Client":
        """The same way, with another default namespace."""
        with self._use() as handle:
            return Client(lib.pgo_client_in_namespace(handle, text(namespace)))

    # ---- what takes time

    def show_cluster(self, name: str) -> ShowClusterDetail:
        """One cluster; `NotFound` when there is none of that name."""
        shown = self.show_clusters(cluster_name=name).results
        if not shown:
            raise NotFound(f"there is no cluster {name}", name)
        return shown[0]

    def progress(self, name: str, timeout: float = 600, interval: float = 0.3) -> Iterator[str]:
        """Yields what a cluster waits for, each time that changes, until it is complete: primary
        ready, first backup made, all replicas ready. `DeadlineExceeded` after `timeout` seconds."""
        return Wait(name, timeout, interval).follow(lambda: waiting_for(self.show_cluster(name)))

    def clone_progress(self, name: str, workflow: str, timeout: float = 600,
                       interval: float = 0.3) -> Iterator[str]:
        """The same for the clone `name` while its workflow makes it, until it is complete.
        `FailedPrecondition` with the reason as soon as the clone has failed; a clone that failed
        leaves nothing behind.

            made = client.clone_cluster(source_cluster_name="hippo", target_cluster_name="twin")
            for waiting in client.clone_progress("twin", pgo.workflow_id(made)):
                print("waiting for", waiting)
        """
        wait = Wait(name, timeout, interval)
        yield from wait.follow_steps(self, "clone", workflow, clone_waits_for)
        yield from wait.follow(lambda: waiting_for(self.show_cluster(name)))

    def restore_progress(self, name: str, workflow: str, timeout: float = 600,
                         interval: float = 0.3) -> Iterator[str]:
        """The same for a restore of the cluster `name` in place, until primary and replicas are
        ready. `FailedPrecondition` with the reason as soon as the restore has failed.

            asked = client.restore_cluster(from_cluster="hippo")
            for waiting in client.restore_progress("hippo", pgo.workflow_id(asked)):
                print("waiting for", waiting)
        """
        wait = Wait(name, timeout, interval)
        yield from wait.follow_steps(self, "restore", workflow, restore_waits_for)
        yield from wait.follow(lambda: waiting_for(self.show_cluster(name), restored=True))

    def wait_for_cluster(self, name: str, timeout: float = 600) -> ShowClusterDetail:
        """Returns when the cluster is complete; see `progress`."""
        for _ in self.progress(name, timeout):
            pass
        return self.show_cluster(name)


class DryRun(Trials):
    """What the operations that write would do now, as `pgo.messages.DryRunResponse`; made by
    `Client.dry_run`. Arguments and refusals are those of the operations.

    `steps` are the writes and commands in order, the request's own first, up to where the world
    must move first, with what each stops or destroys in `effect`; `waits` are for what the cluster
    would wait then; `results` is what the request would have answered. No steps: nothing would
    change. No secret is in it. `Unimplemented` from a server without dry runs (4.2.0), which does
    nothing then.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def _call(self, name: str, response: Type[M], request: Message, cancel: Optional[Cancel]) -> M:
        return response.from_json(self.call(name, request.to_json(), cancel))

    def call(self, operation: str, request: Optional[Dict[str, Any]] = None,
             cancel: Optional[Cancel] = None) -> Dict[str, Any]:
        """An operation by name, with its messages as they are on the wire. `InvalidArgument` also
        for one that writes nothing, as there is nothing to try.

        >>> with pgo.Api() as api, pgo.Operator(api.transport(), install=True) as op:
        ...     op.client.dry_run().call("show_version")
        Traceback (most recent call last):
        ...
        pgo.errors.InvalidArgument: show_version: ...
        """
        return self._client._by_name(lib.pgo_client_dry_run, operation, request, cancel)


def connect(settings: Optional[str] = None, *, url: Optional[str] = None,
            username: Optional[str] = None, password: Optional[str] = None,
            ca_cert: Optional[str] = None, client_cert: Optional[str] = None,
            client_key: Optional[str] = None, namespace: Optional[str] = None,
            os_trust: bool = True) -> Client:
    """A client of an apiserver, ours or that of 4.2.0. `settings` is the client.json that a daemon
    on this machine keeps in its state directory; the other arguments win over it.

    >>> pgo.connect(url="ftp://example")
    Traceback (most recent call last):
    ...
    pgo.errors.InvalidArgument: url: ...
    """
    wanted = options(_ffi.pgo_connect_options, settings=settings, url=url, username=username,
                     password=password, ca_cert=ca_cert, client_cert=client_cert,
                     client_key=client_key, ns=namespace, no_os_trust=0 if os_trust else 1)
    handle = ctypes.c_void_p()
    check(lib.pgo_client_connect(ctypes.byref(wanted), ctypes.byref(handle)))
    return Client(handle)
