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
  asked.pitr_target = "2026-11-22 14:30:00+00";
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

TEST_CASE("restore: a client that names no volume gets one") {
  test::RequestWorld world;
  world.create("hippo");
  const auto answer =
      operations::restore_cluster(world.context(), world.admin(), request("hippo", ""));
  REQUIRE(answer.has_value());
  CHECK(answer->results.front().find("hippo to hippo-") != std::string::npos);
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
  refused(request("hippo"), [](auto& one) { one.pitr_target = "2026-11-22 14:30:00\n"; });
  refused(request("hippo"), [](auto& one) {
    one.restore_opts = "--type=immediate";
    one.pitr_target = "2026-11-22 14:30:00";
  });
  refused(request("hippo"), [](auto& one) { one.node_label = "nosuch=x"; });
  refused(request("hippo"), [](auto& one) { one.backrest_storage_type = "s3"; });
  refused(request("hippo"), [](auto& one) { one.backrest_storage_type = "local,s3"; });
}
