#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/messages/clusters.h"
#include "pgo/model/messages/workflow.h"
#include "pgo/model/status.h"
#include "wait.h"

namespace pgo::cli {
namespace {

constexpr std::size_t kColumn = 20;

/// A workflow that is under way also says what it waits for, as far as the cluster's objects tell.
void print_condition(App& app, const model::rest::ShowWorkflowDetail& workflow) {
  // The creation of a cluster has no steps between its first and its last; other workflows do.
  constexpr std::size_t kFirstParameters = 3;  // cluster, id, task submitted
  if (workflow.parameters.size() != kFirstParameters ||
      !workflow.parameters.contains(std::string(model::step::kSubmitted))) {
    return;
  }
  model::rest::ShowClusterRequest request;
  request.clustername = workflow.cluster_name;
  request.ns = app.ns();
  request.client_version = std::string(client_version());
  const auto shown = app.post<model::rest::ShowClusterResponse>("/showclusters", request);
  if (!shown || shown->results.empty()) return;
  if (const auto condition = waiting_for(shown->results.front(), workflow)) {
    app.output().line(padded("waiting for", kColumn) + *condition);
  }
}

int show_workflow(App& app, const Arguments& arguments) {
  if (arguments.names().size() != 1) return usage_error(app, "name one workflow id.");
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  auto answer = app.get("/workflow/" + text::percent_encode(arguments.names().front()),
                        {{"version", std::string(client_version())}, {"namespace", app.ns()}});
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::ShowWorkflowResponse>(*answer);
  if (!response) return app.report(response.error());
  if (const auto end = document_or_refusal(app, *format, *answer, response->status)) return *end;
  app.output().line(padded("parameter", kColumn) + "value");
  app.output().line(padded("---------", kColumn) + "-----");
  for (const auto& [parameter, value] : response->results.parameters) {
    app.output().line(padded(parameter, kColumn) + value);
  }
  print_condition(app, response->results);
  return kDone;
}

}  // namespace

Command show_workflow_command() {
  return {.path = "show workflow",
          .positional = "WORKFLOW-ID",
          .summary = "Show how far a workflow is",
          .example = "show workflow 7d0c2f0a-0000-4000-8000-000000000000",
          .flags = {output_flag()},
          .run = show_workflow};
}

}  // namespace pgo::cli
