#include "pgo/plan/view.h"

#include "pgo/base/text.h"
#include "pgo/model/clone.h"
#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgreplica.h"
#include "pgo/model/pgtask.h"
#include "pgo/model/schedule.h"
#include "pgo/model/task_outcome.h"

#include <algorithm>
#include <set>
#include <utility>

namespace pgo::plan {
namespace {

using model::label::kCluster;
namespace label = model::label;

std::string text_of(std::string_view view) { return std::string(view); }

bool is_true(const kube::Object& object, std::string_view key) {
  return object.label(key) == model::kTrue;
}

template <typename T>
const T* by_name(const Many<T>& all, std::string_view name) {
  for (const auto& one : all) {
    if (one->meta.name == name) return one.get();
  }
  return nullptr;
}

std::string_view env_value(const json::Value& container, std::string_view name) {
  for (const json::Value& variable : container["env"].items()) {
    if (variable["name"].as_string() == name) return variable["value"].as_string();
  }
  return {};
}

const json::Value& pod_spec_of_job(const kube::Object& object) {
  return object["spec"]["template"]["spec"];
}

/// The condition of that type when it holds, else null.
const json::Value& condition(const kube::Object& object, std::string_view type) {
  static const json::Value kNone;
  for (const json::Value& one : object["status"]["conditions"].items()) {
    if (one["type"].as_string() == type && one["status"].as_string() == "True") return one;
  }
  return kNone;
}

/// Decodes the resource into `view.object`. What every write changes is left out, so that two
/// projections differ only where a plan could.
template <typename Model, typename View>
void decode(const kube::Object& object, View& view) {
  auto decoded = Model::from(object);
  if (!decoded) {
    view.problem = decoded.error().text();
    return;
  }
  decoded->metadata.resource_version.clear();
  decoded->metadata.generation = 0;
  decoded->metadata.extra = {};
  view.object = std::make_shared<const Model>(*std::move(decoded));
}

template <typename T>
bool same(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
  return a == b || (a && b && *a == *b);
}

}  // namespace

Meta Meta::from(const kube::Object& object) {
  return {.ns = text_of(object.ns()),
          .name = text_of(object.name()),
          .uid = text_of(object.uid()),
          .cluster = text_of(object.label(kCluster)),
          .deleting = object.being_deleted(),
          .made_for = text_of(object.annotation(model::annotation::kMadeFor))};
}

namespace {

/// Patroni 3 writes the label at the moment it takes the lock and tells the truth about PostgreSQL
/// in the annotation `status`; 1.6 had the label value `promoted` for that time.
bool is_promoting(const kube::Object& object, std::string_view role) {
  if (role == model::role::kPromoted) return true;
  if (role != model::role::kMaster) return false;
  const auto status = json::parse(object.annotation(model::annotation::kPatroniStatus));
  if (!status) return false;
  const std::string_view own = (*status)["role"].as_string(model::role::kMaster);
  return own != model::role::kMaster && own != "primary";
}

}  // namespace

Pod Pod::from(const kube::Object& object) {
  Pod pod;
  pod.meta = Meta::from(object);
  pod.deployment = text_of(object.label(label::kDeploymentName));
  pod.service_name = text_of(object.label(label::kServiceName));
  pod.role = text_of(object.label(label::kRole));
  pod.promoting = is_promoting(object, pod.role);
  pod.job = text_of(object.label(label::kJobName));
  pod.instance = is_true(object, label::kDatabase);
  pod.repo = is_true(object, label::kBackrestRepo);
  pod.pool = is_true(object, label::kPgbouncer);
  const json::Value& status = object["status"];
  pod.phase = text_of(status["phase"].as_string());
  pod.ip = text_of(status["podIP"].as_string());
  pod.node = text_of(object["spec"]["nodeName"].as_string());
  pod.data_path = text_of(env_value(object["spec"]["containers"][0], "PGBACKREST_DB_PATH"));
  const json::Array& containers = status["containerStatuses"].items();
  pod.ready = !containers.empty();
  for (const json::Value& container : containers) {
    const bool ready = container["ready"].as_bool();
    pod.ready = pod.ready && ready;
    if (container["name"].as_string() == model::container::kDatabase) {
      pod.database_ready = ready;
      pod.restarts = static_cast<int>(container["restartCount"].as_int());
    }
  }
  pod.words = PodWords::from(object, pod.ready);
  return pod;
}

Deployment Deployment::from(const kube::Object& object) {
  Deployment deployment;
  deployment.meta = Meta::from(object);
  deployment.deployment = text_of(object.label(label::kDeploymentName));
  deployment.service_name = text_of(object.label(label::kServiceName));
  deployment.scope = text_of(object.label(label::kScope));
  deployment.instance = is_true(object, label::kDatabase);
  deployment.repo = is_true(object, label::kBackrestRepo);
  return deployment;
}

Job Job::from(const kube::Object& object) {
  Job job;
  job.meta = Meta::from(object);
  job.command = text_of(object.label(label::kBackrestCommand));
  job.backup_type = text_of(object.label(label::kBackupType));
  job.command_opts = text_of(env_value(pod_spec_of_job(object)["containers"][0], "COMMAND_OPTS"));
  job.backrest = is_true(object, label::kBackrestJob);
  job.task = text_of(object.label(label::kTask));
  job.task_uid = text_of(object.annotation(model::annotation::kTaskUid));
  job.pgdump = is_true(object, label::kPgdump);
  job.pgrestore = is_true(object, label::kPgrestore);
  job.pgbackup = is_true(object, label::kPgbackup);
  job.rmdata = is_true(object, label::kRmdata);
  job.restore = is_true(object, label::kBackrestRestore) || is_true(object, label::kCloneStep1) ||
                is_true(object, label::kCloneStep2);
  job.workflow = text_of(object.label(label::kWorkflowId));
  job.failures = static_cast<int>(object["status"]["failed"].as_int());
  job.succeeded = object["status"]["succeeded"].as_int() > 0;
  const json::Value& failed = condition(object, "Failed");
  job.failed = !job.succeeded && !failed.is_null();
  if (job.failed) job.problem = text_of(failed["message"].as_string());
  return job;
}

Volume Volume::from(const kube::Object& object) {
  return {.meta = Meta::from(object),
          .removable = is_true(object, label::kRemovable),
          .pgdump = is_true(object, label::kPgdump),
          .led_last = object.annotation(model::annotation::kLedLast) == model::kTrue};
}

Service Service::from(const kube::Object& object) { return {.meta = Meta::from(object)}; }

Secret Secret::from(const kube::Object& object) {
  return {.meta = Meta::from(object),
          .repo = is_true(object, label::kBackrestRepo),
          .pool_ready = text_of(object.annotation(model::annotation::kPoolReady))};
}

namespace {

std::string scheduled_policy(std::string_view schedule_text) {
  auto schedule = model::Schedule::parse(schedule_text);
  if (!schedule || schedule->type != model::schedule_type::kPolicy) return {};
  return std::move(schedule->policy.name);
}

}  // namespace

ConfigMap ConfigMap::from(const kube::Object& object) {
  ConfigMap map;
  map.meta = Meta::from(object);
  map.scope = text_of(object.label(label::kScope));
  map.default_config = is_true(object, label::kDefaultConfigMap);
  map.schedule = !object.label(label::kScheduler).empty();
  if (const json::String* init = object["data"][model::data_key::kInit].if_string()) {
    map.init = *init;
  }
  map.has_patroni = object["data"][model::data_key::kPostgresHa].is_string();
  if (map.schedule) {
    map.schedule_text = text_of(model::schedule_text(object));
    map.policy = scheduled_policy(map.schedule_text);
    map.command_failed = text_of(object.annotation(model::annotation::kCommandFailed));
    map.last_firing = text_of(object.annotation(model::annotation::kLastFiring));
    if (map.last_firing.empty()) {
      map.last_firing = text_of(object["metadata"]["creationTimestamp"].as_string());
    }
    map.due_firing = text_of(object.annotation(model::annotation::kDueFiring));
    map.version = text_of(object.resource_version());
  }
  if (!map.scope.empty()) {
    map.patroni_config = text_of(object.annotation(model::annotation::kPatroniConfig));
    map.leader = text_of(object.annotation(model::annotation::kPatroniLeader));
    // Only this one is changed on the base of what it held; elsewhere the version would make every
    // renewal of the leader lock look like a change.
    if (!map.patroni_config.empty()) map.version = text_of(object.resource_version());
  }
  return map;
}

Cluster Cluster::from(const kube::Object& object) {
  Cluster cluster;
  cluster.meta = Meta::from(object);
  // A pgcluster made by hand carries no label yet; its name says which cluster it is.
  cluster.meta.cluster = cluster.meta.name;
  cluster.current_primary = text_of(object.label(label::kCurrentPrimary));
  cluster.id = text_of(object.label(label::kClusterId));
  cluster.user = text_of(object.label(label::kPgouser));
  cluster.pool = is_true(object, label::kPgbouncer);
  cluster.failover_backup = text_of(object.annotation(model::annotation::kFailoverBackup));
  cluster.paused_by_us = object.annotation(model::annotation::kPausedByUs) == model::kTrue;
  for (const json::Value& one : object["status"]["conditions"].items()) {
    cluster.conditions.push_back({text_of(one["reason"].as_string()),
                                  text_of(one["subject"].as_string()),
                                  text_of(one["lastTransitionTime"].as_string())});
  }
  decode<model::PgCluster>(object, cluster);
  if (cluster.object) {
    cluster.status = cluster.object->spec.status;
    cluster.state = cluster.object->status.state;
    cluster.scope = cluster.object->scope();
    cluster.autofail = cluster.object->autofail();
  } else {
    cluster.scope = cluster.meta.name;
  }
  return cluster;
}

Replica Replica::from(const kube::Object& object) {
  Replica replica;
  replica.meta = Meta::from(object);
  decode<model::PgReplica>(object, replica);
  if (replica.object) {
    replica.status = replica.object->spec.status;
    replica.state = replica.object->status.state;
    if (replica.meta.cluster.empty()) replica.meta.cluster = replica.object->spec.cluster_name;
  }
  return replica;
}

Task Task::from(const kube::Object& object) {
  Task task;
  task.meta = Meta::from(object);
  task.token = text_of(object.annotation(model::annotation::kFailoverBackup));
  task.removes = text_of(object.annotation(model::annotation::kRemoves));
  const auto annotations = object.annotations();
  if (const auto from = annotations.find(model::annotation::kFailoverFrom);
      from != annotations.end()) {
    task.failover_from = from->second;
  }
  decode<model::PgTask>(object, task);
  if (task.object) {
    task.type = task.object->spec.task_type;
    task.status = task.object->spec.status;
    task.state = task.object->status.state;
    if (task.meta.cluster.empty()) {
      task.meta.cluster = text_of(task.object->parameter(model::param::kCluster));
    }
    if (task.meta.cluster.empty() && task.object->type() == model::TaskType::restore) {
      task.meta.cluster = text_of(task.object->parameter(model::param::kRestoreFromCluster));
    }
  }
  return task;
}

Policy Policy::from(const kube::Object& object) {
  return {.meta = Meta::from(object),
          .url = text_of(object["spec"]["url"].as_string()),
          .sql = text_of(object["spec"]["sql"].as_string())};
}

std::string_view Task::parameter(std::string_view key) const {
  return object ? object->parameter(key) : std::string_view{};
}

std::string_view clone_source(const Task& task) {
  if (!task.object || !model::is_clone(*task.object) || !model::is_open(*task.object)) return {};
  return task.parameter(model::param::kCloneSourceCluster);
}

bool Task::is(std::string_view key) const { return text::to_bool(parameter(key)).value_or(false); }

std::string_view Task::label(std::string_view key) const {
  return object ? object->metadata.label(key) : std::string_view{};
}

bool Cluster::operator==(const Cluster& other) const {
  // The decoded object holds every other field.
  return meta == other.meta && same(object, other.object) && problem == other.problem;
}

bool Replica::operator==(const Replica& other) const {
  return meta == other.meta && same(object, other.object) && problem == other.problem;
}

bool Task::operator==(const Task& other) const {
  return meta == other.meta && same(object, other.object) && problem == other.problem;
}

bool Cluster::initialized() const { return state == model::state::kClusterInitialized; }

const Task* ClusterView::task(std::string_view task_name) const {
  return by_name(tasks, task_name);
}
const Job* ClusterView::job(std::string_view job_name) const { return by_name(jobs, job_name); }
const Deployment* ClusterView::deployment(std::string_view deployment_name) const {
  return by_name(deployments, deployment_name);
}
const Volume* ClusterView::volume(std::string_view volume_name) const {
  return by_name(volumes, volume_name);
}
const Service* ClusterView::service(std::string_view service_name) const {
  return by_name(services, service_name);
}
const Secret* ClusterView::secret(std::string_view secret_name) const {
  return by_name(secrets, secret_name);
}
const ConfigMap* ClusterView::config_map(std::string_view map_name) const {
  return by_name(config_maps, map_name);
}
const Replica* ClusterView::replica(std::string_view replica_name) const {
  return by_name(replicas, replica_name);
}

const Policy* ClusterView::policy(std::string_view policy_name) const {
  return by_name(policies, policy_name);
}

const ExecState* ClusterView::exec(std::string_view id) const {
  const auto found = std::ranges::find(execs, id, &ExecState::id);
  return found == execs.end() ? nullptr : &*found;
}

const Pod* ClusterView::primary() const {
  const Pod* found = nullptr;
  int count = 0;
  for (const auto& pod : pods) {
    if (!pod->instance || pod->role != model::role::kMaster || pod->finished() ||
        pod->meta.deleting) {
      continue;
    }
    found = pod.get();
    ++count;
  }
  if (count <= 1) return found;
  const ConfigMap* lock = config_map(model::names::scope_leader(scope()));
  if (lock == nullptr || lock->leader.empty()) return nullptr;
  for (const auto& pod : pods) {
    if (pod->instance && pod->role == model::role::kMaster && pod->meta.name == lock->leader) {
      return pod.get();
    }
  }
  return nullptr;
}

bool ClusterView::primary_ambiguous() const {
  const auto leads = [](const std::shared_ptr<const Pod>& pod) {
    return pod->instance && pod->role == model::role::kMaster && !pod->finished() &&
           !pod->meta.deleting;
  };
  return std::count_if(pods.begin(), pods.end(), leads) > 1 && primary() == nullptr;
}

const Pod* ClusterView::repo_pod() const {
  const Pod* found = nullptr;
  for (const auto& pod : pods) {
    if (!pod->repo || pod->meta.deleting || pod->finished() || !pod->job.empty()) continue;
    if (found != nullptr) return nullptr;
    found = pod.get();
  }
  return found;
}

const Pod* ClusterView::pod_of(std::string_view deployment_name) const {
  const Pod* found = nullptr;
  for (const auto& pod : pods) {
    if (!pod->instance || pod->deployment != deployment_name) continue;
    if (pod->finished() || pod->meta.deleting) continue;
    if (found != nullptr) return nullptr;
    found = pod.get();
  }
  return found;
}

std::size_t ClusterView::instances() const {
  return static_cast<std::size_t>(
      std::count_if(deployments.begin(), deployments.end(),
                    [](const auto& one) { return one->instance && !one->meta.deleting; }));
}

std::set<std::string> policies_asked_for(const ClusterView& view) {
  std::set<std::string> names;
  const Task* task = view.task(model::names::policies_task(view.name));
  if (task != nullptr && task->object) {
    for (const auto& [name, value] : task->object->spec.parameters) names.insert(name);
  }
  for (const auto& map : view.config_maps) {
    if (!map->policy.empty()) names.insert(map->policy);
  }
  return names;
}

}  // namespace pgo::plan
