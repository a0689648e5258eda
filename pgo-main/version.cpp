#include "pgo/model/messages/version.h"

#include "app.h"
#include "commands.h"

namespace pgo::cli {
namespace {

int show_version(App& app, const Arguments& arguments) {
  app.output().line("pgo client version " + std::string(client_version()));
  if (arguments.boolean("client")) return kDone;
  auto answer = app.get("/version", {});
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::VersionResponse>(*answer);
  if (!response) return app.report(response.error());
  if (const auto done = accepted(response->status.code, response->status.msg); !done) {
    return app.report(done.error());
  }
  app.output().line("pgo-apiserver version " + response->version);
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
                     .help = "The client's version only, without asking the server"}},
          .run = show_version};
}

}  // namespace pgo::cli
