#include "pgo/json/value.h"

#if defined(__SSE2__)
#define RAPIDJSON_SSE2
#endif
#include "pgo/json/parse_merging.h"
#include "utf8.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

namespace pgo::json {
namespace {

/// The power of ten of a number's first digit that is not zero, plus one: 1 for "5", -1 for "0.05".
std::int64_t magnitude(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t mark = text.find_first_of("eE");
  const std::string_view digits = text.substr(0, mark);
  std::int64_t exponent = 0;
  if (mark != std::string_view::npos) {
    std::string_view power = text.substr(mark + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    const auto read = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (read.ec != std::errc()) exponent = power.starts_with('-') ? INT32_MIN : INT32_MAX;
  }
  const std::size_t point = std::min(digits.find('.'), digits.size());
  const std::size_t first = std::min(digits.find_first_not_of("0."), digits.size());
  return static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) + exponent;
}

/// A number of JSON's grammar. RapidJSON 1.1.0's own conversion has undefined behaviour for some
/// spellings of zero, and is slower.
std::optional<Value> read_number(std::string_view text) {
  const char* const end = text.data() + text.size();
  if (text.find_first_of(".eE") == std::string_view::npos) {
    std::int64_t whole = 0;
    if (std::from_chars(text.data(), end, whole).ec == std::errc()) return Value(whole);
  }
  double real = 0;
  if (std::from_chars(text.data(), end, real).ec == std::errc()) return Value(real);
  // Out of range at one end or the other: too small to tell from zero is no error.
  if (magnitude(text) > 0) return std::nullopt;
  return Value(0.0);
}

/// What becomes of a key that appears twice in one object.
enum class Duplicates : std::uint8_t { refuse, merge };

/// Builds a Value from RapidJSON's SAX events. Finished values wait on one stack until the
/// container around them closes, so that each container is allocated once, in its final size.
///
/// The reader recurses once per level; StartObject and StartArray refuse what lies deeper than the
/// limit, and so bound the use of the thread's stack.
class Builder {
 public:
  Builder(std::size_t max_depth, Duplicates duplicates)
      : max_depth_(max_depth), duplicates_(duplicates) {
    done_.reserve(32);
  }

  bool Null() { return add(nullptr); }
  bool Bool(bool value) { return add(value); }
  // Numbers come as text (see kFlags), so these are never called.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    const std::optional<Value> number = read_number({text, size});
    if (number) return add(*number);
    problem_ = "the number is too large";
    return false;
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return whole({text, size}) && add(std::string_view(text, size));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    open_.back().key = {text, size};  // lies in the buffer that is parsed in place
    return whole(open_.back().key);
  }
  bool StartObject() { return open(); }
  bool EndObject(rapidjson::SizeType) {
    const std::size_t start = open_.back().start;
    if (duplicates_ == Duplicates::merge) {
      merge_duplicates(start);
    } else if (!keys_differ(start)) {
      return false;
    }
    const auto first = std::make_move_iterator(from(start));
    Object object(std::vector<Member>(first, std::make_move_iterator(done_.end())));
    close(start);
    return add(std::move(object));
  }
  bool StartArray() { return open(); }
  bool EndArray(rapidjson::SizeType) {
    const std::size_t start = open_.back().start;
    Array items;
    items.reserve(done_.size() - start);
    for (std::size_t i = start; i < done_.size(); ++i) items.push_back(std::move(done_[i].value));
    close(start);
    return add(std::move(items));
  }

  Value take() { return std::move(done_.front().value); }
  const std::string& problem() const { return problem_; }

 private:
  struct Open {
    std::size_t start;     ///< where its values begin in done_
    std::string_view key;  ///< of the member that is read; empty in arrays
  };

  std::vector<Member>::iterator from(std::size_t start) {
    return done_.begin() + static_cast<std::ptrdiff_t>(start);
  }

  /// Anything a Value is made of; made where it stays.
  template <typename T>
  bool add(T&& value) {
    const std::string_view key = open_.empty() ? std::string_view() : open_.back().key;
    done_.emplace_back(json::String(key), std::forward<T>(value));
    return true;
  }

  bool open() {
    if (open_.size() >= max_depth_) {
      problem_ = fmt::format("nested deeper than {} levels", max_depth_);
      return false;
    }
    open_.push_back({done_.size(), {}});
    return true;
  }

  void close(std::size_t start) {
    done_.erase(from(start), done_.end());
    open_.pop_back();
  }

  bool keys_differ(std::size_t start) {
    constexpr std::size_t kPairwise = 24;
    const json::String* twice = nullptr;
    if (done_.size() - start <= kPairwise) {
      for (std::size_t i = start + 1; i < done_.size() && twice == nullptr; ++i) {
        for (std::size_t j = start; j < i; ++j) {
          if (done_[i].key == done_[j].key) twice = &done_[i].key;
        }
      }
    } else {
      std::vector<std::string_view> keys;
      keys.reserve(done_.size() - start);
      for (std::size_t i = start; i < done_.size(); ++i) keys.emplace_back(done_[i].key);
      std::ranges::sort(keys);
      const auto found = std::ranges::adjacent_find(keys);
      if (found == keys.end()) return true;
      problem_ = fmt::format("the key \"{}\" appears twice in one object", *found);
      return false;
    }
    if (twice == nullptr) return true;
    problem_ = fmt::format("the key \"{}\" appears twice in one object", twice->view());
    return false;
  }

  void merge_duplicates(std::size_t start) {
    for (std::size_t i = start + 1; i < done_.size();) {
      const auto same = std::find_if(from(start), from(i), [this, i](const Member& earlier) {
        return earlier.key == done_[i].key;
      });
      if (same == from(i)) {
        ++i;
        continue;
      }
      merge_into(same->value, std::move(done_[i].value));
      done_.erase(from(i));
    }
  }

  static void merge_into(Value& target, Value&& later) {
    if (later.is_null()) return;
    if (!target.is_object() || !later.is_object()) {
      target = std::move(later);
      return;
    }
    Object& members = *target.if_object();
    for (Member& member : *later.if_object()) {
      if (Value* const earlier = members.find(member.key)) {
        merge_into(*earlier, std::move(member.value));
      } else {
        members.set(member.key, std::move(member.value));
      }
    }
  }

  /// RapidJSON 1.1.0 lets the second half of a surrogate pair through alone ("\ude00"), which is no
  /// UTF-8: ED followed by A0 or more.
  bool whole(std::string_view text) {
    if (std::memchr(text.data(), '\xed', text.size()) == nullptr) return true;
    if (find_bad_utf8(text) == std::string_view::npos) return true;
    problem_ = "half of a surrogate pair stands alone";
    return false;
  }

  std::size_t max_depth_;
  Duplicates duplicates_;
  std::vector<Member> done_;
  std::vector<Open> open_;
  std::string problem_;
};

std::unexpected<Error> fail_at(std::string_view text, std::size_t offset,
                               std::string_view problem) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t start = before.rfind('\n');
  const std::size_t column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return fail(Code::invalid_argument,
              fmt::format("not valid JSON at line {}, column {}: {}", line, column, problem));
}

Result<Value> run(std::string_view text, const ParseLimits& limits, Duplicates duplicates) {
  if (text.size() > limits.max_bytes) {
    return fail(Code::invalid_argument,
                fmt::format("JSON of {} bytes is larger than the limit of {}", text.size(),
                            limits.max_bytes));
  }
  if (const std::size_t bad = find_bad_utf8(text); bad != std::string_view::npos) {
    return fail_at(text, bad, "the text is not UTF-8");
  }
  // Parsed in place in a copy. The reader looks ahead in steps of 16 bytes, hence the room behind.
  std::string buffer;
  buffer.reserve(text.size() + 16);
  buffer = text;
  Builder builder(limits.max_depth, duplicates);
  rapidjson::Reader reader;
  rapidjson::InsituStringStream stream(buffer.data());
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (result.IsError()) {
    return fail_at(text, result.Offset(),
                   builder.problem().empty() ? rapidjson::GetParseError_En(result.Code())
                                             : std::string_view(builder.problem()));
  }
  // To the reader a NUL byte is the end.
  if (stream.Tell() != text.size()) return fail_at(text, stream.Tell(), "a NUL byte");
  return builder.take();
}

}  // namespace

Result<Value> parse(std::string_view text, const ParseLimits& limits) {
  return run(text, limits, Duplicates::refuse);
}

Result<Value> parse_merging(std::string_view text, const ParseLimits& limits) {
  return run(text, limits, Duplicates::merge);
}

}  // namespace pgo::json
