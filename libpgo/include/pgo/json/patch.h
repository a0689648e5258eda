#pragma once

#include "pgo/json/value.h"

#include <string_view>

/// The three patch formats of the Kubernetes API, and the making of merge patches. All functions
/// are pure and safe to call from any thread.
namespace pgo::json {

/// RFC 6902 JSON Patch: `patch` is a list of add, remove, replace, move, copy and test operations
/// that apply wholly or not at all.
/// Errors: `invalid_argument` when the patch itself is malformed, a path does not exist or the
/// result would be nested deeper than `ParseLimits` allows, `failed_precondition` when a `test`
/// does not hold; the subject is "[index] /path".
Result<Value> apply_json_patch(Value document, const Value& patch);

/// RFC 7386 JSON Merge Patch: null removes, objects merge, everything else replaces. Never fails.
Value apply_merge_patch(Value document, const Value& patch);

/// The smallest merge patch that turns `before` into `after`; an empty object when they are equal.
/// A member whose value in `after` is null counts as absent, as the format cannot say otherwise.
Value make_merge_patch(const Value& before, const Value& after);

/// Kubernetes strategic merge patch for a built-in kind ("Pod", "Deployment", ...): lists with a
/// merge key merge by it, lists of names merge as sets, other lists are replaced. Understands null,
/// `$patch: replace|delete|merge`, `$deleteFromPrimitiveList`, `$setElementOrder` (which orders the
/// merged list) and `$retainKeys`. Custom resources have no merge keys: the API server answers 415
/// for them, and so must the caller.
/// Errors: `invalid_argument` with the path of the offending part as subject.
/// Source: Kubernetes, "Update API Objects in Place Using kubectl patch", and the patchMergeKey
/// tags of its API types.
Result<Value> apply_strategic_merge_patch(Value document, const Value& patch,
                                          std::string_view kind);

}  // namespace pgo::json
