#pragma once

#include "pgo/dev/state_dir.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace pgo::dev {

Result<void> make_private_directory(const std::filesystem::path& path);
/// Writes a file of mode 0600 by rename, so that readers see the old or the new text.
Result<void> write_private_file(const std::filesystem::path& path, std::string_view text);
/// `not_found` when there is no such file.
Result<std::string> read_file(const std::filesystem::path& path);

}  // namespace pgo::dev
