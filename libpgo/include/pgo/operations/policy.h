#pragma once

#include "pgo/model/messages/policies.h"
#include "pgo/operations/context.h"

namespace pgo::operations {

/// Stores SQL, or the address where it is to be fetched at each use. Refused: a name that is no
/// RFC 1035 label or is taken, neither SQL nor address, an address that is not http or https.
Result<model::rest::CreatePolicyResponse> create_policy(
    const Context& context, const Caller& caller, const model::rest::CreatePolicyRequest& request);

/// One policy, or all of the namespace; an unknown name gives an empty list.
Result<model::rest::ShowPolicyResponse> show_policies(
    const Context& context, const model::rest::ShowPolicyRequest& request);

/// One policy, or every one for the name "all"; `not_found` when there is none.
Result<model::rest::DeletePolicyResponse> delete_policies(
    const Context& context, const Caller& caller, const model::rest::DeletePolicyRequest& request);

/// Runs the SQL of a policy in the primary of each cluster that the selector matches (an empty one:
/// of all), one after the other. The first error ends it (K13): the answer's status says which
/// cluster it was and what PostgreSQL said, beside those where it had been applied before. A dry
/// run only lists. Blocks for as long as the SQL takes.
Result<model::rest::ApplyPolicyResponse> apply_policy(
    const Context& context, const Caller& caller, const model::rest::ApplyPolicyRequest& request);

}  // namespace pgo::operations
