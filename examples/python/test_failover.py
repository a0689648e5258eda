"""A test of one's own against a real cluster: ``pytest test_failover.py`` (``-p pgo.testing`` when the
package is not installed)."""


def test_rows_survive_the_primary(pg_cluster):
    pg_cluster.query("create table public.survivors as select 1 as v")
    pg_cluster.wait_for_replicas()
    pg_cluster.kill_primary()
    pg_cluster.wait_for_failover()
    assert pg_cluster.query("select v from public.survivors") == [["1"]]
    pg_cluster.wait_for_replicas()
