#include "pgo/json/patch.h"

#include <utility>

// RFC 7386 (JSON Merge Patch).
namespace pgo::json {

namespace {

void merge_into(Value& target, const Value& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  Object& members = target.make_object();
  for (const Member& change : patch.members()) {
    if (change.value.is_null()) {
      members.erase(change.key);
    } else {
      merge_into(members[change.key], change.value);
    }
  }
}

}  // namespace

Value apply_merge_patch(Value document, const Value& patch) {
  merge_into(document, patch);
  return document;
}

Value make_merge_patch(const Value& before, const Value& after) {
  if (!before.is_object() || !after.is_object()) return before == after ? Value(Object()) : after;
  Object patch;
  for (const Member& member : before.members()) {
    if (!member.value.is_null() && after[member.key].is_null()) patch.set(member.key, Value());
  }
  for (const Member& member : after.members()) {
    if (member.value.is_null()) continue;
    const Value* const old = before.members().find(member.key);
    if (old == nullptr || !old->is_object() || !member.value.is_object()) {
      if (old == nullptr || *old != member.value) patch.set(member.key, member.value);
      continue;
    }
    Value inner = make_merge_patch(*old, member.value);
    if (!inner.members().empty()) patch.set(member.key, std::move(inner));
  }
  return patch;
}

}  // namespace pgo::json
