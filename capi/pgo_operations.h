/* The six operations of the stable C interface of libpgo, typed: create, scale, failover, clone,
 * backup, schedule. Part of pgo.h, whose conventions hold here too. */
#ifndef PGO_OPERATIONS_H
#define PGO_OPERATIONS_H

#include "pgo.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In each: `more` is a JSON object (it ends with a zero byte) of further members of the message, or
 * NULL; named members of the struct win. Members that are NULL or 0 are left to their defaults. The
 * answer is the message of the REST interface; `answer` may be NULL. With `dry_run` the request is
 * only tried, and the answer is the plan that pgo_client_dry_run documents. */

typedef struct pgo_create_cluster_options {
  size_t size;
  const char* name; /* required */
  const char* ns;
  const char* password;       /* of the user; NULL: drawn */
  const char* username;       /* NULL: as pgo.yaml says */
  const char* database;       /* NULL: as pgo.yaml says */
  const char* storage;        /* storage entry of pgo.yaml */
  const char* resources;      /* container resources entry of pgo.yaml */
  const char* backup_storage; /* "local", "s3" or "local,s3" */
  int32_t replicas;
  int32_t synchronous; /* synchronous replication */
  const char* more;    /* CreateClusterRequest */
  int32_t dry_run;     /* only try */
} pgo_create_cluster_options;
#define PGO_CREATE_CLUSTER_OPTIONS_INIT \
  {sizeof(pgo_create_cluster_options),  \
   NULL,                                \
   NULL,                                \
   NULL,                                \
   NULL,                                \
   NULL,                                \
   NULL,                                \
   NULL,                                \
   NULL,                                \
   0,                                   \
   0,                                   \
   NULL,                                \
   0}
PGO_API pgo_error* pgo_create_cluster(const pgo_client* client,
                                      const pgo_create_cluster_options* options, pgo_cancel* cancel,
                                      pgo_string** answer);

typedef struct pgo_scale_options {
  size_t size;
  const char* cluster; /* required */
  const char* ns;
  const char* storage;
  const char* resources;
  const char* node_label; /* "key=value" */
  int32_t replicas;       /* how many to add; 0: 1 */
  const char* more;       /* the query of /clusters/scale/{name} */
  const char*
      service_type; /* of the replicas' service: "ClusterIP", "NodePort" or "LoadBalancer" */
  int32_t dry_run;  /* only try */
} pgo_scale_options;
#define PGO_SCALE_OPTIONS_INIT \
  {sizeof(pgo_scale_options), NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0}
PGO_API pgo_error* pgo_scale(const pgo_client* client, const pgo_scale_options* options,
                             pgo_cancel* cancel, pgo_string** answer);

typedef struct pgo_failover_options {
  size_t size;
  const char* cluster; /* required */
  const char* ns;
  const char* target; /* required: the replica that is to lead; "query_failover" lists them */
  const char* more;   /* CreateFailoverRequest */
  int32_t dry_run;    /* only try */
} pgo_failover_options;
#define PGO_FAILOVER_OPTIONS_INIT {sizeof(pgo_failover_options), NULL, NULL, NULL, NULL, 0}
PGO_API pgo_error* pgo_failover(const pgo_client* client, const pgo_failover_options* options,
                                pgo_cancel* cancel, pgo_string** answer);

typedef struct pgo_clone_options {
  size_t size;
  const char* source; /* required */
  const char* target; /* required: the name of the new cluster */
  const char* ns;
  const char* more;        /* CloneRequest */
  const char* pitr_target; /* "2020-01-02 03:04:05+00": the data of then; NULL: all of it */
  int32_t replicas;        /* of the new cluster */
  int32_t dry_run;         /* only try */
} pgo_clone_options;
#define PGO_CLONE_OPTIONS_INIT {sizeof(pgo_clone_options), NULL, NULL, NULL, NULL, NULL, 0, 0}
PGO_API pgo_error* pgo_clone(const pgo_client* client, const pgo_clone_options* options,
                             pgo_cancel* cancel, pgo_string** answer);

typedef struct pgo_backup_options {
  size_t size;
  const char* cluster; /* required */
  const char* ns;
  const char* backup_options; /* of pgBackRest: "--type=full --repo1-retention-full=2" */
  const char* storage;        /* "local", "s3" or "local,s3"; NULL: the cluster's */
  const char* more;           /* CreateBackrestBackupRequest */
  int32_t dry_run;            /* only try */
} pgo_backup_options;
#define PGO_BACKUP_OPTIONS_INIT {sizeof(pgo_backup_options), NULL, NULL, NULL, NULL, NULL, 0}
PGO_API pgo_error* pgo_backup(const pgo_client* client, const pgo_backup_options* options,
                              pgo_cancel* cancel, pgo_string** answer);

typedef struct pgo_schedule_options {
  size_t size;
  const char* cluster; /* required, or a selector in `more` */
  const char* ns;
  const char* schedule;       /* required: cron, "@daily", "@every 1h" */
  const char* type;           /* "pgbackrest" (NULL too) or "policy" */
  const char* backup_type;    /* "full" (NULL too), "diff" or "incr" */
  const char* backup_options; /* "--repo1-retention-full=2" */
  const char* policy;         /* of type "policy" */
  const char* database;       /* of type "policy" */
  const char* more;           /* CreateScheduleRequest */
  int32_t dry_run;            /* only try */
} pgo_schedule_options;
#define PGO_SCHEDULE_OPTIONS_INIT \
  {sizeof(pgo_schedule_options), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0}
PGO_API pgo_error* pgo_schedule(const pgo_client* client, const pgo_schedule_options* options,
                                pgo_cancel* cancel, pgo_string** answer);

#ifdef __cplusplus
}
#endif

#endif /* PGO_OPERATIONS_H */
