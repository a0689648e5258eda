#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"

namespace pgo::kube {

/// base * 2^(failures - 1), at most `cap`, of which a random quarter is taken off so that many
/// clients do not come back at the same moment. `failures` counts from 1.
Duration backoff_delay(Duration base, Duration cap, int failures, IdSource& ids);

}  // namespace pgo::kube
