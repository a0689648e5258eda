#include "cases.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace pgo::test {
namespace {

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// Does `text` begin with the shape? x = hexadecimal digit, 9 = digit, other characters themselves.
bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool fits = shape[i] == 'x'   ? is_hex(text[i])
                      : shape[i] == '9' ? is_digit(text[i])
                                        : text[i] == shape[i];
    if (!fits) return false;
  }
  return true;
}

bool is_empty(const json::Value& value) {
  return value.is_null() || (value.is_array() && value.items().empty()) ||
         (value.is_object() && value.members().empty());
}

std::string shown(const json::Value& value) { return json::write(value).substr(0, 120); }

std::string compare(const json::Value& recorded, const json::Value& ours,
                    const std::vector<std::string_view>& ignored, const std::string& path);

std::string compare_objects(const json::Value& recorded, const json::Value& ours,
                            const std::vector<std::string_view>& ignored, const std::string& path) {
  const auto skip = [&](const std::string& key) {
    return std::ranges::find(ignored, key) != ignored.end();
  };
  for (const auto& member : recorded.members()) {
    if (skip(member.key)) continue;
    const std::string inner = path + "/" + std::string(member.key);
    if (!ours.members().contains(member.key) && !is_empty(member.value)) return inner + ": missing";
    const std::string found = compare(member.value, ours[member.key], ignored, inner);
    if (!found.empty()) return found;
  }
  for (const auto& member : ours.members()) {
    if (skip(member.key) || recorded.members().contains(member.key)) continue;
    if (!is_empty(member.value)) return path + "/" + std::string(member.key) + ": not recorded";
  }
  return {};
}

std::string compare(const json::Value& recorded, const json::Value& ours,
                    const std::vector<std::string_view>& ignored, const std::string& path) {
  if (is_empty(recorded) && is_empty(ours)) return {};
  if (recorded.as_string() == "*") {
    return ours.is_string() ? std::string() : path + ": no text: " + shown(ours);
  }
  if (recorded.is_object() && ours.is_object()) {
    return compare_objects(recorded, ours, ignored, path);
  }
  if (recorded.is_array() && ours.is_array() && recorded.items().size() == ours.items().size()) {
    for (std::size_t i = 0; i < recorded.items().size(); ++i) {
      const std::string found =
          compare(recorded[i], ours[i], ignored, path + "/" + std::to_string(i));
      if (!found.empty()) return found;
    }
    return {};
  }
  if (recorded.is_string() && ours.is_string() &&
      without_chance(recorded.as_string()) == without_chance(ours.as_string())) {
    return {};
  }
  if (recorded == ours) return {};
  return path + ": " + shown(ours) + ", recorded " + shown(recorded);
}

}  // namespace

std::vector<RecordedCase> recorded_cases(std::string_view prefix) {
  std::vector<RecordedCase> cases;
  for (const auto& entry : std::filesystem::directory_iterator("cases")) {
    const std::string name = entry.path().stem().string();
    if (!name.starts_with(prefix)) continue;
    std::ifstream file(entry.path());
    std::ostringstream text;
    text << file.rdbuf();
    auto document = json::parse(text.str());
    REQUIRE_MESSAGE(document.has_value(), name);
    cases.push_back({name, *std::move(document)});
  }
  std::ranges::sort(cases, {}, &RecordedCase::name);
  REQUIRE_FALSE(cases.empty());
  return cases;
}

RecordedCase recorded_case(std::string_view name) {
  for (RecordedCase& one : recorded_cases(name)) {
    if (one.name == name) return std::move(one);
  }
  FAIL("no such case");
  return {};
}

std::string without_chance(std::string_view text) {
  constexpr std::string_view kUuid = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  constexpr std::string_view kTime = "9999-99-99T99:99:99Z";
  std::string result;
  while (!text.empty()) {
    if (has_shape(text, kUuid)) {
      result += "UUID";
      text.remove_prefix(kUuid.size());
    } else if (has_shape(text, kTime)) {
      result += "TIME";
      text.remove_prefix(kTime.size());
    } else {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  // "rhino-abcd-cloneworkflow"
  constexpr std::string_view kWorkflow = "-cloneworkflow";
  if (result.ends_with(kWorkflow)) {
    result.resize(result.size() - kWorkflow.size());
    return without_chance(result) + std::string(kWorkflow);
  }
  // "hippo-abcd" at the end: the suffix of a replica.
  const std::size_t dash = result.rfind('-');
  if (dash != result.npos && result.size() == dash + 5 &&
      std::ranges::all_of(std::string_view(result).substr(dash + 1), is_lower)) {
    result.replace(dash + 1, 4, "SUFFIX");
  }
  return result;
}

std::string difference(const json::Value& recorded, const json::Value& ours,
                       const std::vector<std::string_view>& ignored) {
  return compare(recorded, ours, ignored, "");
}

}  // namespace pgo::test
