#include "pgo/manifests/repo.h"

#include "files.h"
#include "fragments.h"
#include "pgo/model/names.h"
#include "pgo/yaml/yaml.h"

#include <utility>

namespace pgo::manifests {
namespace {

namespace data_key = model::data_key;
namespace names = model::names;

/// The claim of the repository; for storage type "existing" the one that is named.
std::string repo_claim_name(const model::PgCluster& cluster) {
  const auto& storage = cluster.spec.backrest_storage;
  if (storage.storage_type == "existing" && !storage.name.empty()) return storage.name;
  return names::repo_volume(cluster.name());
}

}  // namespace

Result<S3Credentials> read_s3_credentials(std::string_view yaml) {
  // The parser's own message may quote the text, which is a secret.
  const auto parsed = yaml::parse(yaml);
  if (!parsed || (!parsed->is_object() && !parsed->is_null())) {
    return fail(Code::invalid_argument, "must be YAML with aws-s3-key and aws-s3-key-secret",
                std::string(data_key::kS3Credentials));
  }
  const auto text = [](const json::Value& value) {
    return value.is_int() ? json::write(value) : std::string(value.as_string());
  };
  return S3Credentials{.key = text((*parsed)[data_key::kS3Key]),
                       .key_secret = text((*parsed)[data_key::kS3KeySecret])};
}

std::string write_s3_credentials(const S3Credentials& credentials) {
  const auto text = [](std::string_view value) {
    return value.empty() ? json::Value() : json::Value(value);
  };
  return yaml::write(json::Object{{data_key::kS3Key, text(credentials.key)},
                                  {data_key::kS3KeySecret, text(credentials.key_secret)}});
}

RepoKeys default_repo_files() {
  return {.authorized_keys = {},
          .private_key = {},
          .host_key = {},
          .ssh_config = std::string(template_file("ssh_config").value_or("")),
          .sshd_config = std::string(template_file("sshd_config").value_or("")),
          .s3_ca = {},
          .s3 = {}};
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
                                      {"S3Credentials", write_s3_credentials(keys.s3)},
                                      {"S3Key", keys.s3.key},
                                      {"S3KeySecret", keys.s3.key_secret}});
}

Result<kube::Object> repo_service(const Renderer& renderer, const model::PgCluster& cluster) {
  return renderer.object("pgo-backrest-repo-service-template.yaml",
                         json::Object{{"Name", names::repo_service(cluster.name())},
                                      {"Namespace", cluster.metadata.ns},
                                      {"ClusterName", cluster.name()},
                                      {"Port", model::fixed::kRepoPort}});
}

Result<kube::Object> repo_deployment(const Renderer& renderer, const model::PgCluster& cluster,
                                     const model::Config& config) {
  // 4.2.0 takes the groups of the primary's storage; the repository's own claim needs its own.
  const auto& spec = cluster.spec;
  const auto& storage =
      spec.backrest_storage.storage_type.empty() ? spec.primary_storage : spec.backrest_storage;
  PGO_TRY(auto security, security_context(storage));
  PGO_TRY(auto rules, affinity(renderer, cluster, config, {}));
  PGO_TRY(auto environment, s3_environment(renderer, cluster, config));
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
