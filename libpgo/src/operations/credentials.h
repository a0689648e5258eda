#pragma once

#include "operations/create_check.h"

namespace pgo::operations {

/// The three credential Secrets of a cluster, where they are missing: kept ones belong to kept data
/// and stay as they are. New passwords are the request's, those of another cluster, or random.
Result<void> ensure_credentials(const Context& context,
                                const model::rest::CreateClusterRequest& request,
                                const CheckedCreate& checked, const std::string& cluster);

/// The Secret of the repository: a fresh key pair and the settings of ssh and S3, where missing.
Result<void> ensure_repository_secret(const Context& context,
                                      const model::rest::CreateClusterRequest& request,
                                      const std::string& cluster);

/// A password of letters and digits as long as pgo.yaml wants (K7).
std::string random_password(const Context& context);

}  // namespace pgo::operations
