"""What runs in this process: the operator over any transport, or everything at once."""
import atexit
import ctypes
import functools
import json
import logging
import shutil
import tempfile
import threading
import weakref
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import _ffi
from ._events import Events, Queue
from ._library import HERE, Handle, Text, callback, check, in_callback, lib, options, text
from .client import Client
from .errors import PgoError
from .transport import Transport

#: Receives one log record: time, level, component, message and the record's fields.
LogCallback = Callable[[Dict[str, Any]], None]
#: Receives one event: type, topics, namespace, user, time, payload.
EventCallback = Callable[[Dict[str, Any]], None]

_LEVELS = {_ffi.PGO_LOG_DEBUG: logging.DEBUG, _ffi.PGO_LOG_INFO: logging.INFO,
           _ffi.PGO_LOG_WARN: logging.WARNING, _ffi.PGO_LOG_ERROR: logging.ERROR}
_open: "weakref.WeakSet[Running]" = weakref.WeakSet()
logging.getLogger("pgo").addHandler(logging.NullHandler())


@atexit.register
def _close_all() -> None:
    # Threads of the library must not call into an interpreter that ends.
    for running in list(_open):
        running.close()


def _log(level: int, record: Dict[str, Any]) -> None:
    name = "pgo." + record.get("component", "") if record.get("component") else "pgo"
    fields = " ".join(f"{key}={value}" for key, value in record.items()
                      if key not in ("time", "level", "component", "message"))
    logging.getLogger(name).log(_LEVELS.get(level, logging.INFO), "%s %s", record["message"], fields)


class Running(Handle):
    """What both have: callbacks and events. Use it with `with`, or call `close`."""

    _stop = ""

    def __init__(self, on_log: Optional[LogCallback], on_event: Optional[EventCallback]) -> None:
        super().__init__()
        self._queues: List[Queue] = []

        @callback()
        def log(level: int, record: bytes, _size: int, _: Any) -> None:
            document = json.loads(record)
            if on_log is not None:
                on_log(document)
            else:
                _log(level, document)

        @callback()
        def event(record: Any, size: int, _: Any) -> None:
            document = json.loads(ctypes.string_at(record, size))
            if on_event is not None:
                on_event(document)
            for waiting in list(self._queues):
                waiting.put(document)

        # Kept here: the library calls them for as long as this runs.
        self._callbacks = (_ffi.pgo_log_callback(log), _ffi.pgo_event_callback(event))

    def _started(self, handle: ctypes.c_void_p, client: Any) -> None:
        self._adopt(handle)
        self.client = Client(client)  #: every operation, with every right and without sockets
        _open.add(self)

    def events(self) -> Events:
        """The events of clusters from now on, until this is closed.

        >>> with pgo.Api() as api, pgo.Operator(api.transport(), install=True) as op:
        ...     events = op.events()
        >>> list(events)
        []
        """
        waiting = Queue()
        with self._lock, self._use():  # under the lock: whoever closes it ends what is there by then
            self._queues.append(waiting)
        return Events(waiting, functools.partial(self._queues.remove, waiting))

    def close(self) -> None:
        """Stops it and gives everything back. Clients that are left answer `FailedPrecondition`.
        Within a callback, which would be waited for, it returns first."""
        if not self._shut():
            return
        if in_callback():
            threading.Thread(target=self._end, name="pgo-close", daemon=False).start()
        else:
            self._end()

    def _end(self) -> None:
        _open.discard(self)
        try:
            getattr(lib, self._stop)(self._handle)
        finally:
            self._give_back()
            self.client.close()
            for waiting in list(self._queues):
                waiting.end()


class Operator(Running):
    """The operator in this process, over any transport.

    >>> with pgo.Api() as api, pgo.Operator(api.transport(), namespaces=["zoo"], install=True) as op:
    ...     op.client.show_clusters(all_flag=True).results
    []
    """

    _free, _stop = "pgo_operator_free", "pgo_operator_stop"

    def __init__(self, transport: Transport, *, namespaces: Tuple[str, ...] = (),
                 operator_namespace: str = "pgo", installation: str = "dev", install: bool = False,
                 config: Optional[str] = None, workers: int = 0, log_level: int = 0,
                 on_log: Optional[LogCallback] = None,
                 on_event: Optional[EventCallback] = None) -> None:
        super().__init__(on_log, on_event)
        self._transport = transport
        wanted = options(_ffi.pgo_operator_options, operator_namespace=operator_namespace,
                         installation_name=installation, namespaces=",".join(namespaces),
                         config=config, install=int(install), workers=workers, log_level=log_level,
                         on_log=self._callbacks[0], on_event=self._callbacks[1])
        handle = ctypes.c_void_p()
        with transport._use() as over:
            check(lib.pgo_operator_start(over, ctypes.byref(wanted), ctypes.byref(handle)))
        self._started(handle, lib.pgo_operator_client(handle))

    def status(self, namespace: str, cluster: str) -> Dict[str, Any]:
        """What a cluster waits for; `NotFound` when none of that name has been looked at."""
        with self._use() as handle, Text() as status:
            check(lib.pgo_operator_status(handle, text(namespace), text(cluster), status.out))
            return status.json()


class Dev(Running):
    """Everything in this process: a Kubernetes API, its controllers, a node that runs pods as
    processes of this machine, the operator and its REST service. Not as root.

    `state_dir` is where clusters and data live; without one a fresh directory is used and removed
    at the end. `network` gives the first two numbers of the loopback addresses.
    """

    _free, _stop = "pgo_dev_free", "pgo_dev_stop"

    def __init__(self, state_dir: Optional[str] = None, *, network: str = "127.77",
                 namespaces: Tuple[str, ...] = ("pgouser1",), images_dir: Optional[str] = None,
                 api_port: int = 0, rest_port: int = 0, node: bool = True, log_level: int = 0,
                 on_log: Optional[LogCallback] = None,
                 on_event: Optional[EventCallback] = None) -> None:
        super().__init__(on_log, on_event)
        # No TemporaryDirectory: the child of a fork would remove it.
        self._temporary = (tempfile.mkdtemp(prefix="pgo-", dir="/var/tmp") if state_dir is None
                           else None)
        if images_dir is None and (HERE / "images").exists():
            images_dir = str(HERE / "images")
        wanted = options(_ffi.pgo_dev_options, state_dir=state_dir or self._temporary, images_dir=images_dir,
                         network=network, namespaces=",".join(namespaces), api_port=api_port,
                         rest_port=rest_port, no_node=int(not node), log_level=log_level,
                         on_log=self._callbacks[0], on_event=self._callbacks[1])
        handle = ctypes.c_void_p()
        try:
            check(lib.pgo_dev_start(ctypes.byref(wanted), ctypes.byref(handle)))
        except PgoError:
            self._remove_temporary()
            raise
        self._started(handle, lib.pgo_dev_client(handle))

    @property
    def endpoints(self) -> Dict[str, str]:
        """apiUrl, restUrl, kubeconfig, clientSettings, namespace."""
        with self._use() as handle, Text() as endpoints:
            check(lib.pgo_dev_endpoints(handle, endpoints.out))
            return endpoints.json()

    def transport(self) -> Transport:
        """The Kubernetes API inside, with every right."""
        made = ctypes.c_void_p()
        with self._use() as handle:
            check(lib.pgo_dev_transport(handle, ctypes.byref(made)))
        return Transport(made)

    def hold(self, namespace: str, pod_prefix: str) -> None:
        """Pods whose name begins so are not started again until `release`."""
        with self._use() as handle:
            check(lib.pgo_dev_hold(handle, text(namespace), text(pod_prefix)))

    def release(self, namespace: str, pod_prefix: str) -> None:
        """Ends `hold`."""
        with self._use() as handle:
            check(lib.pgo_dev_release(handle, text(namespace), text(pod_prefix)))

    def _end(self) -> None:
        super()._end()
        self._remove_temporary()

    def _remove_temporary(self) -> None:
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)


def dev(state_dir: Optional[str] = None, **settings: Any) -> Dev:
    """Starts everything in this process; see `Dev`.

    >>> with pgo.dev(network="127.105", node=False) as here:
    ...     here.client.show_version().version, here.client.show_clusters(all_flag=True).results
    ('4.2.0', [])
    """
    return Dev(state_dir, **settings)
