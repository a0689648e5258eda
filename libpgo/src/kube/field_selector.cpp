#include "pgo/base/text.h"
#include "pgo/kube/selector.h"

#include <algorithm>
#include <utility>

namespace pgo::kube {
namespace {

/// The terms between unescaped commas.
std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> result;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',') {
      result.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  result.push_back(text.substr(start));
  return result;
}

Result<std::string> unescape(std::string_view text, std::string_view term) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\') {
      ++i;
      if (i == text.size() || std::string_view("\\,=").find(text[i]) == std::string_view::npos) {
        return fail(Code::invalid_argument, "field selector: unknown escape", std::string(term));
      }
      c = text[i];
    } else if (c == '=' || c == ',') {
      return fail(Code::invalid_argument, "field selector: '=' in a value needs a backslash",
                  std::string(term));
    }
    result += c;
  }
  return result;
}

std::string escape(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '\\' || c == ',' || c == '=') result += '\\';
    result += c;
  }
  return result;
}

/// A scalar as the API server compares it: by its text.
std::string scalar_text(const json::Value& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_int()) return std::to_string(value.as_int());
  return {};
}

const json::Value& member_at(const json::Value& document, std::string_view path) {
  const json::Value* at = &document;
  while (true) {
    const std::size_t dot = path.find('.');
    at = &(*at)[path.substr(0, dot)];
    if (dot == std::string_view::npos) return *at;
    path.remove_prefix(dot + 1);
  }
}

}  // namespace

Result<FieldSelector> FieldSelector::parse(std::string_view text) {
  FieldSelector result;
  for (const std::string_view raw : split_terms(text)) {
    const std::string_view term = text::trim(raw);
    if (term.empty()) continue;
    const std::size_t sign = term.find_first_of("=!");
    if (sign == 0 || sign == std::string_view::npos) {
      return fail(Code::invalid_argument, "field selector: expected FIELD=VALUE or FIELD!=VALUE",
                  std::string(term));
    }
    const bool equal = term[sign] == '=';
    std::size_t value_at = sign + 1;
    if (value_at < term.size() && term[value_at] == '=') {
      ++value_at;
    } else if (!equal) {
      return fail(Code::invalid_argument, "field selector: '!' must be followed by '='",
                  std::string(term));
    }
    PGO_TRY(std::string value, unescape(term.substr(value_at), term));
    result.requirements_.push_back(
        {std::string(text::trim(term.substr(0, sign))), std::move(value), equal});
  }
  return result;
}

FieldSelector& FieldSelector::require(std::string path, std::string value, bool equal) {
  requirements_.push_back({std::move(path), std::move(value), equal});
  return *this;
}

bool FieldSelector::matches(const Object& object) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    const json::Value& value = member_at(object.document(), requirement.path);
    // Strings are by far the most frequent and need no copy.
    const bool same = value.is_string() ? value.as_string() == requirement.value
                                        : scalar_text(value) == requirement.value;
    return same == requirement.equal;
  });
}

std::optional<std::string_view> FieldSelector::fixed_value(std::string_view path) const {
  for (const Requirement& requirement : requirements_) {
    if (requirement.equal && requirement.path == path) return requirement.value;
  }
  return std::nullopt;
}

std::string FieldSelector::text() const {
  std::string result;
  for (const Requirement& requirement : requirements_) {
    if (!result.empty()) result += ',';
    result += requirement.path;
    result += requirement.equal ? "=" : "!=";
    result += escape(requirement.value);
  }
  return result;
}

}  // namespace pgo::kube
