#pragma once

#include "embedded/api/call.h"
#include "embedded/api/resource.h"

namespace pgo::embedded::api {

/// OpenAPI documents with just enough in them for kubectl to apply and validate: each type's
/// paths with the query parameters served. Schemas are not published.
Result<Answer> openapi(const Registry& registry, const Call& call);

}  // namespace pgo::embedded::api
