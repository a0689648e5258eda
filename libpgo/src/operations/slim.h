#pragma once

#include "pgo/kube/object.h"

namespace pgo::operations {

/// The parts of an object that requests look at; the rest is not worth its memory. Objects of kinds
/// that have no list of parts are kept whole, but for managedFields.
json::Value slim(const kube::Object& object);

/// Whether there is so much more to objects of this kind that reading them again and again would be
/// slow.
bool is_long(const kube::Object& object);

}  // namespace pgo::operations
