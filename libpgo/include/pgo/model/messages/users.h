#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"
#include "pgo/model/pgcluster.h"

#include <string>
#include <tuple>
#include <vector>

/// Messages of the PostgreSQL user routes.
namespace pgo::model::rest {

struct UpdateUserRequest {
  std::vector<std::string> clusters;
  std::string selector;
  bool all_flag = false;
  bool expire_user = false;
  std::string ns;
  int password_age_days = 0;
  bool password_age_days_update = false;
  std::string username, password, delete_user, valid_days, user_db_access, add_user;
  std::string expired;
  bool managed_user = false;
  std::string client_version;
  int password_length = 0;

  static constexpr auto fields() {
    using S = UpdateUserRequest;
    return std::tuple{
        json::field("Clusters", &S::clusters, json::Emit::always),
        json::field("Selector", &S::selector, json::Emit::always),
        json::field("AllFlag", &S::all_flag, json::Emit::always),
        json::field("ExpireUser", &S::expire_user, json::Emit::always),
        json::field("Namespace", &S::ns, json::Emit::always),
        json::field("PasswordAgeDays", &S::password_age_days, json::Emit::always),
        json::field("PasswordAgeDaysUpdate", &S::password_age_days_update, json::Emit::always),
        json::field("Username", &S::username, json::Emit::always),
        json::field("Password", &S::password, json::Emit::always),
        json::field("DeleteUser", &S::delete_user, json::Emit::always),
        json::field("ValidDays", &S::valid_days, json::Emit::always),
        json::field("UserDBAccess", &S::user_db_access, json::Emit::always),
        json::field("AddUser", &S::add_user, json::Emit::always),
        json::field("Expired", &S::expired, json::Emit::always),
        json::field("ManagedUser", &S::managed_user, json::Emit::always),
        json::field("ClientVersion", &S::client_version, json::Emit::always),
        json::field("PasswordLength", &S::password_length, json::Emit::always)};
  }
  bool operator==(const UpdateUserRequest&) const = default;
};

struct DeleteUserRequest {
  std::string selector;
  std::vector<std::string> clusters;
  bool all_flag = false;
  std::string username, client_version, ns;

  static constexpr auto fields() {
    using S = DeleteUserRequest;
    return std::tuple{json::field("Selector", &S::selector, json::Emit::always),
                      json::field("Clusters", &S::clusters, json::Emit::always),
                      json::field("AllFlag", &S::all_flag, json::Emit::always),
                      json::field("Username", &S::username, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always)};
  }
  bool operator==(const DeleteUserRequest&) const = default;
};

struct DeleteUserResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = DeleteUserResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const DeleteUserResponse&) const = default;
};

struct UpdateUserResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = UpdateUserResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const UpdateUserResponse&) const = default;
};

struct CreateUserRequest {
  std::vector<std::string> clusters;
  std::string username, ns, selector;
  bool all_flag = false;
  std::string password;
  bool managed_user = false;
  int password_age_days = 0;
  std::string client_version;
  int password_length = 0;

  static constexpr auto fields() {
    using S = CreateUserRequest;
    return std::tuple{json::field("Clusters", &S::clusters, json::Emit::always),
                      json::field("Username", &S::username, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always),
                      json::field("AllFlag", &S::all_flag, json::Emit::always),
                      json::field("Password", &S::password, json::Emit::always),
                      json::field("ManagedUser", &S::managed_user, json::Emit::always),
                      json::field("PasswordAgeDays", &S::password_age_days, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always),
                      json::field("PasswordLength", &S::password_length, json::Emit::always)};
  }
  bool operator==(const CreateUserRequest&) const = default;
};

struct CreateUserResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = CreateUserResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const CreateUserResponse&) const = default;
};

struct ShowUserSecret {
  std::string name, username, password;

  static constexpr auto fields() {
    using S = ShowUserSecret;
    return std::tuple{json::field("Name", &S::name, json::Emit::always),
                      json::field("Username", &S::username, json::Emit::always),
                      json::field("Password", &S::password, json::Emit::always)};
  }
  bool operator==(const ShowUserSecret&) const = default;
};

struct ShowUserRequest {
  std::vector<std::string> clusters;
  bool all_flag = false;
  std::string client_version, selector, ns, expired;

  static constexpr auto fields() {
    using S = ShowUserRequest;
    return std::tuple{json::field("Clusters", &S::clusters, json::Emit::always),
                      json::field("AllFlag", &S::all_flag, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("Expired", &S::expired, json::Emit::always)};
  }
  bool operator==(const ShowUserRequest&) const = default;
};

struct ShowUserDetail {
  PgCluster cluster;
  std::vector<ShowUserSecret> secrets;
  bool expired_output = false;
  int expired_days = 0;
  std::vector<std::string> expired_msgs;

  static constexpr auto fields() {
    using S = ShowUserDetail;
    return std::tuple{json::field("Cluster", &S::cluster, json::Emit::always),
                      json::field("Secrets", &S::secrets, json::Emit::always),
                      json::field("ExpiredOutput", &S::expired_output, json::Emit::always),
                      json::field("ExpiredDays", &S::expired_days, json::Emit::always),
                      json::field("ExpiredMsgs", &S::expired_msgs, json::Emit::always)};
  }
  bool operator==(const ShowUserDetail&) const = default;
};

struct ShowUserResponse {
  std::vector<ShowUserDetail> results;
  Status status;

  static constexpr auto fields() {
    using S = ShowUserResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowUserResponse&) const = default;
};

}  // namespace pgo::model::rest
