#include "pgo/base/text.h"
#include "pgo/engine/rehearse.h"
#include "pgo/model/permissions.h"
#include "server/route.h"

// Beyond 4.2.0: what a cluster waits for.
namespace pgo::server {
namespace {

namespace rest = model::rest;

Result<rest::ExplainResponse> explain(const Call& call) {
  if (call.settings.renderer == nullptr) {
    return fail(Code::unimplemented, "This service was set up without the means to plan.");
  }
  const std::string& name = call.variable("name");
  // Checked first, so that no odd text becomes part of an API path.
  if (!text::is_dns1123_subdomain(name)) {
    return fail(Code::not_found, "There is no cluster \"" + name + "\".", name);
  }
  return engine::explain(call.context.client, {call.context.clock, call.context.ids, call.settings},
                         call.parameter("namespace"), name);
}

}  // namespace

void add_explain_routes(std::vector<Route>& routes) {
  routes.push_back(query_route("GET", "/explain/{name}", model::permission::kShowCluster, explain));
}

}  // namespace pgo::server
