"""Iterators over what threads of the library bring, and their end."""
import atexit
import contextlib
import queue
import threading
import weakref
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple

from .errors import FailedPrecondition

_END = object()
_running: Set[Tuple[Callable[[], None], threading.Thread]] = set()


class Queue:
    """Between a thread of the library and whoever reads."""

    def __init__(self) -> None:
        self._items: "queue.SimpleQueue[Any]" = queue.SimpleQueue()

    def put(self, item: Any) -> None:
        """An event, or the exception to raise in its place."""
        self._items.put(item)

    def end(self) -> None:
        self._items.put(_END)

    def get(self) -> Any:
        item = self._items.get()
        if item is _END:
            self._items.put(_END)  # for the next who asks
        return item


class Events(Iterator[Dict[str, Any]]):
    """Events, one after the other, as they come. `close` ends it, and so does letting it go.

    >>> with pgo.Api() as api, api.transport() as transport:
    ...     with transport.watch("/api/v1/namespaces") as events:
    ...         next(events)["type"]
    ...     list(events)
    'ADDED'
    []
    """

    def __init__(self, items: Queue, stop: Callable[[], None],
                 thread: Optional[threading.Thread] = None) -> None:
        self._items, self._thread, self._closed = items, thread, False
        # Not a __del__, so that the thread that brings the events need not know this object.
        self._finalizer = weakref.finalize(self, _unless_over, stop)
        self._finalizer.atexit = False

    def __next__(self) -> Dict[str, Any]:
        item = _END if self._closed else self._items.get()
        if item is _END or self._closed:
            raise StopIteration
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        """No more events, also for threads that wait for one."""
        self._closed = True
        self._finalizer()
        self._items.end()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def __enter__(self) -> "Events":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _unless_over(stop: Callable[[], None]) -> None:
    with contextlib.suppress(FailedPrecondition):  # closed, or the parent's
        stop()


@contextlib.contextmanager
def at_exit(stop: Callable[[], None], thread: threading.Thread) -> Iterator[None]:
    """While this is entered, the end of the interpreter stops the thread."""
    entry = (stop, thread)
    _running.add(entry)
    try:
        yield
    finally:
        _running.discard(entry)


@atexit.register
def _end_all() -> None:
    # Threads of the library must not call into an interpreter that ends.
    entries: List[Tuple[Callable[[], None], threading.Thread]] = list(_running)
    for stop, _ in entries:
        _unless_over(stop)
    for _, thread in entries:
        thread.join(10)
