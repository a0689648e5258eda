#include "foresight.h"

#include "pgo/kube/selector.h"
#include "pgo/model/labels.h"
#include "pgo/model/names.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pgo::engine {
namespace {

namespace types = kube::types;
namespace label = model::label;
using json::Value;

bool is_instance(const kube::Object& pod) { return pod.label(label::kDatabase) == model::kTrue; }

bool is_ready(const kube::Object& pod) {
  const json::Array& containers = pod["status"]["containerStatuses"].items();
  return !containers.empty() && !pod.being_deleted() &&
         std::ranges::all_of(containers, [](const Value& one) { return one["ready"].as_bool(); });
}

bool ended(const kube::Object& job) {
  return job["status"]["succeeded"].as_int() > 0 ||
         std::ranges::any_of(job["status"]["conditions"].items(), [](const Value& one) {
           return one["type"].as_string() == "Failed" && one["status"].as_string() == "True";
         });
}

/// Every label that the Deployment selects by is there.
bool selects(const kube::Object& deployment, const kube::Object& pod) {
  const json::Object& wanted = deployment["spec"]["selector"]["matchLabels"].members();
  return !wanted.empty() && std::ranges::all_of(wanted, [&](const json::Member& one) {
    return pod.label(one.key) == one.value.as_string();
  });
}

kube::Object ready_pod(const kube::Object& deployment) {
  const Value& pattern = deployment["spec"]["template"];
  kube::Object pod(types::kPod, deployment.ns(), std::string(deployment.name()) + "-pod");
  Value& document = pod.document();
  document.at_or_add("metadata").set("labels", pattern["metadata"]["labels"]);
  document.set("spec", pattern["spec"]);
  Value containers = Value::array();
  for (const Value& container : pattern["spec"]["containers"].items()) {
    containers.push_back(Value::object({{"name", container["name"]}, {"ready", true}}));
  }
  document.set("status", Value::object({{"phase", "Running"}, {"containerStatuses", containers}}));
  return pod;
}

/// As Patroni tells it: in a label, and within the annotation `status`.
Value with_role(std::string_view role) {
  const std::string status = json::write(Value::object({{"role", role}}));
  return Value::object(
      {{"metadata",
        Value::object(
            {{"labels", Value::object({{label::kRole, role}})},
             {"annotations", Value::object({{model::annotation::kPatroniStatus, status}})}})}});
}

}  // namespace

Foresight::Foresight(kube::OverlayTransport& view, std::string ns, std::set<std::string> clusters)
    : view_(view), client_(view), ns_(std::move(ns)), clusters_(std::move(clusters)) {}

Result<Foresight::Objects> Foresight::list(const kube::ResourceType& type) const {
  PGO_TRY(kube::ObjectList all, client_.list(type, ns_));
  std::erase_if(all.items, [&](const kube::Object& object) {
    return !clusters_.contains(std::string(object.label(label::kCluster)));
  });
  return std::move(all.items);
}

Result<void> Foresight::look() {
  PGO_TRY(deployments_, list(types::kDeployment));
  PGO_TRY(jobs_, list(types::kJob));
  PGO_TRY(pods_, list(types::kPod));
  return {};
}

Result<bool> Foresight::step() {
  bool changed = false;
  for (const auto happens :
       {&Foresight::jobs_succeed, &Foresight::orphans_go, &Foresight::deleted_go,
        &Foresight::pods_start, &Foresight::commands_work, &Foresight::leaders_are_elected}) {
    PGO_TRY_VOID(look());
    PGO_TRY(const bool happened, (this->*happens)());
    changed |= happened;
  }
  return changed;
}

Result<bool> Foresight::jobs_succeed() {
  const Value done = Value::object(
      {{"status",
        Value::object({{"succeeded", 1},
                       {"conditions", Value::array({Value::object(
                                          {{"type", "Complete"}, {"status", "True"}})})}})}});
  bool changed = false;
  for (const kube::Object& job : jobs_) {
    if (ended(job) || job.being_deleted()) continue;
    PGO_TRY_VOID(
        client_.patch(types::kJob, ns_, job.name(), kube::PatchType::merge, done, "status"));
    changed = true;
  }
  return changed;
}

/// The Deployment or Job that a pod belongs to, unless that is being deleted.
const kube::Object* Foresight::owner_of(const kube::Object& pod) const {
  const std::string_view job = pod.label(label::kJobName);
  for (const kube::Object& one : job.empty() ? deployments_ : jobs_) {
    if (one.being_deleted()) continue;
    if (job.empty() ? selects(one, pod) : one.name() == job) return &one;
  }
  return nullptr;
}

Result<bool> Foresight::orphans_go() {
  bool changed = false;
  for (const kube::Object& pod : pods_) {
    if (owner_of(pod) != nullptr) continue;
    PGO_TRY_VOID(client_.remove(types::kPod, ns_, pod.name()));
    changed = true;
  }
  return changed;
}

/// Finalizers are what others hold an object by until they have done their part.
Result<bool> Foresight::deleted_go() {
  const Value let_go = Value::object({{"metadata", Value::object({{"finalizers", nullptr}})}});
  bool changed = false;
  for (const auto* type : std::array{&types::kPod, &types::kDeployment, &types::kJob,
                                     &types::kPersistentVolumeClaim}) {
    PGO_TRY(const Objects objects, list(*type));
    for (const kube::Object& object : objects) {
      if (!object.being_deleted()) continue;
      PGO_TRY_VOID(client_.patch(*type, ns_, object.name(), kube::PatchType::merge, let_go));
      changed = true;
    }
  }
  return changed;
}

Result<bool> Foresight::pods_start() {
  bool changed = false;
  for (const kube::Object& deployment : deployments_) {
    if (deployment.being_deleted() || deployment["spec"]["replicas"].as_int(1) == 0) continue;
    const bool there = std::ranges::any_of(
        pods_, [&](const kube::Object& pod) { return selects(deployment, pod); });
    if (there) continue;
    const auto made = client_.create(types::kPod, ready_pod(deployment));
    // Somebody else's pod has the name that is shown for the one to come.
    if (!made && made.error().code == Code::already_exists) continue;
    if (!made) return fail(made.error());
    changed = true;
  }
  return changed;
}

/// Patroni hands over to whom it is told to.
Result<bool> Foresight::commands_work() {
  const auto writes = view_.writes();
  bool changed = false;
  for (; commands_seen_ < writes.size(); ++commands_seen_) {
    const auto& command = writes[commands_seen_];
    if (command.method != kube::Method::get) continue;
    const bool hands_over = std::ranges::any_of(command.body.items(), [](const Value& word) {
      return word.as_string().contains(model::fixed::kPatroniFailoverPath);
    });
    const auto pod = std::ranges::find_if(
        pods_, [&](const kube::Object& one) { return one.name() == command.name; });
    if (!hands_over || pod == pods_.end()) continue;
    PGO_TRY_VOID(lead(std::string(pod->label(label::kScope)), command.name));
    changed = true;
  }
  return changed;
}

Result<bool> Foresight::leaders_are_elected() {
  std::map<std::string, std::string> leaders;  // by scope: the pod that leads, or a candidate
  std::set<std::string> led;
  for (const kube::Object& pod : pods_) {
    if (!is_instance(pod) || !is_ready(pod)) continue;
    const std::string scope(pod.label(label::kScope));
    const bool leads = pod.label(label::kRole) == model::role::kMaster;
    if (leads) led.insert(scope);
    if (leads || !leaders.contains(scope)) leaders[scope] = pod.name();
  }
  bool changed = false;
  for (const auto& [scope, pod] : leaders) {
    const bool every_role_known = std::ranges::all_of(pods_, [&](const kube::Object& one) {
      return !is_instance(one) || !is_ready(one) || one.label(label::kScope) != scope ||
             !one.label(label::kRole).empty();
    });
    if (led.contains(scope) && every_role_known) continue;
    PGO_TRY_VOID(lead(scope, pod));
    changed = true;
  }
  return changed;
}

Result<void> Foresight::lead(const std::string& scope, const std::string& leader) {
  PGO_TRY_VOID(take_lock(scope, leader));
  for (const kube::Object& pod : pods_) {
    if (!is_instance(pod) || !is_ready(pod) || pod.label(label::kScope) != scope) continue;
    const std::string_view role =
        pod.name() == leader ? model::role::kMaster : model::role::kReplica;
    if (pod.label(label::kRole) == role) continue;
    PGO_TRY_VOID(
        client_.patch(types::kPod, ns_, pod.name(), kube::PatchType::merge, with_role(role)));
  }
  return {};
}

Result<void> Foresight::take_lock(const std::string& scope, const std::string& leader) {
  const std::array<std::pair<std::string, Value>, 2> maps{
      {{model::names::scope_config(scope),
        Value::object({{model::annotation::kPatroniConfig, "{}"}})},
       {model::names::scope_leader(scope),
        Value::object({{model::annotation::kPatroniLeader, leader}})}}};
  for (const auto& [name, annotations] : maps) {
    const auto there = client_.get(types::kConfigMap, ns_, name);
    if (!there && there.error().code != Code::not_found) return fail(there.error());
    if (there && name == maps.front().first) continue;
    const Value metadata =
        Value::object({{"metadata", Value::object({{"annotations", annotations}})}});
    if (there) {
      PGO_TRY_VOID(client_.patch(types::kConfigMap, ns_, name, kube::PatchType::merge, metadata));
      continue;
    }
    kube::Object map(types::kConfigMap, ns_, name);
    map.set_label(std::string(label::kScope), scope);
    map.document().at_or_add("metadata").set("annotations", annotations);
    PGO_TRY_VOID(client_.create(types::kConfigMap, map));
  }
  return {};
}

}  // namespace pgo::engine
