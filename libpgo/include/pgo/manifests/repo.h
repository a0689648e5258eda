#pragma once

#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/model/pgcluster.h"

#include <string>
#include <string_view>

/// The pgBackRest repository of a cluster.
namespace pgo::manifests {

/// S3 as one cluster uses it. Never logged.
struct S3 {
  std::string bucket, endpoint, region, key, key_secret;
  bool operator==(const S3&) const = default;
};

/// Bucket, endpoint and region of the cluster, each else of pgo.yaml.
S3 s3_of(const model::PgCluster& cluster, const model::Config& config);
/// Key and secret out of an `aws-s3-credentials.yaml`; empty where it has none.
/// Errors: `invalid_argument` when it is no such file; its text is not in the message.
Result<void> read_s3_credentials(std::string_view yaml, S3& into);
/// The text of an `aws-s3-credentials.yaml`.
std::string write_s3_credentials(std::string_view key, std::string_view key_secret);

/// What goes into the repository secret. An empty member leaves its key out.
struct RepoKeys {
  std::string authorized_keys, private_key, host_key;  ///< drawn by the caller
  std::string ssh_config, sshd_config, s3_ca, s3_credentials;
};
/// Files as the built-in repository secret of the operator has them.
RepoKeys default_repo_files();

Result<kube::Object> repo_secret(const Renderer& renderer, std::string_view ns,
                                 std::string_view cluster, const RepoKeys& keys);
Result<kube::Object> repo_service(const Renderer& renderer, const model::PgCluster& cluster);
/// `s3` counts only when the cluster uses S3; null then means "no S3 environment".
Result<kube::Object> repo_deployment(const Renderer& renderer, const model::PgCluster& cluster,
                                     const model::Config& config, const S3* s3 = nullptr);

}  // namespace pgo::manifests
