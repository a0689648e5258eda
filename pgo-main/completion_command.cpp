#include "app.h"
#include "commands.h"
#include "pgo/model/messages/clusters.h"

namespace pgo::cli {
namespace {

int print_script(App& app, const Arguments& arguments) {
  if (arguments.names().size() != 1) {
    return usage_error(app, "name one shell: bash, zsh or fish.");
  }
  auto script = completion_script(arguments.names().front());
  if (!script) return app.report(script.error());
  app.output().write(*script);
  return kDone;
}

/// Names for the completion scripts; silent when there is nothing to say.
int complete(App& app, const Arguments& arguments) {
  if (arguments.names().empty() || arguments.names().front() != "clusters") return kUsage;
  model::rest::ShowClusterRequest request;
  request.all_flag = true;
  request.ns = app.ns();
  request.client_version = std::string(client_version());
  const auto response = app.post<model::rest::ShowClusterResponse>("/showclusters", request);
  if (!response) return kFailed;
  for (const auto& detail : response->results) app.output().line(detail.cluster.name());
  return kDone;
}

}  // namespace

Command completion_command() {
  return {.path = "completion",
          .positional = "SHELL",
          .summary = "Print a completion script for bash, zsh or fish",
          .example = "completion bash > /etc/bash_completion.d/pgo",
          .flags = {},
          .run = print_script};
}

Command complete_command() {
  return {.path = "__complete",
          .positional = "WHAT",
          .summary = "Names for completion",
          .example = {},
          .flags = {},
          .run = complete,
          .words = Words::none,
          .hidden = true};
}

}  // namespace pgo::cli
