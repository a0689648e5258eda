#include "pgo/model/messages/clone.h"

#include "app.h"
#include "commands.h"
#include "wait.h"

namespace pgo::cli {
namespace {

int clone(App& app, const Arguments& arguments) {
  if (arguments.names().size() != 2) {
    return usage_error(app, "name the cluster to clone and the cluster to make.");
  }
  const int timeout = arguments.integer("wait-timeout");
  if (timeout < 1) return usage_error(app, "--wait-timeout must be 1 or more seconds.");
  model::rest::CloneRequest request;
  request.ns = app.ns();
  request.source_cluster_name = arguments.names()[0];
  request.target_cluster_name = arguments.names()[1];
  request.backrest_storage_source = arguments.text("pgbackrest-storage-source");
  request.pitr_target = arguments.text("pitr-target");
  request.replica_count = arguments.integer("replica-count");
  const auto response = app.post<model::rest::CloneResponse>("/clone", request);
  if (!response) return app.report(response.error());
  std::vector<std::string> lines;
  if (response->status.code == "ok") {
    lines = {"clone requested: " + response->target_cluster_name,
             "workflow id " + response->workflow_id};
  }
  const int code = print_results(app, lines, response->status.code, response->status.msg);
  app.output().flush();
  if (code != kDone || !arguments.boolean("wait")) return code;
  const auto ready = wait_for_clone(app, response->target_cluster_name, response->workflow_id,
                                    std::chrono::seconds(timeout));
  return ready ? static_cast<int>(kDone) : app.report(ready.error());
}

}  // namespace

Command clone_command() {
  return {.path = "clone",
          .positional = "SOURCE TARGET",
          .summary = "Copy a cluster into a new one",
          .example = "clone hippo rhino --pitr-target=\"2026-11-22 14:30:00+00\" --wait",
          .flags = {{.name = "pgbackrest-storage-source",
                     .help = "Repository to restore from when the source has both: local or s3",
                     .value_name = "TYPE",
                     .choices = "local,s3"},
                    {.name = "pitr-target",
                     .help = "Copy the data as it was at this time, else as it is",
                     .value_name = "TIME"},
                    {.name = "replica-count",
                     .type = FlagType::integer,
                     .initial = "0",
                     .help = "Replicas of the new cluster"},
                    wait_flag("Follow the clone until it and its replicas are ready"),
                    wait_timeout_flag()},
          .run = clone,
          .words = Words::clusters};
}

}  // namespace pgo::cli
