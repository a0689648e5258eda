#pragma once

#include "embedded/api/call.h"
#include "embedded/api/escalation.h"
#include "embedded/api/rbac.h"
#include "embedded/api/resource.h"
#include "embedded/api/service_addresses.h"
#include "embedded/api/store.h"
#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/embedded/api_server.h"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::api {

/// Who issues tokens, and whom they are for unless they say otherwise: this API.
inline constexpr std::string_view kIssuer = "https://kubernetes.default.svc";

/// What an update must know of other objects, gathered before the store is locked.
struct Surroundings {
  std::optional<EscalationCheck> escalation{};
  std::unique_lock<std::mutex> service_lock{};  ///< held from choosing an address to storing it
  std::optional<ServiceAddresses> addresses{};
};

struct TokenTerms {
  std::optional<Duration> lifetime{};  ///< nothing: for as long as the server's key lives
  std::vector<std::string> audiences{std::string(kIssuer)};
};

/// The semantics of the Kubernetes API over a Store. Thread safe.
class Api {
 public:
  Api(ApiServerOptions options, const Clock& clock, IdSource& ids, Log log,
      std::unique_ptr<Journal> journal);

  /// Loads the journal and makes the objects that every cluster has.
  Result<void> start();

  /// Answers anything but a watch, exec or log; failures become Status documents.
  Answer handle(Call call);
  /// Opens a watch. Check `is_watch` first.
  Result<std::unique_ptr<kube::WatchStream>> watch(Call call, std::function<void()> on_ready);
  static bool is_watch(const Call& call) { return call.is_resource && call.verb == "watch"; }

  /// Resolves the type and asks RBAC; everything that serves a call goes through here first.
  Result<void> admit(Call& call);

  /// The types that are served now, those of CustomResourceDefinitions among them.
  std::shared_ptr<const Registry> registry() const;
  Store& store() { return store_; }
  const Store& store() const { return store_; }
  const Clock& clock() const { return *clock_; }
  IdSource& ids() { return *ids_; }
  const Log& log() const { return log_; }
  const ApiServerOptions& options() const { return options_; }

  void set_runtime(ContainerRuntime* runtime) { runtime_ = runtime; }
  ContainerRuntime* runtime() const { return runtime_; }

  /// A bearer token. One for a service account is good for that very object, if it is there.
  std::string issue_token(const Identity& identity, const TokenTerms& terms) const;
  Result<Identity> authenticate(std::string_view token, std::string_view audience = kIssuer) const;

  /// The current time as metav1.Time.
  std::string now() const { return to_rfc3339(clock_->now()); }

  // One function for each verb, all after `admit`.
  Result<Answer> get(const Call& call);
  Result<Answer> list(const Call& call);
  Result<Answer> create(const Call& call);
  Result<Answer> update(const Call& call);
  Result<Answer> patch(const Call& call);
  Result<Answer> remove(const Call& call);
  Result<Answer> remove_collection(const Call& call);

 private:
  Result<Answer> dispatch(Call& call);
  Result<Answer> create_subresource(const Call& call);
  Result<Answer> create_object(const Call& call, json::Value document);
  Result<RecordPtr> create_once(const Call& call, json::Value document);
  Result<RecordPtr> create_generated(const Call& call, const json::Value& document);
  Result<Answer> token_request(const Call& call, const json::Value& body);
  Result<Answer> review(const Call& call);
  json::Value token_review(const json::Value& spec) const;
  Result<void> bind(const Call& call, const json::Value& binding);
  /// The uid of the service account that a user name stands for; empty when there is none.
  std::string account_uid(std::string_view user) const;
  Result<void> require_namespace(const Call& call) const;
  /// `hold`: a finalizer that the object gets as it is marked for deletion.
  Result<Answer> remove_one(const Call& call, const json::Value& options,
                            std::string_view hold = {});
  Result<Answer> remove_object(const Call& call, const json::Value& options);

  // Definitions of custom resources (definitions.cpp).
  Result<void> require_lasting_type(const Resource& type) const;
  Result<Answer> remove_definition(const Call& call, const json::Value& options);
  Result<void> remove_instances(const Resource& type);
  /// To be called when a custom resource has gone: it may be the last that its definition waits
  /// for.
  Result<void> instance_gone(const Resource& type);
  Result<void> note_vanished(const Call& call);
  /// Goes on with deletions that the end of the process cut off.
  Result<void> finish_definitions();

  /// What an update must know of other objects; to be asked before `store_.write`.
  Result<Surroundings> surroundings(const Call& call);
  /// Forgets events that are old; called with each new one.
  void expire_events(const ResourcePtr& type, const Key& added);
  Result<void> load_key();
  Result<void> bootstrap();
  Result<void> ensure(std::string_view group, std::string_view plural, json::Value document);

  ApiServerOptions options_;
  const Clock* clock_;
  IdSource* ids_;
  Log log_;
  Store store_;
  Rbac rbac_;
  mutable std::mutex registry_mutex_;
  mutable std::shared_ptr<const Registry> registry_;
  mutable std::uint64_t registry_version_ = 0;  ///< of the definitions it was built from
  std::mutex service_mutex_;
  std::shared_mutex definitions_mutex_;  ///< shared by who makes custom resources
  std::string key_;                      ///< signs tokens
  std::mutex events_mutex_;
  struct AgingEvent {
    TimePoint look_at;
    ResourcePtr type;
    Key key;
  };
  std::deque<AgingEvent> events_;
  std::atomic<ContainerRuntime*> runtime_ = nullptr;
};

/// The log text that a call to pods/NAME/log asks for.
Result<std::string> read_log(Api& api, Call& call);
/// The container that a log or exec call means; 400 when it must be named or does not exist.
Result<std::string> container_of(const Api& api, const Call& call);

}  // namespace pgo::embedded::api

namespace pgo::embedded {
struct ApiServer::Impl {
  Impl(ApiServerOptions options, const Clock& clock, IdSource& ids, Log log,
       std::unique_ptr<api::Journal> journal)
      : api(std::move(options), clock, ids, std::move(log), std::move(journal)) {}
  api::Api api;
};
}  // namespace pgo::embedded
