"""The shared library: found, loaded, asked, and its errors made exceptions."""
import contextlib
import ctypes
import ctypes.util
import json
import os
import pathlib
import threading
from typing import Any, ContextManager, Iterator, Optional

from . import _ffi
from .errors import BY_CODE, FailedPrecondition, PgoError

HERE = pathlib.Path(__file__).resolve().parent


def _candidates():
    # What a wheel brings along, what the caller names, what the system has.
    if named := os.environ.get("PGO_LIBRARY"):
        yield named
        return
    yield str(HERE / "lib" / "libpgo.so.1")
    if found := ctypes.util.find_library("pgo"):
        yield found
    yield "libpgo.so.1"


def _load() -> ctypes.CDLL:
    problems = []
    for name in _candidates():
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            problems.append(str(error))
            continue
        _ffi.declare(library)
        if library.pgo_abi_version() < _ffi.PGO_ABI_VERSION:
            raise ImportError(f"{name} is older than this package; install them together")
        return library
    raise ImportError("libpgo.so.1 cannot be loaded (set PGO_LIBRARY to where it is): "
                      + "; ".join(problems))


lib = _load()


def text(value: Optional[str]) -> Optional[bytes]:
    """Text for the library; a zero byte would cut it off."""
    if value is None:
        return None
    encoded = os.fspath(value).encode()
    if b"\0" in encoded:
        raise ValueError("a zero byte cannot be in text for libpgo")
    return encoded


def check(error: Optional[int]) -> None:
    """Raises what a call has returned; a success passes."""
    if not error:
        return
    try:
        code = lib.pgo_error_code(error)
        message = lib.pgo_error_message(error).decode(errors="replace")
        subject = lib.pgo_error_subject(error).decode(errors="replace")
    finally:
        lib.pgo_error_free(error)
    raise BY_CODE.get(code, PgoError)(message, subject, code)


# Declared as an address: ctypes would end the text at its first zero byte.
_data = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(("pgo_string_data", lib))


class Text:
    """An out-parameter for a document, given back when it has been read."""

    def __init__(self) -> None:
        self._handle = ctypes.c_void_p()

    def __enter__(self) -> "Text":
        return self

    def __exit__(self, *_: Any) -> None:
        lib.pgo_string_free(self._handle)

    @property
    def out(self) -> Any:
        return ctypes.byref(self._handle)

    def raw(self) -> bytes:
        return ctypes.string_at(_data(self._handle), lib.pgo_string_size(self._handle))

    def read(self) -> str:
        return self.raw().decode(errors="replace")

    def json(self) -> Any:
        return json.loads(self.read() or "null")


def options(struct: type, **members: Any) -> Any:
    """Options of the C interface from what is not None."""
    made = struct()
    lib.pgo_options_init(ctypes.byref(made), ctypes.sizeof(made))
    for name, value in members.items():
        if isinstance(value, (str, os.PathLike)):
            value = text(value)  # type: ignore[arg-type]
        if value is not None:
            setattr(made, name, value)
    return made


class _Callbacks(threading.local):
    depth = 0


_callbacks = _Callbacks()


@contextlib.contextmanager
def callback() -> Iterator[None]:
    """Around what the library calls."""
    _callbacks.depth += 1
    try:
        yield
    finally:
        _callbacks.depth -= 1


def in_callback() -> bool:
    return _callbacks.depth > 0


class Handle:
    """Something that the library holds for us. Closing twice does nothing; what other threads do with
    it meanwhile comes to its end. The child of a fork can do nothing with it."""

    _free = ""  # the name of the function that gives it back

    def __init__(self, handle: Any = None) -> None:
        self._pid = os.getpid()  # a child has no threads of the library, and locks as they were
        self._lock = threading.RLock()  # the handler of a signal may come in between
        self._handle: Optional[ctypes.c_void_p] = None
        self._open = False
        self._uses = 0  # being open is one, each call is one; the last gives the handle back
        if value := getattr(handle, "value", handle):
            self._adopt(ctypes.c_void_p(value))

    def _adopt(self, handle: ctypes.c_void_p) -> None:
        with self._lock:
            self._handle, self._open = handle, True
            self._uses += 1

    @contextlib.contextmanager
    def _use(self) -> Iterator[ctypes.c_void_p]:
        """The handle, good until the end of the block."""
        kind = type(self).__name__
        if self._pid != os.getpid():
            raise FailedPrecondition(f"{kind} belongs to the process that this one was forked from")
        with self._lock:
            self._uses += 1
        try:
            if not self._open or self._handle is None:
                raise FailedPrecondition(f"{kind} is closed")
            yield self._handle
        finally:
            self._give_back()

    def _give_back(self) -> None:
        handle = None
        with self._lock:
            self._uses -= 1
            if not self._uses:
                handle, self._handle = self._handle, None
        if handle:
            getattr(lib, self._free)(handle)

    def _shut(self) -> bool:
        """True for the one who closes it."""
        if self._pid != os.getpid():
            return False
        with self._lock:
            was, self._open = self._open, False
        return was

    def close(self) -> None:
        if self._shut():
            self._give_back()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_uses"):
            self.close()


def use_of(handle: Optional[Handle]) -> ContextManager[Optional[ctypes.c_void_p]]:
    """The use of something that may be left out."""
    return contextlib.nullcontext() if handle is None else handle._use()
