#include "unit/embedded_controllers/small_cluster.h"

using namespace pgo;
using namespace pgo::test;
using namespace std::chrono_literals;
namespace types = kube::types;

TEST_SUITE("embedded.controllers.deployment") {
  TEST_CASE("deployment: its pods are made, bound, run and counted") {
    SmallCluster world;
    world.create(types::kDeployment, "default", deployment("web", 3));
    world.pass(5s);
    auto web = world.get(types::kDeployment, "default", "web");
    CHECK(web["status"]["replicas"].as_int() == 3);
    CHECK(web["status"]["updatedReplicas"].as_int() == 3);
    CHECK(web["status"]["readyReplicas"].as_int() == 3);
    CHECK(web["status"]["availableReplicas"].as_int() == 3);
    CHECK(web["status"]["unavailableReplicas"].is_null());
    CHECK(web["status"]["observedGeneration"] == web["metadata"]["generation"]);
    CHECK(web.annotation("deployment.kubernetes.io/revision") == "1");
    auto sets = world.list(types::kReplicaSet, "default");
    REQUIRE(sets.size() == 1);
    std::string hash(sets[0].label("pod-template-hash"));
    CHECK(sets[0].name() == "web-" + hash);
    auto pods = world.list(types::kPod, "default", "app=web,pod-template-hash=" + hash);
    REQUIRE(pods.size() == 3);
    for (const auto& pod : pods) {
      CHECK(pod.name().starts_with("web-" + hash + "-"));
      CHECK(pod.name().size() == 4 + hash.size() + 6);
    }
  }
}
