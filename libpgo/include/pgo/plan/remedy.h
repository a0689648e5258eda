#pragma once

#include "pgo/plan/reason.h"
#include "pgo/plan/view.h"

#include <string>

namespace pgo::plan {

/// One sentence for a person who finds that it takes too long: what ends the waiting by itself, and
/// what to look at or do when it does not, with the names of this cluster's objects.
std::string remedy(const Condition& condition, const ClusterView& view);

}  // namespace pgo::plan
