#include "objects.h"
#include "pgo/json/codec.h"
#include "pgo/model/messages/access.h"
#include "pgo/model/messages/backups.h"
#include "pgo/model/messages/benchmark.h"
#include "pgo/model/messages/clone.h"
#include "pgo/model/messages/clusters.h"
#include "pgo/model/messages/config.h"
#include "pgo/model/messages/failover.h"
#include "pgo/model/messages/inspect.h"
#include "pgo/model/messages/labels.h"
#include "pgo/model/messages/namespaces.h"
#include "pgo/model/messages/pgbouncer.h"
#include "pgo/model/messages/policies.h"
#include "pgo/model/messages/schedules.h"
#include "pgo/model/messages/status.h"
#include "pgo/model/messages/upgrade.h"
#include "pgo/model/messages/users.h"
#include "pgo/model/messages/version.h"
#include "pgo/model/messages/workflow.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

// Every recorded request and answer goes through our structs unchanged: no key is lost, renamed or
// left out.

namespace pgo::contract {
namespace {

namespace rest = model::rest;
using json::Value;

template <typename T>
Result<Value> round_trip(const Value& body) {
  PGO_TRY(const T message, json::decode<T>(body, json::Mode::lenient));
  return json::encode(message);
}

using RoundTrip = Result<Value> (*)(const Value&);

const std::map<std::string, RoundTrip, std::less<>>& types() {
  static const std::map<std::string, RoundTrip, std::less<>> table{
      {"ApplyPolicyRequest", round_trip<rest::ApplyPolicyRequest>},
      {"ApplyPolicyResponse", round_trip<rest::ApplyPolicyResponse>},
      {"CatRequest", round_trip<rest::CatRequest>},
      {"CatResponse", round_trip<rest::CatResponse>},
      {"CloneRequest", round_trip<rest::CloneRequest>},
      {"CloneResponse", round_trip<rest::CloneResponse>},
      {"ClusterScaleResponse", round_trip<rest::ClusterScaleResponse>},
      {"ClusterTestRequest", round_trip<rest::ClusterTestRequest>},
      {"ClusterTestResponse", round_trip<rest::ClusterTestResponse>},
      {"CreateBackrestBackupRequest", round_trip<rest::CreateBackrestBackupRequest>},
      {"CreateBackrestBackupResponse", round_trip<rest::CreateBackrestBackupResponse>},
      {"CreateBackupRequest", round_trip<rest::CreateBackupRequest>},
      {"CreateBackupResponse", round_trip<rest::CreateBackupResponse>},
      {"CreateBenchmarkRequest", round_trip<rest::CreateBenchmarkRequest>},
      {"CreateBenchmarkResponse", round_trip<rest::CreateBenchmarkResponse>},
      {"CreateClusterRequest", round_trip<rest::CreateClusterRequest>},
      {"CreateClusterResponse", round_trip<rest::CreateClusterResponse>},
      {"CreateFailoverRequest", round_trip<rest::CreateFailoverRequest>},
      {"CreateFailoverResponse", round_trip<rest::CreateFailoverResponse>},
      {"CreateNamespaceRequest", round_trip<rest::CreateNamespaceRequest>},
      {"CreateNamespaceResponse", round_trip<rest::CreateNamespaceResponse>},
      {"CreatePgbouncerRequest", round_trip<rest::CreatePgbouncerRequest>},
      {"CreatePgbouncerResponse", round_trip<rest::CreatePgbouncerResponse>},
      {"CreatePgoroleRequest", round_trip<rest::CreatePgoroleRequest>},
      {"CreatePgoroleResponse", round_trip<rest::CreatePgoroleResponse>},
      {"CreatePgouserRequest", round_trip<rest::CreatePgouserRequest>},
      {"CreatePgouserResponse", round_trip<rest::CreatePgouserResponse>},
      {"CreatePolicyRequest", round_trip<rest::CreatePolicyRequest>},
      {"CreatePolicyResponse", round_trip<rest::CreatePolicyResponse>},
      {"CreateScheduleRequest", round_trip<rest::CreateScheduleRequest>},
      {"CreateScheduleResponse", round_trip<rest::CreateScheduleResponse>},
      {"CreateUpgradeRequest", round_trip<rest::CreateUpgradeRequest>},
      {"CreateUpgradeResponse", round_trip<rest::CreateUpgradeResponse>},
      {"CreateUserRequest", round_trip<rest::CreateUserRequest>},
      {"CreateUserResponse", round_trip<rest::CreateUserResponse>},
      {"CreatepgDumpBackupRequest", round_trip<rest::CreatepgDumpBackupRequest>},
      {"CreatepgDumpBackupResponse", round_trip<rest::CreatepgDumpBackupResponse>},
      {"DeleteBackupResponse", round_trip<rest::DeleteBackupResponse>},
      {"DeleteBenchmarkRequest", round_trip<rest::DeleteBenchmarkRequest>},
      {"DeleteBenchmarkResponse", round_trip<rest::DeleteBenchmarkResponse>},
      {"DeleteClusterRequest", round_trip<rest::DeleteClusterRequest>},
      {"DeleteClusterResponse", round_trip<rest::DeleteClusterResponse>},
      {"DeleteLabelRequest", round_trip<rest::DeleteLabelRequest>},
      {"DeleteNamespaceRequest", round_trip<rest::DeleteNamespaceRequest>},
      {"DeleteNamespaceResponse", round_trip<rest::DeleteNamespaceResponse>},
      {"DeletePgbouncerRequest", round_trip<rest::DeletePgbouncerRequest>},
      {"DeletePgbouncerResponse", round_trip<rest::DeletePgbouncerResponse>},
      {"DeletePgoroleRequest", round_trip<rest::DeletePgoroleRequest>},
      {"DeletePgoroleResponse", round_trip<rest::DeletePgoroleResponse>},
      {"DeletePgouserRequest", round_trip<rest::DeletePgouserRequest>},
      {"DeletePgouserResponse", round_trip<rest::DeletePgouserResponse>},
      {"DeletePolicyRequest", round_trip<rest::DeletePolicyRequest>},
      {"DeletePolicyResponse", round_trip<rest::DeletePolicyResponse>},
      {"DeleteScheduleRequest", round_trip<rest::DeleteScheduleRequest>},
      {"DeleteScheduleResponse", round_trip<rest::DeleteScheduleResponse>},
      {"DeleteUserRequest", round_trip<rest::DeleteUserRequest>},
      {"DeleteUserResponse", round_trip<rest::DeleteUserResponse>},
      {"DfResponse", round_trip<rest::DfResponse>},
      {"LabelRequest", round_trip<rest::LabelRequest>},
      {"LabelResponse", round_trip<rest::LabelResponse>},
      {"LoadRequest", round_trip<rest::LoadRequest>},
      {"LoadResponse", round_trip<rest::LoadResponse>},
      {"LsRequest", round_trip<rest::LsRequest>},
      {"LsResponse", round_trip<rest::LsResponse>},
      {"PgRestoreRequest", round_trip<rest::PgRestoreRequest>},
      {"PgRestoreResponse", round_trip<rest::PgRestoreResponse>},
      {"PgbasebackupRestoreRequest", round_trip<rest::PgbasebackupRestoreRequest>},
      {"PgbasebackupRestoreResponse", round_trip<rest::PgbasebackupRestoreResponse>},
      {"QueryFailoverResponse", round_trip<rest::QueryFailoverResponse>},
      {"ReloadRequest", round_trip<rest::ReloadRequest>},
      {"ReloadResponse", round_trip<rest::ReloadResponse>},
      {"RestoreRequest", round_trip<rest::RestoreRequest>},
      {"RestoreResponse", round_trip<rest::RestoreResponse>},
      {"ScaleDownResponse", round_trip<rest::ScaleDownResponse>},
      {"ScaleQueryResponse", round_trip<rest::ScaleQueryResponse>},
      {"ShowBackrestResponse", round_trip<rest::ShowBackrestResponse>},
      {"ShowBackupResponse", round_trip<rest::ShowBackupResponse>},
      {"ShowBenchmarkRequest", round_trip<rest::ShowBenchmarkRequest>},
      {"ShowBenchmarkResponse", round_trip<rest::ShowBenchmarkResponse>},
      {"ShowClusterRequest", round_trip<rest::ShowClusterRequest>},
      {"ShowClusterResponse", round_trip<rest::ShowClusterResponse>},
      {"ShowConfigResponse", round_trip<rest::ShowConfigResponse>},
      {"ShowNamespaceRequest", round_trip<rest::ShowNamespaceRequest>},
      {"ShowNamespaceResponse", round_trip<rest::ShowNamespaceResponse>},
      {"ShowPVCRequest", round_trip<rest::ShowPVCRequest>},
      {"ShowPVCResponse", round_trip<rest::ShowPVCResponse>},
      {"ShowPgoroleRequest", round_trip<rest::ShowPgoroleRequest>},
      {"ShowPgoroleResponse", round_trip<rest::ShowPgoroleResponse>},
      {"ShowPgouserRequest", round_trip<rest::ShowPgouserRequest>},
      {"ShowPgouserResponse", round_trip<rest::ShowPgouserResponse>},
      {"ShowPolicyRequest", round_trip<rest::ShowPolicyRequest>},
      {"ShowPolicyResponse", round_trip<rest::ShowPolicyResponse>},
      {"ShowScheduleRequest", round_trip<rest::ShowScheduleRequest>},
      {"ShowScheduleResponse", round_trip<rest::ShowScheduleResponse>},
      {"ShowUserRequest", round_trip<rest::ShowUserRequest>},
      {"ShowUserResponse", round_trip<rest::ShowUserResponse>},
      {"ShowWorkflowResponse", round_trip<rest::ShowWorkflowResponse>},
      {"StatusResponse", round_trip<rest::StatusResponse>},
      {"UpdateClusterRequest", round_trip<rest::UpdateClusterRequest>},
      {"UpdateClusterResponse", round_trip<rest::UpdateClusterResponse>},
      {"UpdateNamespaceRequest", round_trip<rest::UpdateNamespaceRequest>},
      {"UpdateNamespaceResponse", round_trip<rest::UpdateNamespaceResponse>},
      {"UpdatePgoroleRequest", round_trip<rest::UpdatePgoroleRequest>},
      {"UpdatePgoroleResponse", round_trip<rest::UpdatePgoroleResponse>},
      {"UpdatePgouserRequest", round_trip<rest::UpdatePgouserRequest>},
      {"UpdatePgouserResponse", round_trip<rest::UpdatePgouserResponse>},
      {"UpdateUserRequest", round_trip<rest::UpdateUserRequest>},
      {"UpdateUserResponse", round_trip<rest::UpdateUserResponse>},
      {"VersionResponse", round_trip<rest::VersionResponse>},
  };
  return table;
}

/// A list or map that is empty is the same to a Go client whether written as null, [] or {}.
void drop_empty(Value& value) {
  if (auto* members = value.if_object()) {
    for (auto& member : *members) {
      drop_empty(member.value);
      const bool empty = (member.value.is_array() && member.value.items().empty()) ||
                         (member.value.is_object() && member.value.members().empty());
      if (empty) member.value = nullptr;
    }
  } else if (auto* items = value.if_array()) {
    for (auto& item : *items) drop_empty(item);
  }
}

void hold(const Value& type, const Value& body, const std::string& route) {
  if (!type.is_string() || body.is_null()) return;
  const auto found = types().find(type.as_string());
  REQUIRE_MESSAGE(found != types().end(), "no struct for " << type.as_string());
  auto ours = found->second(body);
  REQUIRE_MESSAGE(ours.has_value(), route << ": " << (ours ? "" : ours.error().text()));
  Value theirs = body;
  drop_empty(theirs);
  drop_empty(*ours);
  std::vector<Difference> differences;
  compare(type.as_string(), route, theirs, *ours, differences);
  for (const auto& difference : differences) {
    // 4.2.0 lost the type of custom resources that it took from a list; ours keep it.
    const bool type_kept =
        difference.theirs == "(absent)" &&
        (difference.path.ends_with(".kind") || difference.path.ends_with(".apiVersion"));
    CHECK_MESSAGE(type_kept, difference.text());
  }
}

}  // namespace

TEST_CASE("contract: requests and answers of 4.2.0 pass through our messages unchanged") {
  const auto recorded = load_json("golden/messages.json");
  CHECK(recorded.items().size() > 100);
  for (const auto& exchange : recorded.items()) {
    const std::string route = std::string(exchange["method"].as_string()) + " " +
                              std::string(exchange["route"].as_string());
    hold(exchange["request_type"], exchange["request"], route);
    hold(exchange["response_type"], exchange["response"], route);
  }
}

TEST_CASE("contract: keys of a request are read in any case, unknown ones are ignored") {
  const auto body = json::parse(R"({"NAME":"hippo","namespace":"ns","replicacount":2,"New":1})");
  REQUIRE(body.has_value());
  const auto request = json::decode<rest::CreateClusterRequest>(*body, json::Mode::lenient);
  REQUIRE(request.has_value());
  CHECK(request->name == "hippo");
  CHECK(request->ns == "ns");
  CHECK(request->replica_count == 2);
}

}  // namespace pgo::contract
