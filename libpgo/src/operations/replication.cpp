#include "operations/replication.h"

#include "operations/listing.h"
#include "pgo/base/text.h"
#include "pgo/json/value.h"
#include "pgo/model/names.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace pgo::operations {
namespace {

bool serves(const ObjectPtr& pod) {
  const Readiness containers = readiness(*pod);
  return containers.total > 0 && containers.ready == containers.total && !pod->being_deleted();
}

/// The members as `patronictl list -f json` tells them, asked in one pod.
Result<json::Value> ask_patroni(const Context& context, const kube::Object& pod) {
  kube::ExecRequest request;
  request.ns = std::string(pod.ns());
  request.pod = std::string(pod.name());
  request.container = std::string(model::container::kDatabase);
  request.command = {"patronictl", "list", "-f", "json"};
  PGO_TRY(const kube::ExecResult result, context.client.exec(request));
  if (result.exit_code != 0) {
    return fail(Code::unavailable,
                "Patroni could not be asked in pod " + request.pod + ": patronictl ended with " +
                    std::to_string(result.exit_code) + ".",
                request.pod);
  }
  auto document = json::parse(result.out);
  if (!document) {
    return fail(Code::unavailable, "patronictl in pod " + request.pod + " gave no JSON.",
                request.pod);
  }
  return document;
}

/// The first answer that a pod gives, those that serve asked first: where PostgreSQL is down, its
/// Patroni often is not.
Result<json::Value> ask_any(const Context& context, std::vector<ObjectPtr> pods) {
  std::ranges::stable_partition(pods, serves);
  Result<json::Value> answer = json::Value::array();
  for (const ObjectPtr& pod : pods) {
    answer = ask_patroni(context, *pod);
    if (answer) break;
  }
  return answer;
}

int lag_of(const json::Value& lag) {
  if (lag.is_number()) return static_cast<int>(std::lround(lag.as_double()));
  if (const auto number = text::to_int(lag.as_string())) return static_cast<int>(*number);
  return kUnknownLag;
}

bool is_leader(const json::Value& member) { return member["Role"].as_string() == "Leader"; }

/// K4: a member is its pod; a prefix test would confuse a cluster with its replicas.
const kube::Object* pod_of(const json::Value& member, const std::vector<ObjectPtr>& pods) {
  const auto pod = std::ranges::find(pods, member["Member"].as_string(),
                                     [](const ObjectPtr& one) { return one->name(); });
  return pod == pods.end() ? nullptr : pod->get();
}

std::string instance_of(const kube::Object& pod) {
  return std::string(pod.label(model::label::kDeploymentName));
}

std::string node_of(const kube::Object& pod) {
  return std::string(pod["spec"]["nodeName"].as_string());
}

ReplicaStatus status_of(const json::Value& member, const kube::Object& pod) {
  return {.instance = instance_of(pod),
          .node = node_of(pod),
          .state = std::string(member["State"].as_string()),
          .lag = lag_of(member["Lag in MB"]),
          .timeline = static_cast<int>(member["TL"].as_int())};
}

/// A member whose pod has gone since is no more.
std::vector<ReplicaStatus> followers(const json::Value& members,
                                     const std::vector<ObjectPtr>& pods) {
  std::vector<ReplicaStatus> replicas;
  for (const json::Value& member : members.items()) {
    const kube::Object* pod = pod_of(member, pods);
    if (pod != nullptr && !is_leader(member)) replicas.push_back(status_of(member, *pod));
  }
  return replicas;
}

/// Pods of instances, whatever their role: Patroni labels a new member late, and one that has
/// stopped not at all.
Result<std::vector<ObjectPtr>> instance_pods(const Context& context, std::string_view ns,
                                             std::string_view cluster) {
  return context.reader.list(kube::types::kPod, ns, model::selector::instances(cluster));
}

/// Deployments of instances, and pgreplicas that have none yet.
Result<std::set<std::string>> instances_of(const Context& context,
                                           const model::PgCluster& cluster) {
  const std::string& ns = cluster.metadata.ns;
  std::set<std::string> names;
  const auto add = [&](const std::vector<ObjectPtr>& objects) {
    for (const ObjectPtr& object : objects) {
      if (!object->being_deleted()) names.emplace(object->name());
    }
  };
  PGO_TRY(const std::vector<ObjectPtr> deployments,
          context.reader.list(kube::types::kDeployment, ns,
                              model::selector::instances(cluster.name())));
  add(deployments);
  PGO_TRY(
      const std::vector<ObjectPtr> replicas,
      context.reader.list(kube::types::kPgReplica, ns, model::selector::cluster(cluster.name())));
  add(replicas);
  return names;
}

}  // namespace

Result<std::vector<ReplicaStatus>> replication_status(const Context& context, std::string_view ns,
                                                      std::string_view cluster) {
  PGO_TRY(const std::vector<ObjectPtr> pods, instance_pods(context, ns, cluster));
  const bool only_a_leader =
      pods.size() == 1 && pods.front()->label(model::label::kRole) == model::role::kMaster;
  if (only_a_leader) return std::vector<ReplicaStatus>();
  PGO_TRY(const json::Value members, ask_any(context, pods));
  return followers(members, pods);
}

Result<std::vector<std::string>> leading_instances(const Context& context,
                                                   const model::PgCluster& cluster) {
  PGO_TRY(const std::vector<ObjectPtr> primaries,
          context.reader.list(kube::types::kPod, cluster.metadata.ns,
                              model::selector::primary_pod(cluster.name())));
  std::vector<std::string> names;
  for (const ObjectPtr& primary : primaries) {
    if (!primary->being_deleted()) names.push_back(instance_of(*primary));
  }
  if (!names.empty()) return names;
  const auto last = cluster.metadata.labels.find(std::string(model::label::kCurrentPrimary));
  if (last != cluster.metadata.labels.end()) names.push_back(last->second);
  return names;
}

Result<std::vector<ReplicaStatus>> removable_instances(const Context& context,
                                                       const model::PgCluster& cluster) {
  PGO_TRY(std::set<std::string> names, instances_of(context, cluster));
  PGO_TRY(const std::vector<std::string> leading, leading_instances(context, cluster));
  for (const std::string& leader : leading) names.erase(leader);
  std::vector<ReplicaStatus> removable;
  if (names.empty()) return removable;
  PGO_TRY(const std::vector<ObjectPtr> pods,
          instance_pods(context, cluster.metadata.ns, cluster.name()));
  const Result<json::Value> members = ask_any(context, pods);
  std::vector<ReplicaStatus> known;
  if (members) {
    known = followers(*members, pods);
    // Patroni knows before the label does.
    for (const json::Value& member : members->items()) {
      const kube::Object* pod = pod_of(member, pods);
      if (pod != nullptr && is_leader(member)) names.erase(instance_of(*pod));
    }
  }
  for (const std::string& name : names) {
    const auto told = std::ranges::find(known, name, &ReplicaStatus::instance);
    const auto pod = std::ranges::find(
        pods, name, [](const ObjectPtr& one) { return one->label(model::label::kDeploymentName); });
    if (told != known.end()) {
      removable.push_back(*told);
    } else {
      removable.push_back({.instance = name,
                           .node = pod == pods.end() ? std::string() : node_of(**pod),
                           .state = std::string(kUnknownState),
                           .lag = kUnknownLag});
    }
  }
  return removable;
}

}  // namespace pgo::operations
