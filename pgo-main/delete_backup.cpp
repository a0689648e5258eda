#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/messages/backups.h"

#include <algorithm>

namespace pgo::cli {
namespace {

int delete_one(App& app, const std::string& cluster) {
  auto answer = app.get("/backupsdelete/" + text::percent_encode(cluster),
                        {{"version", std::string(client_version())}, {"namespace", app.ns()}});
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::DeleteBackupResponse>(*answer);
  if (!response) return app.report(response.error());
  std::vector<std::string> lines;
  for (const std::string& name : response->results) lines.push_back("deleted the dumps of " + name);
  return print_results(app, lines, response->status.code, response->status.msg);
}

int delete_backup(App& app, const Arguments& arguments) {
  if (arguments.names().empty()) return usage_error(app, "name the clusters whose dumps shall go.");
  if (!arguments.boolean("no-prompt") &&
      !app.confirm("This removes all dumps (pgdump) of " + text::join(arguments.names(), ", ") +
                   " with their volume; pgBackRest's repository stays. Proceed?")) {
    app.output().line("Nothing was deleted.");
    return kDone;
  }
  int code = kDone;
  for (const std::string& cluster : arguments.names()) {
    code = std::max(code, delete_one(app, cluster));
  }
  return code;
}

}  // namespace

Command delete_backup_command() {
  return {.path = "delete backup",
          .positional = "CLUSTER...",
          .summary = "Delete the dumps of clusters",
          .example = "delete backup hippo",
          .flags = {no_prompt_flag()},
          .run = delete_backup,
          .words = Words::clusters,
          .gathers = true};
}

}  // namespace pgo::cli
