#include "pgo/operations/pgbouncer.h"

#include "pgo/crypto/password.h"
#include "pgo/model/names.h"
#include "request_world.h"

#include <doctest/doctest.h>

using namespace pgo;
using test::RequestWorld;
namespace types = kube::types;
namespace rest = model::rest;
using Names = std::vector<std::string>;

namespace {

constexpr const char* kNs = "pgouser1";
constexpr const char* kSecret = "hippo-pgbouncer-secret";

Result<rest::CreatePgbouncerResponse> create(RequestWorld& world, Names clusters,
                                             std::string password = {}, std::string user = {}) {
  rest::CreatePgbouncerRequest request;
  request.args = std::move(clusters);
  request.ns = kNs;
  request.pgbouncer_pass = std::move(password);
  request.pgbouncer_user = std::move(user);
  return operations::create_pgbouncer(world.context(), world.admin(), request);
}

Result<rest::DeletePgbouncerResponse> remove(RequestWorld& world, Names clusters) {
  rest::DeletePgbouncerRequest request;
  request.args = std::move(clusters);
  request.ns = kNs;
  return operations::delete_pgbouncer(world.context(), request);
}

void label_pool(RequestWorld& world, const char* cluster) {
  json::Value body;
  body.at_or_add("metadata").at_or_add("labels").set(model::label::kPgbouncer, model::kTrue);
  REQUIRE(world.client().patch(types::kPgCluster, kNs, cluster, kube::PatchType::merge, body));
}

template <typename T>
void refused(RequestWorld& world, const Result<T>& answer, Code code, std::size_t before) {
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == code);
  CHECK(world.written() == before);
}

}  // namespace

TEST_CASE("create pgbouncer: K31: the password that is given is the one that is used") {
  RequestWorld world;
  world.create("hippo");
  const auto answer = create(world, {"hippo"}, "geheim");
  REQUIRE(answer);
  CHECK(answer->results == Names{"hippo pgbouncer added"});
  CHECK(world.secret(kNs, kSecret, "password") == "geheim");
  CHECK(world.secret(kNs, kSecret, "users.txt") ==
        "\"pgbouncer\" \"" + crypto::postgres_md5("pgbouncer", "geheim") + "\"\n\n");
  const auto task = world.get(types::kPgTask, kNs, "pgbouncer-add-hippo");
  CHECK(json::write(task.document()).find("geheim") == std::string::npos);
  CHECK(task["spec"]["parameters"]["pgbouncer-user"].as_string() == "pgbouncer");
}

TEST_CASE("create pgbouncer: a password that is not given is drawn") {
  RequestWorld world;
  world.create("hippo");
  world.create("rhino");
  REQUIRE(create(world, {"hippo", "rhino"}));
  const std::string one = world.secret(kNs, kSecret, "password");
  CHECK(one.size() == static_cast<std::size_t>(world.config().generated_password_length()));
  CHECK(one != world.secret(kNs, "rhino-pgbouncer-secret", "password"));
}

TEST_CASE("create pgbouncer: a kept secret stays, unless a password is given") {
  RequestWorld world;
  world.create("hippo");
  REQUIRE(create(world, {"hippo"}, "first"));
  json::Value noted;
  noted.at_or_add("metadata")
      .at_or_add("annotations")
      .set(model::annotation::kPoolReady, "uid/hippo");
  REQUIRE(world.client().patch(types::kSecret, kNs, kSecret, kube::PatchType::merge, noted));
  REQUIRE(create(world, {"hippo"}));
  CHECK(world.secret(kNs, kSecret, "password") == "first");
  CHECK(world.get(types::kSecret, kNs, kSecret).annotation(model::annotation::kPoolReady) ==
        "uid/hippo");
  REQUIRE(create(world, {"hippo"}, "second"));
  CHECK(world.secret(kNs, kSecret, "password") == "second");
  CHECK(world.get(types::kSecret, kNs, kSecret).annotation(model::annotation::kPoolReady).empty());
}

TEST_CASE("create pgbouncer: what cannot be done is refused before anything is written") {
  RequestWorld world;
  world.create("hippo");
  world.create("rhino");
  label_pool(world, "rhino");
  const std::size_t before = world.written();
  refused(world, create(world, {}), Code::invalid_argument, before);
  refused(world, create(world, {"hippo", "nosuch"}), Code::not_found, before);
  refused(world, create(world, {"hippo", "rhino"}), Code::already_exists, before);
  for (const char* user : {"postgres", "primaryuser", "pg_monitor", "testuser", "a\"b", "Pool"}) {
    CAPTURE(user);
    refused(world, create(world, {"hippo"}, "", user), Code::invalid_argument, before);
  }
  refused(world, create(world, {"hippo"}, "two\nlines"), Code::invalid_argument, before);
}

TEST_CASE("create pgbouncer: refused where no node has its image") {
  RequestWorld world;
  world.create("hippo");
  operations::Context context = world.context();
  context.images = {"crunchy-postgres-ha"};
  rest::CreatePgbouncerRequest request;
  request.args = {"hippo"};
  request.ns = kNs;
  const auto answer = operations::create_pgbouncer(context, world.admin(), request);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message.find("crunchy-pgbouncer") != std::string::npos);
}

TEST_CASE("delete pgbouncer: O15: refused where there is none") {
  RequestWorld world;
  world.create("hippo");
  const std::size_t before = world.written();
  refused(world, remove(world, {"hippo"}), Code::not_found, before);
}

TEST_CASE("delete pgbouncer: one that was only just asked for can go too") {
  RequestWorld world;
  world.create("hippo");
  REQUIRE(create(world, {"hippo"}));
  const auto answer = remove(world, {"hippo"});
  REQUIRE(answer);
  CHECK(answer->results == Names{"hippo pgbouncer deleted"});
  const auto task = world.get(types::kPgTask, kNs, "pgbouncer-delete-hippo");
  CHECK(task["spec"]["tasktype"].as_string() == "delete-pgbouncer");
  // Until it is gone, neither a new one nor a second removal.
  refused(world, create(world, {"hippo"}), Code::failed_precondition, world.written());
  refused(world, remove(world, {"hippo"}), Code::failed_precondition, world.written());
}

TEST_CASE("create cluster: K31: with pgBouncer, whose password stands in its secret alone") {
  RequestWorld world;
  auto request = world.create_request("hippo");
  request.pgbouncer_flag = true;
  request.pgbouncer_pass = "geheim";
  REQUIRE(operations::create_cluster(world.context(), world.admin(), request));
  const auto cluster = world.get(types::kPgCluster, kNs, "hippo");
  CHECK(cluster.label("crunchy-pgbouncer") == "true");
  CHECK(cluster["spec"]["userlabels"]["pgbouncer-user"].as_string() == "pgbouncer");
  CHECK(json::write(cluster.document()).find("geheim") == std::string::npos);
  CHECK(world.secret(kNs, kSecret, "password") == "geheim");
}

TEST_CASE("create cluster: a pgBouncer password without a pgBouncer is refused") {
  RequestWorld world;
  auto request = world.create_request("hippo");
  request.pgbouncer_pass = "geheim";
  const std::size_t before = world.written();
  refused(world, operations::create_cluster(world.context(), world.admin(), request),
          Code::invalid_argument, before);
  request.pgbouncer_flag = true;
  request.pgbouncer_user = "postgres";
  refused(world, operations::create_cluster(world.context(), world.admin(), request),
          Code::invalid_argument, before);
}
