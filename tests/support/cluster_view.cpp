#include "support/cluster_view.h"

#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/model/names.h"
#include "pgo/model/pgreplica.h"

#include <algorithm>
#include <stdexcept>

namespace pgo::testing {
namespace {

constexpr const char* kNs = "pgouser1";

template <typename T>
plan::Many<T> shared(const std::vector<T>& all) {
  plan::Many<T> result;
  for (const T& one : all) result.push_back(std::make_shared<const T>(one));
  return result;
}

template <typename T>
plan::Many<T> projected(const std::vector<kube::Object>& all) {
  plan::Many<T> result;
  for (const kube::Object& one : all) result.push_back(std::make_shared<const T>(T::from(one)));
  return result;
}

template <typename T, typename Match>
T& find(std::vector<T>& all, Match match, std::string_view what) {
  const auto found = std::find_if(all.begin(), all.end(), match);
  if (found == all.end()) throw std::logic_error("the view holds no " + std::string(what));
  return *found;
}

}  // namespace

TimePoint noon() { return *parse_rfc3339("2020-01-02T12:00:00Z"); }

model::PgCluster requested_cluster(std::string_view ns, std::string_view name) {
  const model::Config& config = model::Config::defaults();
  model::PgCluster cluster;
  cluster.metadata.ns = ns;
  cluster.metadata.name = name;
  cluster.metadata.uid = "uid-of-" + std::string(name);
  cluster.metadata.labels = {{"autofail", "true"},
                             {"crunchy-pgbadger", "false"},
                             {"name", std::string(name)},
                             {"pgo-backrest", "true"},
                             {"pgouser", "pgoadmin"}};
  model::PgClusterSpec& spec = cluster.spec;
  spec.ns = ns;
  spec.name = spec.cluster_name = spec.primary_host = name;
  spec.ccp_image = model::fixed::kDefaultImage;
  spec.ccp_image_tag = config.cluster.ccp_image_tag;
  spec.port = config.cluster.port;
  spec.badger_port = config.cluster.badger_port;
  spec.exporter_port = config.cluster.exporter_port;
  spec.primary_storage = *config.storage_spec(config.primary_storage);
  spec.replica_storage = *config.storage_spec(config.replica_storage);
  spec.backrest_storage = *config.storage_spec(config.backrest_storage);
  spec.user = "testuser";
  spec.database = "userdb";
  spec.replicas = "0";
  spec.strategy = "1";
  spec.user_secret_name = model::names::user_secret(name, spec.user);
  spec.root_secret_name = model::names::postgres_secret(name);
  spec.primary_secret_name = model::names::primaryuser_secret(name);
  spec.collect_secret_name = model::names::collect_secret(name);
  spec.user_labels = {{"archive-timeout", "60"},
                      {"crunchy_collect", "false"},
                      {"pg-pod-anti-affinity", ""},
                      {"pgo-version", "4.2.0"},
                      {"workflowid", "11111111-2222-4333-8444-555555555555"}};
  cluster.status.state = model::state::kClusterCreated;
  return cluster;
}

ViewBuilder::ViewBuilder(std::string_view name)
    : name_(name), cluster_(requested_cluster(kNs, name)) {}

plan::Meta ViewBuilder::meta(std::string_view name) const {
  return {.ns = kNs,
          .name = std::string(name),
          .uid = "uid-of-" + std::string(name),
          .cluster = name_,
          .deleting = false};
}

void ViewBuilder::instance(std::string_view name, std::string_view role,
                           std::string_view service_name) {
  plan::Deployment deployment;
  deployment.meta = meta(name);
  deployment.deployment = name;
  deployment.scope = name_;
  deployment.service_name = service_name;
  deployment.instance = true;
  deployments_.push_back(deployment);
  plan::Pod pod;
  pod.meta = meta(std::string(name) + "-6765f8686c-brnnq");
  pod.deployment = name;
  pod.service_name = service_name;
  pod.role = role;
  pod.phase = "Running";
  pod.ip = "10.0.0." + std::to_string(10 + pods_.size());
  pod.data_path = model::names::data_path(name);
  pod.instance = true;
  pod.ready = pod.database_ready = !role.empty();
  pods_.push_back(pod);
}

ViewBuilder& ViewBuilder::secrets() {
  secret(cluster_.spec.root_secret_name);
  secret(cluster_.spec.primary_secret_name);
  secret(cluster_.spec.user_secret_name);
  return secret(model::names::backrest_secret(name_), true);
}

ViewBuilder& ViewBuilder::bootstrapped() {
  secrets();
  volume(name_).volume(model::names::repo_volume(name_));
  service(model::names::primary_service(name_)).service(model::names::repo_service(name_));
  config_map(model::names::default_config(name_));
  config_maps_.back().default_config = true;
  config_maps_.back().init = "true";
  instance(name_, "", "");
  plan::Deployment repo;
  repo.meta = meta(model::names::repo_deployment(name_));
  repo.repo = true;
  deployments_.push_back(repo);
  plan::Pod pod;
  pod.meta = meta(repo.meta.name + "-86958fc4b7-ppxkq");
  pod.phase = "Running";
  pod.repo = true;
  pods_.push_back(pod);
  cluster_.spec.status = model::progress::kCompleted;
  cluster_.spec.primary_storage.name = name_;
  cluster_.status.state = model::state::kClusterProcessed;
  auto& labels = cluster_.metadata.labels;
  labels["current-primary"] = labels["crunchy-pgha-scope"] = labels["deployment-name"] =
      labels["pg-cluster"] = name_;
  labels["pg-cluster-id"] = cluster_.metadata.uid;
  return *this;
}

ViewBuilder& ViewBuilder::primary_ready() {
  if (deployments_.empty()) bootstrapped();
  patroni(R"({"loop_wait":10,"ttl":30})");
  return leads(name_);
}

ViewBuilder& ViewBuilder::repo_ready() {
  for (plan::Pod& pod : pods_) {
    if (pod.repo) pod.ready = pod.database_ready = true;
  }
  return *this;
}

ViewBuilder& ViewBuilder::initialized() {
  cluster_.status.state = model::state::kClusterInitialized;
  for (plan::ConfigMap& map : config_maps_) {
    if (map.init) map.init = "false";
  }
  model::BackrestWork work;
  work.cluster = name_;
  work.command = "backup";
  work.backup_type = "bootstrap";
  work.options = "--type=full";
  model::PgTask backup = model::backrest_task(kNs, model::names::backup(name_), work);
  backup.spec.status = model::progress::kJobCompleted;
  backup.status.state = model::state::kTaskProcessed;
  task(backup);
  return job(model::names::backup(name_), true);
}

ViewBuilder& ViewBuilder::settled() {
  primary_ready().repo_ready().initialized();
  deployment_of(name_).service_name = pod_of(name_).service_name = name_;
  return *this;
}

ViewBuilder& ViewBuilder::replica(std::string_view name) {
  model::PgReplica replica;
  replica.metadata.ns = kNs;
  replica.metadata.name = name;
  replica.metadata.uid = "uid-of-" + std::string(name);
  replica.metadata.labels = {{"name", std::string(name)}, {"pg-cluster", name_}};
  replica.spec.name = name;
  replica.spec.cluster_name = name_;
  replica.spec.storage = cluster_.spec.replica_storage;
  replica.spec.user_labels = cluster_.spec.user_labels;
  replica.status.state = model::state::kReplicaCreated;
  replicas_.push_back(replica.object());
  return *this;
}

ViewBuilder& ViewBuilder::running_replica(std::string_view name) {
  replica(name);
  auto made = *model::PgReplica::from(replicas_.back());
  made.spec.status = model::progress::kCompleted;
  made.status.state = model::state::kReplicaProcessed;
  replicas_.back() = made.object();
  instance(name, "replica", model::names::replica_service(name_));
  volume(name);
  const std::string replicas_service = model::names::replica_service(name_);
  const bool known = std::any_of(services_.begin(), services_.end(), [&](const auto& one) {
    return one.meta.name == replicas_service;
  });
  return known ? *this : service(replicas_service);
}

ViewBuilder& ViewBuilder::leads(std::string_view name) {
  for (plan::Pod& pod : pods_) {
    if (!pod.instance) continue;
    pod.role = pod.deployment == name ? "master" : "replica";
    if (pod.deployment == name) pod.ready = pod.database_ready = true;
  }
  return *this;
}

ViewBuilder& ViewBuilder::without_pod(std::string_view deployment) {
  std::erase_if(pods_, [&](const plan::Pod& pod) { return pod.deployment == deployment; });
  return *this;
}

ViewBuilder& ViewBuilder::autofail(bool on) {
  cluster_.metadata.labels["autofail"] = on ? "true" : "false";
  return *this;
}

ViewBuilder& ViewBuilder::patroni(std::string_view config) {
  const std::string name = model::names::scope_config(name_);
  std::erase_if(config_maps_, [&](const auto& map) { return map.meta.name == name; });
  config_map(name, name_);
  config_maps_.back().patroni_config = config;
  config_maps_.back().version = "77";
  return *this;
}

ViewBuilder& ViewBuilder::task(const model::PgTask& task) {
  model::PgTask stored = task;
  stored.metadata.uid = "uid-of-" + task.metadata.name;
  tasks_.push_back(stored.object());
  return *this;
}

ViewBuilder& ViewBuilder::job(std::string_view name, bool succeeded, bool failed) {
  plan::Job job;
  job.meta = meta(name);
  job.command = name.find("stanza") != std::string_view::npos ? "stanza-create" : "backup";
  job.backrest = true;
  job.succeeded = succeeded;
  job.failed = failed;
  job.failures = failed ? 1 : 0;
  jobs_.push_back(job);
  return *this;
}

ViewBuilder& ViewBuilder::secret(std::string_view name, bool repo) {
  plan::Secret secret;
  secret.meta = meta(name);
  secret.repo = repo;
  secrets_.push_back(secret);
  return *this;
}

ViewBuilder& ViewBuilder::volume(std::string_view name) {
  plan::Volume volume;
  volume.meta = meta(name);
  volume.removable = true;
  volumes_.push_back(volume);
  return *this;
}

ViewBuilder& ViewBuilder::service(std::string_view name) {
  plan::Service service;
  service.meta = meta(name);
  services_.push_back(service);
  return *this;
}

ViewBuilder& ViewBuilder::deployment(std::string_view name) {
  plan::Deployment deployment;
  deployment.meta = meta(name);
  deployment.service_name = name;
  deployments_.push_back(deployment);
  return *this;
}

ViewBuilder& ViewBuilder::config_map(std::string_view name, std::string_view scope) {
  plan::ConfigMap map;
  map.meta = meta(name);
  map.scope = scope;
  if (!scope.empty()) map.meta.cluster.clear();
  config_maps_.push_back(map);
  return *this;
}

ViewBuilder& ViewBuilder::schedule(const model::Schedule& schedule, std::string_view last_firing) {
  kube::Object map = schedule.object();
  map.document().at_or_add("metadata").set("uid", "uid-of-" + schedule.name);
  map.document().at_or_add("metadata").set("resourceVersion", "88");
  map.document().at_or_add("metadata").set("creationTimestamp", "2020-01-01T00:00:00Z");
  if (!last_firing.empty()) map.set_annotation(model::annotation::kLastFiring, last_firing);
  config_maps_.push_back(plan::ConfigMap::from(map));
  return *this;
}

ViewBuilder& ViewBuilder::exec(const plan::Exec& exec, plan::ExecState::Outcome outcome,
                               std::string_view why) {
  plan::ExecState state{.id = exec.id, .pod = exec.pod, .started = noon()};
  state.outcome = outcome;
  state.ended = noon();
  state.why = why;
  execs_.push_back(std::move(state));
  return *this;
}

ViewBuilder& ViewBuilder::no_cluster() {
  has_cluster_ = false;
  return *this;
}

plan::Pod& ViewBuilder::pod_of(std::string_view deployment) {
  return find(
      pods_, [&](const plan::Pod& pod) { return pod.deployment == deployment; }, deployment);
}

plan::Deployment& ViewBuilder::deployment_of(std::string_view name) {
  return find(
      deployments_, [&](const plan::Deployment& one) { return one.meta.name == name; }, name);
}

plan::Job& ViewBuilder::job_of(std::string_view name) {
  return find(jobs_, [&](const plan::Job& one) { return one.meta.name == name; }, name);
}

plan::ConfigMap& ViewBuilder::config_map_of(std::string_view name) {
  return find(
      config_maps_, [&](const plan::ConfigMap& one) { return one.meta.name == name; }, name);
}

plan::Secret& ViewBuilder::secret_of(std::string_view name) {
  return find(secrets_, [&](const plan::Secret& one) { return one.meta.name == name; }, name);
}

plan::ClusterView ViewBuilder::make() const {
  plan::ClusterView view;
  view.ns = kNs;
  view.name = name_;
  if (has_cluster_) {
    view.cluster = std::make_shared<const plan::Cluster>(plan::Cluster::from(cluster_.object()));
  }
  view.replicas = projected<plan::Replica>(replicas_);
  view.tasks = projected<plan::Task>(tasks_);
  view.deployments = shared(deployments_);
  view.pods = shared(pods_);
  view.jobs = shared(jobs_);
  view.volumes = shared(volumes_);
  view.services = shared(services_);
  view.config_maps = shared(config_maps_);
  view.secrets = shared(secrets_);
  view.execs = execs_;
  view.knows_execs = true;
  return view;
}

plan::Settings built_in_settings() {
  return {.config = &model::Config::defaults(), .renderer = &manifests::Renderer::built_in()};
}

Look look(plan::ClusterView view, TimePoint now) {
  Look result{std::move(view), plan::Plan(view, now)};
  result.plan = plan::plan_cluster(result.view, built_in_settings(), now);
  return result;
}

}  // namespace pgo::testing
