#include "operations/point_in_time.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

namespace pgo::operations {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

/// Takes `pattern` off the front of `text`, where 'd' stands for a digit.
bool take(std::string_view& text, std::string_view pattern) {
  if (text.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == 'd' ? !digit(text[i]) : text[i] != pattern[i]) return false;
  }
  text.remove_prefix(pattern.size());
  return true;
}

bool take_fraction(std::string_view& text) {
  if (text.empty() || text.front() != '.') return true;
  const auto end = std::find_if_not(text.begin() + 1, text.end(), digit);
  const auto size = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(size);
  return size > 1;
}

/// The offset as RFC 3339 writes it; without one, that of the first place to see a day, so that
/// nothing is refused which may have passed where the server is. Nothing when it is none.
std::optional<std::string> take_offset(std::string_view& text) {
  if (text.empty()) return "+14:00";
  const std::string hours(text.substr(0, 3));
  if (text.front() != '+' && text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  if (!take(text, "dd")) return std::nullopt;
  if (text.empty()) return hours + ":00";
  const std::string minutes(text.substr(text.size() - std::min<std::size_t>(text.size(), 2)));
  if (!take(text, "dd") && !take(text, ":dd")) return std::nullopt;
  return hours + ":" + minutes;
}

/// By how much the clocks of a client, the operator and PostgreSQL may differ.
constexpr std::chrono::minutes kClocks{1};

/// The earliest moment that the text can mean.
std::optional<TimePoint> earliest(std::string_view text) {
  std::string_view rest = text;
  if (!take(rest, "dddd-dd-dd dd:dd:dd")) return std::nullopt;
  std::string local(text.substr(0, text.size() - rest.size()));
  local[local.find(' ')] = 'T';
  if (!take_fraction(rest)) return std::nullopt;
  const auto offset = take_offset(rest);
  if (!offset || !rest.empty()) return std::nullopt;
  const auto parsed = parse_rfc3339(local + *offset);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

}  // namespace

Result<void> check_target_text(std::string_view text, std::string_view field) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::none_of(text.begin(), text.end(), control)) return {};
  return fail(Code::invalid_argument, "The target contains a control character.",
              std::string(field));
}

Result<void> check_point_in_time(std::string_view text, std::string_view field, TimePoint now) {
  PGO_TRY_VOID(check_target_text(text, field));
  const auto point = earliest(text);
  if (!point) {
    return fail(Code::invalid_argument,
                "\"" + std::string(text) +
                    "\" is no point in time; write it like \"2026-11-22 14:30:00+00\".",
                std::string(field));
  }
  if (*point <= now + kClocks) return {};
  return fail(Code::invalid_argument,
              "\"" + std::string(text) + "\" is yet to come; it is " + to_rfc3339(now) +
                  " now. Name a time that has passed.",
              std::string(field));
}

}  // namespace pgo::operations
