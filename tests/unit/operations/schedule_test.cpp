#include "pgo/operations/schedule.h"

#include "request_world.h"

#include <doctest/doctest.h>

using namespace pgo;
namespace types = kube::types;
namespace rest = model::rest;

namespace {

rest::CreateScheduleRequest full(std::string cluster = "hippo") {
  rest::CreateScheduleRequest request;
  request.cluster_name = std::move(cluster);
  request.ns = "pgouser1";
  request.schedule = "0 1 * * *";
  request.schedule_type = "pgbackrest";
  request.pg_back_rest_type = "full";
  return request;
}

void as_policy(rest::CreateScheduleRequest& request) {
  request.schedule_type = "policy";
  request.policy_name = "audit";
  request.database = "userdb";
}

struct Refusal {
  const char* field;
  void (*spoil)(rest::CreateScheduleRequest& request);
};

}  // namespace

TEST_CASE("schedule: each piece of bad input is refused by its name, and nothing is written") {
  test::RequestWorld world;
  world.create("hippo");
  world.put_policy("pgouser1", "audit");
  using Request = rest::CreateScheduleRequest;
  const Refusal cases[] = {
      {"schedule", [](Request& r) { r.schedule = "61 * * * *"; }},
      {"schedule", [](Request& r) { r.schedule.clear(); }},
      {"ClusterName", [](Request& r) { r.cluster_name.clear(); }},
      {"ScheduleType", [](Request& r) { r.schedule_type = "tea"; }},
      {"ScheduleType", [](Request& r) { r.schedule_type = "pgbasebackup"; }},
      {"PGBackRestType", [](Request& r) { r.pg_back_rest_type = "total"; }},
      {"ScheduleOptions", [](Request& r) { r.schedule_options = "--type=incr"; }},
      {"ScheduleOptions", [](Request& r) { r.schedule_options = "--nosuch"; }},
      {"BackrestStorageType", [](Request& r) { r.backrest_storage_type = "s3"; }},
      {"PolicyName", [](Request& r) { as_policy(r), r.policy_name = "nosuch"; }},
      {"PolicyName", [](Request& r) { as_policy(r), r.policy_name = "../x"; }},
      {"Database", [](Request& r) { as_policy(r), r.database.clear(); }},
      {"Secret", [](Request& r) { as_policy(r), r.secret = "nosuch"; }},
  };
  const std::size_t before = world.all(types::kConfigMap, "pgouser1").size();
  for (const Refusal& one : cases) {
    CAPTURE(one.field);
    Request request = full();
    one.spoil(request);
    const auto refused = operations::create_schedules(world.context(), request);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Code::invalid_argument);
    CHECK(refused.error().subject == one.field);
    CHECK(world.all(types::kConfigMap, "pgouser1").size() == before);
  }
}

TEST_CASE("schedule: a selector makes one for each cluster, or none when one is there already") {
  test::RequestWorld world;
  world.create("hippo");
  world.create("rhino");
  auto request = full("");
  REQUIRE(operations::create_schedules(world.context(), full("rhino")).has_value());
  request.selector = "name in (hippo,rhino)";
  const auto refused = operations::create_schedules(world.context(), request);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().subject == "rhino-pgbackrest-full");
  CHECK(world.get(types::kConfigMap, "pgouser1", "hippo-pgbackrest-full").name().empty());
  request.pg_back_rest_type = "incr";
  const auto made = operations::create_schedules(world.context(), request);
  REQUIRE(made.has_value());
  CHECK(made->results.size() == 2);
}

TEST_CASE("schedule: a name that is another ConfigMap's is no schedule, and stays") {
  test::RequestWorld world;
  world.put_config_map("pgouser1", "precious");
  rest::DeleteScheduleRequest request;
  request.ns = "pgouser1";
  request.schedule_name = "precious";
  CHECK(operations::delete_schedules(world.context(), request).error().code == Code::not_found);
  CHECK_FALSE(world.get(types::kConfigMap, "pgouser1", "precious").name().empty());
  request.schedule_name.clear();
  CHECK(operations::delete_schedules(world.context(), request).error().code ==
        Code::invalid_argument);
}

TEST_CASE("schedule: shown wide it tells its options, its database and when it runs next") {
  test::RequestWorld world;
  world.create("hippo");
  world.put_policy("pgouser1", "audit");
  auto backups = full();
  backups.schedule = "0 1 * * *";
  backups.schedule_options = "--repo1-retention-full=7";
  auto policy = full();
  as_policy(policy);
  policy.schedule = "@every 6h";
  REQUIRE(operations::create_schedules(world.context(), backups).has_value());
  REQUIRE(operations::create_schedules(world.context(), policy).has_value());
  json::Value last;
  last.at_or_add("metadata")
      .at_or_add("annotations")
      .set("pgo-schedule-last", "2026-11-21T20:00:00Z");
  REQUIRE(world.client().patch(types::kConfigMap, "pgouser1", "hippo-policy-audit",
                               kube::PatchType::merge, last));
  rest::ShowScheduleRequest which;
  which.ns = "pgouser1";
  which.cluster_name = "hippo";
  const auto plain = operations::show_schedules(world.context(), which);
  which.wide = true;
  const auto wide = operations::show_schedules(world.context(), which);
  REQUIRE(wide.has_value());
  REQUIRE(wide->results.size() == 2);
  CHECK(wide->results[0] == plain->results[0] +
                                "\n\tcluster: hippo\n\toptions: --repo1-retention-full=7"
                                "\n\tnext run: 2026-11-22T01:00:00Z");
  CHECK(wide->results[1].find("\n\tdatabase: " + policy.database) != std::string::npos);
  CHECK(wide->results[1].ends_with("\n\tnext run: 2026-11-22T02:00:00Z"));
}

TEST_CASE("K13: why the last run of a scheduled policy failed is shown") {
  test::RequestWorld world;
  world.create("hippo");
  world.put_policy("pgouser1", "audit");
  auto request = full();
  as_policy(request);
  REQUIRE(operations::create_schedules(world.context(), request).has_value());
  json::Value note;
  note.at_or_add("metadata").at_or_add("annotations").set("pgo-command-failed", "ERROR: no");
  REQUIRE(world.client().patch(types::kConfigMap, "pgouser1", "hippo-policy-audit",
                               kube::PatchType::merge, note));
  rest::ShowScheduleRequest which;
  which.ns = "pgouser1";
  which.schedule_name = "hippo-policy-audit";
  const auto shown = operations::show_schedules(world.context(), which);
  REQUIRE(shown.has_value());
  REQUIRE(shown->results.size() == 1);
  CHECK(shown->results[0].ends_with("\n\tlast run failed: ERROR: no"));
}
