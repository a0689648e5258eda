#include "embedded/controllers/facts.h"

#include "pgo/base/text.h"
#include "pgo/kube/selector.h"

#include <algorithm>

namespace pgo::embedded::controllers {

namespace {

const json::Value& metadata(const kube::Object& object) { return object["metadata"]; }

json::Object guard(const kube::Object& target) {
  json::Object metadata;
  if (!target.uid().empty()) metadata.set("uid", target.uid());
  if (!target.resource_version().empty()) {
    metadata.set("resourceVersion", target.resource_version());
  }
  return metadata;
}

kube::Object named(const kube::ResourceType& type, const kube::Object& target) {
  return kube::Object(type, target.ns(), target.name());
}

}  // namespace

void Decision::patch(const kube::ResourceType& type, const kube::Object& target,
                     json::Value patch) {
  for (const json::Member& member : guard(target)) {
    patch.at_or_add("metadata").set(member.key, member.value);
  }
  writes.push_back({Verb::patch, type, named(type, target), std::move(patch), {}});
}

void Decision::patch_status(const kube::ResourceType& type, const kube::Object& target,
                            json::Value status) {
  json::Value patch;
  patch.set("metadata", guard(target));
  patch.set("status", std::move(status));
  writes.push_back({Verb::patch_status, type, named(type, target), std::move(patch), {}});
}

void Decision::remove(const kube::ResourceType& type, const kube::Object& target,
                      std::string propagation, std::optional<int> grace_seconds) {
  writes.push_back({Verb::remove,
                    type,
                    named(type, target),
                    {},
                    {.uid = std::string(target.uid()),
                     .resource_version = {},
                     .propagation = std::move(propagation),
                     .grace_period_seconds = grace_seconds}});
}

std::optional<kube::OwnerReference> controller_of(const kube::Object& object) {
  for (const json::Value& owner : metadata(object)["ownerReferences"].items()) {
    if (!owner["controller"].as_bool()) continue;
    return kube::OwnerReference{std::string(owner["apiVersion"].as_string()),
                                std::string(owner["kind"].as_string()),
                                std::string(owner["name"].as_string()),
                                std::string(owner["uid"].as_string()),
                                true,
                                owner["blockOwnerDeletion"].as_bool()};
  }
  return std::nullopt;
}

std::string_view controller_uid(const kube::Object& object) {
  for (const json::Value& owner : metadata(object)["ownerReferences"].items()) {
    if (owner["controller"].as_bool()) return owner["uid"].as_string();
  }
  return {};
}

kube::OwnerReference controller_reference(const kube::ResourceType& type,
                                          const kube::Object& owner) {
  return {type.api_version(),
          std::string(type.kind),
          std::string(owner.name()),
          std::string(owner.uid()),
          true,
          true};
}

bool has_finalizer(const kube::Object& object, std::string_view finalizer) {
  return std::ranges::any_of(metadata(object)["finalizers"].items(), [&](const json::Value& item) {
    return item.as_string() == finalizer;
  });
}

json::Value finalizers_without(const kube::Object& object, std::string_view finalizer) {
  json::Array kept;
  for (const json::Value& item : metadata(object)["finalizers"].items()) {
    if (item.as_string() != finalizer) kept.push_back(item);
  }
  return kept.empty() ? json::Value() : json::Value(std::move(kept));
}

json::Value finalizers_with(const kube::Object& object, std::string_view finalizer) {
  json::Array all = metadata(object)["finalizers"].items();
  if (!has_finalizer(object, finalizer)) all.emplace_back(finalizer);
  return all;
}

std::optional<TimePoint> time_of(const json::Value& value) {
  if (!value.is_string()) return std::nullopt;
  Result<TimePoint> time = parse_rfc3339(value.as_string());
  if (!time) return std::nullopt;
  return *time;
}

std::optional<TimePoint> created_at(const kube::Object& object) {
  return time_of(metadata(object)["creationTimestamp"]);
}

std::string_view phase(const kube::Object& pod) { return pod["status"]["phase"].as_string(); }

bool finished(const kube::Object& pod) {
  std::string_view now = phase(pod);
  return now == "Succeeded" || now == "Failed";
}

bool active(const kube::Object& pod) { return !finished(pod) && !pod.being_deleted(); }

bool ready(const kube::Object& pod) { return condition_is(pod["status"], "Ready", "True"); }

std::optional<TimePoint> ready_since(const kube::Object& pod) {
  const json::Value* condition = find_condition(pod["status"], "Ready");
  if (condition == nullptr || (*condition)["status"].as_string() != "True") return std::nullopt;
  return time_of((*condition)["lastTransitionTime"]);
}

bool available(const kube::Object& pod, Duration min_ready, TimePoint now) {
  if (!ready(pod)) return false;
  if (min_ready <= Duration::zero()) return true;
  std::optional<TimePoint> since = ready_since(pod);
  return since && *since + min_ready <= now;
}

TimePoint finished_at(const kube::Object& pod) {
  TimePoint last{};
  for (const json::Value& container : pod["status"]["containerStatuses"].items()) {
    std::optional<TimePoint> end = time_of(container["state"]["terminated"]["finishedAt"]);
    if (end) last = std::max(last, *end);
  }
  if (last == TimePoint{}) last = created_at(pod).value_or(TimePoint{});
  return last;
}

const json::Value* find_condition(const json::Value& status, std::string_view type) {
  for (const json::Value& condition : status["conditions"].items()) {
    if (condition["type"].as_string() == type) return &condition;
  }
  return nullptr;
}

bool condition_is(const json::Value& status, std::string_view type, std::string_view state) {
  const json::Value* condition = find_condition(status, type);
  return condition != nullptr && (*condition)["status"].as_string() == state;
}

void set_condition(json::Value& status, std::string_view type, std::string_view state,
                   std::string_view reason, std::string_view message, TimePoint now,
                   bool with_update_time) {
  json::Array& conditions = status.at_or_add("conditions").make_array();
  auto found = std::ranges::find_if(
      conditions, [&](const json::Value& item) { return item["type"].as_string() == type; });
  if (found == conditions.end()) {
    conditions.push_back(json::Value::object({{"type", type}}));
    found = conditions.end() - 1;
  }
  bool moved = (*found)["status"].as_string() != state;
  bool changed = moved || (*found)["reason"].as_string() != reason ||
                 (*found)["message"].as_string() != message;
  if (!changed) return;
  found->set("status", state);
  if (with_update_time) found->set("lastUpdateTime", to_rfc3339(now));
  if (moved) found->set("lastTransitionTime", to_rfc3339(now));
  if (!reason.empty()) found->set("reason", reason);
  if (!message.empty()) {
    found->set("message", message);
  } else {
    found->erase("message");
  }
}

void drop_condition(json::Value& status, std::string_view type) {
  json::Array& conditions = status.at_or_add("conditions").make_array();
  std::erase_if(conditions,
                [&](const json::Value& item) { return item["type"].as_string() == type; });
  if (conditions.empty()) status.erase("conditions");
}

bool selects(const json::Value& selector, const json::Value& labels) {
  if (selector.members().empty()) return false;
  auto parsed = kube::LabelSelector::from_json(selector);
  return parsed && !parsed->selects_everything() && parsed->matches_json(labels);
}

bool selects_all(const json::Value& pairs, const json::Value& labels) {
  if (pairs.members().empty()) return false;
  return std::ranges::all_of(pairs.members(), [&](const json::Member& pair) {
    return labels[pair.key].as_string() == pair.value.as_string() && labels[pair.key].is_string();
  });
}

int scaled(const json::Value& value, int total, bool round_up, std::string_view fallback) {
  if (value.is_int()) return static_cast<int>(value.as_int());
  std::string_view text = value.as_string(fallback);
  if (!text.ends_with('%')) return static_cast<int>(text::to_int(text).value_or(0));
  auto percent = text::to_int(text.substr(0, text.size() - 1)).value_or(0);
  std::int64_t product = percent * total;
  return static_cast<int>(round_up ? (product + 99) / 100 : product / 100);
}

std::string safe_letters(std::uint64_t bits, std::size_t length) {
  // Source: k8s.io/apimachinery/pkg/util/rand, the alphabet of generated names.
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string letters(length, 'b');
  for (char& letter : letters) {
    letter = kAlphabet[bits % kAlphabet.size()];
    bits /= kAlphabet.size();
  }
  return letters;
}

}  // namespace pgo::embedded::controllers
