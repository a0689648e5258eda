#include "embedded/controllers/facts.h"
#include "embedded/controllers/plans.h"

namespace pgo::embedded::controllers {

namespace {

void silence_pods(const NodeView& view, TimePoint now, Decision& out) {
  for (const Seen& pod : view.pods) {
    if (!ready(*pod)) continue;
    json::Value status = (*pod)["status"];
    set_condition(status, "Ready", "False", "NodeNotReady", "The pod's node does not answer.", now);
    out.patch_status(kube::types::kPod, *pod,
                     json::Value::object({{"conditions", status["conditions"]}}));
  }
}

}  // namespace

Decision plan_node(const kube::Object& node, const NodeView& view, TimePoint now) {
  Decision out;
  if (node.being_deleted()) return out;
  TimePoint due = view.heard + view.grace;
  if (due > now) {
    out.look_again(due);
    return out;
  }
  if (condition_is(node["status"], "Ready", "True")) {
    json::Value status = node["status"];
    set_condition(status, "Ready", "Unknown", "NodeStatusUnknown",
                  "The node stopped renewing its lease.", now);
    out.note("Normal", "NodeNotReady", "Node " + std::string(node.name()) + " is now NotReady");
    out.patch_status(kube::types::kNode, node,
                     json::Value::object({{"conditions", status["conditions"]}}));
  }
  // The node itself reports its pods ready again once it is back.
  silence_pods(view, now, out);
  return out;
}

}  // namespace pgo::embedded::controllers
