#pragma once

#include "pgo.h"
#include "pgo/kube/transport.h"

#include <memory>

namespace pgo::capi {

/// A transport whose calls are made by the program around.
std::shared_ptr<kube::Transport> make_host_transport(const pgo_transport_callbacks& callbacks);

}  // namespace pgo::capi
