#include "pgo/plan/document.h"

#include "pgo/kube/object.h"
#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgtask.h"

#include <chrono>
#include <set>
#include <string>

namespace pgo::plan {
namespace {

using json::Value;
namespace types = kube::types;

/// Everything of the namespace, projected.
struct Everything {
  Many<Cluster> clusters;
  Many<Replica> replicas;
  Many<Task> tasks;
  Many<Deployment> deployments;
  Many<Pod> pods;
  Many<Job> jobs;
  Many<Volume> volumes;
  Many<Service> services;
  Many<ConfigMap> config_maps;
  Many<Secret> secrets;
  Many<Policy> policies;

  void add(const kube::Object& object) {
    const std::string_view kind = object.kind();
    add_as(clusters, types::kPgCluster, kind, object);
    add_as(replicas, types::kPgReplica, kind, object);
    add_as(tasks, types::kPgTask, kind, object);
    add_as(deployments, types::kDeployment, kind, object);
    add_as(pods, types::kPod, kind, object);
    add_as(jobs, types::kJob, kind, object);
    add_as(volumes, types::kPersistentVolumeClaim, kind, object);
    add_as(services, types::kService, kind, object);
    add_as(config_maps, types::kConfigMap, kind, object);
    add_as(secrets, types::kSecret, kind, object);
    add_as(policies, types::kPgPolicy, kind, object);
  }

  template <typename T>
  static void add_as(Many<T>& to, const kube::ResourceType& type, std::string_view kind,
                     const kube::Object& object) {
    if (kind == type.kind) to.push_back(std::make_shared<const T>(T::from(object)));
  }
};

template <typename T>
Many<T> of_cluster(const Many<T>& all, std::string_view cluster) {
  Many<T> found;
  for (const auto& one : all) {
    if (one->meta.cluster == cluster) found.push_back(one);
  }
  return found;
}

template <typename T>
std::shared_ptr<const T> named(const Many<T>& all, std::string_view name) {
  for (const auto& one : all) {
    if (one->meta.name == name) return one;
  }
  return nullptr;
}

/// Patroni's objects name their scope only: the cluster's, or one that a task is about to leave.
std::set<std::string, std::less<>> scopes_of(const ClusterView& view) {
  std::set<std::string, std::less<>> scopes{view.name};
  if (view.cluster) scopes.insert(view.cluster->scope);
  for (const auto& task : view.tasks) scopes.emplace(task->parameter(model::param::kScope));
  for (const auto& deployment : view.deployments) scopes.insert(deployment->scope);
  scopes.erase("");
  return scopes;
}

Value object_action(std::string_view action, const kube::Object& object) {
  return Value::object({{"action", action},
                        {"kind", object.kind()},
                        {"namespace", object.ns()},
                        {"name", object.name()},
                        {"object", object.document()}});
}

std::string_view generated_name(Generated generated) {
  if (generated == Generated::repo_key) return "repo_key";
  return generated == Generated::pool ? "pool" : "password";
}

struct Write {
  Value operator()(const Ensure& ensure) const { return object_action("create", ensure.object); }
  Value operator()(const EnsureSecret& ensure) const {
    Value value = object_action("create", ensure.object);
    if (ensure.generated != Generated::nothing) {
      value.set("generated", generated_name(ensure.generated));
    }
    if (!ensure.copy_of.empty()) value.set("copy_of", ensure.copy_of);
    return value;
  }
  Value operator()(const Patch& patch) const {
    return Value::object({{"action", "patch"},
                          {"kind", patch.type.kind},
                          {"namespace", patch.ns},
                          {"name", patch.name},
                          {"patch", patch.body}});
  }
  Value operator()(const Delete& remove) const {
    return Value::object({{"action", "delete"},
                          {"kind", remove.type.kind},
                          {"namespace", remove.ns},
                          {"name", remove.name},
                          {"uid", remove.uid}});
  }
  Value operator()(const Exec& exec) const {
    Value value = Value::object({{"action", "exec"},
                                 {"id", exec.id},
                                 {"kind", types::kPod.kind},
                                 {"namespace", exec.ns},
                                 {"name", exec.pod},
                                 {"container", exec.container}});
    Value& command = value.at_or_add("command");
    command.make_array();
    for (const std::string& word : exec.command) command.push_back(word);
    return value;
  }
  Value operator()(const Event& event) const {
    Value value = Value::object({{"action", "event"}, {"type", event.type}});
    Value& payload = value.at_or_add("payload");
    payload.make_object();
    for (const auto& [key, text] : event.payload) payload.set(key, text);
    return value;
  }
};

ClusterView view_of(const Everything& all, std::string_view ns, std::string_view cluster) {
  ClusterView view;
  view.ns = ns;
  view.name = cluster;
  view.cluster = named(all.clusters, cluster);
  view.replicas = of_cluster(all.replicas, cluster);
  view.tasks = of_cluster(all.tasks, cluster);
  view.deployments = of_cluster(all.deployments, cluster);
  view.pods = of_cluster(all.pods, cluster);
  view.jobs = of_cluster(all.jobs, cluster);
  view.volumes = of_cluster(all.volumes, cluster);
  view.services = of_cluster(all.services, cluster);
  view.secrets = of_cluster(all.secrets, cluster);
  view.config_maps = of_cluster(all.config_maps, cluster);
  for (const std::string& name : policies_asked_for(view)) {
    if (auto policy = named(all.policies, name)) view.policies.push_back(std::move(policy));
  }
  const auto scopes = scopes_of(view);
  for (const auto& map : all.config_maps) {
    if (map->meta.cluster.empty() && scopes.contains(map->scope)) view.config_maps.push_back(map);
  }
  if (view.cluster && view.cluster->object) {
    view.custom_config = named(all.config_maps, view.cluster->object->spec.custom_config);
    if (!view.custom_config) {
      view.custom_config = named(all.config_maps, model::fixed::kCustomConfigMap);
    }
  }
  return view;
}

}  // namespace

Result<ClusterView> view_of_objects(std::string_view ns, std::string_view cluster,
                                    const Value& objects) {
  Everything all;
  std::size_t index = 0;
  for (const Value& document : objects.items()) {
    const kube::Object object(document);
    if (object.kind().empty() || object.name().empty()) {
      return fail(Code::invalid_argument, "this is no Kubernetes object: kind or name are missing",
                  "objects[" + std::to_string(index) + "]");
    }
    ++index;
    if (object.ns() == ns) all.add(object);
  }
  ClusterView view = view_of(all, ns, cluster);
  for (const auto& task : view.tasks) {
    const std::string_view source = clone_source(*task);
    if (source.empty() || source == cluster) continue;
    view.source = std::make_shared<const ClusterView>(view_of(all, ns, source));
    break;
  }
  return view;
}

Value to_json(const Condition& condition) {
  Value value = Value::object({{"reason", to_string(condition.reason)},
                               {"subject", condition.subject},
                               {"since", to_rfc3339(condition.since)},
                               {"explanation", explain(condition.reason)}});
  if (const std::string detail = details(condition); !detail.empty()) {
    value.set("detail", detail);
  }
  return value;
}

Value to_json(const Plan& plan) {
  Value value = Value::object({{"actions", Value::array()}, {"conditions", Value::array()}});
  for (const Action& action : plan.actions()) {
    Value one = std::visit(Write{}, action.what);
    one.set("reason", action.reason);
    value.at_or_add("actions").push_back(std::move(one));
  }
  for (const Condition& condition : plan.conditions()) {
    value.at_or_add("conditions").push_back(to_json(condition));
  }
  if (plan.look_again()) {
    value.set("lookAgainMs",
              std::chrono::duration_cast<std::chrono::milliseconds>(*plan.look_again()).count());
  }
  return value;
}

}  // namespace pgo::plan
