#include "pgo/base/text.h"
#include "rig.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace pgo;
using namespace pgo::testing;

namespace types = kube::types;

TEST_CASE("engine: a pgcluster made by hand gets everything, secrets with drawn values included") {
  Rig rig;
  rig.cluster("hippo");
  rig.work();
  CHECK(rig.has(types::kDeployment, "hippo"));
  CHECK(rig.has(types::kDeployment, "hippo-backrest-shared-repo"));
  const auto password = [&](const char* secret) {
    return text::base64_decode(
               (*rig.client.get(types::kSecret, "pgouser1", secret))["data"]["password"]
                   .as_string())
        .value_or("");
  };
  CHECK(password("hippo-postgres-secret").size() == 24);
  CHECK(password("hippo-postgres-secret") != password("hippo-testuser-secret"));
  const auto repo = *rig.client.get(types::kSecret, "pgouser1", "hippo-backrest-repo-config");
  CHECK(*text::base64_decode(repo["data"]["id_rsa"].as_string()) == "private");
  CHECK(*text::base64_decode(repo["data"]["authorized_keys"].as_string()) == "ssh-rsa AAAA");
}

TEST_CASE("engine: owned namespaces get service accounts and roles, again only where they differ") {
  Rig rig;
  rig.work();
  CHECK(rig.has(types::kServiceAccount, "pgo-pg"));
  CHECK(rig.has(types::kRole, "pgo-pg-role"));
  const std::size_t writes = rig.network.writes();
  engine::Options options;
  options.namespaces = {"pgouser1"};
  options.settings = built_in_settings();
  engine::Engine second(kube::Client(rig.network), rig.clock, rig.ids, Log{}, std::move(options));
  for (int i = 0; i < 1000 && !second.synced(); ++i) second.step();
  CHECK(second.synced());
  CHECK(rig.network.writes() == writes);
}

TEST_CASE("engine: a namespace of another installation is left alone") {
  Rig rig({"theirs"});
  kube::Object theirs(types::kNamespace, "", "theirs");
  theirs.set_label("vendor", "crunchydata");
  theirs.set_label("pgo-installation-name", "other");
  rig.create(types::kNamespace, theirs);
  rig.cluster("hippo", "theirs");
  rig.work();
  CHECK_FALSE(rig.has(types::kDeployment, "hippo", "theirs"));
  CHECK((*rig.client.get(types::kNamespace, "", "theirs")).label("pgo-installation-name") ==
        "other");
}

TEST_CASE(
    "K11: a namespace that is made has its labels from the start, an older one gets them once") {
  Rig rig({"made", "older"});
  rig.create(types::kNamespace, kube::Object(types::kNamespace, "", "older"));
  std::vector<std::string> writes;
  rig.network.written = [&](const Call& call, int status, const std::string&) {
    constexpr std::string_view kAll = "/api/v1/namespaces";
    const std::string path = call.path.substr(0, call.path.find('?'));
    if (path.starts_with(kAll) && path.find('/', kAll.size() + 1) == path.npos) {
      writes.push_back(path + " " + std::to_string(status));
    }
  };
  rig.work();
  for (const char* ns : {"made", "older"}) {
    CAPTURE(ns);
    const auto stored = *rig.client.get(types::kNamespace, "", ns);
    CHECK(stored.label("vendor") == "crunchydata");
    CHECK_FALSE(stored.label("pgo-installation-name").empty());
  }
  CHECK(std::count(writes.begin(), writes.end(), "/api/v1/namespaces 201") == 1);
  CHECK(std::count(writes.begin(), writes.end(), "/api/v1/namespaces/older 200") == 1);
  CHECK(writes.size() == 2);
}

TEST_CASE("K25: a cluster whose every write fails stops no other, and goes on when they succeed") {
  Rig rig;
  rig.work();
  bool broken = true;
  rig.network.decide = [&](const Call& call) {
    return broken && call.write && call.path.find("/persistentvolumeclaims") != std::string::npos
               ? Fault::server_error
               : Fault::none;
  };
  rig.cluster("hippo");
  rig.work();
  CHECK_FALSE(rig.has(types::kDeployment, "hippo"));
  broken = false;
  rig.cluster("rhino");
  rig.work(std::chrono::minutes(5));
  CHECK(rig.has(types::kDeployment, "rhino"));
  CHECK(rig.has(types::kDeployment, "hippo"));
}

TEST_CASE("engine: while one cache cannot be filled nothing is decided") {
  Rig rig;
  rig.work();
  bool broken = true;
  rig.network.decide = [&](const Call& call) {
    return broken && call.path.find("/persistentvolumeclaims") != std::string::npos
               ? Fault::server_error
               : Fault::none;
  };
  engine::Options options;
  options.namespaces = {"pgouser1"};
  options.settings = built_in_settings();
  rig.engine = std::make_unique<engine::Engine>(kube::Client(rig.network), rig.clock, rig.ids,
                                                Log{}, std::move(options));
  rig.cluster("hippo");
  rig.work();
  CHECK_FALSE(rig.has(types::kService, "hippo"));
  broken = false;
  rig.work(std::chrono::minutes(2));
  CHECK(rig.has(types::kService, "hippo"));
}

TEST_CASE("engine: an object of that name that is not ours stops the plan and stays as it is") {
  Rig rig;
  rig.work();
  kube::Object theirs(types::kService, "pgouser1", "hippo");
  theirs.document().at_or_add("spec").set(
      "ports", json::Value::array({json::Value::object({{"port", 80}})}));
  const std::string uid(rig.create(types::kService, theirs).uid());
  rig.cluster("hippo");
  rig.work();
  CHECK_FALSE(rig.has(types::kDeployment, "hippo"));
  CHECK((*rig.client.get(types::kService, "pgouser1", "hippo")).uid() == uid);
  const auto status = rig.engine->status("pgouser1", "hippo");
  REQUIRE(status);
  REQUIRE(status->error);
  CHECK(status->error->code == Code::already_exists);
  // K28: told as a failure, and once, however often it is tried.
  CHECK(std::count(rig.events.begin(), rig.events.end(), "CreateClusterFailure") == 1);
  // Once it is out of the way the work goes on by itself.
  REQUIRE(rig.client.remove(types::kService, "pgouser1", "hippo"));
  rig.work(std::chrono::minutes(3));
  CHECK(rig.has(types::kDeployment, "hippo"));
}

TEST_CASE("engine: a claim of that name is taken over with what is in it") {
  Rig rig;
  rig.work();
  kube::Object claim(types::kPersistentVolumeClaim, "pgouser1", "hippo");
  claim.document().at_or_add("spec").set("accessModes", json::Value::array({"ReadWriteOnce"}));
  claim.document()
      .at_or_add("spec")
      .at_or_add("resources")
      .at_or_add("requests")
      .set("storage", "1G");
  const std::string uid(rig.create(types::kPersistentVolumeClaim, claim).uid());
  rig.cluster("hippo");
  rig.work();
  CHECK(rig.has(types::kDeployment, "hippo"));
  CHECK((*rig.client.get(types::kPersistentVolumeClaim, "pgouser1", "hippo")).uid() == uid);
}

TEST_CASE("engine: nothing is written without leadership, the work is done when it comes") {
  Rig rig;
  rig.work();
  rig.engine->set_leading(false);
  const std::size_t before = rig.network.writes();
  rig.cluster("hippo");
  rig.work();
  CHECK(rig.network.writes() == before);
  rig.engine->set_leading(true);
  rig.work();
  CHECK(rig.has(types::kDeployment, "hippo"));
}

TEST_CASE("engine: a burst of changes to one cluster costs few plans, a settled one no writes") {
  Rig rig;
  rig.cluster("hippo");
  rig.work();
  const std::size_t writes = rig.network.writes();
  const std::uint64_t plans = rig.engine->counters().plans;
  for (int i = 0; i < 50; ++i) {
    kube::Object pod(types::kPod, "pgouser1", "other-" + std::to_string(i));
    pod.set_label("vendor", "crunchydata");
    pod.set_label("pg-cluster", "hippo");
    pod.document().at_or_add("spec").set(
        "containers", json::Value::array({json::Value::object({{"name", "a"}, {"image", "b"}})}));
    rig.create(types::kPod, pod);
  }
  rig.work();
  CHECK(rig.engine->counters().plans - plans < 10);
  CHECK(rig.network.writes() == writes);
}

TEST_CASE("engine: events reach the sink with the type of 4.2.0") {
  Rig rig;
  rig.cluster("hippo");
  rig.work();
  CHECK(std::count(rig.events.begin(), rig.events.end(), "CreateCluster") == 1);
}

namespace {

/// Holds every write that concerns one cluster until it is let go.
class SlowFor final : public kube::Transport {
 public:
  SlowFor(kube::Transport& inner, std::string name) : inner_(&inner), name_(std::move(name)) {}

  Result<kube::Response> request(const kube::Request& request) override {
    const bool slow = request.method != kube::Method::get &&
                      request.body.find("\"" + name_ + "\"") != std::string::npos;
    if (slow) {
      std::unique_lock lock(mutex_);
      held_ = true;
      changed_.notify_all();
      changed_.wait(lock, [&] { return open_; });
    }
    return inner_->request(request);
  }
  Result<std::unique_ptr<kube::WatchStream>> watch(const kube::Request& request,
                                                   std::function<void()> on_ready) override {
    return inner_->watch(request, std::move(on_ready));
  }
  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override {
    return inner_->exec(request);
  }

  bool wait_until_held() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return held_; });
  }
  void open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  kube::Transport* inner_;
  std::string name_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false, open_ = false;
};

}  // namespace

TEST_CASE("K40: a cluster whose calls hang delays no other, and ends when they come back") {
  SystemClock clock;
  SystemIdSource ids;
  auto server = *embedded::ApiServer::create({}, clock, ids, {});
  const auto door = server->transport(embedded::Identity::admin());
  const kube::Client client(*door);
  for (const kube::Object& crd : manifests::custom_resource_definitions()) {
    REQUIRE(client.create(types::kCustomResourceDefinition, crd));
  }
  REQUIRE(client.create(types::kNamespace, kube::Object(types::kNamespace, "", "pgouser1")));
  SlowFor slow(*door, "slow");
  engine::Options options;
  options.namespaces = {"pgouser1"};
  options.settings = built_in_settings();
  options.workers = 2;
  options.make_keys = [] { return Result<engine::SshKeys>(engine::SshKeys{"p", "a"}); };
  engine::Engine engine(kube::Client(slow), clock, ids, Log{}, std::move(options));
  std::jthread runner([&](std::stop_token stop) { engine.run(stop); });

  const auto there = [&](const char* deployment) {
    // The wait ends by the condition; the bound only keeps a broken engine from hanging the test.
    const TimePoint end = clock.now() + std::chrono::seconds(30);
    while (clock.now() < end) {
      if (client.get(types::kDeployment, "pgouser1", deployment)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  };
  const auto ask = [&](const char* name) {
    model::PgCluster cluster = requested_cluster("pgouser1", name);
    cluster.metadata.uid.clear();
    REQUIRE(client.create(types::kPgCluster, cluster.object()));
  };
  ask("slow");
  REQUIRE(slow.wait_until_held());
  ask("quick");
  CHECK(there("quick"));
  CHECK_FALSE(client.get(types::kDeployment, "pgouser1", "slow"));
  slow.open();
  CHECK(there("slow"));
}
