"""What is closed while it is used, or was made by the parent of a fork."""
import gc
import os
import subprocess
import sys
import threading
import time

import pytest

import pgo

NAMESPACES = "/api/v1/namespaces"


def run(program):
    """The program in an interpreter of its own, which must end by itself."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr, done.stderr
    return done.stdout


class Slow(pgo.HostTransport):
    def __init__(self):
        self.entered, self.release = threading.Event(), threading.Event()

    def request(self, method, path, body, content_type):
        self.entered.set()
        assert self.release.wait(20)
        return 200, {}


def test_what_is_closed_during_a_call_is_freed_when_the_call_has_ended(monkeypatch):
    freed = []
    free = pgo._library.lib.pgo_transport_free
    monkeypatch.setattr(pgo._library.lib, "pgo_transport_free", lambda h: (freed.append(h), free(h)))
    slow, answers = Slow(), []
    transport = pgo.Transport.from_host(slow)
    calling = threading.Thread(target=lambda: answers.append(transport.request("GET", "/api")))
    calling.start()
    assert slow.entered.wait(20)
    transport.close()
    transport.close()
    assert not freed
    with pytest.raises(pgo.FailedPrecondition, match="Transport is closed"):
        transport.request("GET", "/api")
    slow.release.set()
    calling.join(20)
    assert answers == [(200, {})] and len(freed) == 1


def test_what_is_closed_by_many_threads_is_freed_once():
    for _ in range(20):
        with pgo.Api() as api:
            transport = api.transport()
            start = threading.Barrier(9)

            def call():
                start.wait()
                try:
                    while True:
                        assert transport.request("GET", NAMESPACES)[0] == 200
                except pgo.FailedPrecondition:
                    pass

            def close():
                start.wait()
                transport.close()
            threads = [threading.Thread(target=work) for work in [call] * 4 + [close] * 4]
            for thread in threads:
                thread.start()
            start.wait()
            for thread in threads:
                thread.join(20)
                assert not thread.is_alive()


def test_an_operator_is_stopped_when_close_returns_though_a_call_still_holds_it():
    with pgo.Api() as api:
        running = pgo.Operator(api.transport(), namespaces=("zoo",), install=True)
        client = running.client.in_namespace("zoo")
        with running._use():
            running.close()
            with pytest.raises(pgo.FailedPrecondition, match="stopped"):
                client.show_version()


def test_an_operator_may_be_closed_by_its_own_callback():
    with pgo.Api() as api:
        running = pgo.Operator(api.transport(), namespaces=("zoo",), install=True,
                               on_event=lambda _: running.close())
        client = running.client.in_namespace("zoo")
        events = running.events()
        client.create_cluster(name="hippo")
        assert list(events)  # ends when it has been closed
        with pytest.raises(pgo.FailedPrecondition, match="stopped"):
            client.show_version()


def test_an_operator_may_be_closed_by_a_call_of_its_transport():
    with pgo.Api() as api, api.transport() as inner:
        class Passing(pgo.HostTransport):
            def request(self, method, path, body, content_type):
                if stop.is_set():
                    running.close()
                    raise pgo.Unavailable("closed")
                return inner.request(method, path, body, content_type)

            def watch(self, path, watch):
                watch.end()

        stop = threading.Event()
        running = pgo.Operator(pgo.Transport.from_host(Passing()), namespaces=("zoo",), install=True)
        client = running.client.in_namespace("zoo")
        events = running.events()
        stop.set()
        with pytest.raises(pgo.PgoError):
            client.create_cluster(name="hippo")
        list(events)  # ends when it has been closed
        with pytest.raises(pgo.FailedPrecondition, match="stopped"):
            client.show_version()


def test_a_watch_outlives_the_block_of_its_transport():
    with pgo.Api() as api, api.transport() as transport:
        events = transport.watch(NAMESPACES)
        assert next(events)["type"] == "ADDED"
    assert next(events)["type"] == "ADDED"
    events.close()
    assert list(events) == []


def test_a_watch_of_what_is_closed_is_refused():
    with pgo.Api() as api:
        transport = api.transport()
        transport.close()
        with pytest.raises(pgo.FailedPrecondition, match="closed"):
            transport.watch(NAMESPACES)


@pytest.mark.parametrize("let_go", ["events.close()", "del events", "pass"])
def test_the_thread_of_a_watch_ends_with_its_reader_or_the_interpreter(let_go):
    run(f"""
import threading, pgo
transport = pgo.Api().transport()
events = transport.watch("{NAMESPACES}")
next(events)
{let_go}
if "{let_go}" != "pass":
    for thread in threading.enumerate():
        if thread.name == "pgo-watch":
            thread.join(20)
            assert not thread.is_alive()
""")


# Its allocator's locks are not those of a process that forks: a child waits for ever for one that a
# thread held which it does not have.
whole_child = pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""),
                                 reason="AddressSanitizer does not stand a fork with threads")

FORK = """
import os, sys, pgo
api = pgo.Api()
transport = api.transport()
running = pgo.Operator(transport, namespaces=("zoo",), install=True)
events = running.events()
watching = transport.watch("/api/v1/namespaces")
next(watching)
child = os.fork()
if child == 0:
    for use in (running.client.show_version, lambda: running.status("zoo", "hippo"), running.events,
                lambda: transport.request("GET", "/api"), lambda: transport.watch("/api/v1/pods")):
        try:
            use()
            os._exit(3)
        except pgo.FailedPrecondition as error:
            assert "forked" in str(error), error
    running.close()
    api.close()
    del running, transport, watching, events
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
assert running.client.show_version().version == "4.2.0"
"""


@whole_child
def test_the_child_of_a_fork_is_refused_and_ends_by_itself():
    run(FORK)


@whole_child
def test_the_child_of_a_fork_does_not_remove_what_its_parent_works_in():
    run("""
import os, sys, pgo
here = pgo.dev(network="127.106", node=False)
folder = here._temporary
child = os.fork()
if child == 0:
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
assert os.path.exists(folder + "/client.json")
here.close()
assert not os.path.exists(folder)
""")


def test_a_start_that_fails_leaves_no_folder_behind(monkeypatch, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: str(folder))
    with pytest.raises(pgo.PgoError):
        pgo.dev(network="no network", node=False)
    assert not folder.exists()


def test_events_after_close_are_refused_and_those_before_end():
    with pgo.Api() as api:
        running = pgo.Operator(api.transport(), install=True)
        before = running.events()
        running.close()
        assert list(before) == []
        with pytest.raises(pgo.FailedPrecondition, match="closed"):
            running.events()


def test_events_that_nobody_reads_any_more_are_not_kept():
    with pgo.Api() as api, pgo.Operator(api.transport(), install=True) as running:
        kept, dropped, closed = running.events(), running.events(), running.events()
        assert len(running._queues) == 3
        closed.close()
        del dropped
        gc.collect()
        assert len(running._queues) == 1
        assert list(closed) == []
    assert list(kept) == []


def test_closing_events_wakes_the_thread_that_waits_for_one():
    with pgo.Api() as api, pgo.Operator(api.transport(), install=True) as running:
        events, read = running.events(), []
        waiting = threading.Thread(target=lambda: read.extend(events))
        waiting.start()
        time.sleep(0.05)
        events.close()
        waiting.join(20)
        assert not waiting.is_alive() and read == []


def test_a_watch_reports_what_it_was_called_with_and_every_failure():
    with pgo.Api() as api, api.transport() as transport:
        with pytest.raises(ValueError, match="zero byte"):
            transport.watch("/a\0b")
        with pytest.raises(pgo.InvalidArgument, match="path"):
            next(transport.watch("no path"))

    class Garbled(pgo.HostTransport):
        def watch(self, path, watch):
            line = b"no json"
            assert pgo._library.lib.pgo_watch_push(watch._handle, line, len(line))

    with pgo.Transport.from_host(Garbled()) as transport:
        events = transport.watch("/api/v1/pods")
        with pytest.raises(pgo.InternalError, match="no JSON"):
            next(events)
        assert list(events) == []
