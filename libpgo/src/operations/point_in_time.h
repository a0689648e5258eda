#pragma once

#include "pgo/base/result.h"

#include <string_view>

namespace pgo::operations {

/// A time as pgBackRest's `--target` takes it with `--type=time`: "2026-11-22 14:30:00", with or
/// without fraction and offset from UTC. `invalid_argument` with `field` as subject.
Result<void> check_point_in_time(std::string_view text, std::string_view field);

/// Refuses control characters, which no target of any type has.
Result<void> check_target_text(std::string_view text, std::string_view field);

}  // namespace pgo::operations
