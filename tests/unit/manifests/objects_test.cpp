#include "pgo/base/text.h"
#include "pgo/manifests/backup.h"
#include "pgo/manifests/cluster.h"
#include "pgo/manifests/crds.h"
#include "pgo/manifests/instance.h"
#include "pgo/manifests/namespace.h"
#include "pgo/manifests/repo.h"
#include "pgo/model/names.h"

#include <doctest/doctest.h>

#include <string>

namespace pgo::manifests {
namespace {

const model::Config& config() { return model::Config::defaults(); }
const Renderer& renderer() { return Renderer::built_in(); }

model::PgCluster hippo() {
  model::PgCluster cluster;
  cluster.metadata.name = "hippo";
  cluster.metadata.ns = "ns";
  cluster.metadata.uid = "uid-1";
  cluster.spec.port = "5432";
  cluster.spec.badger_port = "10000";
  cluster.spec.exporter_port = "9187";
  cluster.spec.primary_storage = *config().storage_spec("storageos");
  cluster.spec.backrest_storage = *config().storage_spec("storageos");
  return cluster;
}

model::PgReplica replica_of_hippo() {
  model::PgReplica made;
  made.metadata.name = "hippo-abcd";
  made.metadata.ns = "ns";
  made.spec.storage = *config().storage_spec("storageos");
  return made;
}

kube::Object made(Result<kube::Object> result) {
  REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().text()));
  return *std::move(result);
}

const json::Value& pod_spec(const kube::Object& object) {
  return object["spec"]["template"]["spec"];
}

const json::Value& by_name(const json::Value& list, std::string_view name) {
  static const json::Value none;
  for (const auto& item : list.items()) {
    if (item["name"].as_string() == name) return item;
  }
  return none;
}

}  // namespace

TEST_CASE("O10: a volume without a size or an access mode is not made") {
  auto storage = *config().storage_spec("storageos");
  storage.size.clear();
  CHECK_FALSE(volume(renderer(), "ns", "hippo", "hippo", storage).has_value());
  storage.size = "much";
  CHECK_FALSE(volume(renderer(), "ns", "hippo", "hippo", storage).has_value());
  storage.size = "1G";
  storage.access_mode.clear();
  CHECK_FALSE(volume(renderer(), "ns", "hippo", "hippo", storage).has_value());
}

TEST_CASE("volume: match labels select, and only for the type create") {
  const auto red =
      made(volume(renderer(), "ns", "hippo", "hippo", *config().storage_spec("nfsstoragered")));
  CHECK(red["spec"]["selector"]["matchLabels"]["crunchyzone"].as_string() == "red");
  CHECK_FALSE(red["spec"].members().contains("storageClassName"));
  auto odd = *config().storage_spec("nfsstoragered");
  odd.match_labels = "a=b=c";
  CHECK_FALSE(volume(renderer(), "ns", "hippo", "hippo", odd).has_value());
  const auto fast =
      made(volume(renderer(), "ns", "hippo", "hippo", *config().storage_spec("storageos")));
  CHECK(fast["spec"]["storageClassName"].as_string() == "fast");
  CHECK_FALSE(fast["spec"].members().contains("selector"));
}

TEST_CASE("storage types: which claim holds the data") {
  model::StorageSpec storage;
  storage.name = "mine";
  for (const auto* type : {"create", "dynamic", ""}) {
    storage.storage_type = type;
    CHECK(claim_name(storage, "hippo") == "hippo");
  }
  storage.storage_type = "existing";
  CHECK(claim_name(storage, "hippo") == "mine");
  CHECK_FALSE(makes_claim(storage));
  storage.storage_type = "emptydir";
  CHECK(claim_name(storage, "hippo").empty());

  auto cluster = hippo();
  cluster.spec.primary_storage.storage_type = "emptydir";
  const auto object = made(primary(renderer(), cluster, config()));
  CHECK(by_name(pod_spec(object)["volumes"], "pgdata")["emptyDir"].is_object());
}

TEST_CASE("security context: groups are numbers") {
  auto cluster = hippo();
  cluster.spec.primary_storage.fs_group.clear();
  cluster.spec.primary_storage.supplemental_groups = "100, 65534";
  const auto object = made(primary(renderer(), cluster, config()));
  const auto& context = pod_spec(object)["securityContext"];
  CHECK(context["supplementalGroups"][1].as_int() == 65534);
  CHECK_FALSE(context.members().contains("fsGroup"));
  cluster.spec.primary_storage.supplemental_groups = "staff";
  CHECK_FALSE(primary(renderer(), cluster, config()).has_value());
}

TEST_CASE("ports: what is no port is named") {
  auto cluster = hippo();
  cluster.spec.port = "high";
  const auto service = primary_service(renderer(), cluster, config());
  REQUIRE_FALSE(service.has_value());
  CHECK(service.error().subject == "spec.port");
}

TEST_CASE("service type: replica's label, then the cluster's, then pgo.yaml") {
  auto cluster = hippo();
  CHECK(made(primary_service(renderer(), cluster, config()))["spec"]["type"].as_string() ==
        "ClusterIP");
  cluster.spec.user_labels.emplace(model::label::kServiceType, "NodePort");
  CHECK(made(replica_service(renderer(), cluster, config()))["spec"]["type"].as_string() ==
        "NodePort");
  CHECK(made(replica_service(renderer(), cluster, config(), "LoadBalancer"))["spec"]["type"]
            .as_string() == "LoadBalancer");
}

TEST_CASE("K3: node affinity stands in an affinity object, of instances of every kind") {
  auto cluster = hippo();
  cluster.spec.user_labels.emplace(model::label::kNodeLabelKey, "region");
  cluster.spec.user_labels.emplace(model::label::kNodeLabelValue, "east");
  for (const auto& object : {made(primary(renderer(), cluster, config())),
                             made(restored_primary(renderer(), cluster, "hippo-efgh", config()))}) {
    const auto& rule = pod_spec(
        object)["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0]
               ["preference"]["matchExpressions"][0];
    CHECK(rule["key"].as_string() == "region");
    CHECK(rule["operator"].as_string() == "In");
    CHECK(rule["values"][0].as_string() == "east");
  }
}

TEST_CASE("replica: avoids the primary's nodes unless it has a wish of its own") {
  auto cluster = hippo();
  cluster.spec.user_labels.emplace(model::label::kNodeLabelKey, "region");
  cluster.spec.user_labels.emplace(model::label::kNodeLabelValue, "east");
  auto wish = replica_of_hippo();
  const auto rule = [&] {
    const auto object = made(replica(renderer(), cluster, wish, config()));
    return pod_spec(
        object)["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0]
               ["preference"]["matchExpressions"][0];
  };
  CHECK(rule()["operator"].as_string() == "NotIn");
  wish.spec.user_labels["NodeLabelKey"] = "region";
  wish.spec.user_labels["NodeLabelValue"] = "west";
  CHECK(rule()["operator"].as_string() == "In");
  CHECK(rule()["values"][0].as_string() == "west");
}

TEST_CASE("replica: has its own resources and image tag where they are set") {
  auto cluster = hippo();
  cluster.spec.ccp_image_tag = "old";
  cluster.spec.container_resources = *config().resources("small");
  auto wish = replica_of_hippo();
  const auto database = [&] {
    const auto object = made(replica(renderer(), cluster, wish, config()));
    return pod_spec(object)["containers"][0];
  };
  CHECK(database()["image"].as_string() == "crunchydata/crunchy-postgres-ha:old");
  CHECK(database()["resources"]["limits"]["memory"].as_string() == "512Mi");
  wish.spec.container_resources = *config().resources("large");
  wish.spec.user_labels["ccp-image-tag"] = "new";
  CHECK(database()["image"].as_string() == "crunchydata/crunchy-postgres-ha:new");
  CHECK(database()["resources"]["limits"]["memory"].as_string() == "2Gi");
}

TEST_CASE("replica: follows the scope of a restored cluster, and never bootstraps") {
  auto cluster = hippo();
  cluster.metadata.labels.emplace(model::label::kScope, "hippo-efgh");
  const auto object = made(replica(renderer(), cluster, replica_of_hippo(), config()));
  CHECK(object.label(model::label::kScope) == "hippo-efgh");
  CHECK(object["spec"]["template"]["metadata"]["labels"]["crunchy-pgha-scope"].as_string() ==
        "hippo-efgh");
  CHECK(by_name(pod_spec(object)["containers"][0]["env"], "PGHA_INIT").is_null());
}

TEST_CASE("instances: the selector selects the pod") {
  auto cluster = hippo();
  cluster.spec.user_labels.emplace("team", "red");
  cluster.spec.user_labels.emplace("odd", "not a label value");
  for (const auto& object : {made(primary(renderer(), cluster, config())),
                             made(replica(renderer(), cluster, replica_of_hippo(), config())),
                             made(restored_primary(renderer(), cluster, "hippo-efgh", config())),
                             made(repo_deployment(renderer(), cluster, config()))}) {
    const auto& pod = object["spec"]["template"]["metadata"]["labels"].members();
    for (const auto& wanted : object["spec"]["selector"]["matchLabels"].members()) {
      const auto* found = pod.find(wanted.key);
      REQUIRE_MESSAGE(found != nullptr, wanted.key);
      CHECK(*found == wanted.value);
    }
    CHECK_FALSE(pod.contains("odd"));
  }
}

TEST_CASE("K12: archive_timeout is that of the label, and 60 without one") {
  auto cluster = hippo();
  const auto text = [&] {
    const auto object = made(default_config(renderer(), cluster, config()));
    return std::string(object["data"]["postgres-ha.yaml"].as_string());
  };
  CHECK(text().find("archive_timeout: 60\n") != std::string::npos);
  cluster.spec.user_labels.emplace(model::label::kArchiveTimeout, "7");
  CHECK(text().find("archive_timeout: 7\n") != std::string::npos);
}

TEST_CASE("default configuration: leaves out what the user's own ConfigMap brings") {
  const auto object = made(default_config(renderer(), hippo(), config(), false));
  CHECK(object["data"].members().size() == 1);
  CHECK(object["data"]["init"].as_string() == "true");
}

TEST_CASE("K20: pgBackRest Jobs may be tried again") {
  const auto task = model::backrest_task("ns", "hippo-stanza-create",
                                         {.cluster = "hippo",
                                          .command = "stanza-create",
                                          .options = {},
                                          .storage_type = {},
                                          .repo_pod = "repo",
                                          .backup_type = {}});
  const auto job =
      made(backrest_job(renderer(), hippo(), task, config(), {.host = "h", .path = "p"}));
  CHECK_FALSE(job["spec"].members().contains("backoffLimit"));
  CHECK(pod_spec(job)["restartPolicy"].as_string() == "Never");
  CHECK(job.label("pg-cluster-id") == "uid-1");  // K33
}

TEST_CASE("backup Job: options of the user are not overruled") {
  const BackupSource source{.host = "10.0.0.1", .path = "/pgdata/hippo"};
  CHECK(backrest_options("--type=full", source) ==
        "--type=full --db-host=10.0.0.1 --db-path=/pgdata/hippo");
  CHECK(backrest_options("", source) == "--db-host=10.0.0.1 --db-path=/pgdata/hippo");
  CHECK(backrest_options("--db-host=x --pg1-path=/y", source) == "--db-host=x --pg1-path=/y");
  CHECK(backrest_options("--type=full", {.host = "10.0.0.1", .path = {}}) == "--type=full");
  // An option that only begins with the same letters is another one.
  CHECK(backrest_options("--db-host-cmd=x", source).find("--db-host=10.0.0.1") !=
        std::string::npos);
}

TEST_CASE("backup Job: repository types") {
  auto cluster = hippo();
  const auto env = [&](std::string_view asked, std::string_view name) {
    const auto task = model::backrest_task("ns", "b",
                                           {.cluster = "hippo",
                                            .command = "backup",
                                            .options = {},
                                            .storage_type = std::string(asked),
                                            .repo_pod = "r",
                                            .backup_type = {}});
    const auto job = made(backrest_job(renderer(), cluster, task, config(), {}));
    return std::string(by_name(pod_spec(job)["containers"][0]["env"], name)["value"].as_string());
  };
  CHECK(env("", "PGBACKREST_REPO_TYPE") == "posix");
  cluster.spec.user_labels.emplace(model::label::kBackrestStorageType, "local,s3");
  CHECK(env("", "PGBACKREST_REPO_TYPE") == "posix");
  CHECK(env("", "PGHA_PGBACKREST_LOCAL_S3_STORAGE") == "true");
  CHECK(env("s3", "PGBACKREST_REPO_TYPE") == "s3");
  CHECK(env("s3", "PGHA_PGBACKREST_LOCAL_S3_STORAGE") == "false");
}

TEST_CASE("K23: the Services offer the ports of 4.2.0, whether features are on or off") {
  const auto ports = [](const kube::Object& service) {
    std::string text;
    for (const auto& port : service["spec"]["ports"].items()) {
      text += std::string(port["name"].as_string()) + " " + json::write(port["port"]) + "\n";
    }
    return text;
  };
  auto cluster = hippo();
  const std::string off = ports(made(primary_service(renderer(), cluster, config())));
  CHECK(off.find("5432") != std::string::npos);
  CHECK(off.find("9187") != std::string::npos);
  CHECK(off.find("10000") != std::string::npos);
  cluster.spec.user_labels.emplace(model::label::kCollect, model::kTrue);
  cluster.metadata.labels.emplace(model::label::kBadger, model::kTrue);
  CHECK(ports(made(primary_service(renderer(), cluster, config()))) == off);
}

TEST_CASE("K24: instances have memory behind /dev/shm") {
  const auto object = made(primary(renderer(), hippo(), config()));
  const auto& mount = by_name(pod_spec(object)["containers"][0]["volumeMounts"], "dshm");
  CHECK(mount["mountPath"].as_string() == "/dev/shm");
  CHECK(by_name(pod_spec(object)["volumes"], "dshm")["emptyDir"]["medium"].as_string() == "Memory");
}

TEST_CASE("K31: a password in the user labels never becomes a label") {
  auto cluster = hippo();
  cluster.spec.user_labels.emplace(model::label::kPgbouncerPassword, "s3cret");
  const auto text = json::write(made(primary(renderer(), cluster, config())).document());
  CHECK(text.find("s3cret") == std::string::npos);
}

TEST_CASE("K33: without a stored identifier the cluster's UID identifies it") {
  auto cluster = hippo();
  CHECK(made(primary(renderer(), cluster, config())).label("pg-cluster-id") == "uid-1");
  cluster.metadata.labels.emplace(model::label::kClusterId, "stored");
  CHECK(made(primary(renderer(), cluster, config())).label("pg-cluster-id") == "stored");
}

TEST_CASE("sidecars: crunchyadm, metrics and pgbadger are there only when wanted") {
  auto cluster = hippo();
  CHECK(pod_spec(made(primary(renderer(), cluster, config())))["containers"].items().size() == 1);
  cluster.spec.user_labels.emplace(model::label::kCollect, "true");
  cluster.metadata.labels.emplace(model::label::kBadger, "true");
  model::Config all = config();
  all.cluster.enable_crunchyadm = true;
  all.cluster.pgmonitor_password = "watch";
  const auto object = made(primary(renderer(), cluster, all));
  const auto& containers = pod_spec(object)["containers"];
  REQUIRE(containers.items().size() == 4);
  CHECK(by_name(containers, "crunchyadm")["securityContext"]["runAsUser"].as_int() == 17);
  CHECK(by_name(containers[0]["env"], "PGMONITOR_PASSWORD")["value"].as_string() == "watch");
}

TEST_CASE("repository secret: values are base64, empty ones are left out") {
  auto keys = default_repo_files();
  keys.private_key = "key";
  const auto object = made(repo_secret(renderer(), "ns", "hippo", keys));
  const auto& data = object["data"];
  CHECK(text::base64_decode(data["id_rsa"].as_string()).value_or("") == "key");
  CHECK_FALSE(data.members().contains("authorized_keys"));
  CHECK_FALSE(data.members().contains("aws-s3-ca.crt"));
  CHECK(text::base64_decode(data["sshd_config"].as_string()).value_or("").find("UsePAM yes") !=
        std::string::npos);  // K10
}

TEST_CASE("S3 credentials: written and read again; a bad file is not quoted") {
  const S3Credentials odd{.key = "A: 1", .key_secret = "b#'"};
  const auto read = read_s3_credentials(write_s3_credentials(odd));
  REQUIRE(read.has_value());
  CHECK(*read == odd);
  CHECK(read_s3_credentials(write_s3_credentials({})).value_or(odd) == S3Credentials{});
  const auto bad = read_s3_credentials("aws-s3-key: [s3cret");
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().text().find("s3cret") == std::string::npos);
}

TEST_CASE("S3: bucket of the cluster, else of pgo.yaml; keys only by reference") {
  auto cluster = hippo();
  cluster.spec.user_labels.emplace(model::label::kBackrestStorageType, "local,s3");
  cluster.spec.s3_bucket = "own";
  model::Config common = config();
  common.cluster.s3_bucket = "common";
  common.cluster.s3_region = "here";
  for (const auto& object : {made(primary(renderer(), cluster, common)),
                             made(repo_deployment(renderer(), cluster, common))}) {
    const auto& env = pod_spec(object)["containers"][0]["env"];
    CHECK(by_name(env, "PGBACKREST_REPO1_S3_BUCKET")["value"].as_string() == "own");
    CHECK(by_name(env, "PGBACKREST_REPO1_S3_REGION")["value"].as_string() == "here");
    const auto& key = by_name(env, "PGBACKREST_REPO1_S3_KEY")["valueFrom"]["secretKeyRef"];
    CHECK(key["name"].as_string() == "hippo-backrest-repo-config");
    CHECK(key["key"].as_string() == "aws-s3-key");
  }
  auto keys = default_repo_files();
  keys.s3 = {.key = "AKEY", .key_secret = "ASECRET"};
  const auto secret = made(repo_secret(renderer(), "ns", "hippo", keys));
  CHECK(text::base64_decode(secret["data"]["aws-s3-key"].as_string()).value_or("") == "AKEY");
}

TEST_CASE("namespace: marked as ours, with accounts before roles before bindings") {
  const auto space = target_namespace("ns", "devtest", "me");
  CHECK(space.label("vendor") == "crunchydata");
  CHECK(space.label("pgo-installation-name") == "devtest");
  const auto objects = target_rbac(renderer(), "ns", "pgo");
  REQUIRE(objects.has_value());
  REQUIRE(objects->size() == 10);
  CHECK(objects->front().object.name() == "pgo-default");
  CHECK(objects->back().object.name() == "pgo-pg-role-binding");
  for (const auto& made : *objects) CHECK(made.object.ns() == "ns");
}

TEST_CASE("CRDs: structural schemas that keep unknown keys and take null") {
  const auto definitions = custom_resource_definitions();
  REQUIRE(definitions.size() == 5);
  for (const auto& definition : definitions) {
    CHECK(definition.api_version() == "apiextensions.k8s.io/v1");
    const auto& schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    CHECK(schema["type"].as_string() == "object");
    const auto& spec = schema["properties"]["spec"];
    CHECK(spec["x-kubernetes-preserve-unknown-fields"].as_bool());
    CHECK_FALSE(spec.members().contains("required"));
    CHECK(schema["properties"]["metadata"].members().size() == 1);
  }
  const auto& cluster = definitions[0]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
                                   ["properties"]["spec"]["properties"];
  CHECK(cluster["syncReplication"]["type"].as_string() == "boolean");
  CHECK(cluster["syncReplication"]["nullable"].as_bool());
  CHECK(cluster["userlabels"]["additionalProperties"]["type"].as_string() == "string");
  CHECK(definitions[0].name() == "pgclusters.crunchydata.com");
}

}  // namespace pgo::manifests
