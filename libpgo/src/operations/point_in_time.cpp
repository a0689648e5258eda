#include "operations/point_in_time.h"

#include <algorithm>
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

bool take_offset(std::string_view& text) {
  if (text.empty()) return true;
  if (text.front() != '+' && text.front() != '-') return false;
  text.remove_prefix(1);
  if (!take(text, "dd")) return false;
  return text.empty() || take(text, "dd") || take(text, ":dd");
}

}  // namespace

Result<void> check_target_text(std::string_view text, std::string_view field) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::none_of(text.begin(), text.end(), control)) return {};
  return fail(Code::invalid_argument, "The target contains a control character.",
              std::string(field));
}

Result<void> check_point_in_time(std::string_view text, std::string_view field) {
  PGO_TRY_VOID(check_target_text(text, field));
  std::string_view rest = text;
  if (take(rest, "dddd-dd-dd dd:dd:dd") && take_fraction(rest) && take_offset(rest) &&
      rest.empty()) {
    return {};
  }
  return fail(Code::invalid_argument,
              "\"" + std::string(text) +
                  "\" is no point in time; write it like \"2026-11-22 14:30:00+00\".",
              std::string(field));
}

}  // namespace pgo::operations
