#pragma once

#include "embedded/api/call.h"
#include "embedded/api/resource.h"
#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/json/value.h"

#include <string>
#include <string_view>

/// The rules every object obeys whatever its type. Source: Kubernetes API conventions, "Metadata".
namespace pgo::embedded::api {

/// The request's body as an object of the call's type: apiVersion and kind are checked or filled
/// in, the namespace is checked or filled in, server-owned bookkeeping (managedFields) is dropped.
Result<json::Value> read_body(const Call& call);

/// Names (generateName), stamps and strips a document that is about to be created.
Result<void> prepare_create(const Call& call, json::Value& document, std::string_view now,
                            IdSource& ids);

/// Makes `wanted` the successor of `current`: it stays the same object of the same type,
/// server-owned metadata is kept, preconditions (uid, resourceVersion) are checked, `status` is
/// kept for types with that subresource, generation counts. `status_only` keeps everything but the
/// status.
Result<void> prepare_update(const Call& call, const json::Value& current, json::Value& wanted,
                            bool status_only);

/// True when nothing holds an object any more that is being deleted.
bool may_vanish(const Resource& resource, const json::Value& document);

bool has_finalizers(const json::Value& document);
bool has_finalizer(const json::Value& metadata, std::string_view finalizer);
void put_finalizer(json::Value& metadata, std::string_view finalizer, bool wanted);
bool is_deleting(const json::Value& document);

}  // namespace pgo::embedded::api
