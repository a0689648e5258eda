#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/messages/workflow.h"

namespace pgo::cli {
namespace {

constexpr std::size_t kColumn = 20;

int show_workflow(App& app, const Arguments& arguments) {
  if (arguments.names().size() != 1) return usage_error(app, "name one workflow id.");
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  auto answer = app.get("/workflow/" + text::percent_encode(arguments.names().front()),
                        {{"version", std::string(client_version())}, {"namespace", app.ns()}});
  if (!answer) return app.report(answer.error());
  const auto response =
      json::decode<model::rest::ShowWorkflowResponse>(*answer, json::Mode::lenient);
  if (!response) return app.report(response.error());
  if (print_document(app, *format, *answer)) {
    return response->status.code == "ok" ? kDone : kFailed;
  }
  if (const auto done = accepted(response->status.code, response->status.msg); !done) {
    return app.report(done.error());
  }
  app.output().line(padded("parameter", kColumn) + "value");
  app.output().line(padded("---------", kColumn) + "-----");
  for (const auto& [parameter, value] : response->results.parameters) {
    app.output().line(padded(parameter, kColumn) + value);
  }
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
