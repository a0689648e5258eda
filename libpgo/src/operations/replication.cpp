#include "operations/replication.h"

#include "operations/listing.h"
#include "pgo/base/text.h"
#include "pgo/json/value.h"
#include "pgo/model/names.h"

#include <algorithm>
#include <cmath>

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

int lag_of(const json::Value& lag) {
  if (lag.is_number()) return static_cast<int>(std::lround(lag.as_double()));
  if (const auto number = text::to_int(lag.as_string())) return static_cast<int>(*number);
  return kUnknownLag;
}

ReplicaStatus status_of(const json::Value& member, const std::vector<ObjectPtr>& pods) {
  ReplicaStatus status;
  const std::string_view name = member["Member"].as_string();
  // K4: a member is its pod; a prefix test would confuse a cluster with its replicas.
  const auto pod = std::ranges::find(pods, name, [](const ObjectPtr& one) { return one->name(); });
  if (pod != pods.end()) {
    status.instance = std::string((*pod)->label(model::label::kDeploymentName));
    status.node = std::string((**pod)["spec"]["nodeName"].as_string());
  }
  status.lag = lag_of(member["Lag in MB"]);
  status.state = std::string(member["State"].as_string());
  status.timeline = static_cast<int>(member["TL"].as_int());
  return status;
}

}  // namespace

Result<std::vector<ReplicaStatus>> replication_status(const Context& context, std::string_view ns,
                                                      std::string_view cluster) {
  std::vector<ReplicaStatus> replicas;
  PGO_TRY(std::vector<ObjectPtr> pods,
          context.reader.list(kube::types::kPod, ns, model::selector::replica_pods(cluster)));
  if (pods.empty()) return replicas;
  const auto ready = std::ranges::find_if(pods, serves);
  PGO_TRY(const json::Value members,
          ask_patroni(context, ready == pods.end() ? *pods.front() : **ready));
  for (const json::Value& member : members.items()) {
    if (member["Role"].as_string() == "Leader") continue;
    replicas.push_back(status_of(member, pods));
  }
  return replicas;
}

}  // namespace pgo::operations
