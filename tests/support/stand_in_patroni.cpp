#include "support/stand_in_patroni.h"

#include "pgo/base/text.h"
#include "support/stand_in_node.h"

#include <algorithm>

namespace pgo::test {

namespace {

kube::Object config_map(const kube::ObjectKey& scope, std::string_view suffix) {
  kube::Object map(kube::types::kConfigMap, scope.ns, scope.name + std::string(suffix));
  map.set_label("vendor", "crunchydata");
  map.set_label("crunchy-pgha-scope", scope.name);
  return map;
}

constexpr std::string_view kConfig =
    R"({"postgresql":{"parameters":{},"use_pg_rewind":true,"use_slots":false},)"
    R"("loop_wait":10,"ttl":30,"retry_timeout":10,"maximum_lag_on_failover":1048576})";

}  // namespace

StandInPatroni::Step StandInPatroni::step(kube::Informer<StandInPod>& pods) {
  pods_ = &pods;
  Step step;
  std::map<kube::ObjectKey, Members> scopes;
  for (const auto& pod : pods.all()) {
    if (!pod->scope.empty()) scopes[{pod->ns, pod->scope}].push_back(pod);
  }
  std::erase_if(leaderless_, [&](const auto& entry) { return !scopes.contains(entry.first); });
  for (const auto& [scope, members] : scopes) {
    auto done = run_scope(scope, members, step);
    if (!done) {
      step.error = done.error();
    } else {
      step.progressed = step.progressed || *done;
    }
  }
  return step;
}

Result<bool> StandInPatroni::run_scope(const kube::ObjectKey& scope, const Members& members,
                                       Step& step) {
  auto serves = [](const auto& pod) {
    return pod->ready && !pod->deleting && pod->phase == "Running";
  };
  auto leads = [&](const auto& pod) { return pod->role == "master" && serves(pod); };
  bool settled = std::ranges::any_of(members, leads) &&
                 std::ranges::all_of(
                     members, [&](const auto& pod) { return !serves(pod) || !pod->role.empty(); });
  if (settled && std::ranges::count_if(members, leads) == 1) {
    leaderless_.erase(scope);
    return false;
  }
  auto candidate = std::ranges::find_if(members, leads);
  if (candidate == members.end()) {
    candidate = std::ranges::find_if(members, serves);
    if (candidate == members.end()) return false;
    auto lock = client_.get(kube::types::kConfigMap, scope.ns, scope.name + "-leader");
    if (!lock && lock.error().code != Code::not_found) return fail(std::move(lock).error());
    bool had_leader = lock && !lock->annotation("leader").empty();
    TimePoint due = leaderless_.try_emplace(scope, clock_.now()).first->second;
    if (had_leader) due += fails_over_after_;
    if (due > clock_.now()) {
      step.next = std::min(step.next, due);
      return false;
    }
  }
  PGO_TRY_VOID(keep_config(scope));
  bool progressed = false;
  for (const auto& pod : members) {
    if (!serves(pod)) continue;
    std::string_view role = pod == *candidate ? "master" : "replica";
    if (pod == *candidate) PGO_TRY_VOID(lead(scope, *pod));
    if (pod->role == role) continue;
    json::Value patch;
    json::Value& metadata = patch.at_or_add("metadata");
    metadata.at_or_add("labels").set("role", role);
    metadata.at_or_add("annotations")
        .set("status", R"({"state":"running","role":")" + std::string(role) + R"("})");
    auto told = client_.patch(kube::types::kPod, pod->ns, pod->name, kube::PatchType::merge, patch);
    if (!told && told.error().code != Code::not_found) return fail(std::move(told).error());
    if (told) pods_->applied(*std::move(told));
    progressed = true;
  }
  leaderless_.erase(scope);
  return progressed;
}

Result<void> StandInPatroni::keep_config(const kube::ObjectKey& scope) {
  auto there = client_.get(kube::types::kConfigMap, scope.ns, scope.name + "-config");
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

Result<bool> StandInPatroni::lead(const kube::ObjectKey& scope, const StandInPod& pod) {
  auto lock = client_.get(kube::types::kConfigMap, scope.ns, scope.name + "-leader");
  if (!lock && lock.error().code != Code::not_found) return fail(std::move(lock).error());
  if (lock && lock->annotation("leader") == pod.name) return false;
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
  return true;
}

}  // namespace pgo::test
