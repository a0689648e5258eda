#include "pgo/model/messages/status.h"

#include "app.h"
#include "commands.h"

namespace pgo::cli {
namespace {

constexpr std::size_t kLabel = 25;
constexpr std::size_t kName = 30;
constexpr std::size_t kNumber = 10;

void print_status(Output& output, const model::rest::StatusDetail& status) {
  const auto line = [&](std::string_view label, const std::string& value) {
    output.line(padded(label, kLabel) + value);
  };
  line("Operator Start:", status.operator_start_time);
  line("Databases:", std::to_string(status.num_databases));
  line("Claims:", std::to_string(status.num_claims));
  line("Total Volume Size:", padded(status.volume_cap, kNumber));
  output.line();
  output.line("Database Images:");
  for (const auto& [image, count] : status.db_tags) {
    output.line(padded("", kLabel) + std::to_string(count) + "\t" + image);
  }
  output.line();
  output.line("Databases Not Ready:");
  for (const std::string& pod : status.not_ready) output.line("\t" + padded(pod, kName));
  output.line();
  output.line("Nodes:");
  for (const auto& node : status.nodes) {
    output.line("\t" + padded(node.name, kName));
    output.line("\t\tStatus:" + padded(node.status, kName));
    output.line("\t\tLabels:");
    for (const auto& [key, value] : node.labels) output.line("\t\t\t" + key + "=" + value);
  }
  output.line();
  output.line("Labels (count > 1): [count] [label]");
  for (const auto& label : status.labels) {
    if (label.value < 2) continue;
    output.line("\t[" + std::to_string(label.value) + "]\t[" + label.key + "]");
  }
}

int show_status(App& app, const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  auto answer =
      app.get("/status", {{"version", std::string(client_version())}, {"namespace", app.ns()}});
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::StatusResponse>(*answer);
  if (!response) return app.report(response.error());
  if (const auto end = document_or_refusal(app, *format, *answer, response->status)) return *end;
  print_status(app.output(), response->result);
  return kDone;
}

}  // namespace

Command status_command() {
  return {.path = "status",
          .positional = {},
          .summary = "Show a summary of the namespace and the nodes",
          .example = "status -o json",
          .flags = {output_flag()},
          .run = show_status};
}

}  // namespace pgo::cli
