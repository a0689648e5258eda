#include "pgo/model/messages/failover.h"

#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "replica_table.h"
#include "wait.h"

namespace pgo::cli {
namespace {

int query(App& app, const Arguments& arguments, const std::string& cluster) {
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  auto answer = app.get("/failover/" + text::percent_encode(cluster),
                        {{"version", std::string(client_version())}, {"namespace", app.ns()}});
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::QueryFailoverResponse>(*answer);
  if (!response) return app.report(response.error());
  if (const auto end = document_or_refusal(app, *format, *answer, response->status)) return *end;
  std::vector<ReplicaRow> rows;
  for (const auto& replica : response->results) {
    rows.push_back({.name = replica.name,
                    .status = replica.status,
                    .node = replica.node,
                    .lag = replica.replication_lag,
                    .timeline = replica.timeline,
                    .preferred = replica.preferred_node});
  }
  print_replica_table(app, cluster, rows, "It has no replica that could lead.", *format == "wide");
  return kDone;
}

int fail_over(App& app, const Arguments& arguments, const std::string& cluster) {
  const std::string& target = arguments.text("target");
  const int timeout = arguments.integer("wait-timeout");
  if (timeout < 1) return usage_error(app, "--wait-timeout must be 1 or more seconds.");
  if (!arguments.boolean("no-prompt") &&
      !app.confirm("Make " + target + " the primary of " + cluster +
                   "; sessions of the present one end. Proceed?")) {
    app.output().line("Nothing was changed.");
    return kDone;
  }
  model::rest::CreateFailoverRequest request;
  request.ns = app.ns();
  request.cluster_name = cluster;
  request.target = target;
  request.client_version = std::string(client_version());
  const auto response = app.post<model::rest::CreateFailoverResponse>("/failover", request);
  if (!response) return app.report(response.error());
  const int code =
      print_results(app, response->results, response->status.code, response->status.msg);
  if (code != kDone || !arguments.boolean("wait")) return code;
  const auto done = wait_for_failover(app, cluster, target, std::chrono::seconds(timeout));
  return done ? kDone : app.report(done.error());
}

int failover(App& app, const Arguments& arguments) {
  if (arguments.names().size() != 1) return usage_error(app, "name one cluster.");
  const std::string& cluster = arguments.names().front();
  if (arguments.boolean("query")) {
    if (!arguments.text("target").empty() || arguments.boolean("wait")) {
      return usage_error(app, "--query only lists; give it without --target and --wait.");
    }
    return query(app, arguments, cluster);
  }
  if (arguments.text("target").empty()) {
    return usage_error(app, "name the replica to promote with --target; --query lists them.");
  }
  return fail_over(app, arguments, cluster);
}

}  // namespace

Command failover_command() {
  return {.path = "failover",
          .positional = "CLUSTER",
          .summary = "Make a replica the primary, or list the candidates",
          .example = "failover hippo --target=hippo-abcd --wait --no-prompt",
          .flags = {{.name = "query",
                     .type = FlagType::boolean,
                     .help = "Only list the replicas that could lead"},
                    {.name = "target", .help = "The replica to promote", .value_name = "REPLICA"},
                    wait_flag("Return when the replica leads, or fail with the reason"),
                    wait_timeout_flag("180"),
                    no_prompt_flag(),
                    output_flag()},
          .run = failover,
          .words = Words::clusters};
}

}  // namespace pgo::cli
