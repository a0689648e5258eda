#include "pgo/model/names.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;
using namespace pgo::testing;
using Names = std::vector<std::string>;

namespace {

/// Kinds and names in the order in which a plan creates them.
Names created(const plan::Plan& plan) {
  Names all;
  for (const plan::Action& action : plan.actions()) {
    if (const auto* ensure = std::get_if<plan::Ensure>(&action.what)) {
      all.push_back(std::string(ensure->object.kind()) + " " + std::string(ensure->object.name()));
    }
  }
  return all;
}

}  // namespace

TEST_CASE("create: a requested cluster gets its objects in the order of 4.2.0") {
  const auto [seen, plan] = look(view("hippo").secrets());
  CHECK(created(plan) ==
        Names{"PersistentVolumeClaim hippo", "Service hippo", "Service hippo-backrest-shared-repo",
              "PersistentVolumeClaim hippo-pgbr-repo", "Deployment hippo-backrest-shared-repo",
              "ConfigMap hippo-pgha-default-config", "Deployment hippo"});
  CHECK(plan.creates("Secret").empty());
  CHECK(plan.events() == Names{"CreateCluster"});
  CHECK(plan.patches("Pgcluster") == Names{"hippo", "hippo"});
}

TEST_CASE("create: the last write marks the cluster as made, with the labels of 4.2.0") {
  const auto [seen, plan] = look(view("hippo").secrets());
  const auto* last = std::get_if<plan::Patch>(&plan.actions().back().what);
  REQUIRE(last != nullptr);
  CHECK(last->body["spec"]["status"].as_string() == "completed");
  CHECK(last->body["spec"]["PrimaryStorage"]["name"].as_string() == "hippo");
  const json::Value& labels = last->body["metadata"]["labels"];
  CHECK(labels["current-primary"].as_string() == "hippo");
  CHECK(labels["crunchy-pgha-scope"].as_string() == "hippo");
  CHECK(labels["archive-timeout"].as_string() == "60");
  CHECK(labels["pg-pod-anti-affinity"].is_string());
}

TEST_CASE("create: a pgcluster made by hand gets secrets whose values the executor draws") {
  const auto [seen, plan] = look(view("hippo"));
  CHECK(plan.creates("Secret") == Names{"hippo-postgres-secret", "hippo-primaryuser-secret",
                                        "hippo-testuser-secret", "hippo-backrest-repo-config"});
  for (const plan::Action& action : plan.actions()) {
    const auto* secret = std::get_if<plan::EnsureSecret>(&action.what);
    if (secret == nullptr) continue;
    CHECK(secret->object["data"]["password"].as_string().empty());
    CHECK_FALSE(secret->object["data"].members().empty());
  }
}

TEST_CASE("create: old data and credentials are taken over") {
  const auto [seen, plan] = look(view("hippo").secrets().volume("hippo").volume("hippo-pgbr-repo"));
  CHECK(plan.creates("PersistentVolumeClaim").empty());
  CHECK(plan.creates("Deployment").size() == 2);
}

TEST_CASE("create: a claim of its name that is on its way out is waited for, not mounted") {
  for (const char* claim : {"hippo", "hippo-pgbr-repo"}) {
    plan::ClusterView seen = view("hippo").secrets();
    plan::Volume volume;
    volume.meta = {.ns = "pgouser1", .name = claim, .uid = "uid", .cluster = "hippo"};
    volume.meta.deleting = true;
    seen.volumes.push_back(std::make_shared<const plan::Volume>(volume));
    const auto [kept, plan] = look(seen);
    const auto made = plan.creates("Deployment");
    CHECK(std::ranges::find(made, "hippo") == made.end());
    CHECK(plan.waits_for(plan::Reason::objects_gone));
    CHECK(plan.events().empty());  // it is not said to be made
  }
}

TEST_CASE("create: kept data begin with the instance that led last") {
  plan::ClusterView seen = view("hippo").secrets().volume("hippo").volume("hippo-abcd");
  const auto first = [&] {
    const auto [kept, plan] = look(seen);
    const auto made = plan.creates("Deployment");
    return std::pair(made.back(), plan.creates("PersistentVolumeClaim"));
  };
  CHECK(first() == std::pair(std::string("hippo"), Names{"hippo-pgbr-repo"}));
  plan::Volume newest = *seen.volume("hippo-abcd");
  newest.led_last = true;
  seen.volumes.back() = std::make_shared<const plan::Volume>(newest);
  CHECK(first() == std::pair(std::string("hippo-abcd"), Names{"hippo-pgbr-repo"}));
  const auto [kept, plan] = look(seen);
  const auto& pod = (*plan.created("Deployment", "hippo-abcd"))["spec"]["template"]["spec"];
  CHECK(json::write(pod["volumes"]).find(R"("claimName":"hippo-abcd")") != std::string::npos);
  const auto& last = std::get<plan::Patch>(plan.actions().back().what).body;
  for (const auto* label : {"current-primary", "crunchy-pgha-scope", "deployment-name"}) {
    CHECK(last["metadata"]["labels"][label].as_string() == "hippo-abcd");
  }
  CHECK(last["spec"]["PrimaryStorage"]["name"].as_string() == "hippo-abcd");
}

TEST_CASE("create: replicas asked for get derived names, the same at each attempt") {
  auto cluster = view("hippo").secrets();
  cluster.spec().spec.replicas = "2";
  const Names first = look(cluster).plan.creates("Pgreplica");
  CHECK(first.size() == 2);
  CHECK(first == look(cluster).plan.creates("Pgreplica"));
  CHECK(first[0] != first[1]);
  CHECK(first[0].starts_with("hippo-"));
  cluster.replica(first[0]);
  CHECK(look(cluster).plan.creates("Pgreplica") == Names{first[1]});
}

TEST_CASE("K33: the cluster's identifier is stored and the instance carries it") {
  const auto [seen, plan] = look(view("hippo").secrets());
  const std::string id(plan.created("Deployment", "hippo")->label("pg-cluster-id"));
  CHECK(id == seen.cluster->meta.uid);
  const auto& last = std::get<plan::Patch>(plan.actions().back().what);
  CHECK(last.body["metadata"]["labels"]["pg-cluster-id"].as_string() == id);
}

TEST_CASE("K34: a restart after the status was set goes on with what is missing") {
  auto cluster = view("hippo").secrets().volume("hippo");
  cluster.spec().status.state = model::state::kClusterProcessed;
  const auto [seen, plan] = look(cluster);
  CHECK(plan.creates("Deployment").size() == 2);
}

TEST_CASE("K34: an initialized cluster without a Deployment of its name stays initialized") {
  auto cluster = view("hippo").settled().running_replica("hippo-abcd").leads("hippo-abcd");
  cluster.spec().metadata.labels["current-primary"] = "hippo-abcd";
  plan::ClusterView seen = cluster;
  std::erase_if(seen.deployments, [](const auto& one) { return one->meta.name == "hippo"; });
  std::erase_if(seen.pods, [](const auto& one) { return one->deployment == "hippo"; });
  const auto [kept, plan] = look(seen);
  CHECK(plan.creates("Deployment").empty());
  CHECK(plan.patches("Pgcluster").empty());
}

TEST_CASE("O1: a primary that was ready before anybody looked is initialised all the same") {
  const auto [seen, plan] = look(view("hippo").primary_ready().repo_ready());
  CHECK(plan.creates("Pgtask") == Names{"hippo-stanza-create"});
  CHECK(plan.patch_of("ConfigMap", "hippo-pgha-default-config") != nullptr);
}

TEST_CASE("create: init ends when the primary is ready") {
  const auto [seen, plan] = look(view("hippo").primary_ready());
  const json::Value* patch = plan.patch_of("ConfigMap", "hippo-pgha-default-config");
  REQUIRE(patch != nullptr);
  CHECK((*patch)["data"]["init"].as_string() == "false");
  CHECK(look(view("hippo").bootstrapped()).plan.patches("ConfigMap").empty());
}

TEST_CASE("create: the workflow is completed once, when the primary is ready") {
  auto workflow = model::workflow_task("pgouser1", "hippo-createcluster", "hippo", "id", "u",
                                       "2020-01-02T11:00:00Z");
  const auto [seen, plan] = look(view("hippo").primary_ready().task(workflow));
  const auto events = plan.events();
  CHECK(std::count(events.begin(), events.end(), "CreateClusterCompleted") == 1);
  workflow.spec.parameters["task completed"] = "2020-01-02T11:00:09Z";
  workflow.status.state = model::state::kTaskProcessed;
  CHECK(look(view("hippo").primary_ready().task(workflow)).plan.patches("Pgtask").empty());
}

TEST_CASE("create: a settled cluster wants nothing") {
  const auto [seen, plan] = look(view("hippo").settled().running_replica("hippo-abcd"));
  INFO(plan.text());
  CHECK(plan.empty());
  CHECK(plan.conditions().empty());
}

TEST_CASE("create: what is waited for is written to the pgcluster when nothing else is to do") {
  auto cluster = view("hippo").bootstrapped();
  cluster.deployment_of("hippo").service_name = "hippo";
  cluster.pod_of("hippo").service_name = "hippo";
  const auto [seen, plan] = look(cluster);
  const json::Value* patch = plan.patch_of("Pgcluster", "hippo");
  REQUIRE(patch != nullptr);
  const json::Value& condition = (*patch)["status"]["conditions"][0];
  CHECK(condition["reason"].as_string() == "stanza");
  CHECK(condition["lastTransitionTime"].as_string() == "2020-01-02T12:00:00Z");
  // Written once: the same conditions later cost no write, and keep their time.
  cluster.spec().status.extra.members.set("conditions", (*patch)["status"]["conditions"]);
  const auto [later_seen, later] = look(cluster, noon() + std::chrono::hours(1));
  CHECK(later.empty());
  CHECK(later.conditions().front().since == noon());
}

TEST_CASE("create: a removed Service or repository Deployment is made again") {
  plan::ClusterView seen = view("hippo").settled();
  seen.services.clear();
  std::erase_if(seen.deployments, [](const auto& one) { return one->repo; });
  const auto [kept, plan] = look(seen);
  CHECK(plan.creates("Service") == Names{"hippo", "hippo-backrest-shared-repo"});
  CHECK(plan.creates("Deployment") == Names{"hippo-backrest-shared-repo"});
}

TEST_CASE("create: a pgcluster that cannot be understood is reported and left alone") {
  kube::Object broken(kube::types::kPgCluster, "pgouser1", "hippo");
  broken.document().at_or_add("spec").set("PrimaryStorage", json::Value("oops"));
  plan::ClusterView seen;
  seen.ns = "pgouser1";
  seen.name = "hippo";
  seen.cluster = std::make_shared<const plan::Cluster>(plan::Cluster::from(broken));
  const auto [kept, plan] = look(seen);
  CHECK(plan.empty());
  CHECK(plan.waits_for(plan::Reason::invalid_object));
}
