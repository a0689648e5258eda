#pragma once

#include "pgo/base/embedded_file.h"

#include <optional>
#include <string_view>
#include <vector>

namespace pgo::manifests {

/// The files of `templates/`, built in.
const std::vector<EmbeddedFile>& template_files();

/// One of them, or nothing.
std::optional<std::string_view> template_file(std::string_view name);

}  // namespace pgo::manifests
