#include "pgo/plan/plan.h"

#include "work.h"

#include <algorithm>
#include <utility>

namespace pgo::plan {
namespace {

/// Kind and name of what an action creates; empty for other actions.
const kube::Object* created_object(const Action& action) {
  if (const auto* ensure = std::get_if<Ensure>(&action.what)) return &ensure->object;
  if (const auto* secret = std::get_if<EnsureSecret>(&action.what)) return &secret->object;
  return nullptr;
}

template <typename T>
std::vector<std::string> names_of(const std::vector<Action>& actions, std::string_view kind) {
  std::vector<std::string> names;
  for (const Action& action : actions) {
    const T* found = std::get_if<T>(&action.what);
    if (found != nullptr && found->type.kind == kind) names.push_back(found->name);
  }
  return names;
}

}  // namespace

void Plan::create(const kube::ResourceType& type, kube::Object object, std::string_view reason) {
  actions_.push_back({Ensure{type, std::move(object), false}, reason});
}

bool Plan::create(const kube::ResourceType& type, Result<kube::Object> object,
                  std::string_view reason, bool adopt) {
  if (!object) {
    wait(Reason::render_failed, std::string(type.kind), object.error().text());
    return false;
  }
  actions_.push_back({Ensure{type, *std::move(object), adopt}, reason});
  return true;
}

void Plan::create_secret(kube::Object object, Generated generated, std::string_view reason,
                         std::string copy_of) {
  actions_.push_back({EnsureSecret{std::move(object), generated, std::move(copy_of)}, reason});
}

void Plan::patch(const kube::ResourceType& type, const Meta& object, json::Value body,
                 std::string_view reason, std::string version) {
  actions_.push_back(
      {Patch{type, object.ns, object.name, std::move(body), std::move(version)}, reason});
}

void Plan::remove(const kube::ResourceType& type, const Meta& object, std::string_view reason,
                  std::string_view propagation) {
  if (object.deleting || object.uid.empty()) return;
  actions_.push_back(
      {Delete{type, object.ns, object.name, object.uid, std::string(propagation)}, reason});
}

void Plan::exec(Exec exec, std::string_view reason) {
  actions_.push_back({std::move(exec), reason});
}

void Plan::event(Event event, std::string_view reason) {
  actions_.push_back({std::move(event), reason});
}

void Plan::wait(Reason reason, std::string subject, std::string detail) {
  wait(Condition{reason, std::move(subject), now_, std::move(detail)});
}

void Plan::wait_for_job(Reason reason, std::string_view job) {
  Condition condition{reason, subject("Job", job), now_};
  const Job* known = view_->job(job);
  // One that gave up is not tried again.
  if (known != nullptr && (!known->failed || reason == Reason::job_failed)) {
    condition.failures = known->failures;
  }
  wait(std::move(condition));
}

void Plan::wait(Condition condition) {
  if (std::find(conditions_.begin(), conditions_.end(), condition) != conditions_.end()) return;
  if (view_->cluster) {
    // The time of the first look survives in the API, so that a restart does not reset it.
    for (const RecordedCondition& known : view_->cluster->conditions) {
      if (known.reason != to_string(condition.reason) || known.subject != condition.subject)
        continue;
      if (auto since = parse_rfc3339(known.since)) condition.since = *since;
    }
  }
  conditions_.push_back(std::move(condition));
}

void Plan::look_again_in(Duration after) {
  if (!look_again_ || after < *look_again_) look_again_ = after;
}

std::vector<std::string> Plan::execs() const {
  std::vector<std::string> ids = kept_;
  for (const Action& action : actions_) {
    if (const auto* exec = std::get_if<Exec>(&action.what)) ids.push_back(exec->id);
  }
  return ids;
}

bool Plan::waits_for(Reason reason) const {
  return std::any_of(conditions_.begin(), conditions_.end(),
                     [&](const Condition& condition) { return condition.reason == reason; });
}

std::vector<std::string> Plan::creates(std::string_view kind) const {
  std::vector<std::string> names;
  for (const Action& action : actions_) {
    const kube::Object* object = created_object(action);
    if (object != nullptr && object->kind() == kind) names.emplace_back(object->name());
  }
  return names;
}

std::vector<std::string> Plan::patches(std::string_view kind) const {
  return names_of<Patch>(actions_, kind);
}

std::vector<std::string> Plan::deletes(std::string_view kind) const {
  return names_of<Delete>(actions_, kind);
}

std::vector<std::string> Plan::events() const {
  std::vector<std::string> types;
  for (const Action& action : actions_) {
    if (const auto* event = std::get_if<Event>(&action.what)) types.push_back(event->type);
  }
  return types;
}

const json::Value* Plan::patch_of(std::string_view kind, std::string_view name) const {
  for (const Action& action : actions_) {
    const auto* patch = std::get_if<Patch>(&action.what);
    if (patch != nullptr && patch->type.kind == kind && patch->name == name) return &patch->body;
  }
  return nullptr;
}

const kube::Object* Plan::created(std::string_view kind, std::string_view name) const {
  for (const Action& action : actions_) {
    const kube::Object* object = created_object(action);
    if (object != nullptr && object->kind() == kind && object->name() == name) return object;
  }
  return nullptr;
}

std::string Plan::text() const {
  std::string text;
  for (const Action& action : actions_) text += action.text() + '\n';
  for (const Condition& condition : conditions_) {
    text += "wait ";
    text += to_string(condition.reason);
    if (!condition.subject.empty()) text += " (" + condition.subject + ")";
    text += " since " + to_rfc3339(condition.since) + '\n';
  }
  return text;
}

}  // namespace pgo::plan
