#include "dev/bootstrap.h"

#include "dev/client_settings.h"
#include "dev/operator_files.h"
#include "pgo/base/text.h"
#include "pgo/crypto/password.h"
#include "pgo/manifests/crds.h"
#include "pgo/manifests/namespace.h"
#include "pgo/model/labels.h"
#include "pgo/model/names.h"
#include "pgo/yaml/yaml.h"

namespace pgo::dev {
namespace {

using kube::Object;
using kube::ResourceType;
namespace types = kube::types;

/// Creates the object, or lays it over the one that is there.
Result<void> apply(const kube::Client& client, const ResourceType& type, const Object& object) {
  auto created = client.create(type, object);
  if (created) return {};
  if (created.error().code != Code::already_exists) return fail(std::move(created).error());
  auto patched =
      client.patch(type, object.ns(), object.name(), kube::PatchType::merge, object.document());
  if (!patched) return fail(std::move(patched).error());
  return {};
}

const ResourceType* type_of(const Object& object) {
  for (const ResourceType* type :
       {&types::kServiceAccount, &types::kClusterRole, &types::kClusterRoleBinding}) {
    if (type->kind == object.kind()) return type;
  }
  return nullptr;
}

/// deploy/operator/rbac.yaml, moved to the namespace in use.
Result<void> install_rights(const kube::Client& client, const Options& options) {
  PGO_TRY(const auto documents, yaml::parse_all(operator_files().front().text));
  for (const yaml::Document& document : documents) {
    Object object(document.value);
    const ResourceType* type = type_of(object);
    if (type == nullptr) {
      return fail(Code::internal, "an object of unexpected kind in rbac.yaml", object.text());
    }
    if (type->namespaced) {
      object.document().at_or_add("metadata").set("namespace", options.operator_namespace);
    }
    if (json::Array* subjects = object.document().at_or_add("subjects").if_array()) {
      for (json::Value& subject : *subjects) subject.set("namespace", options.operator_namespace);
    } else {
      object.document().erase("subjects");
    }
    PGO_TRY_VOID(apply(client, *type, object));
  }
  return {};
}

Object secret(const Options& options, std::string_view name, std::string_view kind_label,
              std::initializer_list<std::pair<std::string_view, std::string_view>> texts) {
  Object object(types::kSecret, options.operator_namespace, name);
  object.set_label(model::label::kVendor, model::label::kVendorValue);
  object.set_label(kind_label, "true");
  json::Value& data = object.document().at_or_add("data");
  for (const auto& [key, text] : texts) data.set(key, text::base64_encode(text));
  return object;
}

Result<void> install_administrator(const kube::Client& client, const Options& options,
                                   const std::string& password, IdSource& ids) {
  PGO_TRY(const std::string hash, crypto::hash_password(password, ids));
  Object role =
      secret(options, model::names::pgorole_secret(kAdminUser), model::label::kPgoRoleSecret,
             {{model::data_key::kRolename, kAdminUser}, {model::data_key::kPermissions, "*"}});
  role.set_label(model::label::kRolename, kAdminUser);
  PGO_TRY_VOID(apply(client, types::kSecret, role));
  Object user =
      secret(options, model::names::pgouser_secret(kAdminUser), model::label::kPgoUserSecret,
             {{model::data_key::kUsername, kAdminUser},
              {model::data_key::kPassword, hash},
              {model::data_key::kRoles, kAdminUser}});
  user.set_label(model::label::kUsername, kAdminUser);
  return apply(client, types::kSecret, user);
}

}  // namespace

Result<void> install(const kube::Client& client, const Options& options,
                     const std::string& password, IdSource& ids) {
  PGO_TRY_VOID(
      apply(client, types::kNamespace, Object(types::kNamespace, "", options.operator_namespace)));
  for (const Object& definition : manifests::custom_resource_definitions()) {
    PGO_TRY_VOID(apply(client, types::kCustomResourceDefinition, definition));
  }
  PGO_TRY_VOID(install_rights(client, options));
  PGO_TRY_VOID(install_administrator(client, options, password, ids));
  for (const std::string& name : options.namespaces) {
    PGO_TRY_VOID(
        apply(client, types::kNamespace,
              manifests::target_namespace(name, options.installation_name, "operator-bootstrap")));
  }
  return {};
}

}  // namespace pgo::dev
