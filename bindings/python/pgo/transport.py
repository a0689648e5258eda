"""Ways to a Kubernetes API: over HTTPS, inside the process, or made by the program itself."""
import contextlib
import ctypes
import json
import threading
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

from . import _ffi
from ._events import Events, Queue, at_exit
from ._library import Handle, Text, callback, check, lib, options, text, use_of
from .client import Cancel
from .errors import Cancelled, InternalError, PgoError

CONTENT_TYPE = "application/json"


class ExecResult(NamedTuple):
    """What a command in a container left."""

    exit_code: int
    out: str
    err: str


class Transport(Handle):
    """A way to a Kubernetes API.

    >>> with pgo.Api() as api, api.transport() as transport:
    ...     status, namespace = transport.request("GET", "/api/v1/namespaces/default")
    ...     status, namespace["metadata"]["name"]
    (200, 'default')
    """

    _free = "pgo_transport_free"
    _keep: Any = None  # callbacks that the library may call

    @staticmethod
    def from_kubeconfig(path: str, context: Optional[str] = None) -> "Transport":
        """Kubernetes as kubectl would reach it with this file."""
        wanted = options(_ffi.pgo_kubeconfig_options, path=path, context=context)
        handle = ctypes.c_void_p()
        check(lib.pgo_transport_from_kubeconfig(ctypes.byref(wanted), ctypes.byref(handle)))
        return Transport(handle)

    @staticmethod
    def from_host(host: "HostTransport") -> "Transport":
        """A transport whose calls are carried out by `host`."""
        return _make_host_transport(host)

    def request(self, method: str, path: str, body: Union[Dict[str, Any], bytes, None] = None,
                content_type: str = CONTENT_TYPE, cancel: Optional[Cancel] = None) -> Tuple[int, Any]:
        """One request: the HTTP status and the document, or the text if it is not JSON. A status of
        400 and above is no exception."""
        status, answer = self.request_raw(method, path, body, content_type, cancel)
        try:
            return status, json.loads(answer or b"null")
        except ValueError:
            return status, answer.decode(errors="replace")

    def request_raw(self, method: str, path: str, body: Union[Dict[str, Any], bytes, None] = None,
                    content_type: str = CONTENT_TYPE,
                    cancel: Optional[Cancel] = None) -> Tuple[int, bytes]:
        """The same with the answer as it came: for logs, of which a line may look like JSON."""
        sent = json.dumps(body).encode() if isinstance(body, dict) else body or b""
        status = ctypes.c_int32()
        with self._use() as handle, use_of(cancel) as stop, Text() as answer:
            check(lib.pgo_transport_request(handle, text(method), text(path), text(content_type),
                                            sent, len(sent), stop, ctypes.byref(status), answer.out))
            return status.value, answer.raw()

    def list(self, path: str) -> List[Dict[str, Any]]:
        """The items of a list; an answer other than 200 is an exception."""
        status, document = self.request("GET", path)
        if status != 200 or not isinstance(document, dict):
            said = document.get("message", "") if isinstance(document, dict) else document
            raise PgoError(f"{path}: {status} {said}", path)
        return document.get("items", [])

    def watch(self, path: str) -> Events:
        """The events of a watch, until the server ends it or the caller stops reading (close the
        iterator, or let it go). It goes on when the transport is closed.

        >>> with pgo.Api() as api, api.transport() as transport:
        ...     for event in transport.watch("/api/v1/namespaces"):
        ...         print(event["type"], event["object"]["metadata"]["name"])
        ...         break
        ADDED default
        """
        return _follow(self, text(path))

    def exec(self, namespace: str, pod: str, container: str, command: List[str], input: str = "",
             timeout: float = 60, cancel: Optional[Cancel] = None) -> ExecResult:
        """Runs a command in a container."""
        words = (ctypes.c_char_p * len(command))(*(text(word) for word in command))
        sent = input.encode()
        with self._use() as handle, use_of(cancel) as stop, Text() as result:
            check(lib.pgo_transport_exec(handle, text(namespace), text(pod), text(container), words,
                                         len(command), sent, len(sent), int(timeout * 1000), stop,
                                         result.out))
            done = result.json()
        return ExecResult(done["exitCode"], done["out"], done["err"])


def _follow(transport: Transport, path: Optional[bytes]) -> Events:
    lines, cancel, held = Queue(), Cancel(), contextlib.ExitStack()

    @ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.POINTER(ctypes.c_char), ctypes.c_size_t, ctypes.c_void_p)
    def on_line(line: Any, size: int, _: Any) -> int:
        try:
            lines.put(json.loads(ctypes.string_at(line, size)))
            return 0
        except ValueError as error:
            lines.put(InternalError(f"a line of the watch is no JSON: {error}"))
            return 1

    def follow() -> None:
        with held:
            try:
                check(lib.pgo_transport_watch(handle, path, on_line, None, stop))
            except Cancelled:
                pass
            except Exception as error:  # noqa: BLE001 - the reader's
                lines.put(error)
            finally:
                lines.end()

    with contextlib.ExitStack() as unless_started:
        unless_started.callback(held.close)
        thread = threading.Thread(target=follow, name="pgo-watch", daemon=True)
        held.enter_context(at_exit(cancel.trigger, thread))
        handle = held.enter_context(transport._use())
        stop = held.enter_context(cancel._use())
        thread.start()
        unless_started.pop_all()
    return Events(lines, cancel.trigger, thread)


class Watch:
    """The end of a watch that a host pushes events into, from any thread."""

    def __init__(self, handle: int, watches: "Dict[int, Watch]") -> None:
        self._handle: Optional[int] = handle
        self._watches = watches
        self._lock = threading.Lock()
        self.closed = threading.Event()  #: set when nobody reads any more, and by `end`
        watches[handle] = self

    def push(self, event: Dict[str, Any]) -> bool:
        """Hands one event over; False when nobody reads any more."""
        line = json.dumps(event).encode()
        with self._lock:
            return bool(self._handle and lib.pgo_watch_push(self._handle, line, len(line)))

    def end(self) -> None:
        """Nothing more will come."""
        with self._lock:
            if handle := self._forget():
                lib.pgo_watch_free(handle)
        self.closed.set()

    def _refused(self) -> None:
        """The watch is none: what the library still has, it frees. Not while somebody pushes."""
        with self._lock:
            self._forget()
        self.closed.set()

    def _forget(self) -> Optional[int]:
        handle, self._handle = self._handle, None
        if handle:  # before it is freed: the next one may have the same address
            self._watches.pop(handle, None)
        return handle


class HostTransport:
    """What a program implements to be a transport. Methods are called from several threads at once;
    an exception fails the call (a `PgoError` with its code). Writes must never be repeated.

    >>> class Canned(pgo.HostTransport):
    ...     def request(self, method, path, body, content_type):
    ...         return 200, {"path": path}
    >>> with pgo.Transport.from_host(Canned()) as transport:
    ...     transport.request("GET", "/api")
    (200, {'path': '/api'})
    """

    def request(self, method: str, path: str, body: bytes,
                content_type: str) -> Tuple[int, Union[Dict[str, Any], bytes]]:
        """One request: HTTP status and document."""
        raise PgoError("this transport has no request", code=_ffi.PGO_ERR_UNIMPLEMENTED)

    def watch(self, path: str, watch: Watch) -> None:
        """Starts a watch and returns; events go to `watch.push` from now on, until `watch.closed`
        is set; then, and at the end, call `watch.end`."""
        raise PgoError("this transport has no watch", code=_ffi.PGO_ERR_UNIMPLEMENTED)

    def exec(self, namespace: str, pod: str, container: str, command: List[str],
             input: bytes) -> ExecResult:
        """Runs a command in a container."""
        raise PgoError("this transport has no exec", code=_ffi.PGO_ERR_UNIMPLEMENTED)


@callback()
def _guarded(response: Any, work: Any) -> int:
    try:
        work()
        return _ffi.PGO_OK
    except BaseException as error:  # noqa: B036 - what passed would count as success
        known = isinstance(error, PgoError)
        said = str(error) if known else f"{type(error).__name__}: {error}"
        lib.pgo_response_fail(response, said.encode(errors="replace").replace(b"\0", b"\\0"))
        return (known and error.code) or _ffi.PGO_ERR_INTERNAL


def _body(answer: Union[Dict[str, Any], bytes]) -> bytes:
    return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


def _make_host_transport(host: HostTransport) -> Transport:
    callbacks = options(_ffi.pgo_transport_callbacks)
    kinds = dict(_ffi.pgo_transport_callbacks._fields_)
    watches: Dict[int, Watch] = {}

    def request(asked: Any, response: Any, _: Any) -> int:
        def work() -> None:
            one = asked.contents
            status, answer = host.request(one.method.decode(), one.path.decode(),
                                          ctypes.string_at(one.body, one.body_size),
                                          one.content_type.decode())
            body = _body(answer)
            lib.pgo_response_set(response, status, body, len(body))
        return _guarded(response, work)

    def watch(asked: Any, handle: int, response: Any, _: Any) -> int:
        def work() -> None:
            made = Watch(handle, watches)
            try:
                host.watch(asked.contents.path.decode(), made)
            except BaseException:
                made._refused()
                raise
        return _guarded(response, work)

    @callback()
    def watch_closed(handle: int, _: Any) -> None:
        if (closed := watches.pop(handle, None)) is not None:
            closed.closed.set()

    def exec_(asked: Any, response: Any, _: Any) -> int:
        def work() -> None:
            one = asked.contents
            command = [one.command[i].decode() for i in range(one.command_size)]
            done = host.exec(one.ns.decode(), one.pod.decode(), one.container.decode(), command,
                             ctypes.string_at(one.input, one.input_size))
            out, err = done.out.encode(), done.err.encode()
            lib.pgo_response_set_exec(response, done.exit_code, out, len(out), err, len(err))
        return _guarded(response, work)

    for name, function in (("request", request), ("watch", watch), ("watch_closed", watch_closed),
                           ("exec", exec_)):
        setattr(callbacks, name, kinds[name](function))
    handle = ctypes.c_void_p()
    check(lib.pgo_transport_from_callbacks(ctypes.byref(callbacks), ctypes.byref(handle)))
    transport = Transport(handle)
    transport._keep = callbacks
    return transport


class Api(Handle):
    """A Kubernetes API in this process, in memory or kept in a SQLite file: objects, watches,
    rights; without controllers and nodes.

    >>> with pgo.Api() as api, api.transport() as transport:
    ...     len(transport.list("/api/v1/namespaces"))
    4
    """

    _free = "pgo_api_free"

    def __init__(self, database: Optional[str] = None) -> None:
        wanted = options(_ffi.pgo_api_options, database=database)
        handle = ctypes.c_void_p()
        check(lib.pgo_api_create(ctypes.byref(wanted), ctypes.byref(handle)))
        super().__init__(handle)

    def transport(self) -> Transport:
        """A door with every right; it keeps the API alive."""
        with self._use() as handle:
            return Transport(lib.pgo_api_transport(handle))
