#include "app.h"
#include "commands.h"
#include "pgo/model/messages/policies.h"

namespace pgo::cli {
namespace {

int apply(App& app, const Arguments& arguments) {
  if (arguments.names().size() != 1) return usage_error(app, "name one policy to apply.");
  if (arguments.text("selector").empty()) {
    return usage_error(app, "say with --selector to which clusters, for example name=hippo.");
  }
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  model::rest::ApplyPolicyRequest request;
  request.name = arguments.names().front();
  request.selector = arguments.text("selector");
  request.dry_run = arguments.boolean("dry-run");
  request.ns = app.ns();
  request.client_version = std::string(client_version());
  const auto response = app.post<model::rest::ApplyPolicyResponse>("/policies/apply", request);
  if (!response) return app.report(response.error());
  const auto done = accepted(response->status.code, response->status.msg);
  if (!print_document(app, *format, json::encode(*response))) {
    for (const std::string& name : response->name) {
      app.output().line((request.dry_run ? "Would apply policy on " : "Applied policy on ") + name);
    }
    if (done && response->name.empty()) app.output().line("No cluster matches.");
  }
  return done ? kDone : app.report(done.error());
}

}  // namespace

Command apply_command() {
  return {.path = "apply",
          .positional = "POLICY",
          .summary = "Run a policy's SQL on clusters",
          .example = "apply audit --selector=name=hippo",
          .flags = {selector_flag(),
                    {.name = "dry-run",
                     .type = FlagType::boolean,
                     .help = "Only tell where it would be applied"},
                    output_flag()},
          .run = apply};
}

}  // namespace pgo::cli
