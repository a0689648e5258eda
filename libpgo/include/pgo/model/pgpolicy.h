#pragma once

#include "pgo/model/meta.h"

#include <string>
#include <tuple>

namespace pgo::model {

/// `spec` of a Pgpolicy.
struct PgPolicySpec {
  std::string ns;
  std::string name;
  std::string url;  ///< when set, the SQL is fetched from here at each use
  std::string sql;
  std::string status;  ///< unused
  json::Extra extra;

  static constexpr auto fields() {
    using S = PgPolicySpec;
    using enum json::Emit;
    return std::tuple{
        json::field("namespace", &S::ns, always),  json::field("name", &S::name, always),
        json::field("url", &S::url, always),       json::field("sql", &S::sql, always),
        json::field("status", &S::status, always), json::extra(&S::extra)};
  }
  bool operator==(const PgPolicySpec&) const = default;
};

/// SQL that may be applied to clusters.
struct PgPolicy {
  std::string kind = "Pgpolicy";
  std::string api_version = "crunchydata.com/v1";
  ObjectMeta metadata;
  PgPolicySpec spec;
  CrStatus status;
  json::Extra extra;

  static constexpr auto fields() {
    using enum json::Emit;
    return std::tuple{json::field("kind", &PgPolicy::kind),
                      json::field("apiVersion", &PgPolicy::api_version),
                      json::field("metadata", &PgPolicy::metadata, always),
                      json::field("spec", &PgPolicy::spec, always),
                      json::field("status", &PgPolicy::status, always),
                      json::extra(&PgPolicy::extra)};
  }
  bool operator==(const PgPolicy&) const = default;

  static Result<PgPolicy> from(const kube::Object& object);
  kube::Object object() const;

  const std::string& name() const { return metadata.name; }
};

}  // namespace pgo::model
