#include "embedded/controllers/facts.h"
#include "embedded/controllers/plans.h"

#include <algorithm>

namespace pgo::embedded::controllers {

namespace {

// Kubernetes creates at most this many pods in one go, to notice a refusal early.
constexpr int kBurst = 100;

kube::Object pod_of(const kube::Object& set) {
  const json::Value& form = set["spec"]["template"];
  kube::Object pod;
  json::Value& document = pod.document();
  document.set("apiVersion", "v1");
  document.set("kind", "Pod");
  json::Value& metadata = document.at_or_add("metadata");
  metadata.set("generateName", std::string(set.name()) + "-");
  metadata.set("namespace", set.ns());
  for (std::string_view key : {"labels", "annotations", "finalizers"}) {
    if (!form["metadata"][key].is_null()) metadata.set(key, form["metadata"][key]);
  }
  document.set("spec", form["spec"]);
  pod.add_owner(controller_reference(kube::types::kReplicaSet, set));
  return pod;
}

// Smaller is deleted earlier. Source: Kubernetes, "ReplicaSet", scaling down.
std::tuple<bool, int, bool, std::int64_t, TimePoint, std::string_view> deletion_rank(
    const kube::Object& pod) {
  bool assigned = !pod["spec"]["nodeName"].as_string().empty();
  std::string_view state = phase(pod);
  int by_phase = state == "Running" ? 2 : state == "Unknown" ? 1 : 0;
  std::int64_t restarts = 0;
  for (const json::Value& container : pod["status"]["containerStatuses"].items()) {
    restarts = std::max(restarts, container["restartCount"].as_int());
  }
  // Newer pods go first, hence the largest creation time ranks lowest.
  TimePoint created = created_at(pod).value_or(TimePoint{});
  return {assigned,  by_phase, ready(pod), -restarts, TimePoint(-created.time_since_epoch()),
          pod.name()};
}

struct Counts {
  int replicas = 0, labelled = 0, ready = 0, available = 0;
};

Counts count(const kube::Object& set, std::span<const Seen> pods, TimePoint now, Decision& out) {
  Counts counts;
  const json::Value& form_labels = set["spec"]["template"]["metadata"]["labels"];
  Duration min_ready = std::chrono::seconds(set["spec"]["minReadySeconds"].as_int());
  for (const Seen& pod : pods) {
    if (!active(*pod)) continue;
    ++counts.replicas;
    if (selects_all(form_labels, (*pod)["metadata"]["labels"])) ++counts.labelled;
    if (!ready(*pod)) continue;
    ++counts.ready;
    if (available(*pod, min_ready, now)) {
      ++counts.available;
    } else if (auto since = ready_since(*pod)) {
      out.look_again(*since + min_ready);
    }
  }
  return counts;
}

json::Value status_of(const kube::Object& set, const Counts& counts) {
  json::Value status;
  status.set("replicas", counts.replicas);
  if (counts.labelled > 0) status.set("fullyLabeledReplicas", counts.labelled);
  if (counts.ready > 0) status.set("readyReplicas", counts.ready);
  if (counts.available > 0) status.set("availableReplicas", counts.available);
  status.set("observedGeneration", set["metadata"]["generation"]);
  return status;
}

}  // namespace

Decision plan_replica_set(const kube::Object& set, std::span<const Seen> pods, TimePoint now) {
  Decision out;
  std::vector<Seen> alive;
  std::ranges::copy_if(pods, std::back_inserter(alive),
                       [](const Seen& pod) { return active(*pod); });
  auto wanted = static_cast<int>(set["spec"]["replicas"].as_int(1));
  int missing = wanted - static_cast<int>(alive.size());

  int made = set.being_deleted() ? 0 : std::clamp(missing, 0, kBurst);
  for (int i = 0; i < made; ++i) out.create(kube::types::kPod, pod_of(set));
  if (missing < 0 && !set.being_deleted()) {
    std::ranges::sort(alive, {}, [](const Seen& pod) { return deletion_rank(*pod); });
    for (int i = 0; i < -missing; ++i) out.remove(kube::types::kPod, *alive[i]);
  }
  // Written after the creations, and only if all of them worked, so it may count them already.
  Counts counts = count(set, pods, now, out);
  counts.replicas += made;
  counts.labelled += made;
  json::Value status = status_of(set, counts);
  if (!(status == set["status"])) {
    kube::Object changed = set;
    changed.document().set("status", std::move(status));
    out.update_status(kube::types::kReplicaSet, std::move(changed));
  }
  return out;
}

}  // namespace pgo::embedded::controllers
