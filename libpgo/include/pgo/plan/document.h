#pragma once

#include "pgo/base/result.h"
#include "pgo/json/value.h"
#include "pgo/plan/plan.h"
#include "pgo/plan/view.h"

#include <string_view>

/// Views and plans as JSON documents, for programs that have only objects and want to know what the
/// operator would do, and for people who want to read it.
namespace pgo::plan {

/// The view of one cluster out of the Kubernetes objects of its namespace (an array; what belongs
/// to other clusters and kinds that no plan looks at are left out). `invalid_argument` with the
/// index of what is no object.
Result<ClusterView> view_of_objects(std::string_view ns, std::string_view cluster,
                                    const json::Value& objects);

/// {"actions": [...], "conditions": [...], "lookAgainMs": ...}. The input of an exec is left out:
/// it may hold a password.
json::Value to_json(const Plan& plan);
/// {"reason", "subject", "since", "explanation", "detail"}.
json::Value to_json(const Condition& condition);

}  // namespace pgo::plan
