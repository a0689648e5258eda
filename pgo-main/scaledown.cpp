#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/messages/clusters.h"
#include "replica_table.h"

#include <algorithm>

namespace pgo::cli {
namespace {

int query(App& app, const std::string& format, const std::string& cluster) {
  auto answer = app.get("/scale/" + text::percent_encode(cluster),
                        {{"version", std::string(client_version())}, {"namespace", app.ns()}});
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::ScaleQueryResponse>(*answer);
  if (!response) return app.report(response.error());
  if (const auto end = document_or_refusal(app, format, *answer, response->status)) return *end;
  std::vector<ReplicaRow> rows;
  for (const auto& replica : response->results) {
    rows.push_back({.name = replica.name,
                    .status = replica.status,
                    .node = replica.node,
                    .lag = replica.replication_lag,
                    .timeline = replica.timeline});
  }
  print_replica_table(app, cluster, rows, "It has no replica that could be removed.",
                      format == "wide");
  return kDone;
}

int remove(App& app, const Arguments& arguments) {
  const std::string& cluster = arguments.names().front();
  const std::string& target = arguments.text("target");
  const bool delete_data = !arguments.boolean("keep-data") && arguments.boolean("delete-data");
  if (!arguments.boolean("no-prompt") &&
      !app.confirm("Remove " + target + " from " + cluster +
                   (delete_data ? " with its data. Proceed?" : ", keep its data. Proceed?"))) {
    app.output().line("Nothing was changed.");
    return kFailed;
  }
  auto answer = app.get("/scaledown/" + text::percent_encode(cluster),
                        {{"version", std::string(client_version())},
                         {"replica-name", target},
                         {"delete-data", delete_data ? "true" : "false"},
                         {"namespace", app.ns()}});
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::ScaleDownResponse>(*answer);
  if (!response) return app.report(response.error());
  return print_results(app, response->results, response->status.code, response->status.msg);
}

int scaledown(App& app, const Arguments& arguments) {
  if (arguments.names().empty()) return usage_error(app, "name the cluster to scale down.");
  if (arguments.boolean("query")) {
    if (!arguments.text("target").empty()) {
      return usage_error(app, "--query only lists; give it without --target.");
    }
    const auto format = output_format(arguments);
    if (!format) return app.report(format.error());
    int code = kDone;
    for (const std::string& cluster : arguments.names()) {
      code = std::max(code, query(app, *format, cluster));
    }
    return code;
  }
  if (arguments.text("target").empty()) {
    return usage_error(app, "name the replica to remove with --target; --query lists them.");
  }
  if (arguments.names().size() > 1) return usage_error(app, "--target works on one cluster.");
  return remove(app, arguments);
}

}  // namespace

Command scaledown_command() {
  return {.path = "scaledown",
          .positional = "CLUSTER",
          .summary = "Remove a replica, or list the candidates",
          .example = "scaledown hippo --target=hippo-abcd --no-prompt",
          .flags = {{.name = "query",
                     .type = FlagType::boolean,
                     .help = "Only list the replicas that can be removed"},
                    {.name = "target", .help = "The replica to remove", .value_name = "REPLICA"},
                    {.name = "keep-data",
                     .type = FlagType::boolean,
                     .help = "Keep the replica's data volume"},
                    {.name = "delete-data",
                     .short_name = 'd',
                     .type = FlagType::boolean,
                     .initial = "true",
                     .deprecated = "data goes by default; --keep-data keeps it."},
                    no_prompt_flag(),
                    output_flag()},
          .run = scaledown,
          .words = Words::clusters,
          .gathers = true};
}

}  // namespace pgo::cli
