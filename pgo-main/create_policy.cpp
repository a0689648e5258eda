#include "app.h"
#include "commands.h"
#include "pgo/model/messages/policies.h"

#include <fstream>
#include <iterator>

namespace pgo::cli {
namespace {

Result<std::string> content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) {
    return fail(Code::invalid_argument, "the file " + path + " cannot be read.");
  }
  return content;
}

int create_policy(App& app, const Arguments& arguments) {
  if (arguments.names().size() != 1) return usage_error(app, "name one policy to create.");
  if (!arguments.given("in-file") && arguments.text("url").empty()) {
    return usage_error(app, "give the SQL with --in-file, or its address with --url.");
  }
  if (arguments.given("in-file") && !arguments.text("url").empty()) {
    return usage_error(app, "give the SQL either with --in-file or with --url.");
  }
  model::rest::CreatePolicyRequest request;
  if (arguments.given("in-file")) {
    auto sql = content_of(arguments.text("in-file"));
    if (!sql) return app.report(sql.error());
    request.sql = *std::move(sql);
  }
  request.name = arguments.names().front();
  request.url = arguments.text("url");
  request.ns = app.ns();
  request.client_version = std::string(client_version());
  const auto response = app.post<model::rest::CreatePolicyResponse>("/policies", request);
  if (!response) return app.report(response.error());
  const std::vector<std::string> lines = response->status.code == "ok"
                                             ? std::vector{"created policy " + request.name}
                                             : std::vector<std::string>();
  return print_results(app, lines, response->status.code, response->status.msg);
}

}  // namespace

Command create_policy_command() {
  return {.path = "create policy",
          .positional = "POLICY",
          .summary = "Store SQL that can be applied to clusters",
          .example = "create policy audit --in-file=audit.sql",
          .flags = {{.name = "in-file",
                     .short_name = 'i',
                     .help = "File that holds the SQL",
                     .value_name = "FILE"},
                    {.name = "url",
                     .short_name = 'u',
                     .help = "Where the server fetches the SQL at each use",
                     .value_name = "URL"}},
          .run = create_policy};
}

}  // namespace pgo::cli
