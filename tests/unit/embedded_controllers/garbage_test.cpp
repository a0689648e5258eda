#include "unit/embedded_controllers/small_cluster.h"

using namespace pgo;
using namespace pgo::test;
using namespace std::chrono_literals;
namespace types = kube::types;

namespace {

std::string owned(std::string_view name, const kube::Object& owner, bool blocks = true,
                  std::string_view more = "") {
  return R"({"metadata":{"name":")" + std::string(name) + R"(",)" + std::string(more) +
         R"("ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":")" +
         std::string(owner.name()) + R"(","uid":")" + std::string(owner.uid()) +
         R"(","blockOwnerDeletion":)" + (blocks ? "true" : "false") + "}]}}";
}

kube::Object config(SmallCluster& world, std::string_view name) {
  return world.create(types::kConfigMap, "default",
                      R"({"metadata":{"name":")" + std::string(name) + "\"}}");
}

bool there(SmallCluster& world, std::string_view name) {
  return world.exists(types::kConfigMap, "default", name);
}

void remove(SmallCluster& world, std::string_view name, std::string propagation) {
  kube::DeleteOptions how;
  how.propagation = std::move(propagation);
  REQUIRE(world.client.remove(types::kConfigMap, "default", name, how));
}

}  // namespace

TEST_SUITE("embedded.controllers.garbage") {
  TEST_CASE("background: the owner goes at once, then everything below it, over types") {
    SmallCluster world;
    auto owner = config(world, "owner");
    auto child = world.create(types::kConfigMap, "default", owned("child", owner));
    world.create(types::kSecret, "default", owned("grandchild", child));
    config(world, "stranger");
    world.settle();
    remove(world, "owner", "Background");
    CHECK(!there(world, "owner"));
    CHECK(there(world, "child"));
    world.settle();
    CHECK(!there(world, "child"));
    CHECK(!world.exists(types::kSecret, "default", "grandchild"));
    CHECK(there(world, "stranger"));
  }

  TEST_CASE("foreground: the owner stays until the last blocking dependent is gone") {
    SmallCluster world;
    auto owner = config(world, "owner");
    world.create(types::kConfigMap, "default",
                 owned("slow", owner, true, R"("finalizers":["test/hold"],)"));
    world.create(types::kConfigMap, "default", owned("quick", owner));
    world.settle();
    remove(world, "owner", "Foreground");
    world.settle();
    CHECK(there(world, "owner"));
    CHECK(there(world, "slow"));
    CHECK(!there(world, "quick"));
    world.merge(types::kConfigMap, "default", "slow", R"({"metadata":{"finalizers":null}})");
    world.settle();
    CHECK(!there(world, "slow"));
    CHECK(!there(world, "owner"));
  }

  TEST_CASE("foreground: a dependent that does not block holds nobody up") {
    SmallCluster world;
    auto owner = config(world, "owner");
    world.create(types::kConfigMap, "default",
                 owned("slow", owner, false, R"("finalizers":["test/hold"],)"));
    world.settle();
    remove(world, "owner", "Foreground");
    world.settle();
    CHECK(!there(world, "owner"));
    CHECK(world.get(types::kConfigMap, "default", "slow").being_deleted());
  }

  TEST_CASE("orphan: dependents are set free and stay") {
    SmallCluster world;
    auto owner = config(world, "owner");
    world.create(types::kConfigMap, "default", owned("child", owner));
    world.settle();
    remove(world, "owner", "Orphan");
    world.settle();
    CHECK(!there(world, "owner"));
    CHECK(world.get(types::kConfigMap, "default", "child").owners().empty());
  }

  TEST_CASE("an object with one owner left only loses the reference to the other") {
    SmallCluster world;
    auto one = config(world, "one");
    auto two = config(world, "two");
    auto child = world.create(types::kConfigMap, "default", owned("child", one));
    child.add_owner({"v1", "ConfigMap", "two", std::string(two.uid()), false, false});
    REQUIRE(world.client.update(types::kConfigMap, child));
    world.settle();
    remove(world, "one", "Background");
    world.settle();
    auto owners = world.get(types::kConfigMap, "default", "child").owners();
    REQUIRE(owners.size() == 1);
    CHECK(owners[0].name == "two");
    remove(world, "two", "Background");
    world.settle();
    CHECK(!there(world, "child"));
  }

  TEST_CASE("an owner that was deleted and made anew under its name does not count") {
    SmallCluster world;
    auto owner = config(world, "owner");
    remove(world, "owner", "Background");
    config(world, "owner");
    world.create(types::kConfigMap, "default", owned("child", owner));
    world.settle();
    CHECK(!there(world, "child"));
    CHECK(there(world, "owner"));
  }

  TEST_CASE("what became garbage while the controllers were down is found after a restart") {
    SmallCluster world;
    auto owner = config(world, "owner");
    world.create(types::kConfigMap, "default", owned("child", owner));
    world.settle();
    world.controllers.reset();
    remove(world, "owner", "Background");
    world.restart_controllers();
    world.settle();
    CHECK(!there(world, "child"));
  }

  TEST_CASE("nothing is deleted because an owner is merely not seen") {
    SmallCluster world;
    world.faults->stale = true;
    auto owner = config(world, "owner");
    world.create(types::kConfigMap, "default", owned("child", owner));
    world.pass(10s);
    world.faults->catch_up();
    world.pass(10s);
    CHECK(there(world, "child"));
    // Nor does anything follow from a reference that cannot mean anything.
    auto gone = config(world, "gone");
    world.create(types::kPersistentVolume, "",
                 R"({"metadata":{"name":"disk","ownerReferences":[{"apiVersion":"v1",
                    "kind":"ConfigMap","name":"gone","uid":")" +
                     std::string(gone.uid()) + R"("}]},"spec":{"capacity":{"storage":"1Gi"},
                    "accessModes":["ReadWriteOnce"],"hostPath":{"path":"/x"}}})");
    remove(world, "gone", "Background");
    world.pass(1min);
    CHECK(world.exists(types::kPersistentVolume, "", "disk"));
    // A type nobody serves is no proof of death either.
    world.create(types::kConfigMap, "default",
                 R"({"metadata":{"name":"odd","ownerReferences":[{"apiVersion":"nobody/v1",
                    "kind":"Nothing","name":"x","uid":"123"}]}})");
    world.pass(10min);
    CHECK(there(world, "odd"));
  }

  TEST_CASE("custom resources take part, from the moment their type is defined") {
    SmallCluster world;
    world.create(types::kCustomResourceDefinition, "",
                 R"({"metadata":{"name":"things.test.org"},"spec":{"group":"test.org",
                 "scope":"Namespaced","names":{"plural":"things","singular":"thing","kind":"Thing",
                 "listKind":"ThingList"},"versions":[{"name":"v1","served":true,"storage":true,
                 "schema":{"openAPIV3Schema":{"type":"object",
                 "x-kubernetes-preserve-unknown-fields":true}}}]}})");
    world.pass(5s);
    kube::ResourceType things{"test.org", "v1", "Thing", "things"};
    auto owner = world.create(things, "default", R"({"metadata":{"name":"owner"}})");
    world.create(types::kConfigMap, "default",
                 R"({"metadata":{"name":"child","ownerReferences":[{"apiVersion":"test.org/v1",
                    "kind":"Thing","name":"owner","uid":")" +
                     std::string(owner.uid()) + "\"}]}}");
    world.settle();
    CHECK(there(world, "child"));
    REQUIRE(world.client.remove(things, "default", "owner"));
    world.settle();
    CHECK(!there(world, "child"));
    REQUIRE(world.client.remove(types::kCustomResourceDefinition, "", "things.test.org"));
    world.pass(10s);
    config(world, "after");
    auto later = world.create(types::kConfigMap, "default", owned("orphaned", owner));
    world.pass(10s);
    CHECK(!there(world, "orphaned"));
  }

  TEST_CASE("deleting a Deployment takes its ReplicaSets and pods along, orphaning keeps them") {
    SmallCluster world;
    world.create(types::kDeployment, "default", deployment("web", 2));
    world.create(types::kDeployment, "default", deployment("kept", 2));
    world.pass(5s);
    REQUIRE(world.client.remove(types::kDeployment, "default", "web"));
    kube::DeleteOptions orphan;
    orphan.propagation = "Orphan";
    REQUIRE(world.client.remove(types::kDeployment, "default", "kept", orphan));
    world.pass(5s);
    CHECK(world.list(types::kPod, "default", "app=web").empty());
    CHECK(world.list(types::kReplicaSet, "default", "app=web").empty());
    CHECK(world.list(types::kPod, "default", "app=kept").size() == 2);
    CHECK(world.list(types::kReplicaSet, "default", "app=kept").size() == 1);
  }

  TEST_CASE("namespace: emptied of everything, then gone") {
    SmallCluster world;
    world.create(types::kNamespace, "", R"({"metadata":{"name":"shop"}})");
    world.settle();
    CHECK(world.exists(types::kServiceAccount, "shop", "default"));
    world.create(types::kDeployment, "shop", deployment("web", 2));
    world.create(types::kSecret, "shop", R"({"metadata":{"name":"key"}})");
    world.create(types::kConfigMap, "shop",
                 R"({"metadata":{"name":"held","finalizers":["test/hold"]}})");
    world.create(types::kPersistentVolumeClaim, "shop",
                 R"({"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],
                     "resources":{"requests":{"storage":"1Gi"}}}})");
    const kube::ResourceType newer_event{"events.k8s.io", "v1", "Event", "events"};
    world.create(newer_event, "shop", R"({"metadata":{"name":"said"},"reason":"x"})");
    world.pass(5s);
    REQUIRE(world.client.remove(types::kNamespace, "", "shop"));
    world.pass(10s);
    CHECK(world.get(types::kNamespace, "", "shop")["status"]["phase"].as_string() == "Terminating");
    CHECK(world.list(types::kPod, "shop").empty());
    CHECK(world.list(types::kSecret, "shop").empty());
    world.merge(types::kConfigMap, "shop", "held", R"({"metadata":{"finalizers":null}})");
    world.pass(10s);
    CHECK(!world.exists(types::kNamespace, "", "shop"));
    CHECK(world.list(newer_event, "").empty());
    CHECK(world.list(types::kPersistentVolume, "").empty());
    CHECK(world.exists(types::kNamespace, "", "default"));
  }

  TEST_CASE("the furniture of a namespace comes back when it is taken away") {
    embedded::ControllersOptions options;
    options.root_ca_pem = "a certificate";
    SmallCluster world({}, options);
    REQUIRE(world.client.remove(types::kServiceAccount, "default", "default"));
    REQUIRE(world.client.remove(types::kConfigMap, "default", "kube-root-ca.crt"));
    world.settle();
    CHECK(world.exists(types::kServiceAccount, "default", "default"));
    auto ca = world.get(types::kConfigMap, "default", "kube-root-ca.crt");
    CHECK(ca["data"]["ca.crt"].as_string() == "a certificate");
    world.merge(types::kConfigMap, "default", "kube-root-ca.crt",
                R"({"data":{"ca.crt":"forged"}})");
    world.settle();
    ca = world.get(types::kConfigMap, "default", "kube-root-ca.crt");
    CHECK(ca["data"]["ca.crt"].as_string() == "a certificate");
  }
}
