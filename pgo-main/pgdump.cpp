#include "app.h"
#include "commands.h"
#include "pgo/model/messages/backups.h"

namespace pgo::cli {

int restore_dump(App& app, const Arguments& arguments) {
  if (arguments.text("backup-pvc").empty()) {
    return usage_error(app,
                       "name the volume claim that holds the dump with --backup-pvc; "
                       "pgo show backup --backup-type=pgdump tells it.");
  }
  model::rest::PgRestoreRequest request;
  request.ns = app.ns();
  request.from_cluster = arguments.names().front();
  request.from_pvc = arguments.text("backup-pvc");
  request.restore_opts = arguments.text("backup-opts");
  request.pitr_target = arguments.text("pitr-target");
  request.node_label = arguments.text("node-label");
  const auto response = app.post<model::rest::PgRestoreResponse>("/pgdumprestore", request);
  if (!response) return app.report(response.error());
  return print_results(app, response->results, response->status.code, response->status.msg);
}

}  // namespace pgo::cli
