#pragma once

#include "embedded/api/api.h"
#include "pgo/kube/transport.h"

#include <functional>
#include <memory>

namespace pgo::embedded::api {

/// Opens a watch for an admitted call. Lines are watch events as JSON (Tables when asked for).
/// The Api must outlive the stream.
Result<std::unique_ptr<kube::WatchStream>> open_watch(Api& api, const Call& call,
                                                      std::function<void()> on_ready);

}  // namespace pgo::embedded::api
