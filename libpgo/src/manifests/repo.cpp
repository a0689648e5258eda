#include "pgo/manifests/repo.h"

#include "files.h"
#include "fragments.h"
#include "pgo/model/names.h"
#include "pgo/yaml/yaml.h"

#include <utility>

namespace pgo::manifests {
namespace {

namespace names = model::names;

constexpr std::string_view kS3Key = "aws-s3-key";
constexpr std::string_view kS3KeySecret = "aws-s3-key-secret";

const std::string& either(const std::string& own, const std::string& fallback) {
  return own.empty() ? fallback : own;
}

/// The claim of the repository; for storage type "existing" the one that is named.
std::string repo_claim_name(const model::PgCluster& cluster) {
  const auto& storage = cluster.spec.backrest_storage;
  if (storage.storage_type == "existing" && !storage.name.empty()) return storage.name;
  return names::repo_volume(cluster.name());
}

}  // namespace

S3 s3_of(const model::PgCluster& cluster, const model::Config& config) {
  return {.bucket = either(cluster.spec.s3_bucket, config.cluster.s3_bucket),
          .endpoint = either(cluster.spec.s3_endpoint, config.cluster.s3_endpoint),
          .region = either(cluster.spec.s3_region, config.cluster.s3_region),
          .key = {},
          .key_secret = {}};
}

Result<void> read_s3_credentials(std::string_view yaml, S3& into) {
  // The parser's own message may quote the text, which is a secret.
  const auto parsed = yaml::parse(yaml);
  if (!parsed || (!parsed->is_object() && !parsed->is_null())) {
    return fail(Code::invalid_argument, "must be YAML with aws-s3-key and aws-s3-key-secret",
                std::string(model::data_key::kS3Credentials));
  }
  const auto text = [](const json::Value& value) {
    return value.is_int() ? json::write(value) : std::string(value.as_string());
  };
  if (auto key = text((*parsed)[kS3Key]); !key.empty()) into.key = std::move(key);
  if (auto secret = text((*parsed)[kS3KeySecret]); !secret.empty()) {
    into.key_secret = std::move(secret);
  }
  return {};
}

std::string write_s3_credentials(std::string_view key, std::string_view key_secret) {
  const auto text = [](std::string_view value) {
    return value.empty() ? json::Value() : json::Value(value);
  };
  return yaml::write(json::Object{{kS3Key, text(key)}, {kS3KeySecret, text(key_secret)}});
}

RepoKeys default_repo_files() {
  return {.authorized_keys = {},
          .private_key = {},
          .host_key = {},
          .ssh_config = std::string(template_file("ssh_config").value_or("")),
          .sshd_config = std::string(template_file("sshd_config").value_or("")),
          .s3_ca = {},
          .s3_credentials = write_s3_credentials({}, {})};
}

Result<kube::Object> repo_secret(const Renderer& renderer, std::string_view ns,
                                 std::string_view cluster, const RepoKeys& keys) {
  return renderer.object("backrest-repo-secret.yaml",
                         json::Object{{"Name", names::backrest_secret(cluster)},
                                      {"Namespace", ns},
                                      {"ClusterName", cluster},
                                      {"AuthorizedKeys", keys.authorized_keys},
                                      {"PrivateKey", keys.private_key},
                                      {"HostKey", keys.host_key},
                                      {"SshConfig", keys.ssh_config},
                                      {"SshdConfig", keys.sshd_config},
                                      {"S3Ca", keys.s3_ca},
                                      {"S3Credentials", keys.s3_credentials}});
}

Result<kube::Object> repo_service(const Renderer& renderer, const model::PgCluster& cluster) {
  return renderer.object("pgo-backrest-repo-service-template.yaml",
                         json::Object{{"Name", names::repo_service(cluster.name())},
                                      {"Namespace", cluster.metadata.ns},
                                      {"ClusterName", cluster.name()},
                                      {"Port", model::fixed::kRepoPort}});
}

Result<kube::Object> repo_deployment(const Renderer& renderer, const model::PgCluster& cluster,
                                     const model::Config& config, const S3* s3) {
  // 4.2.0 takes the groups of the primary's storage; the repository's own claim needs its own.
  const auto& spec = cluster.spec;
  const auto& storage =
      spec.backrest_storage.storage_type.empty() ? spec.primary_storage : spec.backrest_storage;
  PGO_TRY(auto security, security_context(storage));
  PGO_TRY(auto rules, affinity(renderer, cluster, config, {}));
  PGO_TRY(auto environment, s3_environment(renderer, cluster, s3));
  return renderer.object("pgo-backrest-repo-template.yaml",
                         json::Object{{"Name", names::repo_deployment(cluster.name())},
                                      {"Namespace", cluster.metadata.ns},
                                      {"ClusterName", cluster.name()},
                                      {"PodAntiAffinityLabelValue", spec.pod_anti_affinity},
                                      {"SecurityContext", std::move(security)},
                                      {"Affinity", std::move(rules)},
                                      {"PGOImagePrefix", config.pgo.pgo_image_prefix},
                                      {"PGOImageTag", config.pgo.pgo_image_tag},
                                      {"SshdPort", config.cluster.backrest_port},
                                      {"S3EnvVars", std::move(environment)},
                                      {"PgbackrestStanza", model::fixed::kStanza},
                                      {"PgbackrestDBPath", names::data_path(cluster.name())},
                                      {"PgbackrestRepoPath", names::repo_path(cluster.name())},
                                      {"PgbackrestPGPort", spec.port},
                                      {"PgbackrestDBHost", names::primary_service(cluster.name())},
                                      {"SshdSecretName", names::backrest_secret(cluster.name())},
                                      {"BackrestRepoClaimName", repo_claim_name(cluster)}});
}

}  // namespace pgo::manifests
