#pragma once

#include "pgo/model/pgcluster.h"
#include "pgo/operations/context.h"

#include <string>

namespace pgo::operations {

/// Refuses what cannot be pgBouncer's own account; `user` may be empty for the usual one. It must
/// not be the cluster's database user, whose password would be replaced. The subjects are the keys
/// of the requests, PgbouncerUser and PgbouncerPass.
Result<void> check_pool_account(const std::string& user, const std::string& password,
                                const std::string& database_user);

/// The secret of a cluster's pgBouncer. One that is there is kept, as it belongs to kept data,
/// unless a password is given: then it gets that.
Result<void> ensure_pool_secret(const Context& context, const model::PgCluster& cluster,
                                const std::string& user, const std::string& password);

}  // namespace pgo::operations
