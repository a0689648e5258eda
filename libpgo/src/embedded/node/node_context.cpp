#include "embedded/node/node_context.h"

#include "pgo/base/text.h"

#include <algorithm>

namespace pgo::embedded::node {

void ContainerRegistry::put(const std::string& ns, const std::string& pod,
                            const std::string& container, ContainerEntry entry) {
  std::lock_guard lock(*mutex_);
  auto& containers = pods_[{ns, pod}];
  auto found = std::ranges::find(containers, container, [](const auto& c) { return c.first; });
  if (found == containers.end())
    containers.emplace_back(container, std::move(entry));
  else
    found->second = std::move(entry);
}

void ContainerRegistry::remove_pod(const std::string& ns, const std::string& pod) {
  std::lock_guard lock(*mutex_);
  pods_.erase({ns, pod});
}

Result<ContainerEntry> ContainerRegistry::find(const std::string& ns, const std::string& pod,
                                               const std::string& container) const {
  std::lock_guard lock(*mutex_);
  auto found = pods_.find({ns, pod});
  if (found == pods_.end() || found->second.empty())
    return fail(Code::not_found, "the pod does not run on this node", "Pod " + ns + "/" + pod);
  if (container.empty()) {
    auto first = std::ranges::find_if(found->second, [](const auto& c) { return !c.second.init; });
    return first == found->second.end() ? found->second.front().second : first->second;
  }
  for (const auto& [name, entry] : found->second)
    if (name == container) return entry;
  return fail(Code::not_found, "the pod has no container " + container, "Pod " + ns + "/" + pod);
}

bool NodeContext::held(const kube::Object& pod) const {
  if (pod.annotation(kHoldAnnotation) == "true") return true;
  return std::ranges::any_of(holds, [&](const auto& hold) {
    return pod.ns() == hold.first && pod.name().starts_with(hold.second);
  });
}

std::filesystem::path NodeContext::pod_dir(std::string_view uid) const {
  return options.state_dir / "pods" / uid;
}

void NodeContext::event(const kube::Object& pod, std::string_view type, std::string_view reason,
                        const std::string& message) const {
  if (!options.events || stopping) return;
  constexpr std::string_view kLetters = "0123456789abcdef";
  kube::Object event(kube::types::kEvent, pod.ns(),
                     std::string(pod.name()) + "." + ids.text(16, kLetters));
  std::string now = to_rfc3339(clock.now());
  json::Value& document = event.document();
  document.set("involvedObject", json::Value::object({{"apiVersion", "v1"},
                                                      {"kind", "Pod"},
                                                      {"namespace", pod.ns()},
                                                      {"name", pod.name()},
                                                      {"uid", pod.uid()}}));
  document.set("type", type);
  document.set("reason", reason);
  document.set("message", message);
  document.set("source",
               json::Value::object({{"component", "kubelet"}, {"host", options.node_name}}));
  document.set("firstTimestamp", now);
  document.set("lastTimestamp", now);
  document.set("count", 1);
  (void)client.create(kube::types::kEvent, event);
}

}  // namespace pgo::embedded::node
