#include "operations/pool_account.h"

#include "operations/checks.h"
#include "operations/credentials.h"
#include "pgo/crypto/password.h"
#include "pgo/manifests/pgbouncer.h"
#include "pgo/model/names.h"
#include "pgo/model/pgbouncer.h"

#include <algorithm>

namespace pgo::operations {

Result<void> check_pool_account(const std::string& user, const std::string& password,
                                const std::string& database_user) {
  if (!user.empty() && !model::is_pool_user(user)) {
    return refuse("\"" + user +
                      "\" cannot be pgBouncer's user: use lower-case letters, digits, '_' and '-', "
                      "begin with a letter, and take none of PostgreSQL's own names.",
                  "PgbouncerUser");
  }
  if (!user.empty() && user == database_user) {
    return refuse(
        "The user " + user + " is the cluster's own; pgBouncer needs an account of its own.",
        "PgbouncerUser");
  }
  if (std::ranges::any_of(
          password, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return refuse("pgBouncer's password contains a control character.", "PgbouncerPass");
  }
  return {};
}

Result<void> ensure_pool_secret(const Context& context, const model::PgCluster& cluster,
                                const std::string& user, const std::string& password) {
  const std::string& ns = cluster.metadata.ns;
  const std::string name = model::names::pgbouncer_secret(cluster.name());
  PGO_TRY(const ObjectPtr kept, get_if_exists(context.reader, kube::types::kSecret, ns, name));
  if (kept && password.empty()) return {};
  manifests::PoolAccount account;
  account.user = model::pool_user(user);
  account.password = password.empty() ? random_password(context) : password;
  account.verifier = crypto::postgres_md5(account.user, account.password);
  PGO_TRY(const kube::Object secret,
          manifests::pgbouncer_secret(
              context.renderer == nullptr ? manifests::Renderer::built_in() : *context.renderer,
              cluster, account));
  if (!kept) return ensure(context, kube::types::kSecret, secret);
  json::Value body;
  json::Value& metadata = body.at_or_add("metadata");
  metadata.set("uid", kept->uid());
  metadata.at_or_add("annotations").set(model::annotation::kPoolReady, nullptr);
  body.set("data", secret["data"]);
  PGO_TRY_VOID(context.client.patch(kube::types::kSecret, ns, name, kube::PatchType::merge, body));
  return {};
}

}  // namespace pgo::operations
