#include "scalar.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

namespace pgo::yaml {

namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

bool digit(char c) { return c >= '0' && c <= '9'; }

/// Digits of `base` with a sign in front, as int64; nothing when they do not fit.
std::optional<std::int64_t> digits(std::string_view text, int base, bool negative) {
  std::uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > kMax + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

std::optional<std::int64_t> integer(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.size() > 1 && text.front() == '0') {
    const char mark = text[1];
    if (mark == 'x' || mark == 'X') return digits(text.substr(2), 16, negative);
    if (mark == 'b' || mark == 'B') return digits(text.substr(2), 2, negative);
    if (mark == 'o' || mark == 'O') return digits(text.substr(2), 8, negative);
    return digits(text.substr(1), 8, negative);
  }
  return digits(text, 10, negative);
}

/// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
  std::size_t i = 0;
  const auto run = [&] {
    const std::size_t start = i;
    while (i < text.size() && digit(text[i])) ++i;
    return i - start;
  };
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  const std::size_t whole = run();
  std::size_t fraction = 0;
  if (i < text.size() && text[i] == '.') {
    ++i;
    fraction = run();
  }
  if (whole + fraction == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    if (run() == 0) return false;
  }
  return i == text.size();
}

std::optional<double> number(std::string_view text) {
  if (!looks_like_float(text)) return std::nullopt;
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Out of range in Go is an error of the number and so a string; keep that.
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

json::Value resolve_number(std::string_view text) {
  std::string without_marks;
  std::string_view plain = text;
  if (text.find('_') != std::string_view::npos) {  // YAML 1.1 allows 1_000
    std::ranges::copy_if(text, std::back_inserter(without_marks), [](char c) { return c != '_'; });
    plain = without_marks;
  }
  if (const auto whole = integer(plain)) return *whole;
  if (const auto real = number(plain)) return *real;
  return text;
}

}  // namespace

json::Value resolve_plain(std::string_view text) {
  if (text.empty()) return {};
  switch (text.front()) {
    case '~':
      if (text.size() == 1) return {};
      break;
    case 'n':
    case 'N':
      if (is_one_of(text, {"null", "Null", "NULL"})) return {};
      if (is_one_of(text, {"no", "No", "NO"})) return false;
      break;
    case 'y':
    case 'Y':
      if (is_one_of(text, {"yes", "Yes", "YES"})) return true;
      break;
    case 't':
    case 'T':
      if (is_one_of(text, {"true", "True", "TRUE"})) return true;
      break;
    case 'f':
    case 'F':
      if (is_one_of(text, {"false", "False", "FALSE"})) return false;
      break;
    case 'o':
    case 'O':
      if (is_one_of(text, {"on", "On", "ON"})) return true;
      if (is_one_of(text, {"off", "Off", "OFF"})) return false;
      break;
    case '.':
    case '+':
    case '-':
      if (const auto bare = text.substr(text.front() == '.' ? 0 : 1);
          is_one_of(bare, {".inf", ".Inf", ".INF"})) {
        return text.front() == '-' ? -std::numeric_limits<double>::infinity()
                                   : std::numeric_limits<double>::infinity();
      }
      if (is_one_of(text, {".nan", ".NaN", ".NAN"}))
        return std::numeric_limits<double>::quiet_NaN();
      return resolve_number(text);
    default:
      if (digit(text.front())) return resolve_number(text);
      break;
  }
  return text;
}

bool is_plain_string(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  // Indicators and anything that another reader of YAML might take for a number, date or time.
  constexpr std::string_view kSpecialFirst = "-?:,[]{}#&*!|>'\"%@`=<.+0123456789";
  constexpr std::string_view kSafeDigits = "-.+0123456789";
  const bool starts_like_number = kSafeDigits.find(text.front()) != std::string_view::npos;
  if (kSpecialFirst.find(text.front()) != std::string_view::npos && !starts_like_number)
    return false;
  if (starts_like_number) {
    // 10Gi and 4.2.0 stay bare; 1e3, 2020-01-02, 12:30 and ".5" do not.
    const bool has_letter = std::ranges::any_of(
        text, [](char c) { return (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z'); });
    const bool dotted = std::ranges::count(text, '.') > 1;
    if (!digit(text.front()) || (!has_letter && !dotted)) return false;
    if (text.size() > 1 && text[0] == '0') return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c >= 0x7f) return false;
    if (c == ':' && text[i + 1] == ' ') return false;  // never the last character: see above
    if (c == '#' && i > 0 && text[i - 1] == ' ') return false;
  }
  if (is_one_of(text, {"y", "Y", "n", "N"})) return false;
  return resolve_plain(text).is_string();
}

}  // namespace pgo::yaml
