#pragma once

#include "pgo/base/result.h"
#include "pgo/model/messages/backups.h"
#include "pgo/operations/context.h"

#include <string_view>
#include <vector>

namespace pgo::operations {

/// Reads what `pgbackrest info --output=json` prints: a repository per stanza, its `storage_type`
/// left empty. `invalid_argument` when it is no such document.
Result<std::vector<model::rest::BackrestRepository>> parse_backrest_info(std::string_view text);

/// What `pgbackrest info` prints in the repository's pod about a repository (`s3`, else the local
/// one); `unavailable` with its words when it fails.
Result<std::string> run_info(const Context& context, const kube::Object& repo_pod,
                             std::string_view storage_type, bool structured);

/// Both of the above: what a repository holds now, its `storage_type` left empty.
Result<std::vector<model::rest::BackrestRepository>> ask_repository(const Context& context,
                                                                    const kube::Object& repo_pod,
                                                                    std::string_view storage_type);

}  // namespace pgo::operations
