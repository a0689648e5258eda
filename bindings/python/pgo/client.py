"""The operations of the operator, of one in this process or of an apiserver elsewhere."""
import ctypes
import json
import time
from typing import Any, Dict, Iterator, Optional, Type, TypeVar

from . import _ffi
from ._library import Handle, Text, check, lib, options, text
from ._message import Message
from ._messages import Operations, ShowClusterDetail, Trials
from .errors import DeadlineExceeded, NotFound

M = TypeVar("M", bound=Message)

#: What `status.state` of a pgcluster says once its first backup has been made.
INITIALIZED = "pgcluster Initialized"


class Cancel(Handle):
    """Ends the calls it was given to: they raise `Cancelled`. Trigger it from any thread."""

    _free = "pgo_cancel_free"

    def __init__(self) -> None:
        super().__init__(lib.pgo_cancel_new())

    def trigger(self) -> None:
        lib.pgo_cancel_trigger(self.handle)


def cancel_handle(cancel: Optional[Cancel]) -> Any:
    return cancel.handle if cancel is not None else None


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
        with Text() as answer:
            check(function(self.handle, text(operation), document, len(document),
                           cancel_handle(cancel), answer.out))
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
        with Text() as answer:
            check(lib.pgo_client_request(self.handle, text(method), text(path), document,
                                         len(document), cancel_handle(cancel), answer.out))
            return answer.json()

    def in_namespace(self, namespace: str) -> "Client":
        """The same way, with another default namespace."""
        return Client(lib.pgo_client_in_namespace(self.handle, text(namespace)))

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
        deadline = time.monotonic() + timeout
        last = None
        while (waiting := waiting_for(self.show_cluster(name))) is not None:
            if waiting != last:
                yield waiting
                last = waiting
            if time.monotonic() > deadline:
                raise DeadlineExceeded(f"after {timeout} s {name} still waits for {waiting}", name)
            time.sleep(interval)

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


def waiting_for(cluster: ShowClusterDetail) -> Optional[str]:
    """What a cluster waits for, told from its objects; None when it is complete."""
    ready = [pod.type for pod in cluster.pods if pod.phase == "Running" and pod.ready]
    if "primary" not in ready:
        return "the primary"
    if cluster.cluster.status.state != INITIALIZED:
        return "the first full backup"
    wanted = int(cluster.cluster.spec.replicas or 0)
    if ready.count("replica") < wanted:
        return f"replicas ({ready.count('replica')} of {wanted} ready)"
    return None


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
