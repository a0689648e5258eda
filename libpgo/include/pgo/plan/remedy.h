#pragma once

#include "pgo/plan/reason.h"

#include <string_view>

namespace pgo::plan {

/// One sentence for a person who finds that it takes too long: what ends the waiting by itself, and
/// what to look at or do when it does not.
std::string_view remedy(Reason reason);

}  // namespace pgo::plan
