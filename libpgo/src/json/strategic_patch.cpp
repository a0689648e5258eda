#include "merge_keys.h"
#include "path.h"
#include "pgo/json/patch.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace pgo::json {

namespace {

constexpr std::string_view kPatch = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kSetOrder = "$setElementOrder/";
constexpr std::string_view kDeleteFrom = "$deleteFromPrimitiveList/";

std::unexpected<Error> bad(std::string message, std::string path) {
  return fail(Code::invalid_argument, std::move(message), std::move(path));
}

bool is_directive(std::string_view key) {
  return key == kPatch || key == kRetainKeys || key.starts_with(kSetOrder) ||
         key.starts_with(kDeleteFrom);
}

bool contains(const Array& items, const Value& wanted) {
  return std::ranges::find(items, wanted) != items.end();
}

/// What identifies an item of a list: itself in a set, else its merge key.
const Value& identity(const Value& item, std::string_view merge_key) {
  return merge_key.empty() ? item : item[merge_key];
}

std::optional<std::size_t> position(const Array& items, const Value& wanted,
                                    std::string_view merge_key) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (identity(items[i], merge_key) == wanted) return i;
  }
  return std::nullopt;
}

/// Orders `merged` as `$setElementOrder` asks: the items it names in its order, the others where
/// they stood in `before` relative to those.
void set_order(Array& merged, const Array& before, const Array& order, std::string_view merge_key) {
  Array named;
  Array others;
  for (const Value& wanted : order) {
    const auto at = position(merged, identity(wanted, merge_key), merge_key);
    if (at && !position(named, identity(wanted, merge_key), merge_key)) {
      named.push_back(merged[*at]);
    }
  }
  for (Value& item : merged) {
    if (!position(named, identity(item, merge_key), merge_key)) others.push_back(std::move(item));
  }
  Array result;
  std::size_t next = 0;
  for (Value& item : named) {
    const auto stood = position(before, identity(item, merge_key), merge_key);
    while (stood && next < others.size()) {
      const auto other = position(before, identity(others[next], merge_key), merge_key);
      if (!other || *other > *stood) break;
      result.push_back(std::move(others[next++]));
    }
    result.push_back(std::move(item));
  }
  for (; next < others.size(); ++next) result.push_back(std::move(others[next]));
  merged = std::move(result);
}

Result<void> merge_object(Value& target, const Value& patch, Shape shape, const std::string& path);

/// A value of the patch that has nothing to merge with: its directives act on nothing, its nulls
/// delete nothing.
Result<Value> fresh(const Value& patch, const FieldShape& field, const std::string& path);

// ---- lists ----

Result<void> merge_set(Array& target, const Value& patch, const std::string& path) {
  for (const Value& item : patch.items()) {
    if (item.is_object() || item.is_array()) return bad("must be a list of plain values", path);
    if (!contains(target, item)) target.push_back(item);
  }
  return {};
}

std::string item_path(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

/// Applies one item of a patch to a list that merges by key.
Result<void> merge_item(Array& target, const Value& item, const FieldShape& field,
                        const std::string& path) {
  if (!item.is_object()) return bad("must be an object", path);
  const Value& wanted = item[field.merge_key];
  if (wanted.is_null()) return bad("has no merge key", path_join(path, field.merge_key));
  const auto at = position(target, wanted, field.merge_key);
  const std::string_view directive = item[kPatch].as_string();
  if (directive == "delete") {
    std::erase_if(target, [&](const Value& one) { return one[field.merge_key] == wanted; });
    return {};
  }
  if (!at) {
    PGO_TRY(Value made, fresh(item, {field.shape, {}}, path));
    target.push_back(std::move(made));
    return {};
  }
  return merge_object(target[*at], item, field.shape, path);
}

/// The list a patch makes when one of its items says `$patch: replace`: the other items.
Result<Value> replacing_list(const Value& patch, const FieldShape& field, const std::string& path) {
  Array items;
  for (std::size_t i = 0; i < patch.items().size(); ++i) {
    const Value& item = patch.items()[i];
    if (item[kPatch].as_string() == "replace" && item[field.merge_key].is_null()) continue;
    PGO_TRY(Value made, fresh(item, {field.shape, {}}, item_path(path, i)));
    items.push_back(std::move(made));
  }
  return Value(std::move(items));
}

bool replaces_list(const Value& patch, std::string_view merge_key) {
  return std::ranges::any_of(patch.items(), [&](const Value& item) {
    return item[kPatch].as_string() == "replace" && item[merge_key].is_null();
  });
}

Result<void> merge_list(Value& target, const Value& patch, const FieldShape& field,
                        const std::string& path) {
  if (field.is_set) return merge_set(target.make_array(), patch, path);
  if (replaces_list(patch, field.merge_key)) {
    PGO_TRY(target, replacing_list(patch, field, path));
    return {};
  }
  Array& items = target.make_array();
  for (std::size_t i = 0; i < patch.items().size(); ++i) {
    PGO_TRY_VOID(merge_item(items, patch.items()[i], field, item_path(path, i)));
  }
  return {};
}

// ---- objects ----

Result<void> retain_keys(Object& members, const Value& patch, const std::string& path) {
  const Value* const retained = patch.members().find(kRetainKeys);
  if (retained == nullptr) return {};
  if (!retained->is_array()) return bad("must be a list", path_join(path, kRetainKeys));
  for (const Member& change : patch.members()) {
    if (is_directive(change.key) || change.value.is_null()) continue;
    if (!contains(retained->items(), Value(change.key))) {
      return bad("is set and not retained", path_join(path, path_key(change.key)));
    }
  }
  std::vector<std::string> dropped;
  for (const Member& member : members) {
    if (!contains(retained->items(), Value(member.key))) dropped.push_back(member.key);
  }
  for (const std::string& key : dropped) members.erase(key);
  return {};
}

Result<void> delete_from_list(Object& members, const Member& directive, const std::string& path) {
  const std::string_view field = std::string_view(directive.key).substr(kDeleteFrom.size());
  if (!directive.value.is_array()) return bad("must be a list", path_join(path, directive.key));
  Value* const list = members.find(field);
  if (list == nullptr || !list->is_array()) return {};
  std::erase_if(*list->if_array(),
                [&](const Value& item) { return contains(directive.value.items(), item); });
  return {};
}

Result<void> order_list(Object& members, const Value& before, const Member& directive, Shape shape,
                        const std::string& path) {
  const std::string_view field = std::string_view(directive.key).substr(kSetOrder.size());
  if (!directive.value.is_array()) return bad("must be a list", path_join(path, directive.key));
  const FieldShape found = field_shape(shape, field);
  Value* const list = members.find(field);
  if (list == nullptr || !list->is_array()) return {};
  if (found.merge_key.empty() && !found.is_set) return {};  // an atomic list has its own order
  set_order(*list->if_array(), before[field].items(), directive.value.items(), found.merge_key);
  return {};
}

Result<void> merge_member(Object& members, const Member& change, Shape shape,
                          const std::string& path) {
  if (change.value.is_null()) {
    members.erase(change.key);
    return {};
  }
  const FieldShape field = field_shape(shape, change.key);
  const std::string inner = path_join(path, path_key(change.key));
  Value* const target = members.find(change.key);
  const bool merges = field.is_set || !field.merge_key.empty();
  if (target == nullptr || target->type() != change.value.type() ||
      (change.value.is_array() && !merges)) {
    PGO_TRY(Value made, fresh(change.value, field, inner));
    members.set(change.key, std::move(made));
    return {};
  }
  if (change.value.is_object()) return merge_object(*target, change.value, field.shape, inner);
  if (change.value.is_array()) return merge_list(*target, change.value, field, inner);
  *target = change.value;
  return {};
}

/// Handles `$patch` of an object; true when that was all there is to do.
Result<bool> apply_directive(Value& target, const Value& patch, Shape shape,
                             const std::string& path) {
  const Value* const directive = patch.members().find(kPatch);
  if (directive == nullptr) return false;
  const std::string_view word = directive->as_string();
  if (word == "merge") return false;
  if (word == "delete") {
    target = Value(Object());
    return true;
  }
  if (word != "replace") return bad("must be replace, delete or merge", path_join(path, kPatch));
  Value bare = patch;
  bare.erase(kPatch);
  PGO_TRY(target, fresh(bare, {shape, {}}, path));
  return true;
}

Result<void> merge_object(Value& target, const Value& patch, Shape shape, const std::string& path) {
  PGO_TRY(const bool done, apply_directive(target, patch, shape, path));
  if (done) return {};
  const bool reorders = std::ranges::any_of(
      patch.members(), [](const Member& one) { return one.key.starts_with(kSetOrder); });
  const Value before = reorders ? target : Value();
  Object& members = target.make_object();
  PGO_TRY_VOID(retain_keys(members, patch, path));
  for (const Member& change : patch.members()) {
    if (change.key.starts_with(kDeleteFrom)) {
      PGO_TRY_VOID(delete_from_list(members, change, path));
    } else if (!is_directive(change.key)) {
      PGO_TRY_VOID(merge_member(members, change, shape, path));
    }
  }
  for (const Member& change : patch.members()) {
    if (change.key.starts_with(kSetOrder)) {
      PGO_TRY_VOID(order_list(members, before, change, shape, path));
    }
  }
  return {};
}

Result<Value> fresh(const Value& patch, const FieldShape& field, const std::string& path) {
  if (patch.is_object()) {
    Value made{Object()};
    PGO_TRY_VOID(merge_object(made, patch, field.shape, path));
    return made;
  }
  if (patch.is_array() && (field.is_set || !field.merge_key.empty())) {
    Value made{Array()};
    PGO_TRY_VOID(merge_list(made, patch, field, path));
    return made;
  }
  return patch;
}

}  // namespace

Result<Value> apply_strategic_merge_patch(Value document, const Value& patch,
                                          std::string_view kind) {
  if (!patch.is_object()) return bad("a strategic merge patch must be an object", {});
  PGO_TRY_VOID(merge_object(document, patch, root_shape(kind), {}));
  return document;
}

}  // namespace pgo::json
