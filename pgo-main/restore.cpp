#include "app.h"
#include "commands.h"
#include "pgo/base/ids.h"
#include "pgo/model/messages/backups.h"
#include "wait.h"

namespace pgo::cli {
namespace {

/// The new volume's name is the client's to choose, as in 4.2.0.
std::string new_volume(const std::string& cluster) {
  SystemIdSource ids;
  return cluster + "-" + ids.text(4, "abcdefghijklmnopqrstuvwxyz");
}

int restore(App& app, const Arguments& arguments) {
  if (arguments.names().size() != 1) return usage_error(app, "name the cluster to restore.");
  const std::string& type = arguments.text("backup-type");
  const bool dump = type == "pgdump";
  if (!type.empty() && type != "pgbackrest" && !dump) {
    return usage_error(app, "--backup-type must be pgbackrest or pgdump.");
  }
  if (!dump && !arguments.text("backup-pvc").empty()) {
    return usage_error(app, "--backup-pvc has a meaning only with --backup-type=pgdump.");
  }
  if (dump && arguments.boolean("wait")) {
    return usage_error(app,
                       "--wait follows the restore of a backup, not of a dump; see "
                       "pgo show backup --backup-type=pgdump.");
  }
  if (dump && !arguments.text("pgbackrest-storage-type").empty()) {
    return usage_error(app, "--pgbackrest-storage-type goes with --backup-type=pgbackrest.");
  }
  const int timeout = arguments.integer("wait-timeout");
  if (timeout < 1) return usage_error(app, "--wait-timeout must be 1 or more seconds.");
  const std::string& cluster = arguments.names().front();
  const std::string question =
      dump ? "This loads the dump into " + cluster + " over what is there. Proceed?"
           : "This stops " + cluster +
                 " once the backup is restored beside it, and starts it on the restored data; what "
                 "was written after the point that is restored is lost. Proceed?";
  if (!arguments.boolean("no-prompt") && !app.confirm(question)) {
    app.output().line("Nothing was restored.");
    return kDone;
  }
  if (dump) return restore_dump(app, arguments);
  model::rest::RestoreRequest request;
  request.ns = app.ns();
  request.from_cluster = cluster;
  request.to_pvc = new_volume(cluster);
  request.restore_opts = arguments.text("backup-opts");
  request.pitr_target = arguments.text("pitr-target");
  request.node_label = arguments.text("node-label");
  request.backrest_storage_type = arguments.text("pgbackrest-storage-type");
  const auto response = app.post<model::rest::RestoreResponse>("/restore", request);
  if (!response) return app.report(response.error());
  const int code =
      print_results(app, response->results, response->status.code, response->status.msg);
  app.output().flush();
  if (code != kDone || !arguments.boolean("wait") || response->results.empty()) return code;
  const std::string& last = response->results.back();
  const auto ready = wait_for_restore(app, cluster, last.substr(last.rfind(' ') + 1),
                                      std::chrono::seconds(timeout));
  return ready ? static_cast<int>(kDone) : app.report(ready.error());
}

}  // namespace

Command restore_command() {
  return {.path = "restore",
          .positional = "CLUSTER",
          .summary = "Restore a cluster in place from a backup",
          .example = "restore hippo --pitr-target=\"2026-11-22 14:30:00+00\" --wait",
          .flags = {{.name = "backup-opts",
                     .help = "Options of pgbackrest restore; the server checks them",
                     .value_name = "OPTIONS"},
                    {.name = "pitr-target",
                     .help = "Restore the data as it was at this time, else all there is",
                     .value_name = "TIME"},
                    {.name = "node-label",
                     .help = "Node label that the restored primary's node should have",
                     .value_name = "KEY=VALUE"},
                    {.name = "backup-type",
                     .help = "pgbackrest (the default) or pgdump",
                     .value_name = "TYPE",
                     .choices = "pgbackrest,pgdump"},
                    {.name = "backup-pvc",
                     .help = "Volume with the dump, with --backup-type=pgdump",
                     .value_name = "NAME"},
                    {.name = "pgbackrest-storage-type",
                     .help = "Repository to restore from: local or s3",
                     .value_name = "TYPE",
                     .choices = "local,s3"},
                    no_prompt_flag(),
                    wait_flag("Follow the restore until the cluster and its replicas are ready"),
                    wait_timeout_flag()},
          .run = restore,
          .words = Words::clusters};
}

}  // namespace pgo::cli
