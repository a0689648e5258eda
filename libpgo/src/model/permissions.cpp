#include "pgo/model/permissions.h"

#include <algorithm>

namespace pgo::model {

bool is_permission(std::string_view name) {
  return name == permission::kAll || std::ranges::binary_search(kPermissions, name);
}

}  // namespace pgo::model
