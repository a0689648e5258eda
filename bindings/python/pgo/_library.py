"""The shared library: found, loaded, asked, and its errors made exceptions."""
import ctypes
import ctypes.util
import json
import os
import pathlib
from typing import Any, Optional

from . import _ffi
from .errors import BY_CODE, PgoError

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

    def read(self) -> str:
        return lib.pgo_string_data(self._handle).decode()

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


class Handle:
    """Something that the library holds for us. Closing twice does nothing."""

    _free = ""  # the name of the function that gives it back

    def __init__(self, handle: Any) -> None:
        self._handle = ctypes.c_void_p(getattr(handle, "value", handle))

    @property
    def handle(self) -> ctypes.c_void_p:
        if not self._handle:
            raise BY_CODE[_ffi.PGO_ERR_FAILED_PRECONDITION](f"{type(self).__name__} is closed")
        return self._handle

    def close(self) -> None:
        handle, self._handle = self._handle, ctypes.c_void_p()
        if handle:
            getattr(lib, self._free)(handle)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self.close()
