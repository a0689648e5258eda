#include "support/stand_in_patroni.h"

#include "pgo/base/text.h"
#include "support/stand_in_node.h"

#include <algorithm>

namespace pgo::test {

namespace {

kube::Object config_map(const kube::ObjectKey& scope, std::string_view suffix) {
  kube::Object map(kube::types::kConfigMap, scope.ns, std::string(scope.name).append(suffix));
  map.set_label("vendor", "crunchydata");
  map.set_label("crunchy-pgha-scope", scope.name);
  return map;
}

json::Value role_patch(std::string_view role) {
  json::Value patch;
  json::Value& metadata = patch.at_or_add("metadata");
  metadata.at_or_add("labels").set("role", role);
  metadata.at_or_add("annotations")
      .set("status", R"({"state":"running","role":")" + std::string(role) + R"("})");
  return patch;
}

constexpr std::string_view kConfig =
    R"({"postgresql":{"parameters":{},"use_pg_rewind":true,"use_slots":false},)"
    R"("loop_wait":10,"ttl":30,"retry_timeout":10,"maximum_lag_on_failover":1048576})";

}  // namespace

std::string StandInPatroni::members_key(std::string_view ns, std::string_view scope) {
  return std::string(ns) + "/" + std::string(scope);
}

StandInPatroni::Step StandInPatroni::step(kube::Informer<StandInPod>& pods) {
  pods_ = &pods;
  Step step;
  std::set<kube::ObjectKey> todo = std::exchange(due_, {});
  for (const kube::ObjectKey& scope : todo) {
    Members members = pods.indexed(members_key(scope.ns, scope.name));
    auto done = run_scope(scope, members, step);
    if (!done) step.error = done.error();
    if (!done || *done != Outcome::rests) due_.insert(scope);
    step.progressed = step.progressed || (done && *done == Outcome::acted);
  }
  return step;
}

Result<StandInPatroni::Outcome> StandInPatroni::run_scope(const kube::ObjectKey& scope,
                                                          const Members& members, Step& step) {
  auto serves = [](const auto& pod) {
    return pod->ready && !pod->deleting && pod->phase == "Running";
  };
  auto leads = [&](const auto& pod) { return pod->role == "master" && serves(pod); };
  bool had_leader = false;
  auto candidate = std::ranges::find_if(members, leads);
  if (std::ranges::count_if(members, leads) != 1) {
    // A member that comes back still wears the label of its last reign: the lock decides.
    auto lock = client_.get(kube::types::kConfigMap, scope.ns, std::string(scope.name) + "-leader");
    if (!lock && lock.error().code != Code::not_found) return fail(std::move(lock).error());
    std::string holder(lock ? lock->annotation("leader") : std::string_view());
    candidate = std::ranges::find_if(
        members, [&](const auto& pod) { return leads(pod) && pod->name == holder; });
    had_leader = !holder.empty();
  }
  if (candidate == members.end()) {
    candidate = std::ranges::find_if(members, serves);
    if (candidate == members.end()) return Outcome::rests;
    TimePoint due = leaderless_.try_emplace(scope, clock_.now()).first->second;
    if (had_leader) due += fails_over_after_;
    if (due > clock_.now()) {
      step.next = std::min(step.next, due);
      return Outcome::waits;
    }
  }
  leaderless_.erase(scope);
  bool settled = std::ranges::all_of(members, [&](const auto& pod) {
    return !serves(pod) || pod->role == (pod == *candidate ? "master" : "replica");
  });
  if (settled) return Outcome::rests;
  PGO_TRY_VOID(keep_config(scope));
  PGO_TRY_VOID(lead(scope, **candidate));
  for (const auto& pod : members) {
    if (!serves(pod)) continue;
    PGO_TRY_VOID(label(*pod, pod == *candidate ? "master" : "replica"));
  }
  return Outcome::acted;
}

Result<void> StandInPatroni::label(const StandInPod& pod, std::string_view role) {
  if (pod.role == role) return {};
  auto told =
      client_.patch(kube::types::kPod, pod.ns, pod.name, kube::PatchType::merge, role_patch(role));
  if (told) {
    pods_->applied(*std::move(told));
  } else if (told.error().code != Code::not_found) {
    return fail(std::move(told).error());
  }
  return {};
}

Result<void> StandInPatroni::keep_config(const kube::ObjectKey& scope) {
  auto there = client_.get(kube::types::kConfigMap, scope.ns, std::string(scope.name) + "-config");
  if (there) return {};
  if (there.error().code != Code::not_found) return fail(std::move(there).error());
  kube::Object config = config_map(scope, "-config");
  config.set_annotation("config", kConfig);
  config.set_annotation("history", "[]");
  config.set_annotation("initialize", "6800000000000000001");
  auto made = client_.create(kube::types::kConfigMap, config);
  if (!made && made.error().code != Code::already_exists) return fail(std::move(made).error());
  return {};
}

Result<void> StandInPatroni::lead(const kube::ObjectKey& scope, const StandInPod& pod) {
  auto lock = client_.get(kube::types::kConfigMap, scope.ns, std::string(scope.name) + "-leader");
  if (!lock && lock.error().code != Code::not_found) return fail(std::move(lock).error());
  if (lock && lock->annotation("leader") == pod.name) return {};
  kube::Object next = lock ? *lock : config_map(scope, "-leader");
  std::int64_t transitions = text::to_int(next.annotation("transitions")).value_or(-1);
  std::string now = to_rfc3339(clock_.now());
  next.set_annotation("acquireTime", now);
  next.set_annotation("leader", pod.name);
  next.set_annotation("optime", "67108864");
  next.set_annotation("renewTime", now);
  next.set_annotation("transitions", std::to_string(transitions + 1));
  next.set_annotation("ttl", "30");
  auto written = lock ? client_.update(kube::types::kConfigMap, next)
                      : client_.create(kube::types::kConfigMap, next);
  if (!written) return fail(std::move(written).error());
  return {};
}

Result<void> StandInPatroni::hand_over(kube::Client client, const Clock& clock,
                                       const std::string& ns, const std::string& candidate) {
  PGO_TRY(const kube::Object pod, client.get(kube::types::kPod, ns, candidate));
  const std::string scope(pod.label("crunchy-pgha-scope"));
  PGO_TRY(kube::Object lock, client.get(kube::types::kConfigMap, ns, scope + "-leader"));
  lock.set_annotation("leader", candidate);
  lock.set_annotation("acquireTime", to_rfc3339(clock.now()));
  PGO_TRY_VOID(client.update(kube::types::kConfigMap, lock));
  PGO_TRY(const auto members,
          client.list(kube::types::kPod, ns,
                      {.label_selector = "crunchy-pgha-scope=" + scope + ",pgo-pg-database=true"}));
  for (const kube::Object& member : members.items) {
    if (member.name() == candidate || member.label("role") != "master") continue;
    PGO_TRY_VOID(client.patch(kube::types::kPod, ns, member.name(), kube::PatchType::merge,
                              role_patch("replica")));
  }
  PGO_TRY_VOID(
      client.patch(kube::types::kPod, ns, candidate, kube::PatchType::merge, role_patch("master")));
  return {};
}

}  // namespace pgo::test
