#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <string>
#include <tuple>
#include <vector>

/// Messages of the pgouser and pgorole routes.
namespace pgo::model::rest {

struct ShowPgoroleRequest {
  std::string ns;
  bool all_flag = false;
  std::string client_version;
  std::vector<std::string> pgorole_name;

  static constexpr auto fields() {
    using S = ShowPgoroleRequest;
    return std::tuple{json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("AllFlag", &S::all_flag, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always),
                      json::field("PgoroleName", &S::pgorole_name, json::Emit::always)};
  }
  bool operator==(const ShowPgoroleRequest&) const = default;
};

struct PgoroleInfo {
  std::string name, permissions;

  static constexpr auto fields() {
    using S = PgoroleInfo;
    return std::tuple{json::field("Name", &S::name, json::Emit::always),
                      json::field("Permissions", &S::permissions, json::Emit::always)};
  }
  bool operator==(const PgoroleInfo&) const = default;
};

struct ShowPgoroleResponse {
  std::vector<PgoroleInfo> role_info;
  Status status;

  static constexpr auto fields() {
    using S = ShowPgoroleResponse;
    return std::tuple{json::field("RoleInfo", &S::role_info, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowPgoroleResponse&) const = default;
};

struct CreatePgoroleRequest {
  std::string pgorole_name, pgorole_permissions, ns, client_version;

  static constexpr auto fields() {
    using S = CreatePgoroleRequest;
    return std::tuple{
        json::field("PgoroleName", &S::pgorole_name, json::Emit::always),
        json::field("PgorolePermissions", &S::pgorole_permissions, json::Emit::always),
        json::field("Namespace", &S::ns, json::Emit::always),
        json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const CreatePgoroleRequest&) const = default;
};

struct CreatePgoroleResponse {
  Status status;

  static constexpr auto fields() {
    using S = CreatePgoroleResponse;
    return std::tuple{json::inlined(&S::status)};
  }
  bool operator==(const CreatePgoroleResponse&) const = default;
};

struct UpdatePgoroleRequest {
  std::string name, pgorole_permissions, pgorole_name;
  bool change_permissions = false;
  std::string ns, client_version;

  static constexpr auto fields() {
    using S = UpdatePgoroleRequest;
    return std::tuple{
        json::field("Name", &S::name, json::Emit::always),
        json::field("PgorolePermissions", &S::pgorole_permissions, json::Emit::always),
        json::field("PgoroleName", &S::pgorole_name, json::Emit::always),
        json::field("ChangePermissions", &S::change_permissions, json::Emit::always),
        json::field("Namespace", &S::ns, json::Emit::always),
        json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const UpdatePgoroleRequest&) const = default;
};

struct UpdatePgoroleResponse {
  Status status;

  static constexpr auto fields() {
    using S = UpdatePgoroleResponse;
    return std::tuple{json::inlined(&S::status)};
  }
  bool operator==(const UpdatePgoroleResponse&) const = default;
};

struct DeletePgoroleRequest {
  std::vector<std::string> pgorole_name;
  std::string ns;
  bool all_flag = false;
  std::string client_version;

  static constexpr auto fields() {
    using S = DeletePgoroleRequest;
    return std::tuple{json::field("PgoroleName", &S::pgorole_name, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("AllFlag", &S::all_flag, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const DeletePgoroleRequest&) const = default;
};

struct DeletePgoroleResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = DeletePgoroleResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const DeletePgoroleResponse&) const = default;
};

struct ShowPgouserRequest {
  std::string ns;
  bool all_flag = false;
  std::string client_version;
  std::vector<std::string> pgouser_name;

  static constexpr auto fields() {
    using S = ShowPgouserRequest;
    return std::tuple{json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("AllFlag", &S::all_flag, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always),
                      json::field("PgouserName", &S::pgouser_name, json::Emit::always)};
  }
  bool operator==(const ShowPgouserRequest&) const = default;
};

struct PgouserInfo {
  std::string username;
  std::vector<std::string> role;
  std::vector<std::string> ns;

  static constexpr auto fields() {
    using S = PgouserInfo;
    return std::tuple{json::field("Username", &S::username, json::Emit::always),
                      json::field("Role", &S::role, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always)};
  }
  bool operator==(const PgouserInfo&) const = default;
};

struct ShowPgouserResponse {
  std::vector<PgouserInfo> user_info;
  Status status;

  static constexpr auto fields() {
    using S = ShowPgouserResponse;
    return std::tuple{json::field("UserInfo", &S::user_info, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowPgouserResponse&) const = default;
};

struct CreatePgouserRequest {
  std::string pgouser_name, pgouser_password, pgouser_roles;
  bool all_namespaces = false;
  std::string pgouser_namespaces, ns, client_version;

  static constexpr auto fields() {
    using S = CreatePgouserRequest;
    return std::tuple{json::field("PgouserName", &S::pgouser_name, json::Emit::always),
                      json::field("PgouserPassword", &S::pgouser_password, json::Emit::always),
                      json::field("PgouserRoles", &S::pgouser_roles, json::Emit::always),
                      json::field("AllNamespaces", &S::all_namespaces, json::Emit::always),
                      json::field("PgouserNamespaces", &S::pgouser_namespaces, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const CreatePgouserRequest&) const = default;
};

struct CreatePgouserResponse {
  Status status;

  static constexpr auto fields() {
    using S = CreatePgouserResponse;
    return std::tuple{json::inlined(&S::status)};
  }
  bool operator==(const CreatePgouserResponse&) const = default;
};

struct UpdatePgouserRequest {
  std::string name, pgouser_roles, pgouser_namespaces;
  bool all_namespaces = false;
  std::string pgouser_password, pgouser_name, ns, client_version;

  static constexpr auto fields() {
    using S = UpdatePgouserRequest;
    return std::tuple{json::field("Name", &S::name, json::Emit::always),
                      json::field("PgouserRoles", &S::pgouser_roles, json::Emit::always),
                      json::field("PgouserNamespaces", &S::pgouser_namespaces, json::Emit::always),
                      json::field("AllNamespaces", &S::all_namespaces, json::Emit::always),
                      json::field("PgouserPassword", &S::pgouser_password, json::Emit::always),
                      json::field("PgouserName", &S::pgouser_name, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const UpdatePgouserRequest&) const = default;
};

struct UpdatePgouserResponse {
  Status status;

  static constexpr auto fields() {
    using S = UpdatePgouserResponse;
    return std::tuple{json::inlined(&S::status)};
  }
  bool operator==(const UpdatePgouserResponse&) const = default;
};

struct DeletePgouserRequest {
  std::vector<std::string> pgouser_name;
  std::string ns;
  bool all_flag = false;
  std::string client_version;

  static constexpr auto fields() {
    using S = DeletePgouserRequest;
    return std::tuple{json::field("PgouserName", &S::pgouser_name, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("AllFlag", &S::all_flag, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const DeletePgouserRequest&) const = default;
};

struct DeletePgouserResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = DeletePgouserResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const DeletePgouserResponse&) const = default;
};

}  // namespace pgo::model::rest
