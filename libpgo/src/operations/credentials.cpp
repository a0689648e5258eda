#include "operations/credentials.h"

#include "operations/checks.h"
#include "pgo/base/text.h"
#include "pgo/crypto/keys.h"
#include "pgo/manifests/repo.h"
#include "pgo/model/names.h"

#include <array>

namespace pgo::operations {
namespace {

namespace key = model::data_key;

/// As recorded: the scripts of the stock images read lines, to which a written null would be a key.
constexpr std::string_view kNoS3Credentials = "---\naws-s3-key:\naws-s3-key-secret:\n";

kube::Object new_secret(std::string_view ns, std::string_view name, std::string_view cluster) {
  kube::Object secret(kube::types::kSecret, ns, name);
  secret.set_label(model::label::kCluster, cluster);
  secret.set_label(model::label::kVendor, model::label::kVendorValue);
  secret.document().set("type", "Opaque");
  return secret;
}

void set_data(kube::Object& secret, std::string_view name, std::string_view value) {
  secret.document().at_or_add("data").set(name, text::base64_encode(value));
}

Result<void> ensure_user(const Context& context, const std::string& ns, const std::string& cluster,
                         const std::string& secret_name, std::string_view user,
                         std::string_view password) {
  kube::Object secret = new_secret(ns, secret_name, cluster);
  set_data(secret, key::kPassword, password);
  set_data(secret, key::kUsername, user);
  return ensure(context, kube::types::kSecret, secret);
}

Result<std::string> password_for(const Context& context,
                                 const model::rest::CreateClusterRequest& request,
                                 const std::string& source_secret) {
  if (!request.password.empty()) return request.password;
  if (request.secret_from.empty()) return random_password(context);
  PGO_TRY(const ObjectPtr source,
          context.reader.get(kube::types::kSecret, request.ns, source_secret));
  return secret_text(*source, key::kPassword);
}

std::string s3_credentials(const model::rest::CreateClusterRequest& request,
                           const kube::Object* settings) {
  if (!request.backrest_s3_key.empty()) {
    return manifests::write_s3_credentials(
        {.key = request.backrest_s3_key, .key_secret = request.backrest_s3_key_secret});
  }
  const std::string common = settings ? secret_text(*settings, key::kS3Credentials) : std::string();
  return common.empty() ? std::string(kNoS3Credentials) : common;
}

}  // namespace

std::string random_password(const Context& context) {
  constexpr std::string_view kAlphabet =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  return context.ids.text(static_cast<std::size_t>(context.config.generated_password_length()),
                          kAlphabet);
}

Result<void> ensure_credentials(const Context& context,
                                const model::rest::CreateClusterRequest& request,
                                const CheckedCreate& checked, const std::string& cluster) {
  struct Account {
    std::string secret, source;
    std::string_view user;
  };
  const std::string& from = request.secret_from;
  const std::array accounts = {
      Account{model::names::postgres_secret(cluster), model::names::postgres_secret(from),
              model::fixed::kSuperuser},
      Account{model::names::primaryuser_secret(cluster), model::names::primaryuser_secret(from),
              model::fixed::kReplicationUser},
      Account{model::names::user_secret(cluster, checked.user),
              model::names::user_secret(from, checked.user), checked.user},
  };
  for (const Account& account : accounts) {
    PGO_TRY(const std::string password, password_for(context, request, account.source));
    PGO_TRY_VOID(ensure_user(context, request.ns, cluster, account.secret, account.user, password));
  }
  return {};
}

Result<void> ensure_repository_secret(const Context& context,
                                      const model::rest::CreateClusterRequest& request,
                                      const std::string& cluster) {
  const std::string name = model::names::backrest_secret(cluster);
  PGO_TRY(const ObjectPtr existing,
          get_if_exists(context.reader, kube::types::kSecret, request.ns, name));
  if (existing) return {};
  PGO_TRY(const ObjectPtr settings,
          get_if_exists(context.reader, kube::types::kSecret, context.operator_namespace,
                        model::fixed::kRepoConfigSecret));
  const auto copied = [&](std::string_view data, std::string_view fallback) {
    std::string value = settings ? secret_text(*settings, data) : std::string();
    return value.empty() ? std::string(fallback) : value;
  };
  PGO_TRY(const std::string private_key, crypto::make_ssh_key());
  PGO_TRY(const std::string public_key, crypto::ssh_public_key(private_key));
  const manifests::RepoKeys files = manifests::default_repo_files();
  kube::Object secret = new_secret(request.ns, name, cluster);
  secret.set_label(model::label::kBackrestRepo, model::kTrue);
  set_data(secret, key::kAuthorizedKeys, public_key + "\n");
  set_data(secret, key::kS3Ca, copied(key::kS3Ca, ""));
  const std::string s3 = s3_credentials(request, settings.get());
  set_data(secret, key::kS3Credentials, s3);
  // Containers get these two by reference; no Deployment carries them in clear text.
  PGO_TRY(const auto s3_keys, manifests::read_s3_credentials(s3));
  if (!s3_keys.key.empty()) set_data(secret, key::kS3Key, s3_keys.key);
  if (!s3_keys.key_secret.empty()) set_data(secret, key::kS3KeySecret, s3_keys.key_secret);
  set_data(secret, key::kSshConfig, copied(key::kSshConfig, files.ssh_config));
  set_data(secret, key::kSshPrivateKey, private_key);
  set_data(secret, key::kSshHostKey, private_key);
  set_data(secret, key::kSshdConfig, copied(key::kSshdConfig, files.sshd_config));
  return ensure(context, kube::types::kSecret, secret);
}

}  // namespace pgo::operations
