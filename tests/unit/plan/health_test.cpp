#include "pgo/plan/health.h"

#include "pgo/plan/remedy.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

using namespace pgo;
using namespace pgo::testing;
using plan::Condition;
using plan::Reason;

namespace {

bool contains(const std::string& text, std::string_view part) {
  CAPTURE(text);
  CAPTURE(part);
  return text.find(part) != std::string::npos;
}

ViewBuilder with_replica() { return view("hippo").settled().running_replica("hippo-abcd"); }

/// What the operator does and waits for is the same with and without.
void plans_nothing(const plan::ClusterView& seen) {
  const auto [kept, plan] = look(seen);
  CHECK(plan.actions().empty());
  CHECK(plan.conditions().empty());
}

kube::Object pod(std::string_view status) {
  json::Value document = json::Value::object(
      {{"metadata", json::Value::object({{"creationTimestamp", "2020-01-02T11:00:00Z"}})}});
  document.set("status", json::parse(status).value());
  return kube::Object(document);
}

}  // namespace

TEST_CASE("health: a settled cluster has no ailment") {
  CHECK(plan::ailments(with_replica()).empty());
  CHECK(plan::ailments(view("hippo").bootstrapped().primary_ready()).empty());
  CHECK(plan::ailments(view("hippo").no_cluster()).empty());
}

TEST_CASE("health: without a leader and with autofail off it is told who can take over, and how") {
  auto cluster = with_replica().autofail(false).patroni(R"({"pause":true})");
  cluster.spec().metadata.annotations["pgo-autofail-paused"] = "true";
  plan::Pod& old = cluster.pod_of("hippo");
  old.role.clear();
  old.ready = old.database_ready = false;
  old.words = {.trouble = "container database runs and is not ready",
               .since = "2020-01-02T11:59:00Z"};
  const plan::ClusterView seen = cluster;
  const auto found = plan::ailments(seen);
  REQUIRE(found.size() == 2);
  CHECK(found[0].reason == Reason::primary_ready);
  CHECK(to_rfc3339(found[0].since) == "2020-01-02T11:59:00Z");
  CHECK(contains(found[0].detail, "no instance leads; the last one that did is hippo"));
  const std::string remedy = plan::remedy(found[0], seen);
  CHECK(contains(remedy, "pgo failover hippo --target=hippo-abcd -n pgouser1"));
  CHECK(contains(remedy, "pgo update cluster hippo --enable-autofail -n pgouser1"));
  CHECK(found[1].reason == Reason::instance_ready);
  CHECK(found[1].subject == "hippo");
  CHECK(contains(found[1].detail, "container database runs and is not ready"));
  const auto [kept, plan] = look(seen);
  CHECK(plan.conditions().empty());
}

TEST_CASE("health: with autofail on Patroni chooses, and nobody is told to do anything") {
  auto cluster = with_replica();
  cluster.pod_of("hippo").role.clear();
  const plan::ClusterView seen = cluster;
  const auto found = plan::ailments(seen);
  REQUIRE(found.size() == 1);
  CHECK(found[0].since == TimePoint{});  // nobody noted it
  const std::string remedy = plan::remedy(found[0], seen);
  CHECK(contains(remedy, "nothing is to be done"));
  CHECK_FALSE(contains(remedy, "pgo failover"));
  CHECK(contains(remedy,
                 "kubectl -n pgouser1 logs --prefix --tail=50 -l "
                 "pg-cluster=hippo,pgo-pg-database=true -c database"));
  plans_nothing(seen);
}

TEST_CASE(
    "health: a primary whose pod is deleted, is not ready, or only takes over is no primary") {
  auto deleted = view("hippo").settled();
  deleted.pod_of("hippo").meta.deleting = true;
  const auto found = plan::ailments(deleted);
  REQUIRE(found.size() == 2);
  CHECK(found[0].reason == Reason::primary_ready);
  CHECK(contains(found[1].detail, "is being deleted"));

  auto unready = view("hippo").settled();
  unready.pod_of("hippo").ready = unready.pod_of("hippo").database_ready = false;
  CHECK(contains(plan::ailments(unready)[0].detail, "hippo leads and is not ready"));

  auto promoting = with_replica();
  promoting.pod_of("hippo").promoting = true;
  REQUIRE(plan::ailments(promoting).size() == 1);
  CHECK(contains(plan::ailments(promoting)[0].detail, "is not a primary yet"));
}

TEST_CASE("health: each instance that is not ready is named, with what its pod says") {
  auto cluster = with_replica().running_replica("hippo-wxyz").running_replica("hippo-none");
  plan::Pod& slow = cluster.pod_of("hippo-abcd");
  slow.ready = slow.database_ready = false;
  slow.words = plan::PodWords::from(pod(R"({"containerStatuses":[{"name":"database","ready":false,
      "restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]})"),
                                    false);
  cluster.without_pod("hippo-none");
  const plan::ClusterView seen = cluster;
  const auto found = plan::ailments(seen);
  REQUIRE(found.size() == 2);
  CHECK(found[0].subject == "hippo-abcd");
  CHECK(contains(found[0].detail, "container database waits (CrashLoopBackOff), restarts: 3"));
  CHECK(to_rfc3339(found[0].since) == "2020-01-02T11:00:00Z");
  CHECK(contains(plan::remedy(found[0], seen), "-l deployment-name=hippo-abcd"));
  CHECK(found[1].subject == "hippo-none");
  CHECK(found[1].detail == "it has no pod");
  plans_nothing(seen);
}

TEST_CASE("health: of an instance with two pods the one that is ready counts") {
  auto cluster = view("hippo").settled();
  plan::ClusterView seen = cluster;
  plan::Pod old = cluster.pod_of("hippo");
  old.meta.name = "hippo-old";
  old.meta.deleting = true;
  seen.pods.insert(seen.pods.begin(), std::make_shared<const plan::Pod>(old));
  CHECK(plan::ailments(seen).empty());
}

TEST_CASE("health: an instance or a cluster on its way out ails nothing") {
  auto going = with_replica();
  going.pod_of("hippo-abcd").ready = false;
  going.deployment_of("hippo-abcd").meta.deleting = true;
  CHECK(plan::ailments(going).empty());

  auto removed = with_replica();
  removed.pod_of("hippo").ready = removed.pod_of("hippo").database_ready = false;
  REQUIRE_FALSE(plan::ailments(removed).empty());
  CHECK(plan::ailments(
            removed.task(model::removal_task("pgouser1", "hippo-rmdata", {.cluster = "hippo"})))
            .empty());
}

TEST_CASE("health: a repository that is not ready is told") {
  auto cluster = view("hippo").settled().without_pod("");
  const plan::ClusterView seen = cluster;
  const auto found = plan::ailments(seen);
  REQUIRE(found.size() == 1);
  CHECK(found[0].reason == Reason::repo_ready);
  CHECK(contains(plan::remedy(found[0], seen), "Deployment hippo-backrest-shared-repo"));
}

TEST_CASE("health: what a pod says, from its init containers to its place on a node") {
  const auto words = [](std::string_view status) {
    return plan::PodWords::from(pod(status), false).trouble;
  };
  CHECK(words(R"({"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False",
                  "message":"0/1 nodes are available"}]})") ==
        "not placed on a node: 0/1 nodes are available");
  CHECK(words(R"({"phase":"Failed","message":"Evicted for memory"})") ==
        "phase Failed: Evicted for memory");
  CHECK(words(R"({"phase":"Pending","initContainerStatuses":[{"name":"prepare","ready":false,
                  "state":{"terminated":{"exitCode":3}}}]})") ==
        "container prepare ended with exit code 3");
  CHECK(words(R"({"containerStatuses":[{"name":"a","ready":true,"state":{}},{"name":"database",
                  "state":{"waiting":{"reason":"ErrImagePull","message":"no such image"}}}]})") ==
        "container database waits (ErrImagePull: no such image)");
  CHECK(plan::PodWords::from(pod("{}"), true).trouble.empty());
}

TEST_CASE("health: what a pod says is no reason to plan anew") {
  plan::Pod a, b;
  a.words.trouble = "one";
  b.words.trouble = "another";
  CHECK(a == b);
}

TEST_CASE("remedy: names of objects are filled in") {
  const plan::ClusterView seen = view("hippo").settled();
  const auto said = [&](Reason reason, std::string subject = {}) {
    return plan::remedy({.reason = reason, .subject = std::move(subject), .since = {}}, seen);
  };
  CHECK(contains(said(Reason::repo_ready), "hippo-backrest-shared-repo"));
  CHECK(contains(said(Reason::repo_ready, "rhino"), "rhino-backrest-shared-repo"));
  CHECK(contains(said(Reason::primary_ambiguous), "hippo-leader"));
  CHECK(contains(said(Reason::policy), "hippo-policies"));
  CHECK(contains(said(Reason::backup, "Job one"),
                 "kubectl -n pgouser1 logs --prefix --tail=50 -l job-name=one"));
  for (int reason = 0; reason <= static_cast<int>(Reason::render_failed); ++reason) {
    const std::string text = said(static_cast<Reason>(reason));
    CHECK_FALSE(text.empty());
    CHECK_FALSE(contains(text, "CLUSTER"));
    CHECK_FALSE(contains(text, "SCOPE"));
    CHECK_FALSE(contains(std::string(explain(static_cast<Reason>(reason))), "CLUSTER"));
  }
}
