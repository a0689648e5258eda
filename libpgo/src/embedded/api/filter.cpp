#include "embedded/api/filter.h"

#include "embedded/api/status.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace pgo::embedded::api {
namespace {

using Requirement = kube::LabelSelector::Requirement;
using Operator = kube::LabelSelector::Operator;

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
  for (const FieldTerm& term : fields) {
    if (!term.matches(record)) return false;
  }
  for (const std::string& needle : needles) {
    if (record.labels().find(needle) == std::string_view::npos) return false;
  }
  return labels.matches_by(
      [packed = record.labels()](std::string_view key) -> std::optional<std::string_view> {
        const char* const value = find_label(packed, key);
        if (value == nullptr) return std::nullopt;
        return value;
      });
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
