#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"

#include <doctest/doctest.h>

namespace pgo::model {

TEST_CASE("removal task: what was asked for is read back") {
  const Removal asked{.cluster = "hippo",
                      .scope = "hippo-abcd",
                      .replica = "hippo-efgh",
                      .delete_data = true,
                      .delete_backups = false,
                      .is_replica = true,
                      .is_backup = false};
  const auto task = removal_task("ns", "hippo-rmdata", asked);
  CHECK(task.type() == TaskType::delete_data);
  CHECK(task.metadata.labels.at("pg-cluster") == "hippo");
  CHECK(task.metadata.labels.at("pgrmdata") == "true");
  CHECK(task.spec.parameters.at("delete-backups") == "false");
  CHECK(removal_of(task) == asked);
}

TEST_CASE("removal task: nothing is deleted that the task does not clearly ask for") {
  auto task = removal_task("ns", "hippo-rmdata", {.cluster = "hippo", .scope = "hippo"});
  task.spec.parameters.erase("delete-data");
  task.spec.parameters["delete-backups"] = "yes";
  const auto read = removal_of(task);
  CHECK_FALSE(read.delete_data);
  CHECK_FALSE(read.delete_backups);
}

TEST_CASE("backrest task: a backup that a user asked for has no backup type") {
  const BackrestWork work{.cluster = "hippo",
                          .command = "backup",
                          .options = "--type=full",
                          .storage_type = "local",
                          .repo_pod = "pod",
                          .backup_type = {},
                          .container = "database"};
  const auto task = backrest_task("ns", "backrest-backup-hippo", work);
  CHECK(task.spec.parameters.at("job-name") == "backrest-backup-hippo");
  CHECK_FALSE(task.spec.parameters.contains("pgha-backup-type"));
  CHECK(backrest_of(task) == work);
}

TEST_CASE("workflow task: labelled with its id, first step at the given time") {
  const auto task = workflow_task("ns", "hippo-createcluster", "hippo", "id-1", "", "now");
  CHECK(task.type() == TaskType::workflow);
  CHECK(task.metadata.labels.at("workflowid") == "id-1");
  CHECK_FALSE(task.metadata.labels.contains("pgouser"));
  CHECK(task.parameter(step::kSubmitted) == "now");
  CHECK(task.parameter("nosuch").empty());
  CHECK_FALSE(task.processed());
}

}  // namespace pgo::model
