#include "embedded/controllers/facts.h"
#include "embedded/controllers/plans.h"
#include "pgo/kube/selector.h"

#include <algorithm>
#include <map>

namespace pgo::embedded::controllers {

namespace {

constexpr std::string_view kHostname = "kubernetes.io/hostname";

/// NodeSelectorTerms know two operators that label selectors do not have in their JSON form.
bool holds(const json::Array& expressions, const json::Value& labels) {
  using Operator = kube::LabelSelector::Operator;
  static constexpr std::pair<std::string_view, Operator> kOperators[] = {
      {"In", Operator::in},         {"NotIn", Operator::not_in},
      {"Exists", Operator::exists}, {"DoesNotExist", Operator::does_not_exist},
      {"Gt", Operator::greater},    {"Lt", Operator::less}};
  kube::LabelSelector selector;
  for (const json::Value& expression : expressions) {
    auto known = std::ranges::find(kOperators, expression["operator"].as_string(),
                                   &std::pair<std::string_view, Operator>::first);
    if (known == std::end(kOperators)) return false;
    std::vector<std::string> values;
    for (const json::Value& value : expression["values"].items()) {
      values.emplace_back(value.as_string());
    }
    selector.require(std::string(expression["key"].as_string()), known->second, std::move(values));
  }
  return selector.matches_json(labels);
}

/// Requirements on fields know metadata.name only. Source: Kubernetes, NodeSelectorTerm.
bool term_holds(const json::Value& term, const kube::Object& node) {
  const json::Array& labels = term["matchExpressions"].items();
  const json::Array& fields = term["matchFields"].items();
  if (labels.empty() && fields.empty()) return false;
  return holds(labels, node["metadata"]["labels"]) &&
         holds(fields, json::Value::object({{"metadata.name", node.name()}}));
}

bool node_affinity_holds(const kube::Object& pod, const kube::Object& node) {
  const json::Value& selector = pod["spec"]["nodeSelector"];
  if (!selector.members().empty() && !selects_all(selector, node["metadata"]["labels"])) {
    return false;
  }
  const json::Value& required =
      pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
  if (required.is_null()) return true;
  return std::ranges::any_of(required["nodeSelectorTerms"].items(),
                             [&](const json::Value& term) { return term_holds(term, node); });
}

bool tolerates(const kube::Object& pod, const json::Value& taint) {
  return std::ranges::any_of(pod["spec"]["tolerations"].items(), [&](const json::Value& entry) {
    std::string_view key = entry["key"].as_string();
    std::string_view effect = entry["effect"].as_string();
    if (!effect.empty() && effect != taint["effect"].as_string()) return false;
    if (!key.empty() && key != taint["key"].as_string()) return false;
    if (entry["operator"].as_string("Equal") == "Exists") return true;
    return !key.empty() && entry["value"].as_string() == taint["value"].as_string();
  });
}

bool taints_allow(const kube::Object& pod, const kube::Object& node) {
  return std::ranges::all_of(node["spec"]["taints"].items(), [&](const json::Value& taint) {
    return taint["effect"].as_string() == "PreferNoSchedule" || tolerates(pod, taint);
  });
}

std::string_view topology_value(const kube::Object& node, std::string_view key) {
  std::string_view value = node.label(key);
  // A node that does not label itself is still a host of its own.
  return value.empty() && key == kHostname ? node.name() : value;
}

bool term_names(const json::Value& term, const kube::Object& holder, const kube::Object& other) {
  const json::Array& spaces = term["namespaces"].items();
  bool same = spaces.empty() && term["namespaceSelector"].is_null() && holder.ns() == other.ns();
  bool listed = std::ranges::any_of(
      spaces, [&](const json::Value& ns) { return ns.as_string() == other.ns(); });
  bool everywhere = term["namespaceSelector"].is_object();
  if (!same && !listed && !everywhere) return false;
  return selects(term["labelSelector"], other["metadata"]["labels"]);
}

const json::Array& required_terms(const kube::Object& pod, std::string_view kind) {
  return pod["spec"]["affinity"][kind]["requiredDuringSchedulingIgnoredDuringExecution"].items();
}

class Filter {
 public:
  Filter(const kube::Object& pod, const SchedulerView& view) : pod_(pod), view_(view) {
    for (const Seen& node : view.nodes) by_name_[node->name()] = node.get();
    if (!required_terms(pod, "podAntiAffinity").empty() ||
        !required_terms(pod, "podAffinity").empty()) {
      bound_ = view.bound();
    }
  }

  /// Empty when the pod may run on `node`, else why not.
  std::string_view refusal(const kube::Object& node) const {
    if (!condition_is(node["status"], "Ready", "True")) return "node(s) were not ready";
    if (node["spec"]["unschedulable"].as_bool()) return "node(s) were unschedulable";
    if (!taints_allow(pod_, node)) return "node(s) had untolerated taint";
    if (!node_affinity_holds(pod_, node)) {
      return "node(s) didn't match Pod's node affinity/selector";
    }
    if (!anti_affinity_holds(node)) return "node(s) didn't match pod anti-affinity rules";
    if (!affinity_holds(node)) return "node(s) didn't match pod affinity rules";
    return {};
  }

 private:
  bool together(const kube::Object& node, const kube::Object& other, std::string_view key) const {
    auto found = by_name_.find((*other.document().pointer("/spec/nodeName")).as_string());
    if (found == by_name_.end()) return false;
    std::string_view here = topology_value(node, key);
    return !here.empty() && here == topology_value(*found->second, key);
  }

  bool anti_affinity_holds(const kube::Object& node) const {
    for (const json::Value& term : required_terms(pod_, "podAntiAffinity")) {
      for (const Seen& other : bound_) {
        if (term_names(term, pod_, *other) &&
            together(node, *other, term["topologyKey"].as_string())) {
          return false;
        }
      }
    }
    // Pods already there may refuse this one, too.
    for (const Seen& other : view_.picky) {
      for (const json::Value& term : required_terms(*other, "podAntiAffinity")) {
        if (term_names(term, *other, pod_) &&
            together(node, *other, term["topologyKey"].as_string())) {
          return false;
        }
      }
    }
    return true;
  }

  bool affinity_holds(const kube::Object& node) const {
    for (const json::Value& term : required_terms(pod_, "podAffinity")) {
      bool any = false, here = false;
      for (const Seen& other : bound_) {
        if (!term_names(term, pod_, *other)) continue;
        any = true;
        here = here || together(node, *other, term["topologyKey"].as_string());
      }
      // The first pod of a group that wants to be with itself may go anywhere.
      if (!here && (any || !term_names(term, pod_, pod_))) return false;
    }
    return true;
  }

  const kube::Object& pod_;
  const SchedulerView& view_;
  std::vector<Seen> bound_;
  std::map<std::string_view, const kube::Object*> by_name_;
};

}  // namespace

Decision plan_binding(const kube::Object& pod, const SchedulerView& view, TimePoint now) {
  Decision out;
  if (!pod["spec"]["nodeName"].as_string().empty() || !active(pod)) return out;
  if (pod["spec"]["schedulerName"].as_string("default-scheduler") != "default-scheduler")
    return out;
  Filter filter(pod, view);
  const kube::Object* best = nullptr;
  std::map<std::string_view, int> refusals;
  for (const Seen& node : view.nodes) {
    if (std::string_view why = filter.refusal(*node); !why.empty()) {
      ++refusals[why];
    } else if (best == nullptr || view.load(node->name()) < view.load(best->name())) {
      best = node.get();
    }
  }
  if (best != nullptr) {
    out.writes.push_back(
        {Verb::bind,
         kube::types::kPod,
         kube::Object(kube::types::kPod, pod.ns(), pod.name()),
         json::Value(best->name()),
         {.uid = std::string(pod.uid()), .resource_version = {}, .grace_period_seconds = {}}});
    out.note("Normal", "Scheduled",
             "Successfully assigned " + std::string(pod.ns()) + "/" + std::string(pod.name()) +
                 " to " + std::string(best->name()));
    return out;
  }
  std::string why = "0/" + std::to_string(view.nodes.size()) + " nodes are available";
  char separator = ':';
  for (const auto& [reason, count] : refusals) {
    why += separator + std::string(" ") + std::to_string(count) + " " + std::string(reason);
    separator = ',';
  }
  why += ".";
  json::Value status = pod["status"];
  set_condition(status, "PodScheduled", "False", "Unschedulable", why, now);
  if (status == pod["status"]) return out;
  out.note("Warning", "FailedScheduling", why);
  out.patch_status(kube::types::kPod, pod,
                   json::Value::object({{"conditions", status["conditions"]}}));
  return out;
}

}  // namespace pgo::embedded::controllers
