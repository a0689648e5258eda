#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/messages/clusters.h"

namespace pgo::cli {
namespace {

std::string question(const Arguments& arguments, bool autofail) {
  std::string what = "the clusters that match " + arguments.text("selector");
  if (arguments.boolean("all")) {
    what = "EVERY cluster of the namespace";
  } else if (arguments.text("selector").empty()) {
    what = text::join(arguments.names(), ", ");
  }
  return std::string(autofail ? "Switch automatic failover on" : "Switch automatic failover off") +
         " for " + what + ". Proceed?";
}

int update_clusters(App& app, const Arguments& arguments) {
  const bool all = arguments.boolean("all");
  const bool enable = arguments.boolean("enable-autofail");
  const bool disable = arguments.boolean("disable-autofail");
  if (arguments.names().empty() && !all && arguments.text("selector").empty()) {
    return usage_error(app, "name the clusters to update, or give --selector or --all.");
  }
  if (const auto one = check_one_selection(arguments); !one) return app.report(one.error());
  // K9: 4.2.0 switched autofail on when nothing was said.
  if (enable == disable) {
    return usage_error(app, enable ? "give either --enable-autofail or --disable-autofail."
                                   : "nothing to update; give --enable-autofail or "
                                     "--disable-autofail.");
  }
  if (!arguments.boolean("no-prompt") && !app.confirm(question(arguments, enable))) {
    app.output().line("Nothing was changed.");
    return kDone;
  }
  model::rest::UpdateClusterRequest request;
  request.clustername = arguments.names();
  request.selector = arguments.text("selector");
  request.all_flag = all;
  request.autofail = enable;
  request.ns = app.ns();
  request.client_version = std::string(client_version());
  const auto response = app.post<model::rest::UpdateClusterResponse>("/clustersupdate", request);
  if (!response) return app.report(response.error());
  return print_results(app, response->results, response->status.code, response->status.msg);
}

}  // namespace

Command update_cluster_command() {
  return {.path = "update cluster",
          .positional = "CLUSTER...",
          .summary = "Switch automatic failover of clusters on or off",
          .example = "update cluster hippo --disable-autofail",
          .flags = {{.name = "enable-autofail",
                     .type = FlagType::boolean,
                     .help = "A replica takes over when the primary fails"},
                    {.name = "disable-autofail",
                     .type = FlagType::boolean,
                     .help = "Patroni is paused: nothing takes over, nothing is restarted"},
                    all_flag("Update every cluster of the namespace"),
                    selector_flag(),
                    no_prompt_flag()},
          .run = update_clusters,
          .words = Words::clusters};
}

}  // namespace pgo::cli
