#include "pgo/model/messages/pgbouncer.h"

#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"

namespace pgo::cli {
namespace {

/// A server of 4.2.0 tells why it refused where it tells what it did.
int tell(App& app, const std::vector<std::string>& results, const model::rest::Status& status) {
  if (status.code != "ok" && status.msg.empty()) {
    return print_results(app, {}, status.code, text::join(results, "; "));
  }
  return print_results(app, results, status.code, status.msg);
}

int create_pgbouncer(App& app, const Arguments& arguments) {
  if (arguments.names().empty() && arguments.text("selector").empty()) {
    return usage_error(app, "name the clusters that get a pgBouncer, or give --selector.");
  }
  if (const auto one = check_one_selection(arguments); !one) return app.report(one.error());
  model::rest::CreatePgbouncerRequest request;
  request.args = arguments.names();
  request.selector = arguments.text("selector");
  request.ns = app.ns();
  request.pgbouncer_user = model::fixed::kPoolUser;
  request.pgbouncer_pass = arguments.text("pgbouncer-pass");
  request.client_version = std::string(client_version());
  const auto response = app.post<model::rest::CreatePgbouncerResponse>("/pgbouncer", request);
  if (!response) return app.report(response.error());
  return tell(app, response->results, response->status);
}

int delete_pgbouncer(App& app, const Arguments& arguments) {
  if (arguments.names().empty() && arguments.text("selector").empty()) {
    return usage_error(app, "name the clusters that lose their pgBouncer, or give --selector.");
  }
  if (const auto one = check_one_selection(arguments); !one) return app.report(one.error());
  const std::string whose = arguments.names().empty()
                                ? "every cluster that matches " + arguments.text("selector")
                                : text::join(arguments.names(), ", ");
  if (!arguments.boolean("no-prompt") &&
      !app.confirm("This removes the pgBouncer of " + whose + ". Proceed?")) {
    app.output().line("Nothing was deleted.");
    return kDone;
  }
  model::rest::DeletePgbouncerRequest request;
  request.args = arguments.names();
  request.selector = arguments.text("selector");
  request.ns = app.ns();
  request.client_version = std::string(client_version());
  const auto answer = app.exchange("DELETE", "/pgbouncer", App::body_of(json::encode(request)));
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::DeletePgbouncerResponse>(*answer);
  if (!response) return app.report(response.error());
  return tell(app, response->results, response->status);
}

}  // namespace

Command create_pgbouncer_command() {
  return {.path = "create pgbouncer",
          .positional = "CLUSTER...",
          .summary = "Put a pgBouncer beside clusters",
          .example = "create pgbouncer hippo",
          .flags = {{.name = "pgbouncer-pass",
                     .help = "Password of pgBouncer's database user, else a random one",
                     .value_name = "PASSWORD"},
                    selector_flag()},
          .run = create_pgbouncer,
          .words = Words::clusters};
}

Command delete_pgbouncer_command() {
  return {.path = "delete pgbouncer",
          .positional = "CLUSTER...",
          .summary = "Remove the pgBouncer of clusters",
          .example = "delete pgbouncer hippo",
          .flags = {selector_flag(), no_prompt_flag()},
          .run = delete_pgbouncer,
          .words = Words::clusters};
}

}  // namespace pgo::cli
