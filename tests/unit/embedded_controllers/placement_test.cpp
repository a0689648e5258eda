#include "unit/embedded_controllers/small_cluster.h"

using namespace pgo;
using namespace pgo::test;
using namespace std::chrono_literals;
namespace types = kube::types;

namespace {

void add_node(SmallCluster& world, const std::string& name, std::string_view labels = "") {
  world.create(types::kNode, "",
               R"({"metadata":{"name":")" + name + R"(","labels":{"kubernetes.io/hostname":")" +
                   name + "\"" + std::string(labels) + "}}}");
  world.merge(types::kNode, "", name,
              R"({"status":{"conditions":[{"type":"Ready","status":"True"}]}})", "status");
}

kube::Object pod(SmallCluster& world, const std::string& name, const std::string& spec = "",
                 const std::string& labels = "") {
  return world.create(types::kPod, "default",
                      R"({"metadata":{"name":")" + name + R"(","labels":{)" + labels +
                          R"(}},"spec":{)" + spec +
                          R"("containers":[{"name":"main","image":"one"}]}})");
}

std::string place(SmallCluster& world, std::string_view name) {
  return std::string(world.get(types::kPod, "default", name)["spec"]["nodeName"].as_string());
}

std::string anti(const std::string& app) {
  return R"("affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
            {"topologyKey":"kubernetes.io/hostname","labelSelector":{"matchLabels":{"app":")" +
         app + R"("}}}]}},)";
}

std::string scheduled(SmallCluster& world, std::string_view name) {
  auto found = world.get(types::kPod, "default", name);
  for (const json::Value& item : found["status"]["conditions"].items()) {
    if (item["type"].as_string() == "PodScheduled") {
      return std::string(item["status"].as_string()) + " " +
             std::string(item["reason"].as_string());
    }
  }
  return {};
}

}  // namespace

TEST_SUITE("embedded.controllers.scheduler") {
  TEST_CASE("required anti-affinity keeps pods apart, and pending says why until there is room") {
    SmallCluster world({}, {}, false);
    add_node(world, "a");
    pod(world, "one", anti("db"), R"("app":"db")");
    pod(world, "two", anti("db"), R"("app":"db")");
    world.settle();
    CHECK(place(world, "one") == "a");
    CHECK(place(world, "two").empty());
    CHECK(scheduled(world, "two") == "False Unschedulable");
    bool told = false;
    for (const auto& event : world.list(types::kEvent, "default")) {
      told = told || (event["reason"].as_string() == "FailedScheduling" &&
                      event["involvedObject"]["name"].as_string() == "two");
    }
    CHECK(told);
    add_node(world, "b");
    world.settle();
    CHECK(place(world, "two") == "b");
  }

  TEST_CASE("required affinity is looked at again when the pod it waits for has a node") {
    SmallCluster world({}, {}, false);
    add_node(world, "a");
    pod(world, "near", R"("affinity":{"podAffinity":{
          "requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"kubernetes.io/hostname",
          "labelSelector":{"matchLabels":{"app":"web"}}}]}},)");
    world.settle();
    CHECK(place(world, "near").empty());
    pod(world, "web", "", R"("app":"web")");
    world.settle();
    CHECK(place(world, "web") == "a");
    CHECK(place(world, "near") == "a");
  }

  TEST_CASE("anti-affinity of the pods already there holds against newcomers without any") {
    SmallCluster world({}, {}, false);
    add_node(world, "a");
    pod(world, "shy", anti("loud"));
    world.settle();
    pod(world, "loud", "", R"("app":"loud")");
    pod(world, "quiet", "", R"("app":"quiet")");
    world.settle();
    CHECK(place(world, "loud").empty());
    CHECK(place(world, "quiet") == "a");
    kube::DeleteOptions now;
    now.grace_period_seconds = 0;
    REQUIRE(world.client.remove(types::kPod, "default", "shy", now));
    world.settle();
    CHECK(place(world, "loud") == "a");
  }

  TEST_CASE("node selectors and required node affinity choose the node") {
    SmallCluster world({}, {}, false);
    add_node(world, "plain");
    add_node(world, "fast", R"(,"disk":"ssd","size":"9")");
    auto affinity = [](const std::string& expression) {
      return R"("affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{
                "nodeSelectorTerms":[{"matchExpressions":[)" +
             expression + "]}]}}},";
    };
    pod(world, "selected", R"("nodeSelector":{"disk":"ssd"},)");
    pod(world, "in", affinity(R"({"key":"disk","operator":"In","values":["ssd","nvme"]})"));
    pod(world, "greater", affinity(R"({"key":"size","operator":"Gt","values":["5"]})"));
    pod(world, "absent", affinity(R"({"key":"disk","operator":"DoesNotExist"})"));
    pod(world, "nowhere", affinity(R"({"key":"disk","operator":"In","values":["tape"]})"));
    world.settle();
    CHECK(place(world, "selected") == "fast");
    CHECK(place(world, "in") == "fast");
    CHECK(place(world, "greater") == "fast");
    CHECK(place(world, "absent") == "plain");
    CHECK(place(world, "nowhere").empty());
    world.merge(types::kNode, "", "plain", R"({"metadata":{"labels":{"disk":"tape"}}})");
    world.settle();
    CHECK(place(world, "nowhere") == "plain");
  }

  TEST_CASE("cordoned, tainted and unready nodes take no pods; load is spread") {
    SmallCluster world({}, {}, false);
    for (const char* name : {"a", "b", "cordoned", "tainted", "dead"}) add_node(world, name);
    world.merge(types::kNode, "", "cordoned", R"({"spec":{"unschedulable":true}})");
    world.merge(types::kNode, "", "tainted",
                R"({"spec":{"taints":[{"key":"only","value":"me","effect":"NoSchedule"}]}})");
    world.merge(types::kNode, "", "dead",
                R"({"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}})", "status");
    std::map<std::string, int> load;
    for (int i = 0; i < 6; ++i) pod(world, "p" + std::to_string(i));
    pod(world, "tolerant",
        R"("nodeSelector":{"kubernetes.io/hostname":"tainted"},)"
        R"("tolerations":[{"key":"only","operator":"Equal","value":"me"}],)");
    world.settle();
    for (int i = 0; i < 6; ++i) ++load[place(world, "p" + std::to_string(i))];
    CHECK(load.size() == 2);
    CHECK(load["a"] == 3);
    CHECK(load["b"] == 3);
    CHECK(place(world, "tolerant") == "tainted");
  }
}

TEST_SUITE("embedded.controllers.node") {
  TEST_CASE("a node that stops renewing its lease is not ready, and its pods neither") {
    SmallCluster world;
    auto renew = [&] {
      auto lease = world.client.get(types::kLease, "kube-node-lease", "stand-in");
      std::string now = to_rfc3339_micro(world.clock.now());
      if (!lease) {
        world.create(types::kLease, "kube-node-lease",
                     R"({"metadata":{"name":"stand-in"},"spec":{"holderIdentity":"stand-in",
                        "leaseDurationSeconds":40,"renewTime":")" +
                         now + "\"}}");
      } else {
        world.merge(types::kLease, "kube-node-lease", "stand-in",
                    R"({"spec":{"renewTime":")" + now + "\"}}");
      }
    };
    auto ready = [&](const kube::Object& object) {
      for (const json::Value& item : object["status"]["conditions"].items()) {
        if (item["type"].as_string() == "Ready") return std::string(item["status"].as_string());
      }
      return std::string();
    };
    if (!world.exists(types::kNamespace, "", "kube-node-lease")) {
      world.create(types::kNamespace, "", R"({"metadata":{"name":"kube-node-lease"}})");
    }
    renew();
    world.create(types::kDeployment, "default", deployment("web", 1));
    for (int i = 0; i < 12; ++i) {
      world.pass(10s);
      renew();
    }
    CHECK(ready(world.get(types::kNode, "", "stand-in")) == "True");
    world.pass(39s);
    CHECK(ready(world.get(types::kNode, "", "stand-in")) == "True");
    world.pass(3s);
    CHECK(ready(world.get(types::kNode, "", "stand-in")) == "Unknown");
    auto pods = world.list(types::kPod, "default");
    REQUIRE(pods.size() == 1);
    CHECK(ready(pods[0]) == "False");
    CHECK(world.get(types::kDeployment, "default", "web")["status"]["availableReplicas"].is_null());

    // The node comes back and says so itself.
    renew();
    world.merge(types::kNode, "", "stand-in",
                R"({"status":{"conditions":[{"type":"Ready","status":"True"}]}})", "status");
    REQUIRE(world.node->set_ready("default", std::string(pods[0].name()), true));
    world.pass(20s);
    CHECK(ready(world.get(types::kNode, "", "stand-in")) == "True");
    CHECK(ready(world.list(types::kPod, "default")[0]) == "True");
  }

  TEST_CASE("pods of a node that is gone are removed after a while, and replaced") {
    SmallCluster world({}, {}, false);
    add_node(world, "a");
    world.create(types::kDeployment, "default", deployment("web", 1));
    world.settle();
    auto before = world.list(types::kPod, "default").at(0);
    REQUIRE(world.client.remove(types::kNode, "", "a"));
    world.pass(20s);
    CHECK(world.exists(types::kPod, "default", before.name()));
    world.pass(60s);
    CHECK(!world.exists(types::kPod, "default", before.name()));
    CHECK(world.list(types::kPod, "default").size() == 1);
  }
}
