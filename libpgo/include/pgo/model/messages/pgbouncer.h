#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <string>
#include <tuple>
#include <vector>

/// Messages of the pgbouncer routes.
namespace pgo::model::rest {

struct CreatePgbouncerRequest {
  std::vector<std::string> args;
  std::string selector, ns, pgbouncer_user, pgbouncer_pass, client_version;

  static constexpr auto fields() {
    using S = CreatePgbouncerRequest;
    return std::tuple{json::field("Args", &S::args, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("PgbouncerUser", &S::pgbouncer_user, json::Emit::always),
                      json::field("PgbouncerPass", &S::pgbouncer_pass, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const CreatePgbouncerRequest&) const = default;
};

struct CreatePgbouncerResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = CreatePgbouncerResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const CreatePgbouncerResponse&) const = default;
};

struct DeletePgbouncerRequest {
  std::vector<std::string> args;
  std::string selector, ns, client_version;

  static constexpr auto fields() {
    using S = DeletePgbouncerRequest;
    return std::tuple{json::field("Args", &S::args, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always),
                      json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const DeletePgbouncerRequest&) const = default;
};

struct DeletePgbouncerResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = DeletePgbouncerResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const DeletePgbouncerResponse&) const = default;
};

}  // namespace pgo::model::rest
