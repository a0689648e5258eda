#pragma once

#include "embedded/api/api.h"

namespace pgo::embedded::api {

/// Answers every path that names no object: /api, /apis, resource lists, /version, /healthz,
/// /openapi. Source: Kubernetes, "The Kubernetes API", discovery.
Result<Answer> discover(const Api& api, const Call& call);

}  // namespace pgo::embedded::api
