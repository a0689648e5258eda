#pragma once

#include "pgo/base/result.h"
#include "pgo/model/messages/backups.h"

#include <string_view>
#include <vector>

namespace pgo::operations {

/// Reads what `pgbackrest info --output=json` prints: a repository per stanza, its `storage_type`
/// left empty. `invalid_argument` when it is no such document.
Result<std::vector<model::rest::BackrestRepository>> parse_backrest_info(std::string_view text);

}  // namespace pgo::operations
