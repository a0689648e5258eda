#pragma once

#include "embedded/api/resource.h"
#include "pgo/base/result.h"
#include "pgo/json/value.h"

/// The checks of the API server that clients run into: required members and immutable fields.
/// Anything else of a document is taken as it comes.
namespace pgo::embedded::api {

Result<void> validate_create(const Resource& resource, const json::Value& document);
Result<void> validate_update(const Resource& resource, const json::Value& current,
                             const json::Value& wanted);

}  // namespace pgo::embedded::api
