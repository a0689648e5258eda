#include "server/dry_run.h"

#include "pgo/kube/overlay.h"
#include "pgo/model/messages/plan.h"

#include <map>
#include <set>

namespace pgo::server {
namespace {

using model::rest::DryRunResponse;

std::map<std::string, std::set<std::string>> clusters_by_namespace(
    const std::vector<kube::OverlayTransport::Write>& writes) {
  std::map<std::string, std::set<std::string>> result;
  for (const auto& write : writes) {
    for (const std::string& cluster : engine::clusters_of({write}))
      result[write.ns].insert(cluster);
  }
  return result;
}

Result<DryRunResponse> plan_on(kube::OverlayTransport& view, const engine::Stage& stage) {
  DryRunResponse response;
  response.status.code = "ok";
  const auto namespaces = clusters_by_namespace(view.writes());
  // A request works in one namespace; without a cluster there is nothing to plan.
  const std::string ns = namespaces.empty() ? std::string() : namespaces.begin()->first;
  const std::set<std::string> clusters =
      namespaces.empty() ? std::set<std::string>() : namespaces.begin()->second;
  PGO_TRY(engine::Rehearsal rehearsal, engine::rehearse(view, stage, ns, clusters));
  response.steps = std::move(rehearsal.steps);
  response.waits = std::move(rehearsal.waits);
  response.later = std::move(rehearsal.later);
  return response;
}

}  // namespace

http::Response dry_run(const Route& route, const Call& call, const engine::Stage& stage) {
  const operations::Context& real = call.context;
  kube::OverlayTransport view(real.client.transport(), real.clock, real.ids);
  operations::DirectReader reader{kube::Client(view)};
  const operations::Context tried{.client = kube::Client(view),
                                  .reader = reader,
                                  .config = real.config,
                                  .clock = real.clock,
                                  .ids = real.ids,
                                  .log = {},
                                  .operator_namespace = real.operator_namespace,
                                  .installation_name = real.installation_name,
                                  .started = real.started,
                                  .images = real.images,
                                  .renderer = real.renderer};
  const Call trial{.context = tried,
                   .caller = call.caller,
                   .variables = call.variables,
                   .query = call.query,
                   .body = call.body,
                   .dry_run = true,
                   .settings = call.settings};
  http::Response answered = route.handle(trial);
  if (view.writes().empty()) return answered;
  const auto document = json::parse(answered.body);
  if (!document || (*document)["Code"].as_string() == "error" ||
      (*document)["status"]["Code"].as_string() == "error") {
    return answered;
  }
  auto planned = plan_on(view, stage);
  if (planned) {
    for (const json::Value& line : (*document)["Results"].items()) {
      if (line.is_string()) planned->results.emplace_back(line.as_string());
    }
  }
  return respond(std::move(planned));
}

}  // namespace pgo::server
