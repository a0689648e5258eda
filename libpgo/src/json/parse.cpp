#include "pgo/json/value.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>

namespace pgo::json {
namespace {

/// Builds a Value from RapidJSON's SAX events with an explicit stack, so that depth is a number to
/// check and not the thread's stack.
class Builder {
 public:
  explicit Builder(std::size_t max_depth) : max_depth_(max_depth) {}

  bool Null() { return add(Value()); }
  bool Bool(bool value) { return add(Value(value)); }
  bool Int(int value) { return add(Value(value)); }
  bool Uint(unsigned value) { return add(Value(std::int64_t{value})); }
  bool Int64(std::int64_t value) { return add(Value(value)); }
  bool Uint64(std::uint64_t value) { return add(Value(value)); }
  bool Double(double value) { return add(Value(value)); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return add(Value(std::string(text, size)));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view key(text, size);
    Object& object = *open_.back()->if_object();
    if (object.contains(key)) {
      problem_ = fmt::format("the key \"{}\" appears twice in one object", key);
      return false;
    }
    next_ = &object[key];
    return true;
  }
  bool StartObject() { return open(Value(Object())); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() { return open(Value(Array())); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  Value take() { return std::move(root_); }
  const std::string& problem() const { return problem_; }

 private:
  /// Where the next value goes: the root, the member whose key was read, or a new array item.
  Value& slot() {
    if (open_.empty()) return root_;
    if (Array* array = open_.back()->if_array()) return array->emplace_back();
    return *next_;
  }

  bool add(Value value) {
    slot() = std::move(value);
    return true;
  }

  bool open(Value value) {
    if (open_.size() >= max_depth_) {
      problem_ = fmt::format("nested deeper than {} levels", max_depth_);
      return false;
    }
    Value& place = slot();
    place = std::move(value);
    open_.push_back(&place);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::size_t max_depth_;
  Value root_;
  // Pointers stay good: a container grows only while it is the innermost open one.
  std::vector<Value*> open_;
  Value* next_ = nullptr;
  std::string problem_;
};

std::string position(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t start = before.rfind('\n');
  const std::size_t column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return fmt::format("line {}, column {}", line, column);
}

}  // namespace

Result<Value> parse(std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return fail(Code::invalid_argument,
                fmt::format("JSON of {} bytes is larger than the limit of {}", text.size(),
                            limits.max_bytes));
  }
  Builder builder(limits.max_depth);
  rapidjson::Reader reader;
  rapidjson::MemoryStream raw(text.data(), text.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(raw);
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseFullPrecisionFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (!result.IsError()) return builder.take();
  const std::string_view problem =
      builder.problem().empty() ? std::string_view(rapidjson::GetParseError_En(result.Code()))
                                : std::string_view(builder.problem());
  return fail(Code::invalid_argument,
              fmt::format("not valid JSON at {}: {}", position(text, result.Offset()), problem));
}

}  // namespace pgo::json
