#include "unit/embedded_controllers/small_cluster.h"

using namespace pgo;
using namespace pgo::test;
using namespace std::chrono_literals;
namespace types = kube::types;

namespace {

int available(SmallCluster& world) {
  int count = 0;
  for (const auto& pod : world.list(types::kPod, "default", "app=web")) {
    bool ready = false;
    for (const json::Value& item : pod["status"]["conditions"].items()) {
      ready =
          ready || (item["type"].as_string() == "Ready" && item["status"].as_string() == "True");
    }
    if (ready && !pod.being_deleted()) ++count;
  }
  return count;
}

std::size_t alive(SmallCluster& world) {
  std::size_t count = 0;
  for (const auto& pod : world.list(types::kPod, "default", "app=web")) {
    if (!pod.being_deleted()) ++count;
  }
  return count;
}

std::string image(SmallCluster& world) {
  std::string images;
  for (const auto& pod : world.list(types::kPod, "default", "app=web")) {
    images += pod["spec"]["containers"][0]["image"].as_string();
  }
  return images;
}

constexpr std::string_view kNewImage =
    R"({"spec":{"template":{"spec":{"containers":[{"name":"main","image":"IMG"}]}}}})";

std::string with_image(std::string_view name) {
  std::string patch(kNewImage);
  return patch.replace(patch.find("IMG"), 3, name);
}

std::string rolling(std::string_view surge, std::string_view unavailable) {
  return R"("strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":)" + std::string(surge) +
         R"(,"maxUnavailable":)" + std::string(unavailable) + "}},";
}

bool settled(SmallCluster& world, int replicas) {
  auto web = world.get(types::kDeployment, "default", "web");
  const json::Value& status = web["status"];
  return status["observedGeneration"] == web["metadata"]["generation"] &&
         status["updatedReplicas"].as_int() == replicas &&
         status["replicas"].as_int() == replicas &&
         status["availableReplicas"].as_int() == replicas;
}

}  // namespace

TEST_SUITE("embedded.controllers.rollout") {
  TEST_CASE("rolling update: never fewer available nor more pods than allowed") {
    struct Case {
      const char *surge, *unavailable;
      int replicas, least;
      std::size_t most;
    };
    for (const Case& now :
         {Case{"1", "0", 3, 3, 4}, Case{"0", "1", 3, 2, 3}, Case{"\"25%\"", "\"25%\"", 8, 6, 10},
          Case{"\"100%\"", "0", 4, 4, 8}, Case{"0", "0", 3, 2, 3}}) {
      CAPTURE(now.surge);
      CAPTURE(now.unavailable);
      SmallCluster world;
      world.create(types::kDeployment, "default",
                   deployment("web", now.replicas, "one", rolling(now.surge, now.unavailable)));
      world.until([&] { return settled(world, now.replicas); });
      world.merge(types::kDeployment, "default", "web", with_image("two"));
      world.pass(30s, [&] {
        CHECK(available(world) >= now.least);
        CHECK(alive(world) <= now.most);
      });
      CHECK(settled(world, now.replicas));
      std::string all_new;
      for (int i = 0; i < now.replicas; ++i) all_new += "two";
      CHECK(image(world) == all_new);
      CHECK(world.get(types::kDeployment, "default", "web")
                .annotation("deployment.kubernetes.io/revision") == "2");
    }
  }

  TEST_CASE("rolling update: a broken new version stops before anything available is lost") {
    SmallCluster world;
    world.create(
        types::kDeployment, "default",
        deployment("web", 3, "one", "\"progressDeadlineSeconds\":60," + rolling("1", "0")));
    world.until([&] { return settled(world, 3); });
    world.node->hold(true);
    world.merge(types::kDeployment, "default", "web", with_image("broken"));
    world.pass(120s, [&] { CHECK(available(world) == 3); });
    auto web = world.get(types::kDeployment, "default", "web");
    std::string reason;
    for (const json::Value& item : web["status"]["conditions"].items()) {
      if (item["type"].as_string() == "Progressing") reason = item["reason"].as_string();
    }
    CHECK(reason == "ProgressDeadlineExceeded");
    // Going back to what worked ends it.
    world.node->hold(false);
    world.merge(types::kDeployment, "default", "web", with_image("one"));
    world.until([&] { return settled(world, 3); });
    CHECK(image(world) == "oneoneone");
    CHECK(world.get(types::kDeployment, "default", "web")
              .annotation("deployment.kubernetes.io/revision") == "3");
  }

  TEST_CASE("recreate: without a pod a deployment is not available") {
    SmallCluster world({}, {}, false);
    world.create(types::kDeployment, "default",
                 deployment("web", 1, "one", R"("strategy":{"type":"Recreate"},)"));
    world.settle();
    const auto web = world.get(types::kDeployment, "default", "web");
    std::string status;
    for (const json::Value& item : web["status"]["conditions"].items()) {
      if (item["type"].as_string() == "Available") status = item["status"].as_string();
    }
    CHECK(status == "False");
  }

  TEST_CASE("recreate: no new pod while an old one is left, terminating ones included") {
    StandInOptions slow;
    slow.stops_after = 5s;
    SmallCluster world(slow);
    world.create(types::kDeployment, "default",
                 deployment("web", 2, "one", R"("strategy":{"type":"Recreate"},)"));
    world.until([&] { return settled(world, 2); });
    world.merge(types::kDeployment, "default", "web", with_image("two"));
    bool mixed = false;
    world.pass(30s, [&] {
      std::string images = image(world);
      mixed = mixed ||
              (images.find("one") != std::string::npos && images.find("two") != std::string::npos);
    });
    CHECK(!mixed);
    CHECK(settled(world, 2));
    CHECK(image(world) == "twotwo");
  }

  TEST_CASE("a pod being deleted is replaced at once, before it is gone") {
    StandInOptions slow;
    slow.stops_after = 30s;
    SmallCluster world(slow);
    world.create(types::kDeployment, "default", deployment("web", 1));
    world.until([&] { return settled(world, 1); });
    auto old = world.list(types::kPod, "default").at(0);
    REQUIRE(world.client.remove(types::kPod, "default", old.name()));
    world.pass(2s);
    auto pods = world.list(types::kPod, "default");
    CHECK(pods.size() == 2);
    CHECK(available(world) == 1);
    world.pass(60s);
    CHECK(world.list(types::kPod, "default").size() == 1);
  }

  TEST_CASE("scaling down takes pods that are not ready first, then the newest") {
    SmallCluster world;
    world.create(types::kDeployment, "default", deployment("web", 2));
    world.until([&] { return settled(world, 2); });
    world.pass(10s);
    auto old = world.list(types::kPod, "default");
    world.merge(types::kDeployment, "default", "web", R"({"spec":{"replicas":4}})");
    world.until([&] { return settled(world, 4); });
    std::string sick(old[0].name());
    REQUIRE(world.node->set_ready("default", sick, false));
    world.pass(1s);
    world.merge(types::kDeployment, "default", "web", R"({"spec":{"replicas":2}})");
    world.pass(5s);
    auto left = world.list(types::kPod, "default");
    REQUIRE(left.size() == 2);
    for (const auto& pod : left) CHECK(pod.name() != sick);
    bool kept_oldest = left[0].name() == old[1].name() || left[1].name() == old[1].name();
    CHECK(kept_oldest);
  }

  TEST_CASE("a pod that falls ill after the roll-out was complete is no failed roll-out") {
    SmallCluster world;
    world.create(types::kDeployment, "default", deployment("web", 2));
    world.until([&] { return settled(world, 2); });
    auto sick = world.list(types::kPod, "default").at(0);
    REQUIRE(world.node->set_ready("default", std::string(sick.name()), false));
    world.pass(30min);
    auto web = world.get(types::kDeployment, "default", "web");
    CHECK(web["status"]["availableReplicas"].as_int() == 1);
    for (const json::Value& item : web["status"]["conditions"].items()) {
      if (item["type"].as_string() != "Progressing") continue;
      CHECK(item["reason"].as_string() == "NewReplicaSetAvailable");
    }
  }

  TEST_CASE("paused: a new template waits, scaling does not") {
    SmallCluster world;
    world.create(types::kDeployment, "default", deployment("web", 2));
    world.until([&] { return settled(world, 2); });
    world.merge(types::kDeployment, "default", "web", R"({"spec":{"paused":true}})");
    world.merge(types::kDeployment, "default", "web", with_image("two"));
    world.merge(types::kDeployment, "default", "web", R"({"spec":{"replicas":3}})");
    world.pass(10s);
    CHECK(image(world) == "oneoneone");
    world.merge(types::kDeployment, "default", "web", R"({"spec":{"paused":false}})");
    world.until([&] { return settled(world, 3); });
    CHECK(image(world) == "twotwotwo");
  }

  TEST_CASE("old ReplicaSets beyond revisionHistoryLimit go, the newest stay") {
    SmallCluster world;
    world.create(types::kDeployment, "default",
                 deployment("web", 1, "v0", "\"revisionHistoryLimit\":2,"));
    for (std::string version : {"v1", "v2", "v3", "v4"}) {
      world.until([&] { return settled(world, 1); });
      world.merge(types::kDeployment, "default", "web", with_image(version));
    }
    world.pass(30s);
    std::string images;
    for (const auto& set : world.list(types::kReplicaSet, "default")) {
      images += set["spec"]["template"]["spec"]["containers"][0]["image"].as_string();
    }
    CHECK(images.size() == 6);
    for (const char* kept : {"v4", "v3", "v2"}) CHECK(images.find(kept) != std::string::npos);
  }

  TEST_CASE("a settled world is left alone") {
    SmallCluster world;
    world.create(types::kDeployment, "default", deployment("web", 3));
    world.until([&] { return settled(world, 3); });
    world.pass(5s);
    std::size_t before = world.faults->writes;
    auto version = world.server->version();
    world.pass(9min);
    CHECK(world.faults->writes == before);
    CHECK(world.server->version() == version);
  }
}
