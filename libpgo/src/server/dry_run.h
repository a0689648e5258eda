#pragma once

#include "pgo/engine/rehearse.h"
#include "server/route.h"

namespace pgo::server {

/// What `kDryRunPrefix` asks for. Handles the call on a copy-on-write view of the API and plans on
/// from there: the answer tells every write that would be made, in order, and nothing is written. A
/// refusal is answered as without it, and so is a request that writes nothing.
http::Response dry_run(const Route& route, const Call& call, const engine::Stage& stage);

}  // namespace pgo::server
