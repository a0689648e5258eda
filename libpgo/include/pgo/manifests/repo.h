#pragma once

#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/model/pgcluster.h"

#include <string>
#include <string_view>

/// The pgBackRest repository of a cluster.
namespace pgo::manifests {

/// Who is paid for S3. Never logged.
struct S3Credentials {
  std::string key = {};
  std::string key_secret = {};
  bool operator==(const S3Credentials&) const = default;
};

/// Key and secret out of an `aws-s3-credentials.yaml`; empty where it has none.
/// Errors: `invalid_argument` when it is no such file; its text is not in the message.
Result<S3Credentials> read_s3_credentials(std::string_view yaml);
/// The text of an `aws-s3-credentials.yaml`.
std::string write_s3_credentials(const S3Credentials& credentials);

/// What goes into the repository secret. An empty member leaves its key out.
struct RepoKeys {
  std::string authorized_keys, private_key, host_key;  ///< drawn by the caller
  std::string ssh_config, sshd_config, s3_ca;
  S3Credentials s3;
};
/// Files as the built-in repository secret of the operator has them.
RepoKeys default_repo_files();

Result<kube::Object> repo_secret(const Renderer& renderer, std::string_view ns,
                                 std::string_view cluster, const RepoKeys& keys);
Result<kube::Object> repo_service(const Renderer& renderer, const model::PgCluster& cluster);
Result<kube::Object> repo_deployment(const Renderer& renderer, const model::PgCluster& cluster,
                                     const model::Config& config);

}  // namespace pgo::manifests
