#include "pgo/operations/policy.h"

#include "pgo/model/names.h"
#include "pgo/operations/cluster.h"
#include "request_world.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;
using test::RequestWorld;
namespace types = kube::types;
namespace rest = model::rest;
using Names = std::vector<std::string>;

namespace {

constexpr const char* kNs = "pgouser1";

Result<rest::CreatePolicyResponse> create(RequestWorld& world, std::string name, std::string sql,
                                          std::string url = {}) {
  rest::CreatePolicyRequest request;
  request.name = std::move(name);
  request.sql = std::move(sql);
  request.url = std::move(url);
  request.ns = kNs;
  return operations::create_policy(world.context(), world.admin(), request);
}

Result<rest::ApplyPolicyResponse> apply(RequestWorld& world, std::string name, std::string selector,
                                        bool dry_run = false) {
  rest::ApplyPolicyRequest request;
  request.name = std::move(name);
  request.selector = std::move(selector);
  request.dry_run = dry_run;
  request.ns = kNs;
  return operations::apply_policy(world.context(), world.admin(), request);
}

/// Two clusters that are up.
void two_clusters(RequestWorld& world) {
  for (const char* name : {"hippo", "rhino"}) {
    world.create(name);
    world.put_instance(kNs, name, name, "master");
  }
}

rest::UpdateClusterRequest update(Names names, std::optional<bool> autofail) {
  rest::UpdateClusterRequest request;
  request.clustername = std::move(names);
  request.autofail = autofail;
  request.ns = kNs;
  return request;
}

}  // namespace

TEST_CASE("create policy: a name that would replace a label of the operator's is refused") {
  RequestWorld world;
  two_clusters(world);
  for (const char* name : {"vendor", "name", "autofail", "pg-cluster", "current-primary",
                           "crunchy-pgha-scope", "role", "pgo-version", "crunchy-pgbouncer"}) {
    CAPTURE(name);
    const auto made = create(world, name, "select 1");
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Code::invalid_argument);
    // One that was made with kubectl.
    world.put_policy(kNs, name);
    CHECK_FALSE(apply(world, name, "name=hippo"));
    auto request = world.create_request("zebra");
    request.policies = name;
    CHECK_FALSE(operations::create_cluster(world.context(), world.admin(), request));
  }
  CHECK(world.execs.empty());
}

TEST_CASE("create policy: the object is the one of 4.2.0") {
  RequestWorld world;
  REQUIRE(create(world, "audit", "select 1;\n").has_value());
  const kube::Object policy = world.get(types::kPgPolicy, kNs, "audit");
  CHECK(policy.label("pgouser") == "pgoadmin");
  CHECK(policy["spec"]["sql"].as_string() == "select 1;\n");
  CHECK(policy["status"]["state"].as_string() == "pgpolicy Processed");
}

TEST_CASE("create policy: wrong requests are refused and nothing is written") {
  RequestWorld world;
  const auto code = [&](const char* name, const char* sql, const char* url) {
    const auto answer = create(world, name, sql, url);
    REQUIRE_FALSE(answer.has_value());
    return answer.error().code;
  };
  CHECK(code("Bad_Policy", "select 1", "") == Code::invalid_argument);
  CHECK(code("", "select 1", "") == Code::invalid_argument);
  CHECK(code("audit", " \n", "") == Code::invalid_argument);
  CHECK(code("audit", "", "file:///etc/passwd") == Code::invalid_argument);
  CHECK(world.all(types::kPgPolicy, kNs).empty());
  REQUIRE(create(world, "audit", "select 1").has_value());
  CHECK(code("audit", "select 2", "") == Code::already_exists);
}

TEST_CASE("apply policy: the SQL reaches psql's input in the primary, then the labels are set") {
  RequestWorld world;
  two_clusters(world);
  REQUIRE(create(world, "audit", "select 1").has_value());
  const auto answer = apply(world, "audit", "name=hippo");
  REQUIRE(answer.has_value());
  CHECK(answer->name == Names{"hippo"});
  REQUIRE(world.execs.size() == 1);
  CHECK(world.execs[0].pod == RequestWorld::pod_of("hippo"));
  CHECK(world.execs[0].stdin_data == "select 1");
  CHECK(std::ranges::count(world.execs[0].command, "ON_ERROR_STOP=1") == 1);
  CHECK(world.get(types::kPgCluster, kNs, "hippo").label("audit") == "pgpolicy");
  CHECK(world.get(types::kDeployment, kNs, "hippo").label("audit") == "pgpolicy");
  CHECK(world.get(types::kPgCluster, kNs, "rhino").label("audit").empty());
}

TEST_CASE("K13: an SQL error is answered with PostgreSQL's words, and no label says it was done") {
  RequestWorld world;
  two_clusters(world);
  REQUIRE(create(world, "audit", "select 1/0").has_value());
  world.on_exec = [](const kube::ExecRequest& request) {
    const bool fails = request.pod == RequestWorld::pod_of("rhino");
    return kube::ExecResult{.exit_code = fails ? 3 : 0,
                            .out = {},
                            .err = fails ? "NOTICE: x\npsql:<stdin>:1: ERROR: division by zero\n"
                                         : "NOTICE: harmless\n"};
  };
  const auto answer = apply(world, "audit", "");
  REQUIRE(answer.has_value());
  CHECK(answer->status.code == "error");
  CHECK(answer->status.msg.find("rhino") != std::string::npos);
  CHECK(answer->status.msg.find("division by zero") != std::string::npos);
  CHECK(answer->name == Names{"hippo"});
  CHECK(world.get(types::kPgCluster, kNs, "rhino").label("audit").empty());
}

TEST_CASE("apply policy: the pod that leads takes it, not the one with the cluster's name (K1)") {
  RequestWorld world;
  world.create("hippo");
  world.put_instance(kNs, "hippo", "hippo", "replica");
  world.put_instance(kNs, "hippo", "hippo-abcd", "master");
  REQUIRE(create(world, "audit", "select 1").has_value());
  const auto answer = apply(world, "audit", "name=hippo");
  REQUIRE(answer.has_value());
  CHECK(answer->name == Names{"hippo-abcd"});
  CHECK(world.execs.front().pod == RequestWorld::pod_of("hippo-abcd"));
}

TEST_CASE("apply policy: a dry run lists; an unready primary is refused before any SQL runs") {
  RequestWorld world;
  two_clusters(world);
  REQUIRE(create(world, "audit", "select 1").has_value());
  const auto listed = apply(world, "audit", "", true);
  REQUIRE(listed.has_value());
  CHECK(listed->name == Names{"hippo", "rhino"});
  CHECK(world.execs.empty());
  world.create("zebra");
  world.put_instance(kNs, "zebra", "zebra", "master", false);
  CHECK_FALSE(apply(world, "audit", "").has_value());
  CHECK(world.execs.empty());
  CHECK(apply(world, "audit", "name=nosuch")->name.empty());
  CHECK_FALSE(apply(world, "nosuch", "name=hippo").has_value());
}

TEST_CASE("apply policy: an address that cannot be had is told of, and nothing is run") {
  RequestWorld world;
  two_clusters(world);
  REQUIRE(create(world, "remote", "", "http://127.0.0.1:9/policy.sql").has_value());
  const auto answer = apply(world, "remote", "name=hippo");
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().message.find("http://127.0.0.1:9/policy.sql") != std::string::npos);
  CHECK(world.execs.empty());
}

TEST_CASE("show and delete policy: one, all, and none") {
  RequestWorld world;
  REQUIRE(create(world, "p1", "select 1").has_value());
  REQUIRE(create(world, "p2", "select 2").has_value());
  rest::ShowPolicyRequest show;
  show.ns = kNs;
  show.policyname = "nosuch";
  CHECK(operations::show_policies(world.context(), show)->policy_list.items.empty());
  show.policyname = "p1";
  CHECK(operations::show_policies(world.context(), show)->policy_list.items.size() == 1);
  show.all_flag = true;
  CHECK(operations::show_policies(world.context(), show)->policy_list.items.size() == 2);

  rest::DeletePolicyRequest remove;
  remove.ns = kNs;
  remove.policy_name = "nosuch";
  CHECK_FALSE(operations::delete_policies(world.context(), world.admin(), remove).has_value());
  remove.policy_name = "all";
  CHECK(operations::delete_policies(world.context(), world.admin(), remove)->results.size() == 2);
  CHECK(world.all(types::kPgPolicy, kNs).empty());
}

TEST_CASE("K9: update cluster switches autofail on or off, and refuses to guess") {
  RequestWorld world;
  two_clusters(world);
  const auto label = [&](const char* name) {
    return std::string(world.get(types::kPgCluster, kNs, name).label("autofail"));
  };
  const std::string before = label("hippo");
  CHECK_FALSE(
      operations::update_clusters(world.context(), update({"hippo"}, std::nullopt)).has_value());
  CHECK(label("hippo") == before);
  CHECK(operations::update_clusters(world.context(), update({"hippo"}, false))->results ==
        Names{"updated pgcluster hippo"});
  CHECK(label("hippo") == "false");
  CHECK(label("rhino") == before);
  rest::UpdateClusterRequest all = update({}, true);
  all.all_flag = true;
  CHECK(operations::update_clusters(world.context(), all)->results.size() == 2);
  CHECK(label("hippo") == "true");
}

TEST_CASE("update cluster: an unknown name refuses the whole request") {
  RequestWorld world;
  two_clusters(world);
  const auto answer =
      operations::update_clusters(world.context(), update({"hippo", "nosuch"}, false));
  REQUIRE_FALSE(answer.has_value());
  CHECK(world.get(types::kPgCluster, kNs, "hippo").label("autofail") != "false");
  CHECK_FALSE(operations::update_clusters(world.context(), update({}, false)).has_value());
}
