#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "plan_text.h"

#include <algorithm>

namespace pgo::cli {
namespace {

void print(Output& output, const model::rest::ExplainResponse& answer) {
  output.line("cluster : " + answer.cluster + " (" + answer.state + ")");
  if (answer.waits.empty() && answer.steps.empty()) output.line("It waits for nothing.");
  if (!answer.waits.empty()) output.line("It waits:");
  print_waits(output, answer.waits, /*with_remedy=*/true);
  if (!answer.steps.empty()) output.line("About to be done:");
  if (!answer.steps.empty()) print_steps(output, answer.steps);
  if (!answer.next.empty()) output.line("By the clock, next at " + answer.next + ".");
}

int explain_one(App& app, const std::string& format, const std::string& cluster) {
  auto answer = app.get("/explain/" + text::percent_encode(cluster),
                        {{"version", std::string(client_version())}, {"namespace", app.ns()}});
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::ExplainResponse>(*answer);
  if (!response) return app.report(response.error());
  if (const auto end = document_or_refusal(app, format, *answer, response->status)) return *end;
  print(app.output(), *response);
  return kDone;
}

int explain(App& app, const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  if (arguments.names().empty()) return usage_error(app, "name the cluster to explain.");
  int code = kDone;
  for (const std::string& name : arguments.names()) {
    code = std::max(code, explain_one(app, *format, name));
  }
  return code;
}

}  // namespace

Command explain_command() {
  return {.path = "explain",
          .positional = "CLUSTER...",
          .summary = "Tell what a cluster waits for, since when, and what ends it",
          .example = "explain hippo",
          .flags = {output_flag()},
          .run = explain,
          .words = Words::clusters};
}

}  // namespace pgo::cli
