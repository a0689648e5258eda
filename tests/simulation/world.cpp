#include "world.h"

#include "pgo/manifests/cluster.h"
#include "pgo/manifests/crds.h"
#include "pgo/manifests/pgbouncer.h"
#include "pgo/manifests/render.h"
#include "pgo/manifests/repo.h"
#include "pgo/model/clone.h"
#include "pgo/model/config.h"
#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgpolicy.h"
#include "pgo/model/pgreplica.h"
#include "pgo/model/pgtask.h"
#include "pgo/model/restore.h"
#include "pgo/model/schedule.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

namespace pgo::testing {
namespace {

namespace types = kube::types;

embedded::ControllersOptions quiet_controllers() {
  embedded::ControllersOptions options;
  options.events = false;
  options.endpoint_slices = false;  // nobody here reads them
  return options;
}

std::unique_ptr<embedded::ApiServer> new_server(const Clock& clock, IdSource& ids) {
  auto server = embedded::ApiServer::create({}, clock, ids, {});
  REQUIRE_MESSAGE(server, (server ? "" : server.error().text()));
  return *std::move(server);
}

}  // namespace

World::World(WorldOptions options)
    : clock(noon()),
      options_(options),
      server_ids_(options.seed * 3 + 1),
      world_ids_(options.seed * 3 + 2),
      operator_ids_(options.seed * 3 + 3),
      server_(new_server(clock, server_ids_)),
      door_(server_->transport(embedded::Identity::admin())),
      client_(*door_) {
  for (const kube::Object& crd : manifests::custom_resource_definitions()) {
    auto made = client_.create(types::kCustomResourceDefinition, crd);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().text()));
  }
  controllers_ = std::make_unique<embedded::Controllers>(*door_, clock, world_ids_, Log{},
                                                         quiet_controllers());
  test::StandInOptions node;
  node.fails = [this](const test::StandInPod& pod) { return pod_fails && pod_fails(pod.name); };
  node.command_fails = [this](const kube::ExecRequest& request) {
    const bool fails = sql_fails && request.command.front() == "psql";
    return std::string(fails ? "ERROR: division by zero" : "");
  };
  node_ = std::make_unique<test::StandInNode>(*door_, clock, world_ids_, std::move(node));
  server_->set_container_runtime(node_.get());
  restart_operator();
  REQUIRE(run_until([&] { return engine_->synced(); }));
}

World::~World() = default;

std::unique_ptr<engine::Engine> World::new_operator(FaultyTransport& network) {
  network.written = [this](const Call& call, int status, const std::string&) {
    observe(call, status);
  };
  engine::Options options;
  options.operator_namespace = "pgo";
  options.namespaces = {kNs};
  options.settings = built_in_settings();
  options.stepped_exec = options_.commands_take;
  options.make_keys = [] {
    return Result<engine::SshKeys>(engine::SshKeys{"private", "ssh-rsa AAAA"});
  };
  return std::make_unique<engine::Engine>(kube::Client(network), clock, operator_ids_, Log{},
                                          std::move(options));
}

void World::restart_operator() {
  auto decide = network_ ? std::move(network_->decide) : nullptr;
  engine_.reset();
  network_ = std::make_unique<FaultyTransport>(*door_);
  network_->decide = std::move(decide);
  engine_ = new_operator(*network_);
}

void World::start_rival() {
  rival_network_ = std::make_unique<FaultyTransport>(*door_);
  rival_ = new_operator(*rival_network_);
}

engine::Rehearsal World::rehearse(const std::function<void()>& ask) {
  // Its own numbers, so that the world's go on as if nothing had been tried.
  SeededIdSource ids(options_.seed + 1000);
  kube::OverlayTransport view(*door_, clock, ids);
  const kube::Client real = std::exchange(client_, kube::Client(view));
  const std::set<std::string> may_go = may_go_;
  ask();
  client_ = real;
  may_go_ = may_go;
  auto rehearsal = engine::rehearse(view, {clock, ids, built_in_settings()}, kNs,
                                    engine::clusters_of(view.writes()));
  REQUIRE_MESSAGE(rehearsal, (rehearsal ? "" : rehearsal.error().text()));
  return *std::move(rehearsal);
}

void World::operator_alone() {
  while (engine_->step().progressed) {
  }
}

void World::down_for(Duration time) {
  engine_.reset();
  const TimePoint end = clock.now() + time;
  while (clock.now() < end) {
    const auto controlled = controllers_->step();
    const auto stood = node_->step();
    if (controlled.progressed || stood.progressed) continue;
    clock.advance_to(std::min(end, std::max(std::min(controlled.next, stood.next),
                                            clock.now() + std::chrono::microseconds(1))));
  }
  restart_operator();
}

void World::observe(const Call& call, int status) {
  const std::string path = call.path.substr(0, call.path.find('?'));
  writes_.push_back(std::string(kube::to_string(call.method)) + " " + path + " " +
                    std::to_string(status));
  if (status >= 400 || !options_.watch_invariants) return;
  if (call.method == kube::Method::post && path.ends_with("/jobs")) watch_repositories();
  if (call.method != kube::Method::delete_) return;
  const bool precious = path.find("/persistentvolumeclaims/") != std::string::npos ||
                        path.find("/secrets/") != std::string::npos;
  if (precious && !may_go_.contains(path.substr(path.rfind('/') + 1))) {
    violation_ = "deleted unasked: " + path;
  }
}

void World::watch_repositories() {
  std::set<std::string, std::less<>> busy;
  for (const kube::Object& job : list(types::kJob)) {
    const bool over =
        std::ranges::any_of(job["status"]["conditions"].items(), [](const json::Value& condition) {
          return condition["status"].as_string() == "True" &&
                 (condition["type"] == "Complete" || condition["type"] == "Failed");
        });
    if (job.label("backrest-command") != "backup" || over) continue;
    if (!busy.emplace(job.label("pg-cluster")).second) {
      violation_ =
          "two backups at once in the repository of " + std::string(job.label("pg-cluster"));
    }
  }
}

kube::Object World::stored(const kube::ResourceType& type, const kube::Object& object) {
  auto made = client_.create(type, object);
  REQUIRE_MESSAGE(made, (made ? "" : made.error().text()));
  return *std::move(made);
}

void World::create_cluster(const std::string& name, int replicas, bool autofail) {
  const auto& renderer = manifests::Renderer::built_in();
  model::PgCluster cluster = requested_cluster(kNs, name);
  cluster.metadata.uid.clear();
  cluster.spec.replicas = std::to_string(replicas);
  if (!autofail) cluster.metadata.labels["autofail"] = "false";
  for (const auto& [secret, user] :
       {std::pair{cluster.spec.root_secret_name, std::string("postgres")},
        std::pair{cluster.spec.primary_secret_name, std::string("primaryuser")},
        std::pair{cluster.spec.user_secret_name, cluster.spec.user}}) {
    if (!get(types::kSecret, secret)) {
      stored(types::kSecret,
             *manifests::credentials_secret(renderer, kNs, name, secret, user, "x"));
    }
  }
  if (!get(types::kSecret, model::names::backrest_secret(name))) {
    stored(types::kSecret,
           *manifests::repo_secret(renderer, kNs, name, manifests::default_repo_files()));
  }
  stored(types::kPgTask, model::workflow_task(kNs, model::names::create_workflow(name), name,
                                              std::string(cluster.user_label("workflowid")),
                                              "pgoadmin", to_rfc3339(clock.now()))
                             .object());
  stored(types::kPgCluster, cluster.object());
}

void World::scale(const std::string& cluster, const std::string& replica_name) {
  model::PgReplica replica;
  replica.metadata.ns = kNs;
  replica.metadata.name = replica_name;
  replica.metadata.labels = {{"name", replica_name}, {"pg-cluster", cluster}};
  replica.spec.ns = kNs;
  replica.spec.name = replica_name;
  replica.spec.cluster_name = cluster;
  replica.spec.storage = requested_cluster(kNs, cluster).spec.replica_storage;
  replica.spec.user_labels = requested_cluster(kNs, cluster).spec.user_labels;
  replica.status.state = model::state::kReplicaCreated;
  stored(types::kPgReplica, replica.object());
}

void World::scale_down(const std::string& cluster, const std::string& replica, bool delete_data) {
  if (delete_data) may_go_.insert(replica);
  stored(types::kPgTask, model::removal_task(kNs, model::names::removal_task(replica),
                                             {.cluster = cluster,
                                              .scope = cluster,
                                              .replica = replica,
                                              .delete_data = delete_data,
                                              .delete_backups = false,
                                              .is_replica = true})
                             .object());
}

void World::delete_cluster(const std::string& cluster, bool delete_data, bool delete_backups) {
  const std::string repo = model::names::repo_volume(cluster);
  if (delete_data) {
    for (const kube::Object& volume : list(types::kPersistentVolumeClaim)) {
      if (volume.label("pg-cluster") == cluster && volume.name() != repo) {
        may_go_.emplace(volume.name());
      }
    }
    for (const kube::Object& secret : list(types::kSecret)) {
      if (secret.label("pg-cluster") == cluster && secret.label("pgo-backrest-repo").empty()) {
        may_go_.emplace(secret.name());
      }
    }
  }
  if (delete_backups) may_go_.insert({repo, model::names::backrest_secret(cluster)});
  stored(types::kPgTask, model::removal_task(kNs, model::names::removal_task(cluster),
                                             {.cluster = cluster,
                                              .scope = cluster,
                                              .replica = {},
                                              .delete_data = delete_data,
                                              .delete_backups = delete_backups})
                             .object());
}

namespace {

model::Schedule new_schedule(const std::string& cluster, const std::string& cron, TimePoint now) {
  model::Schedule schedule;
  schedule.cluster = cluster;
  schedule.ns = kNs;
  schedule.created = to_rfc3339(now);
  schedule.schedule = cron;
  return schedule;
}

}  // namespace

std::string World::schedule(const std::string& cluster, const std::string& type,
                            const std::string& cron) {
  model::Schedule schedule = new_schedule(cluster, cron, clock.now());
  schedule.name = model::names::backrest_schedule(cluster, type);
  schedule.type = model::schedule_type::kBackrest;
  schedule.backrest.type = type;
  stored(types::kConfigMap, schedule.object());
  return schedule.name;
}

std::string World::schedule_policy(const std::string& cluster, const std::string& policy,
                                   const std::string& cron) {
  model::Schedule schedule = new_schedule(cluster, cron, clock.now());
  schedule.name = model::names::policy_schedule(cluster, policy);
  schedule.type = model::schedule_type::kPolicy;
  schedule.policy.name = policy;
  schedule.policy.database = "userdb";
  stored(types::kConfigMap, schedule.object());
  return schedule.name;
}

std::size_t World::sql_runs() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      node_->execs(), [](const kube::ExecRequest& one) { return one.command.front() == "psql"; }));
}

void World::delete_schedule(const std::string& name) {
  REQUIRE(client_.remove(types::kConfigMap, kNs, name).has_value());
}

void World::back_up(const std::string& cluster, const std::string& options) {
  const std::string name = model::names::backup(cluster);
  model::BackrestWork work;
  work.cluster = cluster;
  work.command = model::backrest_command::kBackup;
  work.options = options;
  for (const kube::Object& pod : list(types::kPod)) {
    if (pod.label("pgo-backrest-repo") == "true") work.repo_pod = pod.name();
  }
  REQUIRE(client_.remove(types::kPgTask, kNs, name));
  stored(types::kPgTask, model::backrest_task(kNs, name, work).object());
}

void World::dump(const std::string& cluster) {
  model::PgTask task =
      model::new_task(kNs, model::names::pgdump_task(cluster), model::TaskType::pgdump, cluster);
  task.spec.storage = requested_cluster(kNs, cluster).spec.primary_storage;
  task.spec.parameters = {{"pg-cluster", cluster},
                          {"pgdump-host", cluster},
                          {"pgdump-db", "postgres"},
                          {"pgdump-all", "false"},
                          {"pvc-name", model::names::pgdump_volume(cluster)}};
  stored(types::kPgTask, task.object());
}

void World::delete_dumps(const std::string& cluster) {
  may_go_.insert(model::names::pgdump_volume(cluster));
  stored(types::kPgTask, model::removal_task(kNs, model::names::backup_removal_task(cluster),
                                             {.cluster = cluster, .is_backup = true})
                             .object());
}

void World::add_pool(const std::string& cluster) {
  const model::PgCluster spec = requested_cluster(kNs, cluster);
  stored(types::kSecret, *manifests::pgbouncer_secret(manifests::Renderer::built_in(), spec,
                                                      {"pgbouncer", "x", "md5"}));
  stored(types::kPgTask, model::new_task(kNs, model::names::pgbouncer_add_task(cluster),
                                         model::TaskType::add_pgbouncer, cluster)
                             .object());
}

void World::remove_pool(const std::string& cluster) {
  may_go_.insert(model::names::pgbouncer_secret(cluster));
  stored(types::kPgTask, model::new_task(kNs, model::names::pgbouncer_delete_task(cluster),
                                         model::TaskType::delete_pgbouncer, cluster)
                             .object());
}

void World::fail_leader(const std::string& cluster) {
  const std::string was = leader(cluster);
  REQUIRE_FALSE(was.empty());
  REQUIRE(node_->set_ready(kNs, was, false));
  const auto promoted = [&] {
    const std::string now = leader(cluster);
    return !now.empty() && now != was;
  };
  for (int i = 0; i < 100'000 && !promoted(); ++i) step();
  REQUIRE(promoted());
  if (get(types::kPod, was)) REQUIRE(node_->set_ready(kNs, was, true));
}

void World::set_ready(const std::string& pod, bool ready) {
  REQUIRE(node_->set_ready(kNs, pod, ready));
}

void World::delete_pod(const std::string& pod) { REQUIRE(client_.remove(types::kPod, kNs, pod)); }

void World::create_policy(const std::string& name, const std::string& sql) {
  model::PgPolicy policy;
  policy.metadata.ns = kNs;
  policy.metadata.name = name;
  policy.spec.ns = kNs;
  policy.spec.name = name;
  policy.spec.sql = sql;
  stored(types::kPgPolicy, policy.object());
}

void World::ask_for_policy(const std::string& cluster, const std::string& policy) {
  model::PgTask task = model::new_task(kNs, model::names::policies_task(cluster),
                                       model::TaskType::add_policies, cluster);
  task.spec.parameters[policy] = policy;
  task.spec.status = model::progress::kRequested;
  stored(types::kPgTask, task.object());
}

void World::clone(const std::string& source, const std::string& target) {
  const model::CloneWork work{.source = source,
                              .target = target,
                              .workflow_id = "11111111-aaaa-4bbb-8ccc-222222222222",
                              .user = "pgoadmin",
                              .timestamp = to_rfc3339(clock.now())};
  // What a clone that fails has made goes.
  may_go_.insert(
      {target, model::names::repo_volume(target), model::names::backrest_secret(target)});
  stored(types::kPgTask, model::workflow_task(kNs, model::names::clone_workflow(work), target,
                                              work.workflow_id, {}, work.timestamp)
                             .object());
  stored(types::kPgTask, model::clone_task(kNs, model::TaskType::clone_step1, work).object());
}

void World::cancel_clone(const std::string& target) {
  const auto body = json::parse(R"({"spec":{"parameters":{"cancelled":"2026-01-01T00:00:00Z"}}})");
  for (const kube::Object& task : list(types::kPgTask)) {
    if (task.label("pg-cluster") != target || task.label("pgo-clone") != "true") continue;
    REQUIRE(client_.patch(types::kPgTask, kNs, task.name(), kube::PatchType::merge, *body));
  }
}

void World::restore(const std::string& cluster, const std::string& to_pvc) {
  const model::RestoreWork work{.cluster = cluster,
                                .to_pvc = to_pvc,
                                .workflow_id = "11111111-aaaa-4bbb-8ccc-333333333333",
                                .user = "pgoadmin"};
  may_go_.insert(to_pvc);
  stored(types::kPgTask, model::workflow_task(kNs, model::names::restore_workflow(cluster), cluster,
                                              work.workflow_id, {}, to_rfc3339(clock.now()))
                             .object());
  stored(types::kPgTask, model::restore_task(kNs, work).object());
}

void World::fail_over_to(const std::string& cluster, const std::string& target) {
  model::PgTask task = model::new_task(kNs, model::names::failover_task(cluster),
                                       model::TaskType::failover, cluster);
  task.metadata.labels["target"] = target;
  task.metadata.labels["pgouser"] = "pgoadmin";
  task.spec.parameters[cluster] = cluster;
  stored(types::kPgTask, task.object());
}

bool World::step() {
  if (network_->dead()) restart_operator();
  if (release_after_ && network_->held()) {
    if (!held_since_) held_since_ = clock.now();
    if (clock.now() - *held_since_ >= *release_after_) network_->catch_up();
  }
  const std::clock_t began = std::clock();
  const engine::Step operated = engine_->step();
  operator_ticks_ += std::clock() - began;
  ++operator_steps_;
  const engine::Step rivalled = rival_ ? rival_->step() : engine::Step{};
  const auto controlled = controllers_->step();
  const auto stood = node_->step();
  if (operated.progressed || rivalled.progressed || controlled.progressed || stood.progressed)
    return true;
  const TimePoint next = std::min({operated.next, rivalled.next, controlled.next, stood.next});
  if (next == TimePoint::max()) return false;
  TimePoint until = std::max(next, clock.now() + std::chrono::microseconds(1));
  if (release_after_ && held_since_ && network_->held()) {
    until = std::min(until, *held_since_ + *release_after_);
  }
  clock.advance_to(end_ ? std::min(until, *end_) : until);
  return true;
}

void World::run_for(Duration time) {
  end_ = clock.now() + time;
  while (clock.now() < *end_) {
    if (!step()) clock.advance_to(*end_);
  }
  end_.reset();
}

bool World::run_until(const std::function<bool()>& done, Duration limit) {
  const TimePoint end = clock.now() + limit;
  // Longer than any backoff of the operator's queue, so that a failed plan shows.
  constexpr Duration kQuiet = std::chrono::seconds(70);
  std::optional<TimePoint> since;
  std::size_t writes = writes_.size();
  std::uint64_t version = server_->version();
  while (clock.now() < end) {
    const bool more = step();
    if (writes != writes_.size() || version != server_->version()) {
      writes = writes_.size();
      version = server_->version();
      since.reset();
    }
    if (!since) since = clock.now();
    if ((!more || clock.now() - *since >= kQuiet) && done()) return true;
    if (!more) return false;
  }
  return false;
}

std::vector<kube::Object> World::list(const kube::ResourceType& type) const {
  auto found = client_.list(type, kNs);
  return found ? std::move(found->items) : std::vector<kube::Object>();
}

std::optional<kube::Object> World::get(const kube::ResourceType& type,
                                       const std::string& name) const {
  auto found = client_.get(type, kNs, name);
  if (!found) return std::nullopt;
  return *std::move(found);
}

bool World::initialized(const std::string& cluster) const {
  const auto found = get(types::kPgCluster, cluster);
  return found && (*found)["status"]["state"].as_string() == model::state::kClusterInitialized;
}

}  // namespace pgo::testing
