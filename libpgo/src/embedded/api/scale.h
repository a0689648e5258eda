#pragma once

#include "embedded/api/resource.h"
#include "pgo/base/result.h"
#include "pgo/json/value.h"

namespace pgo::embedded::api {

/// The autoscaling/v1 Scale view of an object. Source: Kubernetes API reference, "Scale".
json::Value scale_of(const Resource& resource, const json::Value& document);

/// Carries a Scale's replicas into the object.
Result<void> apply_scale(const Resource& resource, const json::Value& scale, json::Value& document);

}  // namespace pgo::embedded::api
