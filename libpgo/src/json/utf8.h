#pragma once

#include <cstddef>
#include <string_view>

namespace pgo::json {

/// The offset of the first byte that is not part of well-formed UTF-8 (overlong forms, surrogates
/// and code points beyond U+10FFFF count as malformed), or npos when there is none.
std::size_t find_bad_utf8(std::string_view text);

}  // namespace pgo::json
