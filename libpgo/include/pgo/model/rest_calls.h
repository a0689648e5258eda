#pragma once

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
#include "pgo/model/messages/plan.h"
#include "pgo/model/messages/policies.h"
#include "pgo/model/messages/queries.h"
#include "pgo/model/messages/schedules.h"
#include "pgo/model/messages/status.h"
#include "pgo/model/messages/upgrade.h"
#include "pgo/model/messages/users.h"
#include "pgo/model/messages/version.h"
#include "pgo/model/messages/workflow.h"

#include <string_view>
#include <tuple>

/// Every operation of the REST interface: its name, its route, its messages. pgo::Client, the C
/// interface and the Python package are made from this table; a new operation is one row here.
/// Source: the routes of 4.2.0, and `explain_cluster`, which is ours. What a server does not serve
/// (yet) is `unimplemented`.
namespace pgo::model::rest {

/// Where the request travels.
enum class In { body, query };
/// Whether something is written; what writes can be tried first (`kDryRunPrefix`).
enum class Effect { asks, writes };

template <typename RequestType, typename ResponseType>
struct Call {
  using Request = RequestType;
  using Response = ResponseType;
  std::string_view name;    ///< "create_cluster"
  std::string_view method;  ///< as the client of 4.2.0 sends it
  std::string_view path;    ///< "/clusters/scale/{name}"
  In in;
  Effect effect;
  std::string_view summary;  ///< one sentence
};

template <typename Request, typename Response>
consteval Call<Request, Response> body_call(std::string_view name, std::string_view path,
                                            std::string_view summary,
                                            Effect effect = Effect::writes) {
  return {name, "POST", path, In::body, effect, summary};
}

template <typename Request, typename Response>
consteval Call<Request, Response> query_call(std::string_view name, std::string_view path,
                                             std::string_view summary,
                                             Effect effect = Effect::asks) {
  return {name, "GET", path, In::query, effect, summary};
}

/// The request that a client starts from. On the wire what is absent is zero; where that is not
/// what anybody means, the commands of 4.2.0 sent something else.
template <typename Request>
Request initial_request() {
  return {};
}
/// One cluster, which fails over by itself.
template <>
inline CreateClusterRequest initial_request<CreateClusterRequest>() {
  CreateClusterRequest request;
  request.series = 1;
  request.autofail_flag = true;
  request.pgbouncer_user = "pgbouncer";
  return request;
}

/// The rows, by capability.
inline constexpr std::tuple kCalls{
    // system
    query_call<NoRequest, VersionResponse>("show_version", "/version", "The server's version."),
    query_call<NamespaceQuery, StatusResponse>("show_status", "/status",
                                               "Counts of a namespace, and the nodes."),
    query_call<NamespaceQuery, ShowConfigResponse>("show_config", "/config",
                                                   "The configuration in force (pgo.yaml)."),
    query_call<ClusterQuery, ExplainResponse>(
        "explain_cluster", "/explain/{name}",
        "What a cluster waits for, since when and what ends it, and what is about to be done."),
    query_call<WorkflowQuery, ShowWorkflowResponse>(
        "show_workflow", "/workflow/{id}", "The steps that a workflow has reached, with times."),
    // clusters
    body_call<CreateClusterRequest, CreateClusterResponse>("create_cluster", "/clusters",
                                                           "Creates a PostgreSQL cluster."),
    body_call<ShowClusterRequest, ShowClusterResponse>(
        "show_clusters", "/showclusters", "Clusters with their deployments, pods and services.",
        Effect::asks),
    body_call<DeleteClusterRequest, DeleteClusterResponse>(
        "delete_cluster", "/clustersdelete", "Removes clusters; data and backups when asked to."),
    body_call<UpdateClusterRequest, UpdateClusterResponse>("update_cluster", "/clustersupdate",
                                                           "Changes settings of clusters."),
    body_call<ClusterTestRequest, ClusterTestResponse>(
        "test_cluster", "/testclusters", "Whether services and instances of clusters are up.",
        Effect::asks),
    query_call<ScaleClusterQuery, ClusterScaleResponse>(
        "scale_cluster", "/clusters/scale/{name}", "Adds replicas to a cluster.", Effect::writes),
    query_call<ClusterQuery, ScaleQueryResponse>("query_scale", "/scale/{name}",
                                                 "The replicas of a cluster with their lag."),
    query_call<ScaleDownQuery, ScaleDownResponse>(
        "scale_down", "/scaledown/{name}", "Removes one replica of a cluster.", Effect::writes),
    body_call<CreateUpgradeRequest, CreateUpgradeResponse>("upgrade_cluster", "/upgrades",
                                                           "Brings clusters to another image."),
    body_call<ReloadRequest, ReloadResponse>("reload_cluster", "/reload",
                                             "Makes PostgreSQL read its configuration again."),
    // failover, clone
    body_call<CreateFailoverRequest, CreateFailoverResponse>("create_failover", "/failover",
                                                             "Makes another instance lead."),
    query_call<ClusterQuery, QueryFailoverResponse>("query_failover", "/failover/{name}",
                                                    "The instances that could lead."),
    body_call<CloneRequest, CloneResponse>("clone_cluster", "/clone",
                                           "Makes a new cluster from another one's backups."),
    // backups
    body_call<CreateBackrestBackupRequest, CreateBackrestBackupResponse>(
        "create_backup", "/backrestbackup", "Makes a pgBackRest backup."),
    query_call<SelectionQuery, ShowBackrestResponse>("show_backups", "/backrest/{name}",
                                                     "What pgBackRest says about its backups."),
    body_call<RestoreRequest, RestoreResponse>("restore_cluster", "/restore",
                                               "Restores a cluster in place."),
    body_call<CreatepgDumpBackupRequest, CreatepgDumpBackupResponse>(
        "create_pgdump", "/pgdumpbackup", "Makes a logical backup with pg_dump."),
    query_call<SelectionQuery, ShowBackupResponse>("show_pgdumps", "/pgdump/{name}",
                                                   "The pg_dump backups of clusters."),
    body_call<PgRestoreRequest, PgRestoreResponse>("restore_pgdump", "/pgdumprestore",
                                                   "Restores a logical backup."),
    query_call<ClusterQuery, DeleteBackupResponse>("delete_backup", "/backupsdelete/{name}",
                                                   "Removes the backups of a cluster.",
                                                   Effect::writes),
    // schedules, policies
    body_call<CreateScheduleRequest, CreateScheduleResponse>("create_schedule", "/schedule",
                                                             "Makes backups or policies regular."),
    body_call<ShowScheduleRequest, ShowScheduleResponse>(
        "show_schedules", "/scheduleshow", "The schedules of clusters.", Effect::asks),
    body_call<DeleteScheduleRequest, DeleteScheduleResponse>("delete_schedule", "/scheduledelete",
                                                             "Removes schedules."),
    body_call<CreatePolicyRequest, CreatePolicyResponse>("create_policy", "/policies",
                                                         "Stores SQL to be applied to clusters."),
    body_call<ShowPolicyRequest, ShowPolicyResponse>("show_policies", "/showpolicies",
                                                     "The stored policies.", Effect::asks),
    body_call<ApplyPolicyRequest, ApplyPolicyResponse>("apply_policy", "/policies/apply",
                                                       "Applies a policy to clusters."),
    body_call<DeletePolicyRequest, DeletePolicyResponse>("delete_policy", "/policiesdelete",
                                                         "Removes policies."),
    // users of databases
    body_call<CreateUserRequest, CreateUserResponse>("create_user", "/usercreate",
                                                     "Makes a PostgreSQL user."),
    body_call<ShowUserRequest, ShowUserResponse>("show_users", "/usershow",
                                                 "The PostgreSQL users of clusters.", Effect::asks),
    body_call<UpdateUserRequest, UpdateUserResponse>("update_user", "/userupdate",
                                                     "Changes PostgreSQL users."),
    body_call<DeleteUserRequest, DeleteUserResponse>("delete_user", "/userdelete",
                                                     "Removes a PostgreSQL user."),
    // pgBouncer
    body_call<CreatePgbouncerRequest, CreatePgbouncerResponse>(
        "create_pgbouncer", "/pgbouncer", "Adds a connection pool to clusters."),
    body_call<DeletePgbouncerRequest, DeletePgbouncerResponse>(
        "delete_pgbouncer", "/pgbouncerdelete", "Removes the connection pools of clusters."),
    // labels, looking inside
    body_call<LabelRequest, LabelResponse>("label_cluster", "/label", "Labels clusters."),
    body_call<DeleteLabelRequest, LabelResponse>("delete_label", "/labeldelete",
                                                 "Takes a label off clusters."),
    query_call<SelectionQuery, DfResponse>("show_disk_use", "/df/{name}",
                                           "How full the volumes of clusters are."),
    body_call<CatRequest, CatResponse>("cat", "/cat", "The content of a file in a cluster.",
                                       Effect::asks),
    body_call<LsRequest, LsResponse>("ls", "/ls", "The files in a folder of a cluster.",
                                     Effect::asks),
    body_call<LoadRequest, LoadResponse>("load", "/load", "Loads data into clusters."),
    body_call<ShowPVCRequest, ShowPVCResponse>("show_volumes", "/showpvc",
                                               "The volume claims of a namespace.", Effect::asks),
    // namespaces, users of the operator
    body_call<ShowNamespaceRequest, ShowNamespaceResponse>(
        "show_namespaces", "/namespace", "The namespaces of the installation.", Effect::asks),
    body_call<CreateNamespaceRequest, CreateNamespaceResponse>(
        "create_namespace", "/namespacecreate", "Makes a namespace for clusters."),
    body_call<UpdateNamespaceRequest, UpdateNamespaceResponse>(
        "update_namespace", "/namespaceupdate", "Brings the rights in a namespace up to date."),
    body_call<DeleteNamespaceRequest, DeleteNamespaceResponse>(
        "delete_namespace", "/namespacedelete", "Removes a namespace of the installation."),
    body_call<CreatePgouserRequest, CreatePgouserResponse>("create_pgouser", "/pgousercreate",
                                                           "Makes a user of the operator."),
    body_call<ShowPgouserRequest, ShowPgouserResponse>("show_pgousers", "/pgousershow",
                                                       "The users of the operator.", Effect::asks),
    body_call<UpdatePgouserRequest, UpdatePgouserResponse>("update_pgouser", "/pgouserupdate",
                                                           "Changes a user of the operator."),
    body_call<DeletePgouserRequest, DeletePgouserResponse>("delete_pgouser", "/pgouserdelete",
                                                           "Removes a user of the operator."),
    body_call<CreatePgoroleRequest, CreatePgoroleResponse>("create_pgorole", "/pgorolecreate",
                                                           "Makes a role of the operator."),
    body_call<ShowPgoroleRequest, ShowPgoroleResponse>("show_pgoroles", "/pgoroleshow",
                                                       "The roles of the operator.", Effect::asks),
    body_call<UpdatePgoroleRequest, UpdatePgoroleResponse>("update_pgorole", "/pgoroleupdate",
                                                           "Changes a role of the operator."),
    body_call<DeletePgoroleRequest, DeletePgoroleResponse>("delete_pgorole", "/pgoroledelete",
                                                           "Removes a role of the operator.")};

/// The row of a name: `kCall<"scale_cluster">`.
template <std::size_t N>
struct CallName {
  char text[N];
  consteval CallName(const char (&name)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = name[i];
  }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

namespace detail {
template <CallName name, std::size_t index = 0>
consteval std::size_t call_index() {
  static_assert(index < std::tuple_size_v<decltype(kCalls)>, "there is no operation of this name");
  if constexpr (std::get<index>(kCalls).name == name.view()) {
    return index;
  } else {
    return call_index<name, index + 1>();
  }
}
}  // namespace detail

template <CallName name>
inline constexpr const auto& kCall = std::get<detail::call_index<name>()>(kCalls);

}  // namespace pgo::model::rest
