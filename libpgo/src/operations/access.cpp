#include "pgo/operations/access.h"

#include "pgo/base/text.h"
#include "pgo/crypto/password.h"
#include "pgo/model/names.h"

#include <algorithm>
#include <mutex>
#include <set>

namespace pgo::operations {
namespace {

std::unexpected<Error> not_authenticated() {
  return fail(Code::unauthenticated, "Unknown operator user or wrong password.");
}

std::string installation_selector(const Context& context) {
  return std::string(model::label::kVendor) + "=" + std::string(model::label::kVendorValue) + "," +
         std::string(model::label::kInstallation) + "=" + context.installation_name;
}

}  // namespace

struct PasswordMemory::Impl {
  std::mutex mutex;
  std::string key;
  std::set<std::string> right;  ///< digests
};

PasswordMemory::PasswordMemory(IdSource& ids) : impl_(std::make_unique<Impl>()) {
  impl_->key.resize(32);
  ids.fill(impl_->key.data(), impl_->key.size());
}

PasswordMemory::~PasswordMemory() = default;

bool PasswordMemory::verify(std::string_view stored, std::string_view given) {
  constexpr std::size_t kMostEntries = 1000;
  if (!crypto::is_hashed(stored)) return crypto::verify_password(stored, given);
  std::string pair(stored);
  pair += '\0';
  pair += given;
  const std::string digest = crypto::hmac_sha256(impl_->key, pair);
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->right.contains(digest)) return true;
  }
  if (!crypto::verify_password(stored, given)) return false;
  const std::lock_guard lock(impl_->mutex);
  if (impl_->right.size() >= kMostEntries) impl_->right.clear();
  impl_->right.insert(digest);
  return true;
}

Result<Caller> authenticate(const Context& context, PasswordMemory& memory, std::string_view name,
                            std::string_view password) {
  // A name that cannot be part of a secret's name cannot be a user; it never reaches a path.
  if (!text::is_dns1123_subdomain(model::names::pgouser_secret(name))) return not_authenticated();
  PGO_TRY(const ObjectPtr secret,
          get_if_exists(context.reader, kube::types::kSecret, context.operator_namespace,
                        model::names::pgouser_secret(name)));
  if (!secret) return not_authenticated();
  if (context.config.check_passwords()) {
    const std::string stored = secret_text(*secret, model::data_key::kPassword);
    if (stored.empty() || !memory.verify(stored, password)) return not_authenticated();
  }
  Caller caller;
  caller.user = std::string(name);
  caller.roles = text::split_list(secret_text(*secret, model::data_key::kRoles));
  caller.namespaces = text::split_list(secret_text(*secret, model::data_key::kNamespaces));
  return caller;
}

Result<void> authorize(const Context& context, const Caller& caller, std::string_view permission) {
  for (const std::string& role : caller.roles) {
    PGO_TRY(const ObjectPtr secret,
            get_if_exists(context.reader, kube::types::kSecret, context.operator_namespace,
                          model::names::pgorole_secret(role)));
    if (!secret) continue;
    const std::vector<std::string> granted =
        text::split_list(secret_text(*secret, model::data_key::kPermissions));
    const auto grants = [&](const std::string& one) { return one == "*" || one == permission; };
    if (std::ranges::any_of(granted, grants)) return {};
  }
  return fail(Code::permission_denied, "Operator user " + caller.user + " lacks the permission " +
                                           std::string(permission) +
                                           "; one of its roles must grant it.");
}

Result<void> check_namespace(const Context& context, const Caller& caller, std::string_view ns) {
  const std::string name(ns);
  if (name.empty()) {
    return fail(Code::invalid_argument,
                "The request names no namespace; give one with -n or PGO_NAMESPACE.", "Namespace");
  }
  const bool allowed = caller.namespaces.empty() ||
                       std::ranges::find(caller.namespaces, name) != caller.namespaces.end();
  if (!allowed) {
    return fail(Code::failed_precondition,
                "Operator user " + caller.user + " may not use namespace " + name + ".", name);
  }
  PGO_TRY(const ObjectPtr found, get_if_exists(context.reader, kube::types::kNamespace, "", name));
  if (!found) {
    return fail(Code::failed_precondition, "Namespace " + name + " does not exist.", name);
  }
  if (found->label(model::label::kVendor) != model::label::kVendorValue ||
      found->label(model::label::kInstallation) != context.installation_name) {
    return fail(Code::failed_precondition,
                "Namespace " + name + " is not managed by the operator installation " +
                    context.installation_name + ".",
                name);
  }
  return {};
}

Result<std::vector<std::string>> owned_namespaces(const Context& context) {
  PGO_TRY(const std::vector<ObjectPtr> found,
          context.reader.list(kube::types::kNamespace, "", installation_selector(context)));
  std::vector<std::string> names;
  names.reserve(found.size());
  for (const ObjectPtr& ns : found) names.emplace_back(ns->name());
  return names;
}

}  // namespace pgo::operations
