#include "pgo/model/messages/version.h"

#include "app.h"
#include "commands.h"

namespace pgo::cli {
namespace {

int show_version(App& app, const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  json::Value document = json::Value::object({{"ClientVersion", client_version()}});
  if (!app.output().for_documents()) {
    app.output().line("pgo client version " + std::string(client_version()));
  }
  if (arguments.boolean("client")) {
    print_document(app, *format, document);
    return kDone;
  }
  auto answer = app.get("/version", {});
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::VersionResponse>(*answer);
  if (!response) return app.report(response.error());
  if (const auto done = accepted(response->status.code, response->status.msg); !done) {
    return app.report(done.error());
  }
  document.set("ServerVersion", response->version);
  if (!print_document(app, *format, document)) {
    app.output().line("pgo-apiserver version " + response->version);
  }
  return kDone;
}

}  // namespace

Command version_command() {
  return {.path = "version",
          .positional = {},
          .summary = "Print the versions of client and server",
          .example = "version --client",
          .flags = {{.name = "client",
                     .type = FlagType::boolean,
                     .help = "The client's version only, without asking the server"},
                    output_flag()},
          .run = show_version};
}

}  // namespace pgo::cli
