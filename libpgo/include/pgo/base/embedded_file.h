#pragma once

#include <string_view>
#include <vector>

namespace pgo {

/// A data file that was built into the library; see cmake/PgoEmbed.cmake.
struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

}  // namespace pgo
