#pragma once

#include "pgo/model/messages/version.h"

namespace pgo::operations {

model::rest::VersionResponse show_version();

}  // namespace pgo::operations
