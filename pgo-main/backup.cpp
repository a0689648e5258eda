#include "app.h"
#include "commands.h"
#include "pgo/model/messages/backups.h"

namespace pgo::cli {
namespace {

template <typename Response, typename Request>
int send(App& app, std::string_view path, const Request& request) {
  const auto response = app.post<Response>(std::string(path), request);
  if (!response) return app.report(response.error());
  const bool none =
      response->results.size() == 1 && response->results.front() == model::rest::kNoClusterMatches;
  if (none && response->status.code == "ok") {
    return app.report(accepted("error", "no cluster matches --selector=" + request.selector +
                                            "; nothing was started.")
                          .error());
  }
  return print_results(app, response->results, response->status.code, response->status.msg);
}

int backup(App& app, const Arguments& arguments) {
  if (arguments.names().empty() && arguments.text("selector").empty()) {
    return usage_error(app, "name the clusters to back up, or give --selector.");
  }
  if (const auto one = check_one_selection(arguments); !one) return app.report(one.error());
  const std::string& type = arguments.text("backup-type");
  if (type == "pgbackrest") {
    if (arguments.given("pvc-name")) {
      return usage_error(app, "--pvc-name goes with --backup-type=pgdump.");
    }
    model::rest::CreateBackrestBackupRequest request;
    request.ns = app.ns();
    request.args = arguments.names();
    request.selector = arguments.text("selector");
    request.backup_opts = arguments.text("backup-opts");
    request.backrest_storage_type = arguments.text("pgbackrest-storage-type");
    return send<model::rest::CreateBackrestBackupResponse>(app, "/backrestbackup", request);
  }
  if (type != "pgdump") {
    return usage_error(app, "--backup-type must be pgbackrest or pgdump.");
  }
  if (!arguments.text("pgbackrest-storage-type").empty()) {
    return usage_error(app, "--pgbackrest-storage-type goes with --backup-type=pgbackrest.");
  }
  model::rest::CreatepgDumpBackupRequest request;
  request.ns = app.ns();
  request.args = arguments.names();
  request.selector = arguments.text("selector");
  request.pvc_name = arguments.text("pvc-name");
  request.backup_opts = arguments.text("backup-opts");
  return send<model::rest::CreatepgDumpBackupResponse>(app, "/pgdumpbackup", request);
}

}  // namespace

Command backup_command() {
  return {.path = "backup",
          .positional = "CLUSTER...",
          .summary = "Take a backup of clusters",
          .example = "backup hippo --backup-opts=\"--type=full --repo1-retention-full=2\"",
          .flags = {{.name = "backup-opts",
                     .help = "Options for pgbackrest (or pg_dump, or with --dump-all pg_dumpall)",
                     .value_name = "OPTIONS"},
                    {.name = "backup-type",
                     .initial = "pgbackrest",
                     .help = "pgbackrest, or pgdump for a dump as SQL",
                     .value_name = "TYPE",
                     .choices = "pgbackrest,pgdump"},
                    {.name = "pgbackrest-storage-type",
                     .help = "Repositories to write to: local, s3 or local,s3",
                     .value_name = "TYPE",
                     .choices = "local,s3"},
                    {.name = "pvc-name",
                     .help = "Volume claim for a dump, else backup-CLUSTER-pgdump-pvc",
                     .value_name = "NAME"},
                    selector_flag()},
          .run = backup,
          .words = Words::clusters};
}

}  // namespace pgo::cli
