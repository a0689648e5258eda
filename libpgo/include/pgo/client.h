#pragma once

#include "pgo/json/codec.h"
#include "pgo/model/rest_calls.h"
#include "pgo/rest_channel.h"

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace pgo {

/// One operation as it is known at run time; made from model::rest::kCalls.
struct RestOperation {
  std::string_view name, method, path;
  bool in_query = false;     ///< the request travels in path and query, not as a body
  bool writes = false;       ///< it changes something, and so can be tried with a dry run
  std::string_view summary;  ///< one sentence
  /// The request as it is sent: strict, so that an unknown field or a wrong type is
  /// `invalid_argument` with the path of the field; what is absent is as in `initial_request`.
  Result<json::Value> (*check)(const json::Value& request) = nullptr;
};

/// Every operation, in the order of the table.
std::span<const RestOperation> rest_operations();

/// The operations of libpgo, by typed messages or as JSON, of an operator in this process or of an
/// apiserver elsewhere. A cheap value; thread safe. Calls block until the request has been checked
/// and written down; the work itself is done by the operator after that: see `show_workflow`.
///
///     pgo::Client client((*operator)->channel(), "pgouser1");
///     using namespace pgo::model;
///     auto wanted = rest::initial_request<rest::CreateClusterRequest>();
///     wanted.name = "hippo";
///     if (auto made = client.create_cluster(wanted); !made) {
///       std::puts(made.error().text().c_str());
///     }
///
/// Fields `ClientVersion` and `Namespace` that are left empty are filled in. Errors: those of the
/// channel; `unauthenticated`, `permission_denied`; `unimplemented` when the server does not know
/// the operation; else what the server refused (`invalid_argument`, `not_found`, ...; only
/// `failed_precondition` from a 4.2.0 server, which does not say). After a refusal nothing has been
/// written.
class Client {
 public:
  /// `ns` is the namespace of requests that name none; may be empty.
  explicit Client(std::shared_ptr<RestChannel> channel, std::string ns = {})
      : channel_(std::move(channel)), ns_(std::move(ns)) {}

  const std::string& ns() const { return ns_; }
  /// The same way, with another default namespace.
  Client in_namespace(std::string ns) const { return Client(channel_, std::move(ns)); }

  /// An operation of the table with its own messages: `client.call<"show_status">()`.
  template <model::rest::CallName name>
  auto call(
      const typename std::remove_cvref_t<decltype(model::rest::kCall<name>)>::Request& request = {},
      std::stop_token stop = {}) const {
    constexpr const auto& row = model::rest::kCall<name>;
    return read<typename std::remove_cvref_t<decltype(row)>::Response>(
        row.name, send(row.name, json::encode(request), Mode::carry_out, std::move(stop)));
  }

  /// What an operation that writes would do now; none of it is done. The answer tells in `steps`
  /// every write and command in order, the request's own first, with what it stops or destroys in
  /// `effect`, up to where the world must move first; in `waits` for what the cluster would wait
  /// then; in `results` what the request would have answered. No steps: nothing would change. No
  /// secret is in it. Errors are those of the operation itself; `unimplemented` from a server that
  /// knows no dry runs (4.2.0), which does nothing then.
  ///
  ///     model::rest::DeleteClusterRequest request;
  ///     request.clustername = "hippo";
  ///     if (auto plan = client.dry_run<"delete_cluster">(request)) {
  ///       for (const auto& step : plan->steps) std::puts((step.verb + " " + step.name).c_str());
  ///     }
  template <model::rest::CallName name>
    requires(model::rest::kCall<name>.effect == model::rest::Effect::writes)
  Result<model::rest::DryRunResponse> dry_run(
      const typename std::remove_cvref_t<decltype(model::rest::kCall<name>)>::Request& request = {},
      std::stop_token stop = {}) const {
    return read<model::rest::DryRunResponse>(
        name.view(), send(name.view(), json::encode(request), Mode::try_only, std::move(stop)));
  }

  // The operations most used; every other is one `call` away. Errors beside those of every call are
  // named; a stop request ends the call with `cancelled`.

  /// The server's version; also a way to see that it answers.
  auto show_version(std::stop_token stop = {}) const {
    return call<"show_version">({}, std::move(stop));
  }
  /// Writes the cluster down, start from `initial_request`; its workflow is in the last line of
  /// `results`. `already_exists`, `invalid_argument`.
  auto create_cluster(const model::rest::CreateClusterRequest& request,
                      std::stop_token stop = {}) const {
    return call<"create_cluster">(request, std::move(stop));
  }
  /// Clusters by name, selector or all; none of the name is an empty answer, not an error.
  auto show_clusters(const model::rest::ShowClusterRequest& request,
                     std::stop_token stop = {}) const {
    return call<"show_clusters">(request, std::move(stop));
  }
  /// Removes clusters; data and backups stay unless the request says otherwise. `not_found`.
  auto delete_cluster(const model::rest::DeleteClusterRequest& request,
                      std::stop_token stop = {}) const {
    return call<"delete_cluster">(request, std::move(stop));
  }
  /// Adds replicas. `not_found`, `invalid_argument`.
  auto scale_cluster(const model::rest::ScaleClusterQuery& request,
                     std::stop_token stop = {}) const {
    return call<"scale_cluster">(request, std::move(stop));
  }
  /// Removes the replica that `query_scale` names so. `not_found`, `failed_precondition` for one
  /// that leads.
  auto scale_down(const model::rest::ScaleDownQuery& request, std::stop_token stop = {}) const {
    return call<"scale_down">(request, std::move(stop));
  }
  /// Makes the replica lead that `query_failover` names so. `not_found`, `failed_precondition` when
  /// it is not ready.
  auto create_failover(const model::rest::CreateFailoverRequest& request,
                       std::stop_token stop = {}) const {
    return call<"create_failover">(request, std::move(stop));
  }
  /// Makes a new cluster of the backups of another; follow `workflow_id` of the answer with
  /// `show_workflow`. `not_found`, `already_exists`, `invalid_argument`.
  auto clone_cluster(const model::rest::CloneRequest& request, std::stop_token stop = {}) const {
    return call<"clone_cluster">(request, std::move(stop));
  }
  /// Starts a pgBackRest backup. `not_found`, `failed_precondition` while the repository is not up.
  auto create_backup(const model::rest::CreateBackrestBackupRequest& request,
                     std::stop_token stop = {}) const {
    return call<"create_backup">(request, std::move(stop));
  }
  /// Restores a cluster in place: what was written after the point that is restored is lost. Its
  /// workflow is in the last line of `results`. `not_found`, `invalid_argument`.
  auto restore_cluster(const model::rest::RestoreRequest& request,
                       std::stop_token stop = {}) const {
    return call<"restore_cluster">(request, std::move(stop));
  }
  /// Makes backups or a policy regular. `not_found`, `already_exists`, `invalid_argument`.
  auto create_schedule(const model::rest::CreateScheduleRequest& request,
                       std::stop_token stop = {}) const {
    return call<"create_schedule">(request, std::move(stop));
  }
  /// What the cluster waits for, since when and what ends it, and what is about to be done.
  /// `not_found`.
  auto explain_cluster(std::string name, std::stop_token stop = {}) const {
    return call<"explain_cluster">({.name = std::move(name), .version = {}, .ns = {}},
                                   std::move(stop));
  }
  /// The steps that a workflow has reached, as keys of `parameters` with their times
  /// (model::step); `kFailed` and `kReason` when it has failed. `not_found`.
  auto show_workflow(std::string id, std::stop_token stop = {}) const {
    return call<"show_workflow">({.id = std::move(id), .version = {}, .ns = {}}, std::move(stop));
  }

  /// An operation by name, its request and answer as JSON with the keys of the messages.
  /// `invalid_argument` for an unknown name or a request that does not fit.
  Result<json::Value> call_json(std::string_view name, const json::Value& request,
                                std::stop_token stop = {}) const;

  /// `dry_run` by name: a DryRunResponse as JSON. `invalid_argument` also for an operation that
  /// writes nothing, as there is nothing to try.
  Result<json::Value> dry_run_json(std::string_view name, const json::Value& request,
                                   std::stop_token stop = {}) const;

  /// Any request as it stands; nothing is filled in. The answer whatever its Code.
  Result<json::Value> request(const RestRequest& request) const;

 private:
  enum class Mode { carry_out, try_only };

  template <typename Response>
  static Result<Response> read(std::string_view name, const Result<json::Value>& answer) {
    if (!answer) return fail(answer.error());
    auto decoded = json::decode<Response>(*answer, json::Mode::lenient);
    if (!decoded) return fail(unreadable(name, decoded.error()));
    return decoded;
  }
  Result<json::Value> send(std::string_view name, json::Value request, Mode mode,
                           std::stop_token stop) const;
  static Error unreadable(std::string_view name, const Error& why);

  std::shared_ptr<RestChannel> channel_;
  std::string ns_;
};

}  // namespace pgo
