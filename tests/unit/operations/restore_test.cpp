#include "pgo/operations/restore.h"

#include "pgo/model/names.h"
#include "pgo/model/restore.h"
#include "request_world.h"

#include <doctest/doctest.h>

using namespace pgo;
namespace types = kube::types;
namespace rest = model::rest;

namespace {

rest::RestoreRequest request(std::string cluster, std::string volume = "hippo-wxyz") {
  rest::RestoreRequest made;
  made.ns = "pgouser1";
  made.from_cluster = std::move(cluster);
  made.to_pvc = std::move(volume);
  return made;
}

}  // namespace

TEST_CASE("restore: a request writes the workflow and the task") {
  test::RequestWorld world;
  world.create("hippo");
  auto asked = request("hippo");
  asked.pitr_target = "2026-11-21 14:30:00+00";
  asked.node_label = "region=us-west-1";
  asked.restore_opts = "--type=time --process-max=2";
  REQUIRE(operations::restore_cluster(world.context(), world.admin(), asked).has_value());
  const auto object = world.get(types::kPgTask, "pgouser1", "backrest-restore-hippo-to-hippo-wxyz");
  const auto task = model::PgTask::from(object);
  REQUIRE(task.has_value());
  const model::RestoreWork work = model::restore_of(*task);
  CHECK(work.options == asked.restore_opts);
  CHECK(work.node_value == "us-west-1");
  const auto workflow = world.get(types::kPgTask, "pgouser1", "hippo-pgbackrestrestore");
  CHECK(workflow.label("workflowid") == work.workflow_id);
}

TEST_CASE("restore: a second request renews the workflow, so that it overtakes the first") {
  test::RequestWorld world;
  world.create("hippo");
  REQUIRE(operations::restore_cluster(world.context(), world.admin(), request("hippo")));
  const auto first = world.get(types::kPgTask, "pgouser1", "hippo-pgbackrestrestore");
  REQUIRE(
      operations::restore_cluster(world.context(), world.admin(), request("hippo", "hippo-next")));
  const auto second = world.get(types::kPgTask, "pgouser1", "hippo-pgbackrestrestore");
  CHECK(first.uid() != second.uid());
  CHECK(first.label("workflowid") != second.label("workflowid"));
}

TEST_CASE("restore: one that changes over is not overtaken") {
  test::RequestWorld world;
  world.create("hippo");
  REQUIRE(operations::restore_cluster(world.context(), world.admin(), request("hippo")));
  const json::Value restoring = json::Value::object(
      {{"status", json::Value::object({{"state", model::state::kClusterRestoring}})}});
  REQUIRE(world.client().patch(types::kPgCluster, "pgouser1", "hippo", kube::PatchType::merge,
                               restoring));
  const auto workflow = world.get(types::kPgTask, "pgouser1", "hippo-pgbackrestrestore");
  const auto again =
      operations::restore_cluster(world.context(), world.admin(), request("hippo", "hippo-next"));
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Code::failed_precondition);
  CHECK(world.get(types::kPgTask, "pgouser1", "hippo-pgbackrestrestore").uid() == workflow.uid());
}

TEST_CASE("restore: into the volume of one that failed; not of one that is under way") {
  test::RequestWorld world;
  world.create("hippo");
  REQUIRE(operations::restore_cluster(world.context(), world.admin(), request("hippo")));
  const auto first = world.get(types::kPgTask, "pgouser1", "backrest-restore-hippo-to-hippo-wxyz");
  const auto workflow = world.get(types::kPgTask, "pgouser1", "hippo-pgbackrestrestore");
  const auto busy = operations::restore_cluster(world.context(), world.admin(), request("hippo"));
  REQUIRE_FALSE(busy);
  CHECK(busy.error().code == Code::already_exists);
  CHECK(world.get(types::kPgTask, "pgouser1", "hippo-pgbackrestrestore").uid() == workflow.uid());

  REQUIRE(world.client().patch(
      types::kPgTask, "pgouser1", first.name(), kube::PatchType::merge,
      json::Value::object({{"spec", json::Value::object({{"status", "failed"}})}})));
  REQUIRE(operations::restore_cluster(world.context(), world.admin(), request("hippo")));
  CHECK(world.get(types::kPgTask, "pgouser1", first.name()).uid() != first.uid());
}

TEST_CASE("restore: a client that names no volume gets one") {
  test::RequestWorld world;
  world.create("hippo");
  const auto answer =
      operations::restore_cluster(world.context(), world.admin(), request("hippo", ""));
  REQUIRE(answer.has_value());
  CHECK(answer->results.front().find("hippo to hippo-") != std::string::npos);
}

TEST_CASE("restore: a target that is yet to come, or before the first backup, is refused") {
  test::RequestWorld world;
  world.create("hippo");
  world.put_ready_pods("pgouser1", "hippo");
  // 2026-11-20 10:00:00 and 12:00:00.
  world.on_exec = [](const kube::ExecRequest&) {
    return kube::ExecResult{.exit_code = 0,
                            .out = R"([{"name":"db","backup":[
        {"label":"a","timestamp":{"start":1795168700,"stop":1795168800}},
        {"label":"b","timestamp":{"start":1795175900,"stop":1795176000}}]}])",
                            .err = {}};
  };
  const auto why = [&](const char* target) {
    CAPTURE(target);
    auto asked = request("hippo");
    asked.pitr_target = target;
    const std::size_t before = world.written();
    const auto answer = operations::restore_cluster(world.context(), world.admin(), asked);
    if (answer) {
      for (const kube::Object& task : world.all(types::kPgTask, "pgouser1")) {
        if (task.name().starts_with("backrest-restore-")) {
          REQUIRE(world.client().remove(types::kPgTask, "pgouser1", std::string(task.name())));
        }
      }
      return std::string("accepted");
    }
    CHECK(world.written() == before);
    CHECK(answer.error().subject == "PITRTarget");
    return answer.error().message;
  };
  // It is 2026-11-22 00:00:00.
  CHECK(why("2026-11-22 00:00:59+00") == "accepted");
  CHECK(why("2026-11-22 00:01:01+00").find("yet to come") != std::string::npos);
  CHECK(why("2026-11-22 02:00:00.25+02:00") == "accepted");
  CHECK(why("2026-11-22 02:02:00+0200").find("yet to come") != std::string::npos);
  CHECK(why("2026-11-22 14:00:30") == "accepted");  // it is that now, on Kiritimati
  CHECK(why("2026-11-22 14:30:00").find("yet to come") != std::string::npos);
  CHECK(why("2026-11-20 10:00:00+00") == "accepted");
  CHECK(why("2026-11-20 09:59:59+00").find("2026-11-20T10:00:00Z") != std::string::npos);
  CHECK(why("2026-11-19 22:00:00") == "accepted");
  CHECK(why("2026-11-19 21:59:59").find("first backup") != std::string::npos);
  CHECK(why("2026-11-31 10:00:00+00").find("no point in time") != std::string::npos);
  REQUIRE_FALSE(world.execs.empty());
  CHECK(world.execs.front().reads_only);
  // A repository that cannot be asked refuses nothing.
  world.on_exec = [](const kube::ExecRequest&) {
    return kube::ExecResult{.exit_code = 1, .out = {}, .err = "broken"};
  };
  CHECK(why("2020-01-01 00:00:00+00") == "accepted");
}

TEST_CASE("O5: what cannot work is refused before anything is written") {
  test::RequestWorld world;
  world.create("hippo");
  world.create("rhino");
  world.put_claim("pgouser1", "hippo-data");
  const std::size_t before = world.written();
  const auto refused = [&](rest::RestoreRequest wrong, auto change) {
    change(wrong);
    CHECK_FALSE(operations::restore_cluster(world.context(), world.admin(), wrong).has_value());
    CHECK(world.written() == before);
  };
  refused(request("nosuch"), [](auto&) {});
  refused(request("hippo", "hippo-data"), [](auto&) {});
  refused(request("hippo", "rhino"), [](auto&) {});
  refused(request("hippo", "../x"), [](auto&) {});
  refused(request("hippo"), [](auto& one) { one.restore_opts = "--nosuch"; });
  refused(request("hippo"), [](auto& one) { one.restore_opts = "--stanza=other"; });
  refused(request("hippo"), [](auto& one) { one.pitr_target = "yesterday"; });
  refused(request("hippo"), [](auto& one) { one.pitr_target = "2026-11-21 14:30:00\n"; });
  refused(request("hippo"), [](auto& one) {
    one.restore_opts = "--type=immediate";
    one.pitr_target = "2026-11-21 14:30:00";
  });
  refused(request("hippo"), [](auto& one) { one.node_label = "nosuch=x"; });
  refused(request("hippo"), [](auto& one) { one.backrest_storage_type = "s3"; });
  refused(request("hippo"), [](auto& one) { one.backrest_storage_type = "local,s3"; });
}
