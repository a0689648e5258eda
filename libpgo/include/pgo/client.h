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
    return exchange<typename std::remove_cvref_t<decltype(row)>::Response>(
        row.name, json::encode(request), std::move(stop));
  }

  // The operations most used; every other is one `call` away.

  auto show_version() const { return call<"show_version">(); }
  auto create_cluster(const model::rest::CreateClusterRequest& request) const {
    return call<"create_cluster">(request);
  }
  auto show_clusters(const model::rest::ShowClusterRequest& request) const {
    return call<"show_clusters">(request);
  }
  auto delete_cluster(const model::rest::DeleteClusterRequest& request) const {
    return call<"delete_cluster">(request);
  }
  auto scale_cluster(const model::rest::ScaleClusterQuery& request) const {
    return call<"scale_cluster">(request);
  }
  auto scale_down(const model::rest::ScaleDownQuery& request) const {
    return call<"scale_down">(request);
  }
  auto create_failover(const model::rest::CreateFailoverRequest& request) const {
    return call<"create_failover">(request);
  }
  auto clone_cluster(const model::rest::CloneRequest& request) const {
    return call<"clone_cluster">(request);
  }
  auto create_backup(const model::rest::CreateBackrestBackupRequest& request) const {
    return call<"create_backup">(request);
  }
  auto restore_cluster(const model::rest::RestoreRequest& request) const {
    return call<"restore_cluster">(request);
  }
  auto create_schedule(const model::rest::CreateScheduleRequest& request) const {
    return call<"create_schedule">(request);
  }
  auto show_workflow(std::string id) const {
    return call<"show_workflow">({.id = std::move(id), .version = {}, .ns = {}});
  }

  /// An operation by name, its request and answer as JSON with the keys of the messages.
  /// `invalid_argument` for an unknown name or a request that does not fit.
  Result<json::Value> call_json(std::string_view name, const json::Value& request,
                                std::stop_token stop = {}) const;

  /// Any request as it stands; nothing is filled in. The answer whatever its Code.
  Result<json::Value> request(const RestRequest& request) const;

 private:
  template <typename Response>
  Result<Response> exchange(std::string_view name, json::Value request,
                            std::stop_token stop) const {
    PGO_TRY(const json::Value answer, send(name, std::move(request), std::move(stop)));
    auto decoded = json::decode<Response>(answer, json::Mode::lenient);
    if (!decoded) return fail(unreadable(name, decoded.error()));
    return decoded;
  }
  Result<json::Value> send(std::string_view name, json::Value request, std::stop_token stop) const;
  static Error unreadable(std::string_view name, const Error& why);

  std::shared_ptr<RestChannel> channel_;
  std::string ns_;
};

}  // namespace pgo
