#include "unit/embedded_controllers/small_cluster.h"

using namespace pgo;
using namespace pgo::test;
using namespace std::chrono_literals;
namespace types = kube::types;

namespace {

std::string job(std::string_view more, std::string_view restart = "Never") {
  return R"({"metadata":{"name":"backup"},"spec":{)" + std::string(more) +
         R"("template":{"metadata":{"labels":{"app":"backup"}},"spec":{"restartPolicy":")" +
         std::string(restart) + R"(","containers":[{"name":"main","image":"one"}]}}}})";
}

std::string condition(const kube::Object& object, std::string_view type) {
  for (const json::Value& item : object["status"]["conditions"].items()) {
    if (item["type"].as_string() == type) {
      return std::string(item["status"].as_string()) + " " +
             std::string(item["reason"].as_string());
    }
  }
  return {};
}

kube::Object backup(SmallCluster& world) { return world.get(types::kJob, "default", "backup"); }

}  // namespace

TEST_SUITE("embedded.controllers.job") {
  TEST_CASE("job: one pod with its labels, counted and completed") {
    SmallCluster world;
    world.create(types::kJob, "default", job(""));
    world.pass(5s);
    auto done = backup(world);
    CHECK(condition(done, "Complete") == "True ");
    CHECK(done["status"]["succeeded"].as_int() == 1);
    CHECK(done["status"]["active"].is_null());
    CHECK(!done["status"]["startTime"].is_null());
    CHECK(!done["status"]["completionTime"].is_null());
    auto pods = world.list(types::kPod, "default");
    REQUIRE(pods.size() == 1);
    CHECK(pods[0].label("job-name") == "backup");
    CHECK(pods[0].label("controller-uid") == done.uid());
    CHECK(done["spec"]["selector"]["matchLabels"]["controller-uid"].as_string() == done.uid());
  }

  TEST_CASE("job: completions and parallelism") {
    SmallCluster world;
    world.create(types::kJob, "default", job(R"("completions":5,"parallelism":2,)"));
    std::int64_t most = 0;
    world.pass(20s, [&] { most = std::max(most, backup(world)["status"]["active"].as_int()); });
    CHECK(most == 2);
    CHECK(backup(world)["status"]["succeeded"].as_int() == 5);
    CHECK(condition(backup(world), "Complete") == "True ");
  }

  TEST_CASE("job: failures are retried after 10, 20, 40 s and end at backoffLimit") {
    StandInOptions node;
    node.fails = [](const StandInPod&) { return true; };
    SmallCluster world(node);
    TimePoint start = world.clock.now();
    world.create(types::kJob, "default", job("\"backoffLimit\":3,"));
    std::vector<Duration> starts;
    std::size_t known = 0;
    world.pass(5min, [&] {
      std::size_t count = world.list(types::kPod, "default").size();
      if (count > known) starts.push_back(world.clock.now() - start);
      known = count;
    });
    REQUIRE(starts.size() == 4);
    CHECK(starts[1] - starts[0] >= 10s);
    CHECK(starts[1] - starts[0] < 13s);
    CHECK(starts[2] - starts[1] >= 20s);
    CHECK(starts[2] - starts[1] < 23s);
    CHECK(starts[3] - starts[2] >= 40s);
    CHECK(starts[3] - starts[2] < 43s);
    CHECK(condition(backup(world), "Failed") == "True BackoffLimitExceeded");
    CHECK(backup(world)["status"]["failed"].as_int() == 4);
  }

  TEST_CASE("job: a later success completes it although pods failed before") {
    int runs = 0;
    StandInOptions node;
    node.fails = [&](const StandInPod&) { return ++runs <= 2; };
    SmallCluster world(node);
    world.create(types::kJob, "default", job(""));
    world.pass(2min);
    CHECK(condition(backup(world), "Complete") == "True ");
    CHECK(backup(world)["status"]["failed"].as_int() == 2);
    CHECK(backup(world)["status"]["succeeded"].as_int() == 1);
  }

  TEST_CASE("job: activeDeadlineSeconds ends it and its pods") {
    StandInOptions node;
    node.ends_after = 1h;
    SmallCluster world(node);
    world.create(types::kJob, "default", job("\"activeDeadlineSeconds\":30,"));
    world.pass(29s);
    CHECK(condition(backup(world), "Failed").empty());
    world.pass(3s);
    CHECK(condition(backup(world), "Failed") == "True DeadlineExceeded");
    CHECK(world.list(types::kPod, "default").empty());
  }

  TEST_CASE("job: ttlSecondsAfterFinished removes it with its pods") {
    SmallCluster world;
    world.create(types::kJob, "default", job("\"ttlSecondsAfterFinished\":60,"));
    world.pass(30s);
    CHECK(world.list(types::kPod, "default").size() == 1);
    world.pass(60s);
    CHECK(!world.exists(types::kJob, "default", "backup"));
    CHECK(world.list(types::kPod, "default").empty());
  }

  TEST_CASE("job: suspended it has no pods, resumed it starts anew") {
    StandInOptions node;
    node.ends_after = 20s;
    SmallCluster world(node);
    world.create(types::kJob, "default", job(""));
    world.pass(5s);
    world.merge(types::kJob, "default", "backup", R"({"spec":{"suspend":true}})");
    world.pass(5s);
    CHECK(world.list(types::kPod, "default").empty());
    CHECK(condition(backup(world), "Suspended") == "True JobSuspended");
    CHECK(backup(world)["status"]["startTime"].is_null());
    world.merge(types::kJob, "default", "backup", R"({"spec":{"suspend":false}})");
    world.pass(30s);
    CHECK(condition(backup(world), "Suspended") == "False JobResumed");
    CHECK(condition(backup(world), "Complete") == "True ");
  }

  TEST_CASE("job: pods of a finished job stay, a restart of the controllers repeats nothing") {
    SmallCluster world;
    world.create(types::kJob, "default", job(""));
    world.pass(5s);
    auto version = world.server->version();
    world.restart_controllers();
    world.pass(10s);
    CHECK(world.list(types::kPod, "default").size() == 1);
    CHECK(world.server->version() == version);
  }
}
