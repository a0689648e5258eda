#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"
#include "request_world.h"

#include <doctest/doctest.h>

#include <functional>

using namespace pgo;
using model::rest::CreateClusterRequest;
namespace types = kube::types;

namespace {

struct Refusal {
  const char* what;
  const char* field;  ///< the subject of the refusal
  std::function<void(CreateClusterRequest&)> change;
};

const std::vector<Refusal>& refusals() {
  static const std::vector<Refusal> kRefusals = {
      {"no name", "Name", [](auto& r) { r.name = ""; }},
      {"the name all", "Name", [](auto& r) { r.name = "all"; }},
      {"capitals", "Name", [](auto& r) { r.name = "Hippo"; }},
      {"an underscore", "Name", [](auto& r) { r.name = "hip_po"; }},
      {"a leading digit", "Name", [](auto& r) { r.name = "1hippo"; }},
      {"a trailing dash", "Name", [](auto& r) { r.name = "hippo-"; }},
      {"64 characters", "Name", [](auto& r) { r.name = std::string(64, 'h'); }},
      {"no room for derived names", "Name", [](auto& r) { r.name = std::string(43, 'h'); }},
      {"O13: a series of none", "Series", [](auto& r) { r.series = 0; }},
      {"a series without end", "Series", [](auto& r) { r.series = 1'000'000; }},
      {"replicas without end", "ReplicaCount", [](auto& r) { r.replica_count = 1'000'000; }},
      {"a negative replica count", "ReplicaCount", [](auto& r) { r.replica_count = -1; }},
      {"a label without value", "UserLabels", [](auto& r) { r.user_labels = "a=b,c"; }},
      {"a label key that is none", "UserLabels", [](auto& r) { r.user_labels = "a b=c"; }},
      {"a label value that is none", "UserLabels", [](auto& r) { r.user_labels = "a=b c"; }},
      {"a label of the operator", "UserLabels", [](auto& r) { r.user_labels = "pg-cluster=x"; }},
      {"an unknown service type", "ServiceType", [](auto& r) { r.service_type = "Nope"; }},
      {"an unknown anti-affinity", "PodAntiAffinity",
       [](auto& r) { r.pod_anti_affinity = "maybe"; }},
      {"an unknown repository type", "BackrestStorageType",
       [](auto& r) { r.backrest_storage_type = "tape"; }},
      {"s3 without its settings", "BackrestStorageType",
       [](auto& r) { r.backrest_storage_type = "local,s3"; }},
      {"O12: an S3 setting without s3", "BackrestS3Bucket",
       [](auto& r) { r.backrest_s3_bucket = "x"; }},
      {"an S3 key without its secret", "BackrestS3KeySecret",
       [](auto& r) {
         r.backrest_storage_type = "s3";
         r.backrest_s3_key = "k";
       }},
      {"an unknown storage", "StorageConfig", [](auto& r) { r.storage_config = "nosuch"; }},
      {"an unknown replica storage", "ReplicaStorageConfig",
       [](auto& r) { r.replica_storage_config = "nosuch"; }},
      {"unknown resources", "ContainerResources",
       [](auto& r) { r.container_resources = "nosuch"; }},
      {"a node label without value", "NodeLabel", [](auto& r) { r.node_label = "region"; }},
      {"a node label nobody has", "NodeLabel", [](auto& r) { r.node_label = "nosuch=x"; }},
      {"a node label value nobody has", "NodeLabel", [](auto& r) { r.node_label = "region=x"; }},
      {"an absent ConfigMap", "CustomConfig", [](auto& r) { r.custom_config = "nosuch"; }},
      {"a ConfigMap that is a path", "CustomConfig", [](auto& r) { r.custom_config = "../x"; }},
      {"absent credentials", "SecretFrom", [](auto& r) { r.secret_from = "nosuch"; }},
      {"O9: an unknown policy", "Policies", [](auto& r) { r.policies = "nosuch"; }},
      {"a reserved user", "Username", [](auto& r) { r.username = "postgres"; }},
      {"a user that is none", "Username", [](auto& r) { r.username = "a b"; }},
      {"a database that is none", "Database", [](auto& r) { r.database = "a\"b"; }},
      {"a template database", "Database", [](auto& r) { r.database = "template1"; }},
      {"a password with a newline", "Password", [](auto& r) { r.password = "a\nb"; }},
      {"a password beyond ASCII", "Password", [](auto& r) { r.password = "p\xc3\xa4sse"; }},
      {"a pgBouncer password alone", "PgbouncerPass", [](auto& r) { r.pgbouncer_pass = "x"; }},
  };
  return kRefusals;
}

}  // namespace

TEST_CASE("create cluster: what cannot work is refused before anything is written") {
  test::RequestWorld world;
  const std::size_t before = world.written();
  for (const Refusal& refusal : refusals()) {
    CAPTURE(refusal.what);
    auto request = world.create_request("hippo");
    refusal.change(request);
    const auto result = operations::create_cluster(world.context(), world.admin(), request);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == Code::invalid_argument);
    CHECK(result.error().subject == refusal.field);
    CHECK_FALSE(result.error().message.empty());
    CHECK(world.written() == before);
  }
}

TEST_CASE("create cluster: whatever is wrong with a name, one limit of its length is told") {
  test::RequestWorld world;
  for (const std::string& name :
       {std::string(43, 'h'), std::string(64, 'h'), std::string("1hippo"), std::string("hip_po")}) {
    CAPTURE(name);
    const auto result =
        operations::create_cluster(world.context(), world.admin(), world.create_request(name));
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message.find(" 42 ") != std::string::npos);
    CHECK(result.error().message.find("63") == std::string::npos);
  }
  CHECK(operations::create_cluster(world.context(), world.admin(),
                                   world.create_request(std::string(42, 'h'))));
}

TEST_CASE("create cluster: a name that is taken is refused and the cluster stays as it is") {
  test::RequestWorld world;
  world.create("hippo");
  const std::string password = world.secret("pgouser1", "hippo-postgres-secret", "password");
  const std::size_t before = world.written();
  auto request = world.create_request("hippo");
  request.password = "another";
  const auto result = operations::create_cluster(world.context(), world.admin(), request);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Code::already_exists);
  CHECK(world.written() == before);
  CHECK(world.secret("pgouser1", "hippo-postgres-secret", "password") == password);
}

TEST_CASE("create cluster: a name whose objects would be another cluster's is refused") {
  struct Taken {
    const kube::ResourceType& type;
    const char *object, *owner, *name;
  };
  const Taken all[] = {
      {kube::types::kPersistentVolumeClaim, "hippo-abcd", "hippo", "hippo-abcd"},
      {kube::types::kPersistentVolumeClaim, "hippo-pgbr-repo", "hippo", "hippo-pgbr-repo"},
      {kube::types::kPersistentVolumeClaim, "rhino-pgbr-repo", "rhino-pgbr-repo", "rhino"},
      {kube::types::kService, "hippo-replica", "hippo", "hippo-replica"},
      {kube::types::kService, "rhino-replica", "rhino-replica", "rhino"},
      {kube::types::kDeployment, "hippo-pgbouncer", "hippo", "hippo-pgbouncer"}};
  for (const Taken& taken : all) {
    CAPTURE(taken.name);
    test::RequestWorld world;
    world.put_owned(taken.type, "pgouser1", taken.object, taken.owner);
    const std::size_t before = world.written();
    const auto answer = operations::create_cluster(world.context(), world.admin(),
                                                   world.create_request(taken.name));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Code::already_exists);
    CHECK(answer.error().message.find(taken.owner) != std::string::npos);
    CHECK(world.written() == before);
  }
}

TEST_CASE("create cluster: a name whose former cluster is still being removed is refused") {
  test::RequestWorld world;
  const model::PgTask removal =
      model::removal_task("pgouser1", model::names::removal_task("hippo"), {.cluster = "hippo"});
  world.put(types::kPgTask, removal.object());
  const auto result =
      operations::create_cluster(world.context(), world.admin(), world.create_request("hippo"));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Code::failed_precondition);
}

TEST_CASE("K7: generated passwords have the configured length and differ") {
  test::RequestWorld world;
  world.config().cluster.password_length = "";
  world.create("hippo");
  const std::string superuser = world.secret("pgouser1", "hippo-postgres-secret", "password");
  const std::string replication = world.secret("pgouser1", "hippo-primaryuser-secret", "password");
  CHECK(superuser.size() == 24);
  CHECK(replication.size() == 24);
  CHECK(superuser != replication);

  world.config().cluster.password_length = "31";
  world.create("rhino");
  CHECK(world.secret("pgouser1", "rhino-postgres-secret", "password").size() == 31);
}

TEST_CASE("create cluster: credentials can be copied from another cluster") {
  test::RequestWorld world;
  world.create("hippo");
  auto request = world.create_request("rhino");
  request.secret_from = "hippo";
  REQUIRE(operations::create_cluster(world.context(), world.admin(), request).has_value());
  for (const char* kind : {"postgres", "primaryuser", "testuser"}) {
    CAPTURE(kind);
    const auto password = [&](const std::string& cluster) {
      return world.secret("pgouser1", cluster + "-" + kind + "-secret", "password");
    };
    CHECK_FALSE(password("hippo").empty());
    CHECK(password("rhino") == password("hippo"));
  }
}

TEST_CASE("create cluster: user and database of the request replace those of pgo.yaml") {
  test::RequestWorld world;
  auto request = world.create_request("hippo");
  request.username = "app";
  request.database = "orders";
  request.password = "secret1";
  REQUIRE(operations::create_cluster(world.context(), world.admin(), request).has_value());
  const auto cluster = world.get(types::kPgCluster, "pgouser1", "hippo");
  CHECK(cluster["spec"]["user"].as_string() == "app");
  CHECK(cluster["spec"]["database"].as_string() == "orders");
  CHECK(cluster["spec"]["usersecretname"].as_string() == "hippo-app-secret");
  CHECK(world.secret("pgouser1", "hippo-app-secret", "username") == "app");
  CHECK(world.secret("pgouser1", "hippo-app-secret", "password") == "secret1");
}

TEST_CASE("create cluster: credentials of kept data are kept") {
  test::RequestWorld world;
  world.create("hippo");
  const std::string kept = world.secret("pgouser1", "hippo-postgres-secret", "password");
  REQUIRE(world.client().remove(types::kPgCluster, "pgouser1", "hippo").has_value());
  REQUIRE(world.client().remove(types::kPgTask, "pgouser1", "hippo-createcluster").has_value());
  auto request = world.create_request("hippo");
  request.password = "another";
  REQUIRE(operations::create_cluster(world.context(), world.admin(), request).has_value());
  CHECK(world.secret("pgouser1", "hippo-postgres-secret", "password") == kept);
}

TEST_CASE("create cluster: an attempt cut off after any write is completed by the next") {
  const std::vector<std::pair<const kube::ResourceType*, std::string>> order = {
      {&types::kPgCluster, "hippo"},
      {&types::kPgTask, "hippo-createcluster"},
      {&types::kSecret, "hippo-backrest-repo-config"},
      {&types::kSecret, "hippo-testuser-secret"},
      {&types::kSecret, "hippo-primaryuser-secret"},
      {&types::kSecret, "hippo-postgres-secret"},
  };
  for (std::size_t cut = 1; cut <= order.size(); ++cut) {
    CAPTURE(cut);
    test::RequestWorld world;
    world.create("hippo");
    const auto complete = world.written();
    const auto task = world.get(types::kPgTask, "pgouser1", "hippo-createcluster");
    for (std::size_t i = 0; i < cut; ++i) {
      REQUIRE(world.client().remove(*order[i].first, "pgouser1", order[i].second).has_value());
    }
    world.create("hippo");
    CHECK(world.written() == complete);
    const auto again = world.get(types::kPgTask, "pgouser1", "hippo-createcluster");
    const auto id = again["spec"]["parameters"]["workflowid"].as_string();
    const auto cluster = world.get(types::kPgCluster, "pgouser1", "hippo");
    CHECK(cluster["spec"]["userlabels"]["workflowid"].as_string() == id);
    if (cut == 1) CHECK(id == task["spec"]["parameters"]["workflowid"].as_string());
  }
}

TEST_CASE("create cluster: policies that an attempt that was cut off asked for are not applied") {
  test::RequestWorld world;
  for (const char* policy : {"first", "second"}) world.put_policy("pgouser1", policy);
  model::PgTask left =
      model::new_task("pgouser1", "hippo-policies", model::TaskType::add_policies, "hippo");
  left.spec.parameters["first"] = "first";
  world.put(kube::types::kPgTask, left.object());
  auto request = world.create_request("hippo");
  SUBCASE("others are") {
    request.policies = "second";
    REQUIRE(operations::create_cluster(world.context(), world.admin(), request));
    const auto task = world.get(kube::types::kPgTask, "pgouser1", "hippo-policies");
    CHECK(task["spec"]["parameters"]["first"].is_null());
    CHECK(task["spec"]["parameters"]["second"].as_string() == "second");
  }
  SUBCASE("none are") {
    REQUIRE(operations::create_cluster(world.context(), world.admin(), request));
    CHECK(world.get(kube::types::kPgTask, "pgouser1", "hippo-policies").name().empty());
  }
}

TEST_CASE("create cluster: the record of a finished workflow is replaced") {
  test::RequestWorld world;
  auto old = model::workflow_task("pgouser1", "hippo-createcluster", "hippo", "old-id", "pgoadmin",
                                  "2020-01-02T03:04:05Z");
  old.spec.parameters[std::string(model::step::kCompleted)] = "2020-01-02T03:05:05Z";
  world.put(types::kPgTask, old.object());
  world.create("hippo");
  const auto task = world.get(types::kPgTask, "pgouser1", "hippo-createcluster");
  CHECK(task["spec"]["parameters"]["workflowid"].as_string() != "old-id");
  CHECK(task["spec"]["parameters"][model::step::kCompleted].is_null());
}

TEST_CASE("create cluster: a series makes numbered clusters") {
  test::RequestWorld world;
  auto request = world.create_request("herd");
  request.series = 3;
  const auto result = operations::create_cluster(world.context(), world.admin(), request);
  REQUIRE(result.has_value());
  CHECK(result->results.size() == 6);
  for (const char* name : {"herd0", "herd1", "herd2"}) {
    CHECK(world.get(types::kPgCluster, "pgouser1", name).name() == name);
  }
}

TEST_CASE("K10: the sshd of a repository uses PAM unless the operator's own settings differ") {
  test::RequestWorld world;
  world.create("hippo");
  CHECK(world.secret("pgouser1", "hippo-backrest-repo-config", "sshd_config").find("UsePAM yes") !=
        std::string::npos);

  kube::Object settings(types::kSecret, "pgo", model::fixed::kRepoConfigSecret);
  settings.document().set("stringData", json::Value::object({{"sshd_config", "Port 2022\n"}}));
  world.put(types::kSecret, settings);
  world.create("rhino");
  CHECK(world.secret("pgouser1", "rhino-backrest-repo-config", "sshd_config") == "Port 2022\n");
}

namespace {

/// Refused as `refuse` says, and nothing written.
Error refused(const std::function<void(CreateClusterRequest&)>& change) {
  test::RequestWorld world;
  const std::size_t before = world.written();
  auto request = world.create_request("hippo");
  change(request);
  const auto result = operations::create_cluster(world.context(), world.admin(), request);
  REQUIRE_FALSE(result.has_value());
  CHECK(world.written() == before);
  return result.error();
}

bool says(const Error& error, std::string_view words) {
  return error.message.find(words) != error.message.npos;
}

}  // namespace

TEST_CASE("O9: an unknown policy is refused by its name") {
  CHECK(says(refused([](auto& r) { r.policies = "nosuch"; }), "nosuch"));
}

TEST_CASE("O12: S3 flags without the s3 storage type are refused, naming both") {
  const Error error = refused([](auto& r) { r.backrest_s3_region = "us-east-1"; });
  CHECK(says(error, "BackrestS3Region"));
  CHECK(says(error, "--pgbackrest-storage-type"));
}

TEST_CASE("O13: a series of none is refused") {
  CHECK(says(refused([](auto& r) { r.series = 0; }), "Series"));
}

TEST_CASE("create cluster: what needs an image that no node has is refused by the image's name") {
  test::RequestWorld world;
  auto context = world.context();
  context.images = {"crunchy-postgres-ha", "pgo-backrest"};
  const auto code = [&](const std::function<void(CreateClusterRequest&)>& change) {
    auto request = world.create_request("hippo");
    change(request);
    const std::size_t before = world.written();
    const auto result = operations::create_cluster(context, world.admin(), request);
    if (result) return Code::internal;
    CHECK(world.written() == before);
    CHECK(says(result.error(), "have no image crunchy-"));
    return result.error().code;
  };
  CHECK(code([](auto& r) { r.metrics_flag = true; }) == Code::failed_precondition);
  CHECK(code([](auto& r) { r.badger_flag = true; }) == Code::failed_precondition);
  CHECK(code([](auto& r) { r.ccp_image = "crunchy-postgres-gis-ha"; }) ==
        Code::failed_precondition);
  auto fine = world.create_request("hippo");
  fine.ccp_image = "crunchy-postgres-ha";
  CHECK(operations::create_cluster(context, world.admin(), fine).has_value());
  // Where nothing is known of the nodes everything may be there.
  auto metrics = world.create_request("rhino");
  metrics.metrics_flag = metrics.badger_flag = true;
  CHECK(operations::create_cluster(world.context(), world.admin(), metrics).has_value());
}

TEST_CASE("K8: no password and no key reaches the log") {
  test::RequestWorld world;
  std::string told;
  const LogSink sink = [&](const LogRecord& record) { told += format_json(record); };
  auto context = world.context();
  context.log = Log(sink, world.clock(), Level::debug);
  auto request = world.create_request("hippo");
  request.password = "correct-horse";
  request.backrest_storage_type = "local,s3";
  request.backrest_s3_bucket = request.backrest_s3_endpoint = request.backrest_s3_region = "x";
  request.backrest_s3_key = "battery";
  request.backrest_s3_key_secret = "staple";
  REQUIRE(operations::create_cluster(context, world.admin(), request).has_value());
  operations::PasswordMemory memory(world.ids());
  CHECK_FALSE(operations::authenticate(context, memory, "pgoadmin", "wrong-horse").has_value());
  CHECK_FALSE(told.empty());
  for (const char* secret :
       {"correct-horse", "battery", "staple", "wrong-horse", "examplepassword"}) {
    CAPTURE(secret);
    CHECK(told.find(secret) == std::string::npos);
  }
}
