"""What the methods of Python say beyond the tables of the library, whose sentences and arguments they
are made from: which refusals a caller should know, and an example. Each example is run by the tests
with `client`, a cluster "hippo" that has just been created, a schedule of it and a policy "extras";
those in ON_A_NODE where the cluster really runs, with a replica."""

MISSING = ("NotFound", "there is no cluster of that name")
THERE = ("AlreadyExists", "there is one of that name")
WRONG = ("InvalidArgument", "an argument does not fit; nothing has been written")
NOT_NOW = ("FailedPrecondition", "the cluster is in no state for it, for instance not up yet")
NO_POLICY = ("NotFound", "there is no policy, or no cluster, of that name")

#: operation: what it raises, its example
DOCS = {
    "create_cluster": ([THERE, WRONG], """
>>> client.create_cluster(name="rhino", replica_count=1).results[0]
'created Pgcluster rhino'
"""),
    "show_clusters": ([WRONG], """
>>> [one.cluster.metadata.name for one in client.show_clusters(all_flag=True).results]
['hippo']
"""),
    "delete_cluster": ([MISSING, WRONG], """
>>> client.delete_cluster(cluster_name="hippo", delete_data=True, delete_backups=True).results
['deleted pgcluster hippo']
"""),
    "update_cluster": ([MISSING, WRONG], """
>>> client.update_cluster(cluster_name=["hippo"], autofail=False).code
'ok'
"""),
    "test_cluster": ([WRONG], """
>>> client.test_cluster(cluster_name="hippo").results[0].cluster_name
'hippo'
"""),
    "explain_cluster": ([MISSING], """
>>> client.explain_cluster(name="hippo").waits[0].message
'waiting for ...'
"""),
    "show_workflow": ([("NotFound", "there is no workflow of that id")], """
>>> hippo = client.show_cluster("hippo").cluster
>>> client.show_workflow(id=hippo.spec.userlabels["workflowid"]).results.cluster_name
'hippo'
"""),
    "scale_cluster": ([MISSING, WRONG], """
>>> client.scale_cluster(name="hippo", replica_count=2).results
['created Pgreplica hippo-...', 'created Pgreplica hippo-...']
"""),
    "query_scale": ([MISSING], """
>>> [replica.name for replica in client.query_scale(name="hippo").results]
['hippo-...']
"""),
    "scale_down": ([("NotFound", "there is no cluster or no replica of that name"), WRONG, NOT_NOW], """
>>> replica = client.query_scale(name="hippo").results[0].name
>>> client.scale_down(name="hippo", replica_name=replica, delete_data=True).code
'ok'
"""),
    "query_failover": ([MISSING, NOT_NOW], """
>>> [replica.name for replica in client.query_failover(name="hippo").results]
['hippo-...']
"""),
    "create_failover": ([("NotFound", "there is no cluster or no replica of that name"), WRONG, NOT_NOW], """
>>> replica = client.query_failover(name="hippo").results[0].name
>>> client.create_failover(cluster_name="hippo", target=replica).code
'ok'
"""),
    "clone_cluster": ([MISSING, THERE, WRONG], """
>>> made = client.clone_cluster(source_cluster_name="hippo", target_cluster_name="twin")
>>> next(client.clone_progress("twin", made.workflow_id))
'the ...'
"""),
    "create_backup": ([MISSING, WRONG, NOT_NOW], """
>>> client.create_backup(args=["hippo"], backup_opts="--type=incr").code
'ok'
"""),
    "show_backups": ([MISSING, NOT_NOW], """
>>> "full backup" in client.show_backups(name="hippo").items[0].info
True
"""),
    "restore_cluster": ([MISSING, WRONG, NOT_NOW], """
>>> asked = client.restore_cluster(from_cluster="hippo")
>>> next(client.restore_progress("hippo", pgo.workflow_id(asked)))
'the ...'
"""),
    "create_schedule": ([MISSING, THERE, WRONG], """
>>> client.create_schedule(cluster_name="hippo", schedule="TZ=Europe/Berlin 0 1 * * *",
...                        schedule_type="pgbackrest", pg_back_rest_type="full").results
['created schedule hippo-pgbackrest-full for cluster hippo']
"""),
    "show_schedules": ([WRONG], """
>>> client.show_schedules(cluster_name="hippo").code
'ok'
"""),
    "delete_schedule": ([WRONG], """
>>> client.delete_schedule(cluster_name="hippo").results
['deleted schedule hippo-pgbackrest-diff']
"""),
    "create_policy": ([THERE, WRONG], """
>>> client.create_policy(name="counters", sql="create table hits (n bigint)").code
'ok'
"""),
    "show_policies": ([NO_POLICY], """
>>> [policy.spec.sql for policy in client.show_policies(policyname="extras").policy_list.items]
['create extension if not exists pgcrypto']
"""),
    "apply_policy": ([NO_POLICY, WRONG, NOT_NOW], """
>>> client.apply_policy(name="extras", selector="pg-cluster=hippo").name
['hippo']
"""),
    "delete_policy": ([NO_POLICY], """
>>> client.delete_policy(policy_name="extras").results
['deleted policy extras']
"""),
}

#: Need what only a running cluster has: instances with their roles, a repository that answers.
ON_A_NODE = ("query_scale", "scale_down", "query_failover", "create_failover", "create_backup",
             "show_backups", "apply_policy")
