#include "app.h"
#include "commands.h"
#include "pgo/model/messages/policies.h"

#include <algorithm>

namespace pgo::cli {
namespace {

struct PolicyView {
  std::string format;
  Table wide{{"NAME", "SOURCE"}};  ///< of all names
};

void print(Output& output, const model::PgPolicy& policy) {
  output.line();
  output.line("policy : " + policy.name());
  output.line("\turl : " + policy.spec.url);
  output.line("\tstatus : " + policy.spec.status);
  output.line("\tsql : " + policy.spec.sql);
}

int show_one(App& app, const std::string& name, bool all, PolicyView& view) {
  model::rest::ShowPolicyRequest request;
  request.policyname = name;
  request.all_flag = all;
  request.ns = app.ns();
  request.client_version = std::string(client_version());
  const auto response = app.post<model::rest::ShowPolicyResponse>("/showpolicies", request);
  if (!response) return app.report(response.error());
  const bool document = print_document(app, view.format, json::encode(*response));
  if (const auto done = accepted(response->status.code, response->status.msg); !done) {
    return app.report(done.error());
  }
  const auto& policies = response->policy_list.items;
  if (policies.empty() && !all) {
    app.output().error("there is no policy " + name + ".");
    return kFailed;
  }
  if (document) return kDone;
  if (policies.empty()) app.output().line("There are no policies.");
  for (const model::PgPolicy& policy : policies) {
    if (view.format == "wide") {
      view.wide.add({policy.name(), policy.spec.url.empty() ? "SQL" : policy.spec.url});
    } else {
      print(app.output(), policy);
    }
  }
  return kDone;
}

int show_policies(App& app, const Arguments& arguments) {
  const bool all = arguments.boolean("all");
  if (arguments.names().empty() && !all) {
    return usage_error(app, "name the policies to show, or give --all.");
  }
  if (const auto one = check_one_selection(arguments); !one) return app.report(one.error());
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  PolicyView view{.format = *format};
  int code = all ? show_one(app, "", true, view) : kDone;
  for (const std::string& name : arguments.names()) {
    code = std::max(code, show_one(app, name, false, view));
  }
  if (!view.wide.empty()) app.output().write(view.wide.text());
  return code;
}

}  // namespace

Command show_policy_command() {
  return {.path = "show policy",
          .positional = "POLICY...",
          .summary = "Show policies with their SQL",
          .example = "show policy audit",
          .flags = {all_flag("Show every policy of the namespace"), output_flag()},
          .run = show_policies,
          .gathers = true};
}

}  // namespace pgo::cli
