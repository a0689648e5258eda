#pragma once

#include "pgo/model/messages/pgbouncer.h"
#include "pgo/operations/context.h"

namespace pgo::operations {

/// Asks for a pgBouncer beside each cluster: its secret is written, with the password that was
/// given (K31) or a random one, then a task for the operator. Refused before anything is written:
/// an unknown cluster, one that has a pgBouncer or is about to lose one, a user name that cannot be
/// its, a control character in the password.
Result<model::rest::CreatePgbouncerResponse> create_pgbouncer(
    const Context& context, const Caller& caller,
    const model::rest::CreatePgbouncerRequest& request);

/// Asks the operator to remove the pgBouncer of each cluster with its Service and secret; its
/// account stays in the databases. Refused before anything is written: an unknown cluster, one that
/// has none (O15).
Result<model::rest::DeletePgbouncerResponse> delete_pgbouncer(
    const Context& context, const model::rest::DeletePgbouncerRequest& request);

}  // namespace pgo::operations
