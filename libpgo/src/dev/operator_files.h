#pragma once

#include "pgo/base/embedded_file.h"

#include <vector>

namespace pgo::dev {

/// deploy/operator/rbac.yaml, built in.
const std::vector<EmbeddedFile>& operator_files();

}  // namespace pgo::dev
