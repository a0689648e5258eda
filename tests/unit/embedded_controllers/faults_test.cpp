#include "unit/embedded_controllers/small_cluster.h"

using namespace pgo;
using namespace pgo::test;
using namespace std::chrono_literals;
namespace types = kube::types;

namespace {

kube::Response refusal(int status, std::string_view reason) {
  return {status, "application/json",
          R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":")" +
              std::string(reason) + R"(","message":"injected","code":)" + std::to_string(status) +
              "}"};
}

/// A world with a bit of everything, made, changed and partly deleted again.
void live_through_it(SmallCluster& world) {
  world.create(types::kService, "default",
               R"({"metadata":{"name":"web"},"spec":{"selector":{"app":"web"},
                  "ports":[{"port":80}]}})");
  world.create(types::kPersistentVolumeClaim, "default",
               R"({"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],
                  "resources":{"requests":{"storage":"1Gi"}}}})");
  world.create(types::kDeployment, "default", deployment("web", 3));
  world.create(types::kDeployment, "default", deployment("old", 2));
  world.create(types::kJob, "default",
               R"({"metadata":{"name":"load"},"spec":{"completions":2,"template":{"spec":{
                  "restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}})");
  world.create(types::kNamespace, "", R"({"metadata":{"name":"shop"}})");
  world.pass(20s);
  world.merge(types::kDeployment, "default", "web",
              R"({"spec":{"template":{"metadata":{"labels":{"more":"yes"}}}}})");
  REQUIRE(world.client.remove(types::kDeployment, "default", "old"));
  REQUIRE(world.client.remove(types::kNamespace, "", "shop"));
  world.pass(4min);
}

/// What the world must look like in the end, whatever happened on the way.
void check_end(SmallCluster& world) {
  auto web = world.get(types::kDeployment, "default", "web");
  CHECK(web["status"]["updatedReplicas"].as_int() == 3);
  CHECK(web["status"]["availableReplicas"].as_int() == 3);
  CHECK(web["status"]["replicas"].as_int() == 3);
  CHECK(world.list(types::kPod, "default", "app=web").size() == 3);
  CHECK(world.list(types::kPod, "default", "app=web,more=yes").size() == 3);
  CHECK(world.list(types::kPod, "default", "app=old").empty());
  CHECK(world.list(types::kReplicaSet, "default", "app=old").empty());
  auto load = world.get(types::kJob, "default", "load");
  CHECK(load["status"]["succeeded"].as_int() == 2);
  CHECK(!load["status"]["completionTime"].is_null());
  CHECK(world.list(types::kPod, "default", "job-name=load").size() == 2);
  CHECK(!world.exists(types::kNamespace, "", "shop"));
  auto claim = world.get(types::kPersistentVolumeClaim, "default", "data");
  CHECK(claim["status"]["phase"].as_string() == "Bound");
  CHECK(world.list(types::kPersistentVolume, "").size() == 1);
  auto endpoints = world.get(types::kEndpoints, "default", "web");
  REQUIRE(endpoints["subsets"].items().size() == 1);
  CHECK(endpoints["subsets"][std::size_t{0}]["addresses"].items().size() == 3);
}

bool writes(const kube::Request& request) { return request.method != kube::Method::get; }

}  // namespace

TEST_SUITE("embedded.controllers.faults") {
  TEST_CASE("every single write refused once, with a conflict or a server error, changes nothing") {
    for (int status : {409, 500}) {
      CAPTURE(status);
      // Five lives; each write of a life is refused in one of them.
      for (std::size_t unlucky = 0; unlucky < 5; ++unlucky) {
        CAPTURE(unlucky);
        SmallCluster world;
        std::size_t seen = 0;
        world.faults->fault = [&](const kube::Request& request) -> std::optional<kube::Response> {
          if (!writes(request) || seen++ % 5 != unlucky) return std::nullopt;
          return status == 409 ? refusal(409, "Conflict") : refusal(500, "InternalError");
        };
        live_through_it(world);
        check_end(world);
        CHECK(seen > 40);
      }
    }
  }

  TEST_CASE("a crash of the controllers after every third write ends in the same world") {
    for (std::size_t first = 0; first < 3; ++first) {
      SmallCluster world;
      std::size_t seen = first;
      bool crash = false;
      world.faults->fault = [&](const kube::Request& request) -> std::optional<kube::Response> {
        // From here to the restart the dead process writes nothing.
        if (crash) return refusal(503, "ServiceUnavailable");
        if (writes(request) && ++seen % 3 == 0) crash = true;
        return std::nullopt;
      };
      world.on_step = [&] {
        if (!crash) return;
        crash = false;
        world.restart_controllers();
      };
      live_through_it(world);
      check_end(world);
    }
  }

  TEST_CASE("a third of all requests refused at random still ends in the same world") {
    SeededIdSource dice(3);
    SmallCluster world;
    world.faults->fault = [&](const kube::Request&) -> std::optional<kube::Response> {
      if (dice.below(3) != 0) return std::nullopt;
      return dice.below(2) == 0 ? refusal(409, "Conflict") : refusal(503, "ServiceUnavailable");
    };
    live_through_it(world);
    world.faults->fault = {};
    world.pass(3min);
    check_end(world);
  }

  TEST_CASE("watches that stall for a while end in the same world, and delete nothing wrongly") {
    SmallCluster world;
    SeededIdSource dice(4);
    world.on_step = [&] {
      if (dice.below(40) != 0) return;
      if (world.faults->stale) {
        world.faults->catch_up();
      } else {
        world.faults->stale = true;
      }
    };
    live_through_it(world);
    world.on_step = {};
    world.faults->catch_up();
    world.pass(3min);
    check_end(world);
  }
}

TEST_SUITE("embedded.controllers.load") {
  TEST_CASE("many clusters of 10 objects and 5 pods each settle with few writes") {
    StandInOptions node;
    node.patroni = false;
    embedded::ControllersOptions options;
    SmallCluster world(node, options);
    world.create(types::kNamespace, "", R"({"metadata":{"name":"pgo"}})");
    world.settle();
    constexpr std::size_t kClusters = 20;
    constexpr std::size_t kWritesPerCluster = 64;  // a controller that writes in vain shows here
    for (std::size_t i = 0; i < kClusters; ++i) {
      std::string name = "c" + std::to_string(i);
      for (std::string part : {"", "-repo", "-a", "-b"}) {
        world.create(types::kDeployment, "pgo", deployment(name + part, 1));
      }
      for (std::string part : {"", "-repo"}) {
        world.create(types::kPersistentVolumeClaim, "pgo",
                     R"({"metadata":{"name":")" + name + part +
                         R"("},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{
                            "storage":"1Gi"}}}})");
        world.create(types::kService, "pgo",
                     R"({"metadata":{"name":")" + name + part +
                         R"("},"spec":{"selector":{"app":")" + name + part +
                         R"("},"ports":[{"port":80}]}})");
      }
      world.create(types::kSecret, "pgo", R"({"metadata":{"name":")" + name + "\"}}");
      world.create(types::kJob, "pgo",
                   R"({"metadata":{"name":")" + name +
                       R"("},"spec":{"template":{"spec":{"restartPolicy":"Never",
                          "containers":[{"name":"c","image":"i"}]}}}})");
    }
    const std::size_t before = world.faults->writes;
    world.pass(5s);
    for (const auto& web : world.list(types::kDeployment, "pgo")) {
      CHECK(web["status"]["availableReplicas"].as_int() == 1);
    }
    for (const auto& job : world.list(types::kJob, "pgo")) {
      CHECK(job["status"]["succeeded"].as_int() == 1);
    }
    const std::size_t writes = world.faults->writes - before;
    MESSAGE("writes per cluster: " << writes / kClusters);
    CHECK(writes <= kClusters * kWritesPerCluster);
    world.pass(60s);
    CHECK(world.faults->writes == before + writes);  // at rest nothing is written
  }
}
