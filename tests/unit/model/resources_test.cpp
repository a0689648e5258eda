#include "pgo/model/names.h"
#include "pgo/model/pgbackup.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgpolicy.h"
#include "pgo/model/pgreplica.h"

#include <doctest/doctest.h>

#include <string>

namespace pgo::model {
namespace {

PgCluster labelled(std::string_view key, std::string_view value) {
  PgCluster cluster;
  cluster.metadata.name = "hippo";
  cluster.metadata.labels.emplace(key, value);
  return cluster;
}

PgCluster with_storage_type(std::string_view type) {
  PgCluster cluster;
  cluster.spec.user_labels.emplace(label::kBackrestStorageType, type);
  return cluster;
}

}  // namespace

TEST_CASE("pgcluster: every key of its specification is written, set or not") {
  const auto object = PgCluster{}.object();
  for (const auto* key :
       {"ArchiveStorage", "PrimaryStorage", "podPodAntiAffinity", "status", "syncReplication",
        "userlabels", "collectSecretName", "backrestS3Bucket"}) {
    CHECK_MESSAGE(object["spec"].members().contains(key), key);
  }
  CHECK(object["spec"]["syncReplication"].is_null());
  CHECK(object["spec"]["PrimaryStorage"]["storagetype"].is_string());
  CHECK(object["status"].is_object());
  CHECK(object.kind() == "Pgcluster");
  CHECK(object.api_version() == "crunchydata.com/v1");
}

TEST_CASE("pgcluster: what we do not know is kept at every level") {
  const auto document = json::parse(R"({
    "apiVersion":"crunchydata.com/v1","kind":"Pgcluster",
    "metadata":{"name":"hippo","namespace":"ns","managedFields":[{"manager":"x"}],
                "finalizers":["keep"],"deletionTimestamp":"2026-01-01T00:00:00Z"},
    "spec":{"name":"hippo","future":{"a":1},"userlabels":null},
    "status":{"state":"pgcluster Initialized","conditions":[{"reason":"r"}]},"extra":true})");
  REQUIRE(document.has_value());
  const auto cluster = PgCluster::from(kube::Object(*document));
  REQUIRE(cluster.has_value());
  CHECK(cluster->initialized());
  const auto again = cluster->object();
  CHECK(again["metadata"]["managedFields"][0]["manager"].as_string() == "x");
  CHECK(again["metadata"]["finalizers"][0].as_string() == "keep");
  CHECK(again["spec"]["future"]["a"].as_int() == 1);
  CHECK(again["status"]["conditions"][0]["reason"].as_string() == "r");
  CHECK(again["extra"].as_bool());
}

TEST_CASE("pgcluster: a value of the wrong type is an error that names object and field") {
  const auto document =
      json::parse(R"({"kind":"Pgcluster","metadata":{"name":"hippo"},"spec":{"replicas":[]}})");
  const auto cluster = PgCluster::from(kube::Object(*document));
  REQUIRE_FALSE(cluster.has_value());
  CHECK(cluster.error().subject == "spec.replicas");
  CHECK(cluster.error().message.find("hippo") != std::string::npos);
}

TEST_CASE("K39: a cluster without the autofail label fails over by itself") {
  CHECK(PgCluster{}.autofail());
  CHECK(labelled(label::kAutofail, "perhaps").autofail());
  CHECK(labelled(label::kAutofail, "true").autofail());
  CHECK_FALSE(labelled(label::kAutofail, "false").autofail());
}

TEST_CASE("pgcluster: Patroni's scope is the label, else the name") {
  CHECK(labelled("x", "y").scope() == "hippo");
  CHECK(labelled(label::kScope, "hippo-abcd").scope() == "hippo-abcd");
}

TEST_CASE("pgcluster: repository storage types") {
  CHECK(PgCluster{}.uses_local_repository());
  CHECK_FALSE(PgCluster{}.uses_s3());
  CHECK(with_storage_type("s3").uses_s3());
  CHECK_FALSE(with_storage_type("s3").uses_local_repository());
  CHECK(with_storage_type("local,s3").uses_s3());
  CHECK(with_storage_type("local,s3").uses_local_repository());
  CHECK_FALSE(with_storage_type("local").uses_s3());
}

TEST_CASE("labels: what may be a label's key or value") {
  CHECK(is_label_value(""));
  CHECK(is_label_value("a.b_C-9"));
  CHECK_FALSE(is_label_value("local,s3"));
  CHECK_FALSE(is_label_value("-a"));
  CHECK_FALSE(is_label_value("2026-01-01T00:00:00Z"));
  CHECK_FALSE(is_label_value(std::string(64, 'a')));
  CHECK(is_label_value(std::string(63, 'a')));
  CHECK(is_label_key("crunchy_collect"));
  CHECK(is_label_key("example.com/name"));
  CHECK_FALSE(is_label_key(""));
  CHECK_FALSE(is_label_key("example.com/"));
  CHECK_FALSE(is_label_key("Example/name"));
}

TEST_CASE("resources: they count only when all four are there") {
  ContainerResources resources{"1Gi", "1", "2Gi", "2"};
  CHECK(resources.complete());
  resources.limits_cpu.clear();
  CHECK_FALSE(resources.complete());
}

TEST_CASE("custom resources: each kind says what it is") {
  CHECK(PgReplica{}.object().kind() == "Pgreplica");
  CHECK(PgPolicy{}.object().kind() == "Pgpolicy");
  CHECK(PgBackup{}.object().kind() == "Pgbackup");
  CHECK(PgBackup{}.object()["spec"]["toc"].is_null());
}

}  // namespace pgo::model
