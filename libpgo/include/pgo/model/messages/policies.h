#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"
#include "pgo/model/messages/list.h"
#include "pgo/model/pgpolicy.h"

#include <string>
#include <tuple>
#include <vector>

/// Messages of the policy routes.
namespace pgo::model::rest {

struct ShowPolicyRequest {
  std::string selector, ns;
  bool all_flag = false;
  std::string client_version, policyname;

  static constexpr auto fields() {
    using S = ShowPolicyRequest;
    return std::tuple{
        json::field("Selector", &S::selector, json::Emit::always).describe("Of 4.2.0; not used."),
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("AllFlag", &S::all_flag, json::Emit::always)
            .describe("Every policy of the namespace."),
        json::field("ClientVersion", &S::client_version, json::Emit::always),
        json::field("Policyname", &S::policyname, json::Emit::always).describe("The policy.")};
  }
  bool operator==(const ShowPolicyRequest&) const = default;
};

struct CreatePolicyRequest {
  std::string name, url, sql, ns, client_version;

  static constexpr auto fields() {
    using S = CreatePolicyRequest;
    return std::tuple{
        json::field("Name", &S::name, json::Emit::always).describe("The policy's name. Required."),
        json::field("URL", &S::url, json::Emit::always)
            .describe("Where the SQL is fetched at each use; in place of it."),
        json::field("SQL", &S::sql, json::Emit::always).describe("What is run."),
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const CreatePolicyRequest&) const = default;
};

struct CreatePolicyResponse {
  Status status;

  static constexpr auto fields() {
    using S = CreatePolicyResponse;
    return std::tuple{json::inlined(&S::status)};
  }
  bool operator==(const CreatePolicyResponse&) const = default;
};

struct ApplyPolicyRequest {
  std::string name, selector;
  bool dry_run = false;
  std::string ns, client_version;

  static constexpr auto fields() {
    using S = ApplyPolicyRequest;
    return std::tuple{
        json::field("Name", &S::name, json::Emit::always).describe("The policy. Required."),
        json::field("Selector", &S::selector, json::Emit::always)
            .describe("A label selector that takes the clusters, \"pg-cluster=hippo\". Required."),
        json::field("DryRun", &S::dry_run, json::Emit::always)
            .describe("Only names the clusters; see dry_run for more."),
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("ClientVersion", &S::client_version, json::Emit::always)};
  }
  bool operator==(const ApplyPolicyRequest&) const = default;
};

struct ApplyPolicyResponse {
  std::vector<std::string> name;
  Status status;

  static constexpr auto fields() {
    using S = ApplyPolicyResponse;
    return std::tuple{json::field("Name", &S::name, json::Emit::always), json::inlined(&S::status)};
  }
  bool operator==(const ApplyPolicyResponse&) const = default;
};

struct ApplyResults {
  std::vector<std::string> results;

  static constexpr auto fields() {
    using S = ApplyResults;
    return std::tuple{json::field("Results", &S::results, json::Emit::always)};
  }
  bool operator==(const ApplyResults&) const = default;
};

struct ShowPolicyResponse {
  List<PgPolicy> policy_list;
  Status status;

  static constexpr auto fields() {
    using S = ShowPolicyResponse;
    return std::tuple{json::field("PolicyList", &S::policy_list, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowPolicyResponse&) const = default;
};

struct DeletePolicyRequest {
  std::string selector, ns;
  bool all_flag = false;
  std::string client_version, policy_name;

  static constexpr auto fields() {
    using S = DeletePolicyRequest;
    return std::tuple{
        json::field("Selector", &S::selector, json::Emit::always).describe("Of 4.2.0; not used."),
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("AllFlag", &S::all_flag, json::Emit::always)
            .describe("Every policy of the namespace."),
        json::field("ClientVersion", &S::client_version, json::Emit::always),
        json::field("PolicyName", &S::policy_name, json::Emit::always).describe("The policy.")};
  }
  bool operator==(const DeletePolicyRequest&) const = default;
};

struct DeletePolicyResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = DeletePolicyResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const DeletePolicyResponse&) const = default;
};

}  // namespace pgo::model::rest
