"""A transport that a program implements in Python: what it answers, how it fails, what becomes of its watches."""
import gc
import threading

import pytest

import pgo


class Host(pgo.HostTransport):
    """Its watches do what a test says."""

    def __init__(self, work):
        self.work, self.watches = work, []

    def watch(self, path, watch):
        self.watches.append(watch)
        self.work(watch)


def events_of(host):
    with pgo.Transport.from_host(host) as transport:
        return list(transport.watch("/api/v1/pods"))


def test_a_watch_that_was_handed_on_before_it_failed_is_dead_not_dangling():
    def fail(_):
        raise pgo.Unavailable("the cable is out")

    host = Host(fail)
    for _ in range(50):
        with pytest.raises(pgo.Unavailable, match="the cable is out"):
            events_of(host)
    gc.collect()
    assert not any(watch.push({"type": "ADDED"}) for watch in host.watches)
    for watch in host.watches:
        assert watch.closed.is_set()
        watch.end()


def test_a_watch_that_is_being_pushed_into_while_it_fails_is_not_freed_under_the_push():
    def pump(watch):
        pushing = threading.Event()

        def push():
            while watch.push({"type": "ADDED", "object": {"filler": "x" * 1000}}):
                pushing.set()
        threads.append(threading.Thread(target=push))
        threads[-1].start()
        assert pushing.wait(20)
        raise pgo.Unavailable("the cable is out")

    threads = []
    host = Host(pump)
    for _ in range(20):
        with pytest.raises(pgo.Unavailable, match="the cable is out"):
            events_of(host)
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_a_watch_may_be_ended_by_the_host_before_it_fails():
    def fail(watch):
        try:
            raise RuntimeError("a\0b")
        finally:
            watch.end()

    for _ in range(50):
        with pytest.raises(pgo.InternalError, match="RuntimeError: a"):
            events_of(Host(fail))


def test_a_watch_that_the_host_ends_is_forgotten():
    def serve(watch):
        assert watch.push({"type": "ADDED", "object": {}})
        watch.end()
        kept.append(watch._watches)

    kept = []
    assert [event["type"] for event in events_of(Host(serve))] == ["ADDED"]
    assert kept == [{}]


@pytest.mark.parametrize("status, body, document", [
    (200, b'{"a": 1}', {"a": 1}), (204, b"", None), (502, b"<html>bad gateway", "<html>bad gateway"),
    (200, b"a\0\xff", "a\0\ufffd")])
def test_an_answer_that_is_no_json_is_text_and_keeps_its_status(status, body, document):
    class Canned(pgo.HostTransport):
        def request(self, method, path, body_, content_type):
            return status, body

        def exec(self, namespace, pod, container, command, input):
            return pgo.ExecResult(0, "a\0b", "")

    with pgo.Transport.from_host(Canned()) as transport:
        assert transport.request("GET", "/api") == (status, document)
        assert transport.request_raw("GET", "/api") == (status, body)
        assert transport.exec("zoo", "pod", "database", ["true"]).out == "a\0b"
        if not isinstance(document, dict):
            with pytest.raises(pgo.PgoError, match=f"/api/v1/pods: {status} "):
                transport.list("/api/v1/pods")


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), RuntimeError("a\0b \udcff")])
def test_whatever_a_host_raises_fails_the_call(error):
    class Broken(pgo.HostTransport):
        def request(self, method, path, body, content_type):
            raise error

        def exec(self, namespace, pod, container, command, input):
            raise error

    with pgo.Transport.from_host(Broken()) as transport:
        with pytest.raises(pgo.InternalError, match=type(error).__name__):
            transport.request("GET", "/api")
        with pytest.raises(pgo.InternalError, match=type(error).__name__):
            transport.exec("zoo", "pod", "database", ["true"])
