#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/messages/policies.h"

#include <algorithm>

namespace pgo::cli {
namespace {

int delete_one(App& app, const std::string& name, bool all) {
  model::rest::DeletePolicyRequest request;
  request.policy_name = name;
  request.all_flag = all;
  request.ns = app.ns();
  request.client_version = std::string(client_version());
  const auto response = app.post<model::rest::DeletePolicyResponse>("/policiesdelete", request);
  if (!response) return app.report(response.error());
  return print_results(app, response->results, response->status.code, response->status.msg);
}

int delete_policies(App& app, const Arguments& arguments) {
  const bool all = arguments.boolean("all");
  std::vector<std::string> names = arguments.names();
  if (names.empty() && !all) return usage_error(app, "name the policies to delete, or give --all.");
  if (const auto one = check_one_selection(arguments); !one) return app.report(one.error());
  const std::string what = all ? "EVERY policy of the namespace" : text::join(names, ", ");
  if (!arguments.boolean("no-prompt") && !app.confirm("This deletes " + what + ". Proceed?")) {
    app.output().line("Nothing was deleted.");
    return kDone;
  }
  if (all) names = {"all"};
  int code = kDone;
  for (const std::string& name : names) code = std::max(code, delete_one(app, name, all));
  return code;
}

}  // namespace

Command delete_policy_command() {
  return {.path = "delete policy",
          .positional = "POLICY...",
          .summary = "Delete policies; what they did to clusters stays",
          .example = "delete policy audit --no-prompt",
          .flags = {all_flag("Delete every policy of the namespace"), no_prompt_flag()},
          .run = delete_policies,
          .gathers = true};
}

}  // namespace pgo::cli
