#include "pgo/plan/health.h"

#include "pgo/model/names.h"
#include "work.h"

namespace pgo::plan {
namespace {

/// Of several pods of an instance the one that says most: ready, else not on its way out.
const Pod* best_pod(const ClusterView& view, std::string_view instance) {
  const auto worth = [](const Pod& pod) {
    if (pod.meta.deleting || pod.finished()) return 1;
    return pod.ready ? 3 : 2;
  };
  const Pod* best = nullptr;
  for (const auto& pod : view.pods) {
    if (!pod->instance || pod->deployment != instance) continue;
    if (best == nullptr || worth(*pod) > worth(*best)) best = pod.get();
  }
  return best;
}

bool works(const Pod* pod) { return pod != nullptr && pod->ready && !pod->meta.deleting; }

TimePoint since(const Pod* pod) {
  if (pod == nullptr || works(pod)) return {};
  return parse_rfc3339(pod->words.since).value_or(TimePoint{});
}

std::string trouble(const Pod* pod) {
  if (pod == nullptr) return "it has no pod";
  if (pod->meta.deleting) return "its pod " + pod->meta.name + " is being deleted";
  return "its pod " + pod->meta.name + ": " + pod->words.trouble;
}

void add_primary(const ClusterView& view, std::vector<Condition>& found) {
  const Pod* leader = view.primary();
  if (leader != nullptr && leader->database_ready && !leader->promoting) return;
  if (view.primary_ambiguous()) {
    found.push_back({.reason = Reason::primary_ambiguous, .subject = {}, .since = {}});
    return;
  }
  const std::string& last = view.cluster->current_primary;
  std::string detail = "no instance leads";
  if (!last.empty()) detail += "; the last one that did is " + last;
  if (leader != nullptr) {
    detail = leader->deployment + (leader->promoting ? " takes the lead and is not a primary yet"
                                                     : " leads and is not ready");
  }
  const Pod* pod = leader != nullptr ? leader : best_pod(view, last);
  found.push_back({.reason = Reason::primary_ready,
                   .subject = {},
                   .since = since(pod),
                   .detail = std::move(detail)});
}

void add_repository(const ClusterView& view, std::vector<Condition>& found) {
  const Deployment* deployment = view.deployment(model::names::repo_deployment(view.name));
  if (deployment == nullptr || deployment->meta.deleting) return;
  const Pod* pod = view.repo_pod();
  if (pod != nullptr && pod->database_ready) return;
  found.push_back({.reason = Reason::repo_ready,
                   .subject = {},
                   .since = since(pod),
                   .detail = pod == nullptr ? "it has no pod, or more than one" : trouble(pod)});
}

void add_pool(const ClusterView& view, std::vector<Condition>& found) {
  const std::string name = model::names::pgbouncer(view.name);
  const Deployment* deployment = view.deployment(name);
  if (!view.cluster->pool || deployment == nullptr || deployment->meta.deleting) return;
  const Pod* best = nullptr;
  for (const auto& pod : view.pods) {
    if (!pod->pool || pod->meta.deleting || pod->finished()) continue;
    if (best == nullptr || pod->ready) best = pod.get();
  }
  if (works(best)) return;
  found.push_back(
      {.reason = Reason::pool, .subject = name, .since = since(best), .detail = trouble(best)});
}

}  // namespace

std::vector<Condition> ailments(const ClusterView& view) {
  std::vector<Condition> found;
  if (!view.cluster || view.cluster->meta.deleting || removal_task(view) != nullptr) return found;
  if (view.initialized()) {
    add_primary(view, found);
    add_repository(view, found);
    add_pool(view, found);
  }
  for (const auto& deployment : view.deployments) {
    const std::string& instance = deployment->meta.name;
    if (!deployment->instance || deployment->meta.deleting) continue;
    if (being_removed(view, instance)) continue;
    const Pod* pod = best_pod(view, instance);
    if (works(pod)) continue;
    found.push_back({.reason = Reason::instance_ready,
                     .subject = instance,
                     .since = since(pod),
                     .detail = trouble(pod)});
  }
  return found;
}

std::string state_in_words(const ClusterView& view) {
  if (removal_task(view) != nullptr) return "being removed";
  if (view.cluster && view.cluster->meta.deleting) return "being removed";
  if (view.cluster && !view.cluster->object) return "not to be understood";
  if (view.cluster) return view.cluster->state;
  if (const Task* task = open_clone(view)) {
    return "being cloned from " + std::string(clone_source(*task));
  }
  return "no pgcluster, what is left is being removed";
}

}  // namespace pgo::plan
