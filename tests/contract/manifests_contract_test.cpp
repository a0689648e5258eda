#include "objects.h"
#include "pgo/base/text.h"
#include "pgo/manifests/backup.h"
#include "pgo/manifests/cluster.h"
#include "pgo/manifests/instance.h"
#include "pgo/manifests/namespace.h"
#include "pgo/manifests/pgdump.h"
#include "pgo/manifests/repo.h"
#include "pgo/model/names.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

// Every object that 4.2.0's operator made is made again from the recorded custom resources, and
// must be the same but for the rows of differences.md.

namespace pgo::contract {
namespace {

namespace names = model::names;
using manifests::Renderer;

template <typename T>
T required(Result<T> result) {
  REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().text()));
  return *std::move(result);
}

/// Collects the differences of all cases and holds them against the list at the end.
struct Report {
  std::vector<Difference> differences;
  std::size_t compared = 0;

  void hold(const GoldenCase& recorded, std::string_view kind, const kube::Object& ours) {
    const auto* theirs = recorded.find(kind, ours.name());
    REQUIRE_MESSAGE(theirs != nullptr, recorded.name << " has no " << kind << " " << ours.name());
    compare(kind, ours.name(), normalise(kind, *theirs), normalise(kind, ours.document()),
            differences);
    ++compared;
  }
};

/// The Job's environment variable, to learn what was drawn at random in the recorded run.
std::string env_of(const json::Value& job, std::string_view name) {
  for (const auto& variable : job["spec"]["template"]["spec"]["containers"][0]["env"].items()) {
    if (variable["name"].as_string() == name) return std::string(variable["value"].as_string());
  }
  return {};
}

std::string word_after(const std::string& text, const std::string& prefix) {
  const auto at = text.find(prefix);
  if (at == std::string::npos) return {};
  const auto start = at + prefix.size();
  return text.substr(start, text.find(' ', start) - start);
}

model::PgCluster cluster_of(const GoldenCase& recorded) {
  const auto clusters = recorded.all("pgclusters");
  REQUIRE(clusters.size() == 1);
  auto cluster = required(model::PgCluster::from(kube::Object(clusters[0]->object)));
  // 4.2.0 drew the identifier and put it on the Deployment alone (K33).
  const auto* primary = recorded.find("deployments", cluster.name());
  REQUIRE(primary != nullptr);
  cluster.metadata.labels[std::string(model::label::kClusterId)] =
      (*primary)["metadata"]["labels"][model::label::kClusterId].as_string();
  return cluster;
}

void hold_replica(Report& report, const GoldenCase& recorded, const model::PgCluster& cluster,
                  const model::Config& config, const json::Value& object) {
  const auto& renderer = Renderer::built_in();
  auto replica = required(model::PgReplica::from(kube::Object(object)));
  report.hold(recorded, "deployments",
              required(manifests::replica(renderer, cluster, replica, config)));
  report.hold(
      recorded, "persistentvolumeclaims",
      required(manifests::volume(renderer, cluster.metadata.ns, cluster.name(),
                                 names::data_volume(replica.name()), replica.spec.storage)));
}

void hold_jobs(Report& report, const GoldenCase& recorded, const model::PgCluster& cluster,
               const model::Config& config) {
  for (const auto* item : recorded.all("jobs")) {
    const auto* task = recorded.find("pgtasks", item->name);
    REQUIRE(task != nullptr);
    const auto options = env_of(item->object, "COMMAND_OPTS");
    report.hold(
        recorded, "jobs",
        required(manifests::backrest_job(Renderer::built_in(), cluster,
                                         required(model::PgTask::from(kube::Object(*task))), config,
                                         {.host = word_after(options, "--db-host="),
                                          .path = word_after(options, "--db-path=")})));
  }
}

void hold_secrets(Report& report, const GoldenCase& recorded, const model::PgCluster& cluster) {
  const auto& renderer = Renderer::built_in();
  const auto& spec = cluster.spec;
  for (const auto& [secret, user] :
       {std::pair{spec.root_secret_name, std::string("postgres")},
        std::pair{spec.primary_secret_name, std::string("primaryuser")},
        std::pair{spec.user_secret_name, spec.user}}) {
    report.hold(recorded, "secrets",
                required(manifests::credentials_secret(renderer, cluster.metadata.ns,
                                                       cluster.name(), secret, user, "x")));
  }
  auto keys = manifests::default_repo_files();
  keys.authorized_keys = keys.private_key = keys.host_key = "x";
  if (cluster.uses_s3()) keys.s3 = {.key = "AKEY", .key_secret = "ASECRET"};
  report.hold(
      recorded, "secrets",
      required(manifests::repo_secret(renderer, cluster.metadata.ns, cluster.name(), keys)));
}

void hold_created(Report& report, const std::string& name) {
  const auto recorded = load_case(name);
  const auto& config = model::Config::defaults();
  const auto& renderer = Renderer::built_in();
  const auto cluster = cluster_of(recorded);
  const manifests::InstanceExtras extras{.custom_config = cluster.spec.custom_config};
  const auto& ns = cluster.metadata.ns;
  const auto& c = cluster.name();

  report.hold(recorded, "persistentvolumeclaims",
              required(manifests::volume(renderer, ns, c, names::data_volume(c),
                                         cluster.spec.primary_storage)));
  report.hold(recorded, "persistentvolumeclaims",
              required(manifests::volume(renderer, ns, c, names::repo_volume(c),
                                         cluster.spec.backrest_storage)));
  report.hold(recorded, "services",
              required(manifests::primary_service(renderer, cluster, config)));
  report.hold(recorded, "services", required(manifests::repo_service(renderer, cluster)));
  report.hold(recorded, "deployments",
              required(manifests::repo_deployment(renderer, cluster, config)));
  report.hold(recorded, "deployments",
              required(manifests::primary(renderer, cluster, config, extras)));
  const auto* defaults = recorded.find("configmaps", names::default_config(c));
  REQUIRE(defaults != nullptr);
  const bool with_ha = (*defaults)["data"]["postgres-ha.yaml"].is_string();
  CHECK(with_ha == cluster.spec.custom_config.empty());
  auto made = required(manifests::default_config(renderer, cluster, config, with_ha));
  CHECK(made["data"]["init"].as_string() == "true");
  // Recorded at the end, when the primary was up and must not bootstrap again.
  made.document().at_or_add("data").set("init", "false");
  report.hold(recorded, "configmaps", made);
  if (recorded.find("secrets", names::collect_secret(c))) {
    report.hold(recorded, "secrets",
                required(manifests::collect_secret(renderer, cluster, config)));
  }
  hold_secrets(report, recorded, cluster);
  hold_jobs(report, recorded, cluster, config);
  for (const auto* replica : recorded.all("pgreplicas")) {
    hold_replica(report, recorded, cluster, config, replica->object);
  }
  if (!recorded.all("pgreplicas").empty()) {
    report.hold(recorded, "services",
                required(manifests::replica_service(renderer, cluster, config)));
  }
}

void hold_scaled(Report& report, const std::string& name) {
  const auto recorded = load_case(name);
  const auto cluster = cluster_of(load_case("create-cluster-plain"));
  const auto& config = model::Config::defaults();
  for (const auto* replica : recorded.all("pgreplicas")) {
    hold_replica(report, recorded, cluster, config, replica->object);
  }
  if (!recorded.all("services").empty()) {
    report.hold(recorded, "services",
                required(manifests::replica_service(Renderer::built_in(), cluster, config)));
  }
}

/// Backups that people asked for; the cluster itself was made in another recording.
void hold_backup(Report& report, const std::string& name) {
  const auto recorded = load_case(name);
  auto cluster = cluster_of(load_case("create-cluster-plain"));
  cluster.metadata.name =
      recorded.request["Args"][0].as_string(recorded.request["ClusterName"].as_string());
  hold_jobs(report, recorded, cluster, model::Config::defaults());
}

/// The object with the name that was drawn at random for the recorded one.
kube::Object renamed(kube::Object made, const GoldenCase& recorded, std::string_view kind) {
  const auto items = recorded.all(kind);
  REQUIRE(items.size() == 1);
  made.document().at_or_add("metadata").set("name", items[0]->name);
  json::Value& pod = made.document().at_or_add("spec").at_or_add("template");
  pod.at_or_add("metadata").set("name", items[0]->name);
  return made;
}

void hold_dumps(Report& report) {
  const auto& renderer = Renderer::built_in();
  const auto& config = model::Config::defaults();
  const auto task_of = [](const GoldenCase& recorded) {
    return required(model::PgTask::from(kube::Object(recorded.all("pgtasks").front()->object)));
  };
  const auto dump = load_case("backup-pgdump");
  report.hold(
      dump, "jobs",
      renamed(required(manifests::pgdump_job(renderer, task_of(dump), config)), dump, "jobs"));
  report.hold(dump, "persistentvolumeclaims",
              required(manifests::pgdump_volume(renderer, task_of(dump))));
  const auto load = load_case("restore-pgdump");
  report.hold(
      load, "jobs",
      renamed(required(manifests::pgrestore_job(renderer, task_of(load), config)), load, "jobs"));
}

void hold_namespace(Report& report) {
  const auto recorded = load_case("create-namespace");
  report.hold(recorded, "namespaces",
              manifests::target_namespace("golden3", "devtest", "pgoadmin"));
  for (const auto& made :
       required(manifests::target_rbac(Renderer::built_in(), "golden3", "pgo"))) {
    report.hold(recorded, made.type.plural, made.object);
  }
}

const std::vector<std::string> kCreateCases{"create-cluster-plain",
                                            "create-cluster-replica-count-2",
                                            "create-cluster-sync-replication",
                                            "create-cluster-pod-anti-affinity-disabled",
                                            "create-cluster-disable-autofail",
                                            "create-cluster-password",
                                            "create-cluster-labels",
                                            "create-cluster-service-type-loadbalancer",
                                            "create-cluster-resources-config",
                                            "create-cluster-node-label",
                                            "create-cluster-s3",
                                            "create-cluster-custom-config",
                                            "create-cluster-metrics",
                                            "create-cluster-pgbadger",
                                            "create-cluster-ccp-image-gis",
                                            "create-cluster-in-new-namespace"};

}  // namespace

TEST_CASE("contract: the objects of create, scale and namespaces are those of 4.2.0") {
  Report report;
  for (const auto& name : kCreateCases) hold_created(report, name);
  hold_scaled(report, "scale-one");
  hold_scaled(report, "scale-replica-count-2");
  hold_namespace(report);
  for (const char* name : {"backup-full", "backup-incr", "backup-pgbackrest-default",
                           "backup-s3-and-local", "schedule-fires-backup"}) {
    hold_backup(report, name);
  }
  hold_dumps(report);
  CHECK(report.compared > 200);

  auto intended = Intended::load("differences.md");
  for (const auto& difference : report.differences) {
    CHECK_MESSAGE(intended.allows(difference), difference.text());
  }
  for (const auto& row : intended.unmet('D')) {
    FAIL_CHECK("differences.md lists what no longer differs: " << row);
  }
}

TEST_CASE("contract: a difference that is not listed is found") {
  const auto recorded = load_case("create-cluster-plain");
  const auto cluster = cluster_of(recorded);
  auto changed = cluster;
  changed.spec.database = "other";
  Report report;
  report.hold(
      recorded, "deployments",
      required(manifests::primary(Renderer::built_in(), changed, model::Config::defaults())));
  auto intended = Intended::load("differences.md");
  std::size_t unlisted = 0;
  for (const auto& difference : report.differences) {
    if (!intended.allows(difference)) {
      ++unlisted;
      CHECK(difference.path == "spec.template.spec.containers[database].env[PGHA_DATABASE].value");
    }
  }
  CHECK(unlisted == 1);
}

}  // namespace pgo::contract
