#pragma once

#include "embedded/api/record.h"
#include "pgo/base/result.h"
#include "pgo/kube/selector.h"

#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::api {

/// One comparison of a field selector.
struct FieldTerm {
  static constexpr int kName = -1, kNamespace = -2;
  int field = kName;  ///< index into Resource::fields, or one of the above
  bool equal = true;
  std::string value;
  bool matches(const Record& record) const;
};

/// Which objects of a table a list, watch or deletecollection takes.
struct Filter {
  std::string ns;  ///< empty = all namespaces
  kube::LabelSelector labels;
  std::vector<FieldTerm> fields;
  /// "key NUL value NUL" of each label that must be equal: their absence rejects a record quickly.
  std::vector<std::string> needles;

  bool matches(const Record& record) const;
};

/// `invalid_argument` for selectors that cannot be read and for fields the type does not offer.
Result<Filter> make_filter(const Resource& resource, std::string_view ns,
                           std::string_view label_selector, std::string_view field_selector);

}  // namespace pgo::embedded::api
