#pragma once

#include "pgo/base/clock.h"
#include "pgo/kube/object.h"
#include "pgo/plan/reason.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::model {
struct PgCluster;
struct PgReplica;
struct PgTask;
}  // namespace pgo::model

/// What was observed of one PostgreSQL cluster. Each struct is a projection: it holds what a plan
/// reads and nothing else, so that changes nobody reads (Patroni renewing its leader lock, a pod's
/// status annotation) leave it equal and cost no plan. Value types; safe to share between threads
/// when const.
namespace pgo::plan {

/// What every projection carries.
struct Meta {
  std::string ns, name, uid;
  std::string cluster;        ///< label pg-cluster
  bool deleting = false;      ///< metadata.deletionTimestamp is set
  std::string made_for = {};  ///< annotation: the workflow that made it

  static Meta from(const kube::Object& object);
  bool operator==(const Meta&) const = default;
};

/// What people are told of a pod. No plan reads it, so a change of it alone makes none.
struct PodWords {
  std::string trouble;  ///< why the pod is not ready; empty when it is
  std::string since;    ///< RFC 3339: since when it is or is not ready

  static PodWords from(const kube::Object& pod, bool ready);
  bool operator==(const PodWords&) const { return true; }
};

struct Pod {
  Meta meta;
  std::string deployment;    ///< label deployment-name
  std::string service_name;  ///< label service-name
  std::string role;          ///< label role, written by Patroni: the truth (K1)
  std::string job;           ///< label job-name
  std::string phase, ip, node;
  std::string data_path;  ///< PGBACKREST_DB_PATH of the first container
  bool instance = false;  ///< label pgo-pg-database
  bool repo = false;      ///< label pgo-backrest-repo
  bool pool = false;      ///< label crunchy-pgbouncer
  bool ready = false;     ///< every container is ready
  bool database_ready = false;
  /// Holds the leader lock, while Patroni says that PostgreSQL is not yet a primary.
  bool promoting = false;
  int restarts = 0;  ///< of the container `database`
  PodWords words;

  static Pod from(const kube::Object& object);
  /// It has ended and will not run again.
  bool finished() const { return phase == "Succeeded" || phase == "Failed"; }
  bool operator==(const Pod&) const = default;
};

struct Deployment {
  Meta meta;
  std::string deployment;    ///< label deployment-name
  std::string service_name;  ///< label service-name
  std::string scope;         ///< label crunchy-pgha-scope
  bool instance = false;
  bool repo = false;

  static Deployment from(const kube::Object& object);
  bool operator==(const Deployment&) const = default;
};

struct Job {
  Meta meta;
  std::string command;       ///< label backrest-command
  std::string backup_type;   ///< label pgha-backup-type
  std::string command_opts;  ///< env COMMAND_OPTS of the first container
  bool backrest = false;     ///< label pgo-backrest-job
  std::string task;          ///< label pg-task
  std::string task_uid;      ///< annotation: the task it was made for
  std::string problem;       ///< why it failed for good
  bool pgdump = false, pgrestore = false, pgbackup = false, rmdata = false;
  bool restore = false;    ///< label pgo-backrest-restore, or a step of a clone: writes to volumes
  std::string workflow;    ///< label workflowid
  bool succeeded = false;  ///< judged by success alone, never by the absence of failures (K20)
  bool failed = false;     ///< condition Failed: no more retries
  int failures = 0;        ///< pods that failed so far

  static Job from(const kube::Object& object);
  bool operator==(const Job&) const = default;
};

struct Volume {
  Meta meta;
  bool removable = false;  ///< label pgremove
  bool pgdump = false;     ///< label pgdump: dumps are in it
  bool led_last = false;   ///< annotation: of kept data the newest

  static Volume from(const kube::Object& object);
  bool operator==(const Volume&) const = default;
};

struct Service {
  Meta meta;

  static Service from(const kube::Object& object);
  bool operator==(const Service&) const = default;
};

/// Metadata only: a plan never sees a secret's value.
struct Secret {
  Meta meta;
  bool repo = false;       ///< label pgo-backrest-repo
  std::string pool_ready;  ///< of pgBouncer's, annotation: where its account is set up

  static Secret from(const kube::Object& object);
  bool operator==(const Secret&) const = default;
};

struct ConfigMap {
  Meta meta;
  std::string scope;  ///< label crunchy-pgha-scope: Patroni's
  bool default_config = false, schedule = false;
  std::optional<std::string> init;  ///< data.init of the pgha-default-config
  std::string patroni_config;       ///< annotation `config` of `<scope>-config`
  std::string leader;               ///< annotation `leader` of `<scope>-leader`
  std::string version;  ///< resourceVersion, only where `patroni_config` or `schedule` is there
  std::string schedule_text;   ///< of a schedule: what it asks for, as JSON
  std::string policy;          ///< of a schedule: the policy that it runs, or empty
  std::string command_failed;  ///< of a schedule, annotation: why its last firing failed
  /// Of a schedule, RFC 3339: the last firing carried out (at first its creation), and the one that
  /// is being carried out, if any.
  std::string last_firing, due_firing;
  bool has_patroni = false;  ///< it brings a postgres-ha.yaml

  static ConfigMap from(const kube::Object& object);
  bool operator==(const ConfigMap&) const = default;
};

/// A reason that stands in `status.conditions` of the pgcluster.
struct RecordedCondition {
  std::string reason, subject;
  std::string since;  ///< RFC 3339
  bool operator==(const RecordedCondition&) const = default;
};

struct Cluster {
  Meta meta;
  std::string status, state;    ///< spec.status, status.state
  std::string current_primary;  ///< label
  std::string scope;            ///< label crunchy-pgha-scope, else the name
  std::string id;               ///< label pg-cluster-id
  std::string user;             ///< label pgouser
  bool pool = false;            ///< label crunchy-pgbouncer: a pgBouncer is wanted
  std::string failover_backup;  ///< annotation: a backup is owed to this promotion
  bool autofail = true;         ///< label; missing means true (K39)
  bool paused_by_us = false;    ///< annotation: we paused Patroni
  std::vector<RecordedCondition> conditions;
  std::shared_ptr<const model::PgCluster> object;  ///< null when it cannot be decoded
  std::string problem;                             ///< why not

  static Cluster from(const kube::Object& object);
  bool initialized() const;
  bool operator==(const Cluster& other) const;
};

struct Replica {
  Meta meta;
  std::string status, state;
  std::shared_ptr<const model::PgReplica> object;
  std::string problem;

  static Replica from(const kube::Object& object);
  bool operator==(const Replica& other) const;
};

struct Task {
  Meta meta;
  std::string type, status, state;
  std::string token;    ///< annotation: which promotion a failover backup belongs to
  std::string removes;  ///< annotation: UID of the pgcluster a removal was started for
  std::optional<std::string> failover_from;  ///< annotation: who led when a failover was taken up
  std::shared_ptr<const model::PgTask> object;
  std::string problem;

  static Task from(const kube::Object& object);
  std::string_view parameter(std::string_view key) const;  ///< spec.parameters, or empty
  bool is(std::string_view key) const;                     ///< the parameter is "true"
  std::string_view label(std::string_view key) const;      ///< metadata.labels, or empty
  bool operator==(const Task& other) const;
};

/// SQL that a new cluster's policies task or a schedule asks for.
struct Policy {
  Meta meta;
  std::string url;  ///< when set, the SQL is fetched from here
  std::string sql;

  static Policy from(const kube::Object& object);
  bool operator==(const Policy&) const = default;
};
/// The cluster that an open clone task copies, or empty.
std::string_view clone_source(const Task& task);

template <typename T>
using Many = std::vector<std::shared_ptr<const T>>;

/// A command that a plan asked for (`Exec`), as far as whoever carries plans out knows. It is
/// remembered for as long as plans keep it, and by this process alone.
struct ExecState {
  enum class Outcome {
    running,
    succeeded,
    failed,     ///< it ended badly, or used up its time
    never_ran,  ///< it was refused
    unknown,    ///< the way to it broke
  };
  std::string id{}, pod{};
  TimePoint started{};
  Outcome outcome = Outcome::running;
  TimePoint ended{};  ///< unless it runs
  std::string why{};  ///< in words, unless it runs or succeeded

  bool running() const { return outcome == Outcome::running; }
  bool operator==(const ExecState&) const = default;
};

/// One cluster as the caches hold it. Built by the engine only when every cache has synced, so
/// "not here" means "not there when last heard", never "not looked yet".
struct ClusterView {
  std::string ns, name;
  std::shared_ptr<const Cluster> cluster;  ///< null when there is no pgcluster (any more)
  Many<Replica> replicas;
  Many<Task> tasks;
  Many<Deployment> deployments;
  Many<Pod> pods;
  Many<Job> jobs;
  Many<Volume> volumes;
  Many<Service> services;
  Many<ConfigMap> config_maps;
  Many<Secret> secrets;
  /// Those that the cluster's policies task and its schedules name.
  Many<Policy> policies;
  /// The cluster that a clone into this one copies, while such a clone is under way.
  std::shared_ptr<const ClusterView> source;
  /// The user's ConfigMap of PostgreSQL settings, if there is one.
  std::shared_ptr<const ConfigMap> custom_config;
  std::vector<ExecState> execs;
  /// What is not in `execs` does not run. False where plans are looked at and others carry them
  /// out.
  bool knows_execs = false;
  bool exec_room = true;  ///< another command that may take long can be started now

  /// The cluster has its first backup; replicas are made from then on.
  bool initialized() const { return cluster && cluster->initialized(); }
  /// The user's ConfigMap of PostgreSQL settings, or empty; and whether it brings Patroni's too.
  std::string custom_config_name() const { return custom_config ? custom_config->meta.name : ""; }
  bool custom_config_has_patroni() const { return custom_config && custom_config->has_patroni; }
  /// Patroni's scope: of the pgcluster, else the cluster's name.
  std::string_view scope() const { return cluster ? std::string_view(cluster->scope) : name; }

  // One object of the view by its name, or null when it is not there. What is being deleted is
  // still there (`meta.deleting`). Pointers live as long as the view.
  const Task* task(std::string_view task_name) const;
  const Job* job(std::string_view job_name) const;
  const Deployment* deployment(std::string_view deployment_name) const;
  const Volume* volume(std::string_view volume_name) const;
  const Service* service(std::string_view service_name) const;
  const Secret* secret(std::string_view secret_name) const;
  const ConfigMap* config_map(std::string_view map_name) const;
  const Replica* replica(std::string_view replica_name) const;
  const Policy* policy(std::string_view policy_name) const;
  /// How the command of this id stands; null when it is not known: see `knows_execs`.
  const ExecState* exec(std::string_view id) const;

  /// The pod that leads, by its role label (K1). Of several (an old primary that cannot take its
  /// label off) the one that Patroni's leader lock names; null when there is none or no telling.
  const Pod* primary() const;
  /// More than one pod says it leads, and the lock does not settle it.
  bool primary_ambiguous() const;
  /// The repository's pod when it is alone and running.
  const Pod* repo_pod() const;
  /// The pod of an instance when it is alone and neither ends nor has ended.
  const Pod* pod_of(std::string_view deployment_name) const;
  /// Instance Deployments that are not being deleted.
  std::size_t instances() const;
};

/// Names of the policies that the cluster's policies task and its schedules ask for.
std::set<std::string> policies_asked_for(const ClusterView& view);

}  // namespace pgo::plan
