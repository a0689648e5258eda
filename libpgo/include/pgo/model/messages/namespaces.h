#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <string>
#include <tuple>
#include <vector>

/// Messages of the namespace routes.
namespace pgo::model::rest {

struct NamespaceResult {
  std::string ns;
  bool installation_access = false;
  bool user_access = false;

  static constexpr auto fields() {
    using S = NamespaceResult;
    return std::tuple{
        json::field("Namespace", &S::ns, json::Emit::always),
        json::field("InstallationAccess", &S::installation_access, json::Emit::always),
        json::field("UserAccess", &S::user_access, json::Emit::always)};
  }
  bool operator==(const NamespaceResult&) const = default;
};

struct ShowNamespaceRequest {
  std::vector<std::string> args;
  bool all_flag = false;
  std::string client_version;

  static constexpr auto fields() {
    using S = ShowNamespaceRequest;
    return std::tuple{json::field("Args", &S::args, json::Emit::always),
                      json::field("AllFlag", &S::all_flag, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const ShowNamespaceRequest&) const = default;
};

struct ShowNamespaceResponse {
  std::string username;
  std::vector<NamespaceResult> results;
  Status status;

  static constexpr auto fields() {
    using S = ShowNamespaceResponse;
    return std::tuple{json::field("Username", &S::username, json::Emit::always),
                      json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowNamespaceResponse&) const = default;
};

struct UpdateNamespaceRequest {
  std::vector<std::string> args;
  std::string client_version;

  static constexpr auto fields() {
    using S = UpdateNamespaceRequest;
    return std::tuple{json::field("Args", &S::args, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const UpdateNamespaceRequest&) const = default;
};

struct UpdateNamespaceResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = UpdateNamespaceResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const UpdateNamespaceResponse&) const = default;
};

struct CreateNamespaceRequest {
  std::vector<std::string> args;
  std::string ns, client_version;

  static constexpr auto fields() {
    using S = CreateNamespaceRequest;
    return std::tuple{json::field("Args", &S::args, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const CreateNamespaceRequest&) const = default;
};

struct CreateNamespaceResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = CreateNamespaceResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const CreateNamespaceResponse&) const = default;
};

struct DeleteNamespaceRequest {
  std::vector<std::string> args;
  std::string selector, ns;
  bool all_flag = false;
  std::string client_version;

  static constexpr auto fields() {
    using S = DeleteNamespaceRequest;
    return std::tuple{json::field("Args", &S::args, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("AllFlag", &S::all_flag, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const DeleteNamespaceRequest&) const = default;
};

struct DeleteNamespaceResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = DeleteNamespaceResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const DeleteNamespaceResponse&) const = default;
};

}  // namespace pgo::model::rest
