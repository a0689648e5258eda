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

/// What was answered about each of several clusters, as one document: `Results`, and `Code` and
/// `Msg` over all, as other answers about several things have them.
class Gathered {
 public:
  void add(const json::Value& answer, const model::rest::Status& status) {
    results_.push_back(answer);
    if (accepted(status.code, status.msg)) return;
    code_ = status.code;
    message_ += (message_.empty() ? "" : "; ") + status.msg;
  }
  json::Value document() const {
    return json::Value::object({{"Results", results_}, {"Code", code_}, {"Msg", message_}});
  }

 private:
  json::Value results_ = json::Value::array();
  std::string code_ = "ok", message_;
};

Result<json::Value> ask(App& app, const std::string& cluster) {
  return app.get("/explain/" + text::percent_encode(cluster),
                 {{"version", std::string(client_version())}, {"namespace", app.ns()}});
}

int explain_one(App& app, const std::string& format, const std::string& cluster) {
  const auto answer = ask(app, cluster);
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::ExplainResponse>(*answer);
  if (!response) return app.report(response.error());
  if (const auto end = document_or_refusal(app, format, *answer, response->status)) return *end;
  print(app.output(), *response);
  return kDone;
}

/// Of several clusters one document is made, so that a program can read it.
int explain_as_document(App& app, const std::string& format,
                        const std::vector<std::string>& clusters) {
  Gathered gathered;
  int code = kDone;
  for (const std::string& cluster : clusters) {
    const auto answer = ask(app, cluster);
    if (!answer) return app.report(answer.error());
    const auto response = read_answer<model::rest::ExplainResponse>(*answer);
    if (!response) return app.report(response.error());
    gathered.add(*answer, response->status);
    if (const auto done = accepted(response->status.code, response->status.msg); !done) {
      code = std::max(code, app.report(done.error()));
    }
  }
  print_document(app, format, gathered.document());
  return code;
}

int explain(App& app, const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  const std::vector<std::string> names = arguments.names();
  if (names.empty()) return usage_error(app, "name the cluster to explain.");
  if (names.size() > 1 && (*format == "json" || *format == "yaml")) {
    return explain_as_document(app, *format, names);
  }
  int code = kDone;
  for (const std::string& name : names) code = std::max(code, explain_one(app, *format, name));
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
