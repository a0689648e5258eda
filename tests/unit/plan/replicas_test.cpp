#include "pgo/model/names.h"
#include "pgo/model/pgreplica.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

using namespace pgo;
using namespace pgo::testing;
using Names = std::vector<std::string>;

TEST_CASE("replicas: none are made until the first full backup has succeeded") {
  const auto [seen, plan] = look(view("hippo").primary_ready().replica("hippo-abcd"));
  CHECK(plan.creates("Deployment").empty());
  CHECK(plan.creates("PersistentVolumeClaim").empty());
  CHECK(plan.waits_for(plan::Reason::first_backup));
  const json::Value* patch = plan.patch_of("Pgreplica", "hippo-abcd");
  REQUIRE(patch != nullptr);
  CHECK((*patch)["status"]["state"].as_string() == "pgreplica Pending init");
}

TEST_CASE("replicas: volume, Service and Deployment, then the pgreplica is processed") {
  const auto [seen, plan] = look(view("hippo").settled().replica("hippo-abcd"));
  CHECK(plan.creates("PersistentVolumeClaim") == Names{"hippo-abcd"});
  CHECK(plan.creates("Service") == Names{"hippo-replica"});
  CHECK(plan.creates("Deployment") == Names{"hippo-abcd"});
  const json::Value* patch = plan.patch_of("Pgreplica", "hippo-abcd");
  REQUIRE(patch != nullptr);
  CHECK((*patch)["spec"]["status"].as_string() == "completed");
  CHECK((*patch)["spec"]["replicastorage"]["name"].as_string() == "hippo-abcd");
  CHECK((*patch)["status"]["state"].as_string() == "pgreplica Processed");
}

TEST_CASE("K15: the Service for replicas is made with the first replica and not again") {
  const auto [seen, plan] =
      look(view("hippo").settled().running_replica("hippo-abcd").replica("hippo-efgh"));
  CHECK(plan.creates("Deployment") == Names{"hippo-efgh"});
  CHECK(plan.creates("Service").empty());
}

TEST_CASE("K28: the scale event names the cluster and the replica") {
  const auto [seen, plan] = look(view("hippo").settled().replica("hippo-abcd"));
  for (const plan::Action& action : plan.actions()) {
    const auto* event = std::get_if<plan::Event>(&action.what);
    if (event == nullptr) continue;
    CHECK(event->type == "ScaleCluster");
    CHECK(event->payload == std::vector<std::pair<std::string, std::string>>{
                                {"clustername", "hippo"}, {"replicaname", "hippo-abcd"}});
  }
}

TEST_CASE("O4: a replica half made goes on where it stopped, nothing is made twice") {
  auto cluster = view("hippo").settled().replica("hippo-abcd").volume("hippo-abcd");
  cluster.service("hippo-replica");
  const auto [seen, plan] = look(cluster);
  CHECK(plan.creates("PersistentVolumeClaim").empty());
  CHECK(plan.creates("Service").empty());
  CHECK(plan.creates("Deployment") == Names{"hippo-abcd"});
}

TEST_CASE("O10: a replica whose storage makes no sense is reported, not made") {
  plan::ClusterView seen = view("hippo").settled().replica("hippo-abcd");
  kube::Object broken = seen.replicas.front()->object->object();
  json::Value& storage = broken.document().at_or_add("spec").at_or_add("replicastorage");
  storage.set("storagetype", "dynamic");
  storage.set("size", "");
  seen.replicas = {std::make_shared<const plan::Replica>(plan::Replica::from(broken))};
  const auto [kept, plan] = look(seen);
  CHECK(plan.creates("Deployment").empty());
  CHECK(plan.waits_for(plan::Reason::render_failed));
}

TEST_CASE("K4: a replica's pod is told from the primary's by its own label") {
  const plan::ClusterView seen = view("hippo").settled().running_replica("hippo-abcd");
  REQUIRE(seen.primary() != nullptr);
  CHECK(seen.primary()->deployment == "hippo");
}
