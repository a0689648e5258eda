#include "embedded/api/filter.h"

#include "embedded/api/status.h"
#include "pgo/base/text.h"

#include <algorithm>
#include <cstring>

namespace pgo::embedded::api {
namespace {

using Requirement = kube::LabelSelector::Requirement;
using Operator = kube::LabelSelector::Operator;

bool is_one_of(const std::vector<std::string>& values, std::string_view value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool compares(const Requirement& term, const char* value, bool greater) {
  if (value == nullptr || term.values.empty()) return false;
  const auto left = text::to_int(value);
  const auto right = text::to_int(term.values.front());
  if (!left || !right) return false;
  return greater ? *left > *right : *left < *right;
}

bool matches_label(const Requirement& term, std::string_view packed) {
  const char* const value = find_label(packed, term.key);
  switch (term.op) {
    case Operator::in:
      return value != nullptr && is_one_of(term.values, value);
    case Operator::not_in:
      return value == nullptr || !is_one_of(term.values, value);
    case Operator::exists:
      return value != nullptr;
    case Operator::does_not_exist:
      return value == nullptr;
    case Operator::greater:
      return compares(term, value, true);
    case Operator::less:
      return compares(term, value, false);
  }
  return false;
}

/// The n-th NUL-ended value.
std::string_view nth(std::string_view packed, int index) {
  const char* at = packed.data();
  for (; index > 0; --index) at += std::strlen(at) + 1;
  return at;
}

Result<FieldTerm> make_field_term(const Resource& resource,
                                  const kube::FieldSelector::Requirement& requirement) {
  FieldTerm term{.field = 0, .equal = requirement.equal, .value = requirement.value};
  if (requirement.path == "metadata.name") {
    term.field = FieldTerm::kName;
    return term;
  }
  if (requirement.path == "metadata.namespace") {
    term.field = FieldTerm::kNamespace;
    return term;
  }
  const auto found = std::find(resource.fields.begin(), resource.fields.end(), requirement.path);
  if (found == resource.fields.end()) {
    return bad_request("field label not supported for " + resource.qualified() + ": " +
                       requirement.path);
  }
  term.field = static_cast<int>(found - resource.fields.begin());
  return term;
}

}  // namespace

bool FieldTerm::matches(const Record& record) const {
  std::string_view actual;
  if (field == kName) {
    actual = record.name();
  } else if (field == kNamespace) {
    actual = record.ns();
  } else {
    actual = nth(record.fields(), field);
  }
  return (actual == value) == equal;
}

bool Filter::matches(const Record& record) const {
  if (!ns.empty() && record.ns() != ns) return false;
  if (labels.selects_nothing()) return false;
  for (const FieldTerm& term : fields) {
    if (!term.matches(record)) return false;
  }
  for (const std::string& needle : needles) {
    if (record.labels().find(needle) == std::string_view::npos) return false;
  }
  for (const Requirement& term : labels.requirements()) {
    if (!matches_label(term, record.labels())) return false;
  }
  return true;
}

Result<Filter> make_filter(const Resource& resource, std::string_view ns,
                           std::string_view label_selector, std::string_view field_selector) {
  Filter filter;
  filter.ns = ns;
  auto labels = kube::LabelSelector::parse(label_selector);
  if (!labels) return bad_request("unable to read labelSelector: " + labels.error().message);
  filter.labels = *std::move(labels);
  for (const Requirement& term : filter.labels.requirements()) {
    if (term.op != Operator::in || term.values.size() != 1) continue;
    filter.needles.push_back(term.key + '\0' + term.values.front() + '\0');
  }
  auto fields = kube::FieldSelector::parse(field_selector);
  if (!fields) return bad_request("unable to read fieldSelector: " + fields.error().message);
  for (const auto& requirement : fields->requirements()) {
    PGO_TRY(FieldTerm term, make_field_term(resource, requirement));
    filter.fields.push_back(std::move(term));
  }
  return filter;
}

}  // namespace pgo::embedded::api
