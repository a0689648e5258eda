#include "pgo/json/patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

// RFC 6902 (JSON Patch) over RFC 6901 (JSON Pointer).
namespace pgo::json {

namespace {

// As the API server: more operations than this, or copies that together grow beyond this, are an
// attack. (k8s.io/apiserver: JSON patch limit of 10,000 operations; 3 MiB of copied values.)
constexpr std::size_t kMaxOperations = 10'000;
constexpr std::size_t kMaxCopiedBytes = 3u << 20;
// Everything that reads a document recurses, and the parser reads nothing deeper.
constexpr std::size_t kMaxDepth = ParseLimits{}.max_depth;

std::unexpected<Error> bad(std::string message) {
  return fail(Code::invalid_argument, std::move(message));
}

/// The steps of a pointer, unescaped.
Result<std::vector<std::string>> parse_pointer(std::string_view pointer) {
  std::vector<std::string> steps;
  if (pointer.empty()) return steps;
  if (pointer.front() != '/') return bad("a path must be empty or begin with a slash");
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      steps.emplace_back();
    } else if (pointer[i] != '~') {
      steps.back() += pointer[i];
    } else if (i + 1 < pointer.size() && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
      steps.back() += pointer[++i] == '0' ? '~' : '/';
    } else {
      return bad("a ~ in a path must be written ~0");
    }
  }
  return steps;
}

/// An array index: digits without a leading zero.
std::optional<std::size_t> parse_index(std::string_view step) {
  if (step.empty() || (step.size() > 1 && step.front() == '0')) return std::nullopt;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc() || end != step.data() + step.size()) return std::nullopt;
  return index;
}

Value* child(Value& parent, const std::string& step) {
  if (Object* object = parent.if_object()) return object->find(step);
  Array* const array = parent.if_array();
  const auto index = parse_index(step);
  if (array == nullptr || !index || *index >= array->size()) return nullptr;
  return &(*array)[*index];
}

/// How much a value weighs when it is copied, roughly its size as text.
std::size_t weight(const Value& value) {
  std::size_t bytes = 8;
  if (value.is_string()) bytes += value.as_string().size();
  for (const Value& item : value.items()) bytes += weight(item);
  for (const Member& member : value.members()) bytes += member.key.size() + weight(member.value);
  return bytes;
}

class Patcher {
 public:
  explicit Patcher(Value document) : root_(std::move(document)) {}

  Result<void> apply(const Value& operation) {
    if (!operation.is_object()) return bad("an operation must be an object");
    const std::string_view op = operation["op"].as_string();
    if (!operation["path"].is_string()) return bad("an operation needs a path");
    PGO_TRY(path_, parse_pointer(operation["path"].as_string()));
    if (op == "remove") return remove();
    if (op == "move" || op == "copy") {
      if (!operation["from"].is_string()) return bad(fmt::format("{} needs from", op));
      PGO_TRY(from_, parse_pointer(operation["from"].as_string()));
      return op == "move" ? move() : copy();
    }
    if (op != "add" && op != "replace" && op != "test") {
      return bad(fmt::format("\"{}\" is no operation of JSON Patch", op));
    }
    const Value* const value = operation.members().find("value");
    if (value == nullptr) return bad(fmt::format("{} needs a value", op));
    PGO_TRY_VOID(check_depth(*value));
    if (op == "add") return add(*value);
    return op == "replace" ? replace(*value) : test(*value);
  }

  Value take() { return std::move(root_); }

 private:
  using Steps = std::vector<std::string>;

  /// The place of the first `count` steps, or null.
  Value* find(const Steps& steps, std::size_t count) {
    Value* at = &root_;
    for (std::size_t i = 0; i < count && at != nullptr; ++i) at = child(*at, steps[i]);
    return at;
  }
  Value* find(const Steps& steps) { return find(steps, steps.size()); }

  /// Looked at before it is placed: copies into themselves double in depth with every operation.
  Result<void> check_depth(const Value& value) const {
    if (path_.size() <= kMaxDepth && !deeper_than(value, kMaxDepth - path_.size())) return {};
    return bad(fmt::format("the result is nested deeper than {} levels", kMaxDepth));
  }

  /// Takes the time of looking through `value` out of what one patch is given.
  Result<void> charge(const Value& value) {
    copied_ += weight(value);
    if (copied_ > kMaxCopiedBytes) return bad("the copies of this patch are too large");
    return {};
  }

  Result<void> add(Value value) {
    if (path_.empty()) {
      root_ = std::move(value);
      return {};
    }
    Value* const parent = find(path_, path_.size() - 1);
    if (parent == nullptr) return bad("the parent of the path does not exist");
    const std::string& last = path_.back();
    if (Object* object = parent->if_object()) {
      object->set(last, std::move(value));
      return {};
    }
    Array* const array = parent->if_array();
    if (array == nullptr) return bad("the parent of the path is neither object nor list");
    const auto index = last == "-" ? array->size() : parse_index(last);
    if (!index || *index > array->size()) return bad("the index is outside of the list");
    array->insert(array->begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
    return {};
  }

  Result<void> remove() {
    if (find(path_) == nullptr) return bad("the path does not exist");
    erase(path_);
    return {};
  }

  void erase(const Steps& steps) {
    if (steps.empty()) {
      root_ = Value();
      return;
    }
    Value& parent = *find(steps, steps.size() - 1);
    if (Object* object = parent.if_object()) {
      object->erase(steps.back());
    } else if (Array* array = parent.if_array()) {
      array->erase(array->begin() + static_cast<std::ptrdiff_t>(*parse_index(steps.back())));
    }
  }

  Result<void> replace(const Value& value) {
    Value* const target = find(path_);
    if (target == nullptr) return bad("the path does not exist");
    *target = value;
    return {};
  }

  Result<void> move() {
    if (from_.size() < path_.size() && std::equal(from_.begin(), from_.end(), path_.begin())) {
      return bad("a value cannot move into itself");
    }
    Value* const source = find(from_);
    if (source == nullptr) return bad("the from path does not exist");
    if (from_ == path_) return {};
    if (path_.size() > from_.size()) {
      PGO_TRY_VOID(charge(*source));
      PGO_TRY_VOID(check_depth(*source));
    }
    Value value = std::move(*source);
    erase(from_);
    return add(std::move(value));
  }

  Result<void> copy() {
    const Value* const source = find(from_);
    if (source == nullptr) return bad("the from path does not exist");
    PGO_TRY_VOID(charge(*source));
    PGO_TRY_VOID(check_depth(*source));
    Value value = *source;
    return add(std::move(value));
  }

  Result<void> test(const Value& value) {
    const Value* const target = find(path_);
    if (target != nullptr && *target == value) return {};
    return fail(Code::failed_precondition, "the tested value is another");
  }

  Value root_;
  Steps path_;
  Steps from_;
  std::size_t copied_ = 0;
};

}  // namespace

Result<Value> apply_json_patch(Value document, const Value& patch) {
  if (!patch.is_array()) return bad("a JSON Patch must be a list of operations");
  if (patch.items().size() > kMaxOperations) {
    return bad(fmt::format("a JSON Patch may have {} operations at most", kMaxOperations));
  }
  Patcher patcher(std::move(document));
  for (std::size_t i = 0; i < patch.items().size(); ++i) {
    const Value& operation = patch.items()[i];
    auto applied = patcher.apply(operation);
    if (applied) continue;
    Error error = std::move(applied).error();
    error.subject = fmt::format("[{}] {}", i, operation["path"].as_string());
    return fail(std::move(error));
  }
  return patcher.take();
}

}  // namespace pgo::json
