#include "unit/embedded_controllers/small_cluster.h"

using namespace pgo;
using namespace pgo::test;
using namespace std::chrono_literals;
namespace types = kube::types;

namespace {

std::string service(std::string_view more) {
  return R"({"metadata":{"name":"web","labels":{"team":"blue"}},"spec":{)" + std::string(more) +
         "}}";
}

constexpr std::string_view kPlain =
    R"("selector":{"app":"web"},"ports":[{"name":"http","port":80,"targetPort":"web"},
       {"name":"raw","port":81,"targetPort":9000},{"name":"same","port":82}])";

constexpr kube::ResourceType kSlice{"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"};

kube::Object endpoints(SmallCluster& world) {
  return world.get(types::kEndpoints, "default", "web");
}

std::size_t count(const kube::Object& object, std::string_view list) {
  std::size_t sum = 0;
  for (const json::Value& subset : object["subsets"].items()) sum += subset[list].items().size();
  return sum;
}

kube::Object claim(SmallCluster& world, std::string_view name, std::string_view size = "1Gi") {
  return world.create(types::kPersistentVolumeClaim, "default",
                      R"({"metadata":{"name":")" + std::string(name) +
                          R"("},"spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"fast",
                         "resources":{"requests":{"storage":")" +
                          std::string(size) + "\"}}}}");
}

}  // namespace

TEST_SUITE("embedded.controllers.endpoints") {
  TEST_CASE("endpoints: ready pods with their ports, others apart, following the pods") {
    SmallCluster world;
    world.create(types::kService, "default", service(kPlain));
    world.settle();
    CHECK(endpoints(world)["subsets"].items().empty());
    world.create(types::kDeployment, "default", deployment("web", 2));
    world.create(types::kDeployment, "default", deployment("other", 1));
    world.pass(5s);
    auto seen = endpoints(world);
    CHECK(seen.label("team") == "blue");
    CHECK(count(seen, "addresses") == 2);
    CHECK(count(seen, "notReadyAddresses") == 0);
    REQUIRE(seen["subsets"].items().size() == 1);
    const json::Value& subset = seen["subsets"][std::size_t{0}];
    CHECK(subset["ports"].items().size() == 3);
    for (const json::Value& port : subset["ports"].items()) {
      std::string_view name = port["name"].as_string();
      CHECK(port["port"].as_int() == (name == "http" ? 8080 : name == "raw" ? 9000 : 82));
    }
    const json::Value& address = subset["addresses"][std::size_t{0}];
    std::string pod(address["targetRef"]["name"].as_string());
    auto behind = world.get(types::kPod, "default", pod);
    CHECK(address["ip"] == behind["status"]["podIP"]);
    CHECK(address["targetRef"]["uid"].as_string() == behind.uid());
    CHECK(address["nodeName"].as_string() == "stand-in");

    REQUIRE(world.node->set_ready("default", pod, false));
    world.settle();
    CHECK(count(endpoints(world), "addresses") == 1);
    CHECK(count(endpoints(world), "notReadyAddresses") == 1);
    // A pod that loses the label loses the traffic, as when Patroni moves the role.
    world.merge(types::kPod, "default", pod, R"({"metadata":{"labels":{"app":"gone"}}})");
    world.pass(1s);
    CHECK(count(endpoints(world), "notReadyAddresses") == 0);
  }

  TEST_CASE(
      "endpoints: a Service finds pods that were there first, by whichever label it selects") {
    SmallCluster world;
    world.create(types::kDeployment, "default", deployment("web", 1));
    world.pass(5s);
    const std::string pod(world.list(types::kPod, "default").at(0).name());
    world.merge(types::kPod, "default", pod, R"({"metadata":{"labels":{"zone":"east"}}})");
    world.settle();
    world.create(types::kService, "default", service(kPlain));
    world.settle();
    CHECK(count(endpoints(world), "addresses") == 1);
    world.create(types::kService, "default",
                 R"({"metadata":{"name":"east"},"spec":{"selector":{"zone":"east"},
                    "ports":[{"port":80}]}})");
    world.settle();
    CHECK(count(world.get(types::kEndpoints, "default", "east"), "addresses") == 1);
    // From now on pods are followed by that label too.
    world.merge(types::kPod, "default", pod, R"({"metadata":{"labels":{"zone":"west"}}})");
    world.settle();
    CHECK(count(world.get(types::kEndpoints, "default", "east"), "addresses") == 0);
  }

  TEST_CASE("endpoints: a terminating pod gets no more traffic") {
    StandInOptions slow;
    slow.stops_after = 60s;
    SmallCluster world(slow);
    world.create(types::kService, "default", service(kPlain));
    world.create(types::kDeployment, "default", deployment("web", 1));
    world.pass(5s);
    auto pod = world.list(types::kPod, "default").at(0);
    world.node->hold(true);
    REQUIRE(world.client.remove(types::kPod, "default", pod.name()));
    world.settle();
    CHECK(world.exists(types::kPod, "default", pod.name()));
    CHECK(count(endpoints(world), "addresses") == 0);
  }

  TEST_CASE("endpoints: publishNotReadyAddresses counts pods that are not ready") {
    SmallCluster world;
    world.create(types::kService, "default",
                 service(std::string(kPlain) + R"(,"publishNotReadyAddresses":true)"));
    world.create(types::kDeployment, "default", deployment("web", 1));
    world.pass(5s);
    auto pod = world.list(types::kPod, "default").at(0);
    REQUIRE(world.node->set_ready("default", std::string(pod.name()), false));
    world.settle();
    CHECK(count(endpoints(world), "addresses") == 1);
  }

  TEST_CASE("endpoints: those of a Service without selector are nobody's business here") {
    SmallCluster world;
    world.create(types::kService, "default", service(R"("ports":[{"port":80}])"));
    world.settle();
    CHECK(!world.exists(types::kEndpoints, "default", "web"));
    world.create(types::kEndpoints, "default",
                 R"({"metadata":{"name":"web"},"subsets":[{"addresses":[{"ip":"10.1.2.3"}],
                    "ports":[{"port":80}]}]})");
    world.settle();
    CHECK(count(endpoints(world), "addresses") == 1);
    world.create(types::kEndpoints, "default",
                 R"({"metadata":{"name":"alone"},"subsets":[{"addresses":[{"ip":"10.1.2.3"}]}]})");
    world.settle();
    CHECK(world.exists(types::kEndpoints, "default", "alone"));
  }

  TEST_CASE("endpoint slices: say the same as the Endpoints") {
    SmallCluster world;
    world.create(types::kService, "default", service(kPlain));
    world.create(types::kDeployment, "default", deployment("web", 2));
    world.pass(5s);
    std::string pod(world.list(types::kPod, "default").at(0).name());
    REQUIRE(world.node->set_ready("default", pod, false));
    world.settle();
    auto slices = world.list(kSlice, "default", "kubernetes.io/service-name=web");
    REQUIRE(slices.size() == 1);
    CHECK(slices[0]["addressType"].as_string() == "IPv4");
    CHECK(slices[0]["ports"].items().size() == 3);
    REQUIRE(slices[0]["endpoints"].items().size() == 2);
    for (const json::Value& entry : slices[0]["endpoints"].items()) {
      bool sick = entry["targetRef"]["name"].as_string() == pod;
      CHECK(entry["conditions"]["ready"].as_bool() == !sick);
    }
    auto version = world.server->version();
    world.restart_controllers();
    world.pass(10s);
    CHECK(world.server->version() == version);
  }

  TEST_CASE("endpoints: they go with their Service") {
    SmallCluster world;
    world.create(types::kService, "default", service(kPlain));
    world.settle();
    CHECK(world.list(kSlice, "default").size() == 1);
    REQUIRE(world.client.remove(types::kService, "default", "web"));
    world.settle();
    CHECK(!world.exists(types::kEndpoints, "default", "web"));
    CHECK(world.list(kSlice, "default").empty());
  }
}

TEST_SUITE("embedded.controllers.volumes") {
  TEST_CASE("claim: bound to a volume of its own, in its namespace's directory") {
    embedded::ControllersOptions options;
    options.volume_root = "/state/pv";
    SmallCluster world({}, options);
    auto made = claim(world, "data", "2Gi");
    world.settle();
    auto bound = world.get(types::kPersistentVolumeClaim, "default", "data");
    CHECK(bound["status"]["phase"].as_string() == "Bound");
    CHECK(bound["status"]["capacity"]["storage"].as_string() == "2Gi");
    std::string name(bound["spec"]["volumeName"].as_string());
    CHECK(name == "pvc-" + std::string(made.uid()));
    auto volume = world.get(types::kPersistentVolume, "", name);
    CHECK(volume["status"]["phase"].as_string() == "Bound");
    CHECK(volume["spec"]["hostPath"]["path"].as_string() == "/state/pv/default/data");
    CHECK(volume["spec"]["claimRef"]["uid"].as_string() == made.uid());
    CHECK(volume["spec"]["storageClassName"].as_string() == "fast");
    world.merge(types::kPersistentVolumeClaim, "default", "data",
                R"({"spec":{"resources":{"requests":{"storage":"3Gi"}}}})");
    world.settle();
    bound = world.get(types::kPersistentVolumeClaim, "default", "data");
    CHECK(bound["status"]["capacity"]["storage"].as_string() == "3Gi");
  }

  TEST_CASE("claim: deleted, it stays while a pod uses it; then its volume goes, too") {
    embedded::ControllersOptions options;
    options.volume_finalizer = "test/data";
    SmallCluster world({}, options);
    auto made = claim(world, "data");
    std::string volume = "pvc-" + std::string(made.uid());
    world.create(types::kPod, "default",
                 R"({"metadata":{"name":"user"},"spec":{"containers":[{"name":"c","image":"i"}],
                    "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}]}})");
    world.pass(5s);
    REQUIRE(world.client.remove(types::kPersistentVolumeClaim, "default", "data"));
    world.pass(60s);
    CHECK(world.exists(types::kPersistentVolumeClaim, "default", "data"));
    CHECK(!world.get(types::kPersistentVolume, "", volume).being_deleted());
    REQUIRE(world.client.remove(types::kPod, "default", "user"));
    world.pass(5s);
    CHECK(!world.exists(types::kPersistentVolumeClaim, "default", "data"));
    // Whoever removes the directory lets the object go.
    CHECK(world.get(types::kPersistentVolume, "", volume).being_deleted());
    world.merge(types::kPersistentVolume, "", volume, R"({"metadata":{"finalizers":null}})");
    world.settle();
    CHECK(!world.exists(types::kPersistentVolume, "", volume));
  }

  TEST_CASE("volume: reclaim policy Retain keeps it, released") {
    SmallCluster world;
    auto made = claim(world, "data");
    world.settle();
    std::string volume = "pvc-" + std::string(made.uid());
    world.merge(types::kPersistentVolume, "", volume,
                R"({"spec":{"persistentVolumeReclaimPolicy":"Retain"}})");
    REQUIRE(world.client.remove(types::kPersistentVolumeClaim, "default", "data"));
    world.pass(1min);
    CHECK(!world.exists(types::kPersistentVolumeClaim, "default", "data"));
    CHECK(world.get(types::kPersistentVolume, "", volume)["status"]["phase"].as_string() ==
          "Released");
  }

  TEST_CASE("volume: not released because its claim is not seen") {
    SmallCluster world;
    auto made = claim(world, "data");
    world.settle();
    std::string volume = "pvc-" + std::string(made.uid());
    world.controllers.reset();
    // A restart in which the claims cannot be listed at first.
    world.restart_controllers();
    world.faults->fault = [&](const kube::Request& request) -> std::optional<kube::Response> {
      if (request.path.find("persistentvolumeclaims") == std::string::npos) return std::nullopt;
      return kube::Response{500, "application/json", "{}"};
    };
    world.pass(2min);
    CHECK(world.exists(types::kPersistentVolume, "", volume));
    world.faults->fault = {};
    world.pass(2min);
    CHECK(world.get(types::kPersistentVolume, "", volume)["status"]["phase"].as_string() ==
          "Bound");
  }

  TEST_CASE("claim: a volume that it names becomes its own when free, and waits otherwise") {
    SmallCluster world;
    auto volume = [&](const std::string& name) {
      world.create(types::kPersistentVolume, "",
                   R"({"metadata":{"name":")" + name +
                       R"("},"spec":{"accessModes":["ReadWriteOnce"],"capacity":{"storage":"1Gi"},
                          "persistentVolumeReclaimPolicy":"Retain",
                          "hostPath":{"path":"/somewhere"}}})");
    };
    auto named = [&](const std::string& claim_name, const std::string& volume_name) {
      world.create(types::kPersistentVolumeClaim, "default",
                   R"({"metadata":{"name":")" + claim_name +
                       R"("},"spec":{"accessModes":["ReadWriteOnce"],"volumeName":")" +
                       volume_name + R"(","resources":{"requests":{"storage":"1Gi"}}}})");
    };
    volume("mine");
    world.settle();
    CHECK(world.get(types::kPersistentVolume, "", "mine")["status"]["phase"].as_string() ==
          "Available");
    named("first", "mine");
    world.settle();
    named("second", "mine");
    world.settle();
    auto first = world.get(types::kPersistentVolumeClaim, "default", "first");
    auto second = world.get(types::kPersistentVolumeClaim, "default", "second");
    CHECK(first["status"]["phase"].as_string() == "Bound");
    CHECK(second["status"]["phase"].as_string() == "Pending");
    auto taken = world.get(types::kPersistentVolume, "", "mine");
    CHECK(taken["spec"]["claimRef"]["uid"].as_string() == first.uid());
    CHECK(taken["status"]["phase"].as_string() == "Bound");
  }

  TEST_CASE("claim: one whose volume was taken away is Lost, not given an empty one") {
    SmallCluster world;
    auto made = claim(world, "data");
    world.settle();
    std::string volume = "pvc-" + std::string(made.uid());
    REQUIRE(world.client.remove(types::kPersistentVolume, "", volume));
    world.pass(1min);
    CHECK(!world.exists(types::kPersistentVolume, "", volume));
    auto lost = world.get(types::kPersistentVolumeClaim, "default", "data");
    CHECK(lost["status"]["phase"].as_string() == "Lost");
  }
}
