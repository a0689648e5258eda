#include "pgo/operations/clone.h"

#include "pgo/model/clone.h"
#include "pgo/model/names.h"
#include "request_world.h"

#include <doctest/doctest.h>

using namespace pgo;
namespace types = kube::types;
namespace rest = model::rest;

namespace {

rest::CloneRequest request(std::string source, std::string target) {
  rest::CloneRequest made;
  made.ns = "pgouser1";
  made.source_cluster_name = std::move(source);
  made.target_cluster_name = std::move(target);
  return made;
}

std::vector<model::PgTask> clone_tasks(test::RequestWorld& world) {
  std::vector<model::PgTask> tasks;
  for (const kube::Object& object : world.all(types::kPgTask, "pgouser1")) {
    auto task = model::PgTask::from(object);
    REQUIRE(task.has_value());
    if (model::is_clone(*task)) tasks.push_back(*std::move(task));
  }
  return tasks;
}

}  // namespace

TEST_CASE("clone: a request writes the workflow and the first step, and nothing else") {
  test::RequestWorld world;
  world.create("hippo");
  const std::size_t before = world.written();
  auto asked = request("hippo", "rhino");
  asked.pitr_target = "2026-11-21 14:30:00.5+00";
  asked.replica_count = 2;
  const auto answer = operations::clone_cluster(world.context(), world.admin(), asked);
  REQUIRE(answer.has_value());
  CHECK(world.written() == before + 2);
  const auto tasks = clone_tasks(world);
  REQUIRE(tasks.size() == 1);
  const model::CloneWork work = model::clone_of(tasks.front());
  CHECK(work.source == "hippo");
  CHECK(work.workflow_id == answer->workflow_id);
  CHECK(work.pitr_target == asked.pitr_target);
  CHECK(work.replicas == "2");
}

TEST_CASE("clone: what cannot work is refused before anything is written") {
  test::RequestWorld world;
  world.create("hippo");
  world.create("taken");
  world.put_claim("pgouser1", "kept");
  world.put_claim("pgouser1", "saved-pgbr-repo");
  const std::size_t before = world.written();
  auto s3 = request("hippo", "rhino");
  s3.backrest_storage_source = "s3";
  auto both = request("hippo", "rhino");
  both.backrest_storage_source = "local,s3";
  auto time = request("hippo", "rhino");
  time.pitr_target = "2026-11-22";
  auto line = request("hippo", "rhino");
  line.pitr_target = "2026-11-21 14:30:00\n--force";
  auto future = request("hippo", "rhino");
  future.pitr_target = "2026-11-22 14:30:00+00";
  auto many = request("hippo", "rhino");
  many.replica_count = -1;
  for (const auto& wrong :
       {request("", "rhino"), request("hippo", ""), request("nosuch", "rhino"),
        request("hippo", "taken"), request("hippo", "hippo"), request("hippo", "Bad_Name"),
        request("hippo", "all"), request("hippo", std::string(60, 'x')), request("hippo", "kept"),
        request("hippo", "saved"), s3, both, time, line, future, many}) {
    CAPTURE(wrong.target_cluster_name);
    CHECK_FALSE(operations::clone_cluster(world.context(), world.admin(), wrong).has_value());
    CHECK(world.written() == before);
  }
}

TEST_CASE("clone: while one is under way its target is taken, for clones and for create") {
  test::RequestWorld world;
  world.create("hippo");
  REQUIRE(operations::clone_cluster(world.context(), world.admin(), request("hippo", "rhino")));
  const std::size_t before = world.written();
  CHECK_FALSE(operations::clone_cluster(world.context(), world.admin(), request("hippo", "rhino")));
  CHECK_FALSE(
      operations::create_cluster(world.context(), world.admin(), world.create_request("rhino")));
  CHECK(world.written() == before);
}

TEST_CASE("clone: deleting a target that does not exist yet cancels its clone") {
  test::RequestWorld world;
  world.create("hippo");
  REQUIRE(operations::clone_cluster(world.context(), world.admin(), request("hippo", "rhino")));
  rest::DeleteClusterRequest remove;
  remove.ns = "pgouser1";
  remove.clustername = "rhino";
  remove.delete_data = true;
  REQUIRE(operations::delete_clusters(world.context(), remove).has_value());
  const auto tasks = clone_tasks(world);
  REQUIRE(tasks.size() == 1);
  CHECK_FALSE(tasks.front().parameter("cancelled").empty());
  CHECK(world.get(types::kPgTask, "pgouser1", "rhino-rmdata").name().empty());
}

TEST_CASE("clone: the record of a failed one goes with the next delete or clone of its name") {
  test::RequestWorld world;
  world.create("hippo");
  rest::DeleteClusterRequest remove;
  remove.ns = "pgouser1";
  // As the plan leaves it.
  const auto fail = [&](const char* target) {
    REQUIRE(operations::clone_cluster(world.context(), world.admin(), request("hippo", target)));
    for (const model::PgTask& task : clone_tasks(world)) {
      REQUIRE(world.client().remove(types::kPgTask, "pgouser1", task.name()));
    }
    for (const kube::Object& task : world.all(types::kPgTask, "pgouser1")) {
      if (!task.name().ends_with("-cloneworkflow")) continue;
      REQUIRE(world.client().patch(types::kPgTask, "pgouser1", task.name(), kube::PatchType::merge,
                                   *json::parse(R"({"spec":{"parameters":{"task failed":"t"}}})")));
    }
  };
  const auto records = [&] {
    std::size_t count = 0;
    for (const kube::Object& task : world.all(types::kPgTask, "pgouser1")) {
      if (task.name().ends_with("-cloneworkflow")) ++count;
    }
    return count;
  };
  fail("rhino");
  fail("rhino");
  CHECK(records() == 1);
  remove.clustername = "rhino";
  const auto deleted = operations::delete_clusters(world.context(), remove);
  REQUIRE(deleted.has_value());
  CHECK(deleted->results.front().find("rhino") != std::string::npos);
  CHECK(records() == 0);
  CHECK_FALSE(operations::delete_clusters(world.context(), remove).has_value());

  fail("rhino");
  fail("zebra");
  remove.clustername = "all";
  const auto all = operations::delete_clusters(world.context(), remove);
  REQUIRE(all.has_value());
  CHECK(all->results.size() == 3);  // and hippo
  CHECK(records() == 0);
  CHECK_FALSE(world.get(types::kPgTask, "pgouser1", "hippo-rmdata").name().empty());
}

TEST_CASE(
    "clone: one that ended does not stand in the way of the next, once what it made is gone") {
  test::RequestWorld world;
  world.create("hippo");
  REQUIRE(operations::clone_cluster(world.context(), world.admin(), request("hippo", "rhino")));
  const auto mark = [&](const char* status) {
    for (const model::PgTask& task : clone_tasks(world)) {
      REQUIRE(world.client().patch(
          types::kPgTask, "pgouser1", task.name(), kube::PatchType::merge,
          json::Value::object({{"spec", json::Value::object({{"status", status}})}})));
    }
  };
  mark("completed");
  CHECK(operations::clone_cluster(world.context(), world.admin(), request("hippo", "rhino")));
  mark("failed");
  // Its task goes last of what it made. A cluster made by hand would mount its volumes.
  const auto again =
      operations::clone_cluster(world.context(), world.admin(), request("hippo", "rhino"));
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Code::failed_precondition);
  const std::size_t before = world.written();
  const auto create =
      operations::create_cluster(world.context(), world.admin(), world.create_request("rhino"));
  REQUIRE_FALSE(create);
  CHECK(create.error().code == Code::failed_precondition);
  CHECK(world.written() == before);
  for (const model::PgTask& task : clone_tasks(world)) {
    REQUIRE(world.client().remove(types::kPgTask, "pgouser1", task.name()));
  }
  CHECK(operations::clone_cluster(world.context(), world.admin(), request("hippo", "rhino")));
}
