#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/messages/clusters.h"

#include <algorithm>

namespace pgo::cli {
namespace {

std::string question(const Arguments& arguments) {
  std::string what = "every cluster that matches " + arguments.text("selector");
  // The server takes the name "all" for all of them.
  if (arguments.boolean("all") ||
      std::ranges::find(arguments.names(), "all") != arguments.names().end()) {
    what = "EVERY cluster of the namespace";
  } else if (!arguments.names().empty()) {
    what = text::join(arguments.names(), ", ");
  }
  const bool keep_data = arguments.boolean("keep-data");
  const bool keep_backups = arguments.boolean("keep-backups");
  if (keep_data && keep_backups) {
    return "This removes " + what + "; data and backups stay. Proceed?";
  }
  if (keep_data) {
    return "This removes " + what + " and all its backups; the data volume stays. Proceed?";
  }
  if (keep_backups) {
    return "This removes " + what + " and all its live data; the backups stay. Proceed?";
  }
  return "This removes " + what + " with ALL DATA AND ALL BACKUPS. Proceed?";
}

int delete_one(App& app, const Arguments& arguments, const std::string& cluster) {
  model::rest::DeleteClusterRequest request;
  request.clustername = cluster;
  request.selector = arguments.text("selector");
  request.client_version = std::string(client_version());
  request.ns = app.ns();
  request.delete_backups = !arguments.boolean("keep-backups");
  request.delete_data = !arguments.boolean("keep-data");
  const auto response = app.post<model::rest::DeleteClusterResponse>("/clustersdelete", request);
  if (!response) return app.report(response.error());
  return print_results(app, response->results, response->status.code, response->status.msg);
}

int delete_clusters(App& app, const Arguments& arguments) {
  const bool all = arguments.boolean("all");
  std::vector<std::string> names = arguments.names();
  if (names.empty() && !all && arguments.text("selector").empty()) {
    return usage_error(app, "name the clusters to delete, or give --selector or --all.");
  }
  if (const auto one = check_one_selection(arguments); !one) return app.report(one.error());
  if (!arguments.boolean("no-prompt") && !app.confirm(question(arguments))) {
    app.output().line("Nothing was deleted.");
    return kDone;
  }
  if (all) names = {"all"};
  if (names.empty()) names.emplace_back();
  int code = kDone;
  for (const std::string& name : names) code = std::max(code, delete_one(app, arguments, name));
  return code;
}

}  // namespace

Command delete_cluster_command() {
  return {.path = "delete cluster",
          .positional = "CLUSTER...",
          .summary = "Delete clusters with their data and backups",
          .example = "delete cluster hippo --keep-backups",
          .flags = {{.name = "keep-data",
                     .type = FlagType::boolean,
                     .help = "Keep the data volume; a new cluster of the name takes it over"},
                    {.name = "keep-backups",
                     .type = FlagType::boolean,
                     .help = "Keep the backup repository"},
                    all_flag("Delete every cluster of the namespace"),
                    selector_flag(),
                    no_prompt_flag(),
                    {.name = "delete-data",
                     .short_name = 'd',
                     .type = FlagType::boolean,
                     .deprecated = "data goes by default; --keep-data keeps it."},
                    {.name = "delete-backups",
                     .short_name = 'b',
                     .type = FlagType::boolean,
                     .deprecated = "backups go by default; --keep-backups keeps them."}},
          .run = delete_clusters,
          .words = Words::clusters,
          .gathers = true};
}

}  // namespace pgo::cli
