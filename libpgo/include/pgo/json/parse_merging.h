#pragma once

#include "pgo/json/value.h"

#include <string_view>

namespace pgo::json {

/// As parse(), but a key that appears twice in one object is no error. It merges as in Go's
/// decoder: two objects become one, member by member; null changes nothing; of any other two values
/// the later one stays. For text that a template of 4.2.0 made, never for requests.
Result<Value> parse_merging(std::string_view text, const ParseLimits& limits = {});

}  // namespace pgo::json
