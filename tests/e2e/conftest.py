import os

import pytest

from daemon import Cluster, Daemon


@pytest.fixture(scope="session")
def daemon():
    running = Daemon(os.environ.get("PGO_E2E_NETWORK", "127.91")).start()
    yield running
    running.remove()


@pytest.fixture(scope="session")
def hippo(daemon):
    """A cluster with one replica and a table, shared by the tests."""
    cluster = Cluster(daemon, "hippo").create("--replica-count=1")
    cluster.sql("create table public.t (v int)")
    return cluster
