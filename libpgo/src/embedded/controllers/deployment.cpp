#include "embedded/controllers/deployment.h"

#include "embedded/controllers/facts.h"
#include "embedded/controllers/plans.h"
#include "pgo/base/text.h"

#include <algorithm>

namespace pgo::embedded::controllers {

namespace {

constexpr std::string_view kHashLabel = "pod-template-hash";
constexpr std::string_view kRevision = "deployment.kubernetes.io/revision";
constexpr std::string_view kDesired = "deployment.kubernetes.io/desired-replicas";
constexpr std::string_view kMax = "deployment.kubernetes.io/max-replicas";
constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

std::int64_t revision_of(const kube::Object& object) {
  return text::to_int(object.annotation(kRevision)).value_or(0);
}

int replicas_of(const kube::Object& object) {
  return static_cast<int>(object["spec"]["replicas"].as_int(1));
}

int status_count(const kube::Object& set, std::string_view field) {
  return static_cast<int>(set["status"][field].as_int());
}

}  // namespace

std::string template_hash(const kube::Object& deployment) {
  std::string key = json::write_sorted(deployment["spec"]["template"]);
  key += std::to_string(deployment["status"]["collisionCount"].as_int());
  return safe_letters(text::fnv1a(key), 10);
}

Rollout::Rollout(const kube::Object& deployment, const DeploymentView& view, TimePoint now)
    : deployment_(deployment), view_(view), now_(now), hash_(template_hash(deployment)) {
  wanted_ = replicas_of(deployment);
  recreate_ = deployment["spec"]["strategy"]["type"].as_string() == "Recreate";
  const json::Value& rolling = deployment["spec"]["strategy"]["rollingUpdate"];
  surge_ = recreate_ ? 0 : scaled(rolling["maxSurge"], wanted_, true, "25%");
  max_unavailable_ = recreate_ ? 0 : scaled(rolling["maxUnavailable"], wanted_, false, "25%");
  // Both zero would forbid every move; one that recreates makes none, and has all or is
  // unavailable. Source: Kubernetes, "Deployments", max unavailable.
  if (!recreate_ && surge_ == 0 && max_unavailable_ == 0) max_unavailable_ = 1;
  max_unavailable_ = std::min(max_unavailable_, wanted_);
  for (const Seen& set : view.sets) {
    if (set->label(kHashLabel) == hash_ && !current_) {
      current_ = set;
    } else {
      old_.push_back(set);
    }
  }
  std::ranges::sort(old_, {}, [](const Seen& set) {
    return std::tuple(revision_of(*set), created_at(*set).value_or(TimePoint{}), set->name());
  });
}

int Rollout::total(std::string_view status_field) const {
  int sum = current_ ? status_count(*current_, status_field) : 0;
  for (const Seen& set : old_) sum += status_count(*set, status_field);
  return sum;
}

int Rollout::total_wanted() const {
  int sum = current_ ? replicas_of(*current_) : 0;
  for (const Seen& set : old_) sum += replicas_of(*set);
  return sum;
}

void Rollout::scale(const Seen& set, int replicas) {
  std::string desired = std::to_string(wanted_);
  std::string most = std::to_string(wanted_ + surge_);
  bool same = replicas_of(*set) == replicas;
  if (same && set->annotation(kDesired) == desired && set->annotation(kMax) == most) return;
  json::Value patch;
  if (!same) patch.at_or_add("spec").set("replicas", replicas);
  json::Value& annotations = patch.at_or_add("metadata").at_or_add("annotations");
  annotations.set(kDesired, desired);
  annotations.set(kMax, most);
  out_.patch(kube::types::kReplicaSet, *set, std::move(patch));
  if (same) return;
  scaled_ = true;
  out_.note("Normal", "ScalingReplicaSet",
            std::string("Scaled ") + (replicas > replicas_of(*set) ? "up" : "down") +
                " replica set " + std::string(set->name()) + " from " +
                std::to_string(replicas_of(*set)) + " to " + std::to_string(replicas));
}

int Rollout::current_target() const {
  int have = current_ ? replicas_of(*current_) : 0;
  if (recreate_) return wanted_;
  if (have >= wanted_) return wanted_;
  int room = wanted_ + surge_ - total_wanted();
  return room <= 0 ? have : std::min(wanted_, have + room);
}

std::string Rollout::next_revision() const {
  std::int64_t newest = 0;
  for (const Seen& set : old_) newest = std::max(newest, revision_of(*set));
  if (current_) newest = std::max(newest, revision_of(*current_) - 1);
  return std::to_string(newest + 1);
}

void Rollout::make_current() {
  kube::Object set(kube::types::kReplicaSet, deployment_.ns(),
                   std::string(deployment_.name()) + "-" + hash_);
  for (const json::Member& label :
       deployment_["spec"]["template"]["metadata"]["labels"].members()) {
    set.set_label(label.key, label.value.as_string());
  }
  set.set_label(kHashLabel, hash_);
  for (const json::Member& note : deployment_["metadata"]["annotations"].members()) {
    if (note.key != kLastApplied) set.set_annotation(note.key, note.value.as_string());
  }
  set.set_annotation(kRevision, next_revision());
  set.set_annotation(kDesired, std::to_string(wanted_));
  set.set_annotation(kMax, std::to_string(wanted_ + surge_));
  set.add_owner(controller_reference(kube::types::kDeployment, deployment_));
  json::Value& spec = set.document().at_or_add("spec");
  spec.set("replicas", current_target());
  const json::Value& min_ready = deployment_["spec"]["minReadySeconds"];
  if (!min_ready.is_null()) spec.set("minReadySeconds", min_ready);
  spec.set("selector", deployment_["spec"]["selector"]);
  spec.at_or_add("selector").at_or_add("matchLabels").set(kHashLabel, hash_);
  spec.set("template", deployment_["spec"]["template"]);
  spec.at_or_add("template").at_or_add("metadata").at_or_add("labels").set(kHashLabel, hash_);
  out_.note("Normal", "ScalingReplicaSet",
            "Scaled up replica set " + std::string(set.name()) + " from 0 to " +
                std::to_string(current_target()));
  out_.create(kube::types::kReplicaSet, std::move(set));
  made_ = true;
}

void Rollout::keep_revision() {
  // A rollback reuses an old ReplicaSet, which then becomes the newest revision.
  std::string revision = next_revision();
  if (current_->annotation(kRevision) != revision) {
    json::Value patch;
    patch.at_or_add("metadata").at_or_add("annotations").set(kRevision, revision);
    out_.patch(kube::types::kReplicaSet, *current_, std::move(patch));
    made_ = true;
  }
}

void Rollout::tell_revision() {
  std::string revision = next_revision();
  if (deployment_.annotation(kRevision) == revision) return;
  json::Value patch;
  patch.at_or_add("metadata").at_or_add("annotations").set(kRevision, revision);
  out_.patch(kube::types::kDeployment, deployment_, std::move(patch));
  annotated_ = true;
}

void Rollout::roll() {
  if (!current_) return make_current();
  keep_revision();
  if (made_) return;
  int before = replicas_of(*current_);
  scale(current_, current_target());
  if (scaled_ && current_target() > before) return;
  shrink_old();
}

void Rollout::shrink_old() {
  int in_old = 0;
  for (const Seen& set : old_) in_old += replicas_of(*set);
  if (in_old == 0) return;
  int least = wanted_ - max_unavailable_;
  int fresh_unavailable =
      current_ ? replicas_of(*current_) - status_count(*current_, "availableReplicas") : 0;
  int may_go = total_wanted() - least - std::max(0, fresh_unavailable);
  // Pods that never became available go first: removing them costs nothing.
  for (const Seen& set : old_) {
    int broken = replicas_of(*set) - status_count(*set, "availableReplicas");
    int go = std::min(std::max(0, broken), std::max(0, may_go));
    if (go == 0) continue;
    left_[set->name()] = replicas_of(*set) - go;
    may_go -= go;
  }
  int spare = total("availableReplicas") - least;
  for (const Seen& set : old_) {
    auto planned = left_.find(set->name());
    int have = planned == left_.end() ? replicas_of(*set) : planned->second;
    int go = std::min({have, std::max(0, spare), std::max(0, may_go)});
    if (go > 0) left_[set->name()] = have - go;
    spare -= go;
    may_go -= go;
  }
  for (const Seen& set : old_) {
    if (auto planned = left_.find(set->name()); planned != left_.end()) scale(set, planned->second);
  }
}

void Rollout::recreate() {
  for (const Seen& set : old_) {
    if (replicas_of(*set) > 0) scale(set, 0);
  }
  if (scaled_) return;
  for (const Seen& set : old_) {
    // Terminating pods count: the new ones must not run beside them.
    for (const Seen& pod : view_.pods_of(set->uid())) {
      if (!finished(*pod)) return;
    }
  }
  if (!current_) return make_current();
  keep_revision();
  if (!made_) scale(current_, wanted_);
}

void Rollout::scale_paused() {
  std::vector<Seen> live;
  for (const Seen& set : old_) {
    if (replicas_of(*set) > 0) live.push_back(set);
  }
  if (current_) live.push_back(current_);
  if (live.empty() && !old_.empty()) live.push_back(old_.back());
  if (live.empty()) return;
  // The difference goes to the newest one; what it cannot give up is taken from the older ones.
  // Only a change of the wanted count moves anything: a paused rollout keeps its surge pods.
  int missing = 0;
  std::string desired = std::to_string(wanted_);
  if (std::ranges::all_of(live,
                          [&](const Seen& s) { return s->annotation(kDesired) == desired; })) {
    return;
  }
  int allowed = live.size() > 1 ? wanted_ + surge_ : wanted_;
  int sum = 0;
  for (const Seen& set : live) sum += replicas_of(*set);
  missing = sum < wanted_ ? wanted_ - sum : std::min(0, allowed - sum);
  for (auto set = live.rbegin(); set != live.rend(); ++set) {
    int have = replicas_of(**set);
    int next = std::max(0, have + missing);
    missing -= next - have;
    scale(*set, next);
  }
}

bool Rollout::complete() const {
  return current_ && status_count(*current_, "replicas") == wanted_ &&
         total("replicas") == wanted_ && total("availableReplicas") == wanted_ && !made_ &&
         current_->being_deleted() == false;
}

void Rollout::clean_up() {
  const json::Value& limit_field = deployment_["spec"]["revisionHistoryLimit"];
  auto limit = static_cast<std::size_t>(std::max<std::int64_t>(0, limit_field.as_int(10)));
  std::vector<Seen> idle;
  std::ranges::copy_if(old_, std::back_inserter(idle), [](const Seen& set) {
    return replicas_of(*set) == 0 && status_count(*set, "replicas") == 0 && !set->being_deleted();
  });
  for (std::size_t i = 0; i + limit < idle.size(); ++i) {
    out_.remove(kube::types::kReplicaSet, *idle[i]);
  }
}

void Rollout::progress(json::Value& status) {
  bool paused = deployment_["spec"]["paused"].as_bool();
  if (paused) {
    const json::Value* had = find_condition(status, "Progressing");
    if (had == nullptr || (*had)["reason"].as_string() != "ProgressDeadlineExceeded") {
      set_condition(status, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused",
                    now_, true);
    }
    return;
  }
  std::string name =
      current_ ? std::string(current_->name()) : std::string(deployment_.name()) + "-" + hash_;
  if (complete()) {
    return set_condition(status, "Progressing", "True", "NewReplicaSetAvailable",
                         "ReplicaSet \"" + name + "\" has successfully progressed.", now_, true);
  }
  const json::Value* had = find_condition(status, "Progressing");
  // A roll-out that was complete does not time out later because a pod fell ill.
  bool rolled_out = had != nullptr && (*had)["reason"].as_string() == "NewReplicaSetAvailable" &&
                    status["replicas"] == status["updatedReplicas"] && !made_;
  if (rolled_out) return;
  bool moved = made_ || scaled_ || had == nullptr ||
               (*had)["reason"].as_string() == "DeploymentPaused" ||
               (*had)["reason"].as_string() == "NewReplicaSetAvailable" || counts_moved(status);
  if (moved) {
    set_condition(status, "Progressing", "True",
                  made_ ? "NewReplicaSetCreated" : "ReplicaSetUpdated",
                  "ReplicaSet \"" + name + "\" is progressing.", now_, true);
    for (json::Value& item : status.at_or_add("conditions").make_array()) {
      if (item["type"].as_string() == "Progressing") item.set("lastUpdateTime", to_rfc3339(now_));
    }
    had = find_condition(status, "Progressing");
  }
  Duration limit = std::chrono::seconds(deployment_["spec"]["progressDeadlineSeconds"].as_int(600));
  TimePoint since = time_of((*had)["lastUpdateTime"]).value_or(now_);
  if (since + limit > now_) return out_.look_again(since + limit);
  set_condition(status, "Progressing", "False", "ProgressDeadlineExceeded",
                "ReplicaSet \"" + name + "\" has timed out progressing.", now_, true);
}

bool Rollout::counts_moved(const json::Value& status) const {
  const json::Value& had = deployment_["status"];
  auto count = [](const json::Value& from, std::string_view field) { return from[field].as_int(); };
  return count(status, "updatedReplicas") > count(had, "updatedReplicas") ||
         count(status, "readyReplicas") > count(had, "readyReplicas") ||
         count(status, "availableReplicas") > count(had, "availableReplicas") ||
         (count(status, "replicas") - count(status, "updatedReplicas")) <
             (count(had, "replicas") - count(had, "updatedReplicas"));
}

json::Value Rollout::status() {
  json::Value status;
  status.set("observedGeneration", deployment_["metadata"]["generation"]);
  auto put = [&](std::string_view field, int count) {
    if (count > 0) status.set(field, count);
  };
  int available = total("availableReplicas");
  put("replicas", total("replicas"));
  put("updatedReplicas", current_ ? status_count(*current_, "replicas") : 0);
  put("readyReplicas", total("readyReplicas"));
  put("availableReplicas", available);
  put("unavailableReplicas", std::max(0, total_wanted() - available));
  for (std::string_view kept : {"conditions", "collisionCount"}) {
    if (!deployment_["status"][kept].is_null()) status.set(kept, deployment_["status"][kept]);
  }
  bool enough = available >= wanted_ - max_unavailable_;
  set_condition(status, "Available", enough ? "True" : "False",
                enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                enough ? "Deployment has minimum availability."
                       : "Deployment does not have minimum availability.",
                now_, true);
  progress(status);
  return status;
}

Decision Rollout::decide() {
  if (!deployment_.being_deleted()) {
    if (deployment_["spec"]["paused"].as_bool()) {
      scale_paused();
    } else if (recreate_) {
      recreate();
    } else {
      roll();
    }
    if (current_ || made_) tell_revision();
    if (complete()) clean_up();
  }
  // The annotation moves the version, so the status waits for the next look.
  if (annotated_) return std::move(out_);
  json::Value fresh = status();
  if (!(fresh == deployment_["status"])) {
    kube::Object changed = deployment_;
    changed.document().set("status", std::move(fresh));
    out_.update_status(kube::types::kDeployment, std::move(changed));
  }
  return std::move(out_);
}

Decision plan_deployment(const kube::Object& deployment, const DeploymentView& view,
                         TimePoint now) {
  return Rollout(deployment, view, now).decide();
}

}  // namespace pgo::embedded::controllers
