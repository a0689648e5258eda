#pragma once

#include "embedded/api/resource.h"
#include "pgo/json/value.h"

#include <string_view>

namespace pgo::embedded::api {

/// Fills what the API server fills in for built-in types (see defaults.cpp for the table). Applied
/// to every write, so that clients that leave a default out change nothing.
void set_defaults(const Resource& resource, json::Value& document);

/// As above, and what only a new object gets: initial status, Namespace finalizer, QoS class,
/// a Job's selector.
void set_create_defaults(const Resource& resource, json::Value& document, std::string_view now);

/// The fields of a Service that follow from its clusterIP.
void set_service_addresses(const Resource& resource, json::Value& document);

}  // namespace pgo::embedded::api
