#include "pgo/model/pgpolicy.h"
#include "pgo/model/pgtask.h"
#include "pgo/model/schedule.h"
#include "rig.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

// SQL that takes long, and what goes on beside it: the engine on real threads, commands that end
// when the test says so.
using namespace pgo;
using namespace pgo::testing;

namespace types = kube::types;

namespace {

constexpr const char* kNs = "pgouser1";

/// Waits end by their condition; the bound only keeps a broken engine from hanging the test.
constexpr std::chrono::seconds kLong{30};

/// Commands run until they are let go or cancelled.
class HeldCommands final : public kube::Transport {
 public:
  explicit HeldCommands(kube::Transport& inner) : inner_(&inner) {}

  Result<kube::Response> request(const kube::Request& request) override {
    return inner_->request(request);
  }
  Result<std::unique_ptr<kube::WatchStream>> watch(const kube::Request& request,
                                                   std::function<void()> on_ready) override {
    return inner_->watch(request, std::move(on_ready));
  }
  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override {
    std::unique_lock lock(mutex_);
    ++begun_[request.pod];
    ++running_;
    changed_.notify_all();
    const bool let_go =
        changed_.wait(lock, request.stop, [&] { return open_.contains(request.pod); });
    --running_;
    if (!let_go) ++cancelled_;
    changed_.notify_all();
    if (!let_go) return fail(Code::cancelled, "cancelled by the caller");
    return kube::ExecResult{};
  }

  bool wait(const std::function<bool()>& done) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLong, done);
  }
  bool wait_until_running(int count) {
    return wait([&] { return running_ == count; });
  }
  bool wait_until_cancelled(int count) {
    return wait([&] { return cancelled_ == count; });
  }
  void let_go(const std::string& pod) {
    const std::scoped_lock lock(mutex_);
    open_.insert(pod);
    changed_.notify_all();
  }
  int begun(const std::string& pod) {
    const std::scoped_lock lock(mutex_);
    return begun_[pod];
  }

 private:
  kube::Transport* inner_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, int> begun_;
  std::set<std::string> open_;
  int running_ = 0, cancelled_ = 0;
};

json::Value condition(const char* type) {
  return json::Value::object({{"type", type}, {"status", "True"}});
}

/// Clusters as far as scheduled SQL needs them: initialized, with a primary that is ready.
struct Stage {
  Stage() {
    for (const kube::Object& crd : manifests::custom_resource_definitions()) {
      REQUIRE(client.create(types::kCustomResourceDefinition, crd));
    }
    make(types::kNamespace, kube::Object(types::kNamespace, "", kNs));
    model::PgPolicy policy;
    policy.metadata.ns = kNs;
    policy.metadata.name = "audit";
    policy.spec.ns = kNs;
    policy.spec.name = "audit";
    policy.spec.sql = "select pg_sleep(600)";
    make(types::kPgPolicy, policy.object());
  }
  ~Stage() { stop(); }

  kube::Object make(const kube::ResourceType& type, const kube::Object& object) const {
    auto made = client.create(type, object);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().text()));
    return *std::move(made);
  }

  void start(int workers, int execs_at_once = 64) {
    engine::Options options;
    options.namespaces = {kNs};
    options.settings = built_in_settings();
    options.workers = workers;
    options.execs_at_once = execs_at_once;
    options.make_keys = [] { return Result<engine::SshKeys>(engine::SshKeys{"p", "a"}); };
    engine = std::make_unique<engine::Engine>(kube::Client(commands), clock, ids, Log{},
                                              std::move(options));
    runner = std::jthread([this](std::stop_token stop) { engine->run(stop); });
  }
  void stop() {
    runner.request_stop();
    if (runner.joinable()) runner.join();
  }

  void cluster(const std::string& name) const {
    model::PgCluster wanted = requested_cluster(kNs, name);
    wanted.metadata.uid.clear();
    wanted.spec.status = model::progress::kCompleted;
    wanted.status.state = model::state::kClusterInitialized;
    make(types::kPgCluster, wanted.object());
    kube::Object pod(types::kPod, kNs, name + "-pod");
    for (const auto& [key, value] : std::map<std::string, std::string>{{"vendor", "crunchydata"},
                                                                       {"pg-cluster", name},
                                                                       {"deployment-name", name},
                                                                       {"service-name", name},
                                                                       {"pgo-pg-database", "true"},
                                                                       {"role", "master"}}) {
      pod.set_label(key, value);
    }
    pod.document().at_or_add("spec").set(
        "containers",
        json::Value::array({json::Value::object({{"name", "database"}, {"image", "x"}})}));
    make(types::kPod, pod);
    json::Value status;
    status.set("phase", "Running");
    status.set("conditions",
               json::Value::array({condition("Ready"), condition("ContainersReady")}));
    status.set("containerStatuses", json::Value::array({json::Value::object({{"name", "database"},
                                                                             {"ready", true},
                                                                             {"restartCount", 0},
                                                                             {"image", "x"},
                                                                             {"imageID", "x"}})}));
    json::Value body;
    body.set("status", std::move(status));
    REQUIRE(client.patch(types::kPod, kNs, name + "-pod", kube::PatchType::merge, body, "status"));
  }

  /// SQL that has been due since yesterday, and is not again before tomorrow.
  void schedule(const std::string& cluster) const {
    model::Schedule schedule;
    schedule.name = cluster + "-policy-audit";
    schedule.cluster = cluster;
    schedule.ns = kNs;
    schedule.schedule = "@every 24h";
    schedule.type = model::schedule_type::kPolicy;
    schedule.policy.name = "audit";
    schedule.policy.database = "userdb";
    kube::Object map = schedule.object();
    map.set_annotation("pgo-schedule-last", to_rfc3339(clock.now() - std::chrono::hours(25)));
    make(types::kConfigMap, map);
  }
  std::string annotation(const std::string& cluster, const char* name) const {
    const auto map = client.get(types::kConfigMap, kNs, cluster + "-policy-audit");
    return map ? std::string(map->annotation(name)) : "gone";
  }
  void remove(const std::string& cluster) const {
    make(types::kPgTask, model::removal_task(kNs, cluster + "-rmdata",
                                             {.cluster = cluster,
                                              .scope = cluster,
                                              .replica = "",
                                              .delete_data = true,
                                              .delete_backups = true,
                                              .is_replica = false})
                             .object());
  }

  bool eventually(const std::function<bool()>& done) const {
    const TimePoint end = clock.now() + kLong;
    while (clock.now() < end) {
      if (done()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }

  SystemClock clock;
  SystemIdSource ids;
  std::unique_ptr<embedded::ApiServer> server = *embedded::ApiServer::create({}, clock, ids, {});
  std::unique_ptr<kube::Transport> door = server->transport(embedded::Identity::admin());
  kube::Client client{*door};
  HeldCommands commands{*door};
  std::unique_ptr<engine::Engine> engine;
  std::jthread runner;
};

std::string named(int number) { return "slow" + std::to_string(number); }

}  // namespace

TEST_CASE("engine: SQL that takes long in many clusters delays no other cluster") {
  Stage stage;
  for (int i = 0; i < 5; ++i) {
    stage.cluster(named(i));
    stage.schedule(named(i));
  }
  stage.start(/*workers=*/2);
  REQUIRE(stage.commands.wait_until_running(5));
  model::PgCluster quick = requested_cluster(kNs, "quick");
  quick.metadata.uid.clear();
  stage.make(types::kPgCluster, quick.object());
  CHECK(stage.eventually(
      [&] { return stage.client.get(types::kDeployment, kNs, "quick").has_value(); }));
  for (int i = 0; i < 5; ++i) {
    CHECK(stage.annotation(named(i), "pgo-schedule-due") != "");
    stage.commands.let_go(named(i) + "-pod");
  }
  for (int i = 0; i < 5; ++i) {
    CHECK(stage.eventually([&] { return stage.annotation(named(i), "pgo-schedule-due").empty(); }));
    CHECK(stage.annotation(named(i), "pgo-command-failed").empty());
    CHECK(stage.commands.begun(named(i) + "-pod") == 1);
  }
}

TEST_CASE("engine: while SQL runs its cluster is planned on, and the SQL is not started again") {
  Stage stage;
  stage.cluster("hippo");
  stage.schedule("hippo");
  stage.start(/*workers=*/1);
  REQUIRE(stage.commands.wait_until_running(1));
  const auto service = [&] { return stage.client.get(types::kService, kNs, "hippo").has_value(); };
  REQUIRE(stage.eventually(service));
  REQUIRE(stage.client.remove(types::kService, kNs, "hippo"));
  CHECK(stage.eventually(service));
  CHECK(stage.annotation("hippo", "pgo-schedule-due") != "");
  CHECK(stage.commands.begun("hippo-pod") == 1);
}

TEST_CASE("engine: a cluster whose SQL runs is removed at once, and the SQL is cancelled") {
  Stage stage;
  stage.cluster("hippo");
  stage.schedule("hippo");
  stage.start(/*workers=*/1);
  REQUIRE(stage.commands.wait_until_running(1));
  stage.remove("hippo");
  CHECK(stage.commands.wait_until_cancelled(1));
  CHECK(stage.eventually([&] { return stage.annotation("hippo", "any") == "gone"; }));
  CHECK(stage.commands.begun("hippo-pod") == 1);
}

TEST_CASE("engine: a stop cancels what runs; the next operator tells of it and runs it not again") {
  Stage stage;
  stage.cluster("hippo");
  stage.schedule("hippo");
  stage.start(/*workers=*/1);
  REQUIRE(stage.commands.wait_until_running(1));
  const TimePoint asked = stage.clock.now();
  stage.stop();
  CHECK(stage.clock.now() - asked < std::chrono::seconds(10));
  CHECK(stage.commands.wait_until_cancelled(1));
  CHECK(stage.annotation("hippo", "pgo-schedule-due") != "");
  stage.start(/*workers=*/1);
  CHECK(stage.eventually([&] { return stage.annotation("hippo", "pgo-schedule-due").empty(); }));
  CHECK(stage.annotation("hippo", "pgo-command-failed").find("is not known") != std::string::npos);
  CHECK(stage.commands.begun("hippo-pod") == 1);
}

TEST_CASE("engine: who leads no longer cancels what it runs and records nothing of it") {
  Stage stage;
  stage.cluster("hippo");
  stage.schedule("hippo");
  stage.start(/*workers=*/1);
  REQUIRE(stage.commands.wait_until_running(1));
  stage.engine->set_leading(false);
  CHECK(stage.commands.wait_until_cancelled(1));
  CHECK(stage.annotation("hippo", "pgo-schedule-due") != "");
}

TEST_CASE("engine: only so much SQL runs at once, and what waits its turn is not lost") {
  Stage stage;
  for (int i = 0; i < 2; ++i) {
    stage.cluster(named(i));
    stage.schedule(named(i));
  }
  stage.start(/*workers=*/1, /*execs_at_once=*/1);
  REQUIRE(stage.commands.wait_until_running(1));
  const int first = stage.commands.begun(named(0) + "-pod") == 1 ? 0 : 1;
  CHECK(stage.annotation(named(1 - first), "pgo-schedule-due").empty());
  stage.commands.let_go(named(first) + "-pod");
  stage.commands.let_go(named(1 - first) + "-pod");
  CHECK(stage.eventually([&] { return stage.commands.begun(named(1 - first) + "-pod") == 1; }));
}
