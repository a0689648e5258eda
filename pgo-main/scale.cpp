#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/messages/clusters.h"

namespace pgo::cli {
namespace {

int scale_one(App& app, const Arguments& arguments, const std::string& cluster) {
  const Query query = {{"replica-count", arguments.text("replica-count")},
                       {"resources-config", arguments.text("resources-config")},
                       {"storage-config", arguments.text("storage-config")},
                       {"node-label", arguments.text("node-label")},
                       {"version", std::string(client_version())},
                       {"ccp-image-tag", arguments.text("ccp-image-tag")},
                       {"service-type", arguments.text("service-type")},
                       {"namespace", app.ns()}};
  auto answer = app.get("/clusters/scale/" + text::percent_encode(cluster), query);
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::ClusterScaleResponse>(*answer);
  if (!response) return app.report(response.error());
  return print_results(app, response->results, response->status.code, response->status.msg);
}

int scale(App& app, const Arguments& arguments) {
  if (arguments.names().empty()) return usage_error(app, "name at least one cluster to scale.");
  if (arguments.integer("replica-count") < 1) {
    return usage_error(app, "--replica-count must be 1 or more.");
  }
  if (!arguments.boolean("no-prompt") &&
      !app.confirm("Add " + arguments.text("replica-count") + " replica(s) to " +
                   text::join(arguments.names(), ", ") + ". Proceed?")) {
    app.output().line("Nothing was changed.");
    return kFailed;
  }
  int code = kDone;
  for (const std::string& cluster : arguments.names()) {
    code = std::max(code, scale_one(app, arguments, cluster));
  }
  return code;
}

}  // namespace

Command scale_command() {
  return {.path = "scale",
          .positional = "CLUSTER...",
          .summary = "Add replicas to clusters",
          .example = "scale hippo --replica-count=2 --no-prompt",
          .flags = {{.name = "replica-count",
                     .type = FlagType::integer,
                     .initial = "1",
                     .help = "How many replicas to add to each cluster"},
                    {.name = "storage-config",
                     .help = "Storage entry of pgo.yaml for the new replicas",
                     .value_name = "NAME"},
                    {.name = "resources-config",
                     .help = "Container resources entry of pgo.yaml for the new replicas",
                     .value_name = "NAME"},
                    {.name = "node-label",
                     .help = "Node label that the replicas' nodes must have",
                     .value_name = "KEY=VALUE"},
                    {.name = "service-type",
                     .help = "Type of the replica Service",
                     .value_name = "TYPE",
                     .choices = "ClusterIP,NodePort,LoadBalancer"},
                    {.name = "ccp-image-tag",
                     .help = "Image tag of the new replicas",
                     .value_name = "TAG"},
                    no_prompt_flag()},
          .run = scale,
          .words = Words::clusters,
          .gathers = true};
}

}  // namespace pgo::cli
