#pragma once

#include "pgo/base/result.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace pgo::embedded::node {

/// Makes `path` and its parents; the last one gets exactly `mode`.
Result<void> make_directory(const std::filesystem::path& path, mode_t mode = 0700);

/// Writes a new file and renames it over `path`, so that readers see the old or the new content.
/// Not synced to disk.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content,
                          mode_t mode = 0600);

/// The same, and what a power cut leaves is the old or the new content too.
Result<void> keep_file(const std::filesystem::path& path, std::string_view content);

/// Makes names that were given or taken in a folder last through a power cut.
Result<void> sync_folder(const std::filesystem::path& path);

Result<std::string> read_file(const std::filesystem::path& path);

/// Removes `path` with all below it. Refuses unless `path` is strictly below `guard`, an absolute
/// directory of ours: no empty variable or odd name may ever delete anything else. Symbolic links
/// are removed, not followed. A path that does not exist is fine.
Result<void> remove_tree(const std::filesystem::path& guard, const std::filesystem::path& path);

/// True when `name` may be one path component: not empty, no '/', not "." or "..".
bool is_file_name(std::string_view name);

/// True for a relative path without ".." parts that is not empty.
bool is_inner_path(std::string_view path);

}  // namespace pgo::embedded::node
