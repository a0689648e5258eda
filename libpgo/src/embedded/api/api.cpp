#include "embedded/api/api.h"

#include "embedded/api/discovery.h"
#include "embedded/api/status.h"
#include "embedded/api/watch_stream.h"
#include "pgo/base/text.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace pgo::embedded::api {
namespace {

using json::Value;

/// How long events are kept. Source: kube-apiserver, --event-ttl.
constexpr Duration kEventLifetime = std::chrono::hours(1);

/// Events are of two groups, each with a table of its own.
constexpr const char* kEventGroups[] = {"", "events.k8s.io"};

/// When an event was last repeated, in the words of either group.
std::optional<TimePoint> last_seen(const Value& event) {
  for (const Value* at : {&event["lastTimestamp"], &event["series"]["lastObservedTime"],
                          &event["deprecatedLastTimestamp"]}) {
    if (const auto time = parse_rfc3339(at->as_string())) return *time;
  }
  return std::nullopt;
}

/// How much of the history budget the options ask for.
Store::Limits limits_of(const ApiServerOptions& options) {
  Store::Limits limits;
  limits.events = options.history;
  return limits;
}

/// What a subresource takes. Any other verb would reach the whole object, past a role that speaks
/// of the subresource alone.
struct Action {
  std::string_view table, name, verbs;
};
constexpr Action kActions[] = {
    {"/namespaces", "finalize", "update"},
    {"/serviceaccounts", "token", "create"},
    {"/pods", "log", "get"},
    {"/pods", "exec", "create"},
    {"/pods", "binding", "create"},
    {"/pods", "eviction", "create"},
};

/// The verbs, separated by commas; empty when the type has no such subresource.
std::string_view verbs_of(const Resource& type, std::string_view subresource) {
  if ((subresource == "status" && type.status) || (subresource == "scale" && type.scale)) {
    return "get,update,patch";
  }
  const auto* found = std::ranges::find_if(kActions, [&](const Action& action) {
    return action.table == type.table && action.name == subresource;
  });
  return found == std::end(kActions) ? std::string_view() : found->verbs;
}

/// Whether a call may be made of the subresource that it names, if any.
Result<void> check_subresource(const Call& call) {
  if (call.subresource.empty()) return {};
  const auto verbs = text::split_list(verbs_of(*call.resource, call.subresource));
  if (verbs.empty()) return no_such_resource();
  if (std::ranges::find(verbs, call.verb) != verbs.end()) return {};
  return not_allowed();
}

/// Groups whose types are made by POST alone and never stored.
bool is_review(const Call& call) {
  return call.group == "authorization.k8s.io" || call.group == "authentication.k8s.io";
}

}  // namespace

Api::Api(ApiServerOptions options, const Clock& clock, IdSource& ids, Log log,
         std::unique_ptr<Journal> journal)
    : options_(std::move(options)),
      clock_(&clock),
      ids_(&ids),
      log_(std::move(log)),
      store_(limits_of(options_), std::move(journal)),
      rbac_(store_),
      registry_(Registry::build({})) {}

Result<void> Api::start() {
  PGO_TRY_VOID(store_.load());
  PGO_TRY_VOID(load_key());
  for (const char* group : kEventGroups) {
    const ResourcePtr type = registry()->find(group, "v1", "events");
    for (const RecordPtr& record : store_.list(type->table, "").records) {
      events_.push_back({clock_->now() + kEventLifetime, type, record->key()});
    }
  }
  PGO_TRY_VOID(bootstrap());
  PGO_TRY_VOID(finish_definitions());
  return store_.settle(0);
}

std::shared_ptr<const Registry> Api::registry() const {
  const std::lock_guard lock(registry_mutex_);
  // Looked up, not told: whoever hears of a definition finds it served, or no longer served.
  const std::uint64_t version = store_.changed(kCrdTable);
  if (registry_ && registry_version_ == version) return registry_;
  std::vector<Value> crds;
  for (const RecordPtr& record : store_.list(kCrdTable, "").records) {
    if (auto document = json::parse(record->text())) crds.push_back(*std::move(document));
  }
  registry_ = Registry::build(crds);
  registry_version_ = version;
  return registry_;
}

Result<void> Api::ensure(std::string_view group, std::string_view plural, Value document) {
  Call call;
  call.resource = registry()->find(group, "v1", plural);
  call.plural = plural;
  call.group = group;
  document.set("apiVersion", call.resource->api_version());
  document.set("kind", call.resource->kind);
  auto created = create_object(call, std::move(document));
  if (!created && created.error().code != Code::already_exists) {
    return fail(std::move(created).error());
  }
  return {};
}

Result<void> Api::bootstrap() {
  for (const char* name : {"default", "kube-node-lease", "kube-public", "kube-system"}) {
    if (store_.contains("/namespaces", {"", name})) continue;
    PGO_TRY_VOID(
        ensure("", "namespaces", Value::object({{"metadata", Value::object({{"name", name}})}})));
  }
  if (store_.contains("rbac.authorization.k8s.io/clusterroles", {"", "cluster-admin"})) return {};
  const Value metadata = Value::object({{"name", "cluster-admin"}});
  const Value any = Value::array({"*"});
  PGO_TRY_VOID(ensure(
      "rbac.authorization.k8s.io", "clusterroles",
      Value::object(
          {{"metadata", metadata},
           {"rules",
            Value::array({Value::object({{"apiGroups", any}, {"resources", any}, {"verbs", any}}),
                          Value::object({{"nonResourceURLs", any}, {"verbs", any}})})}})));
  return ensure(
      "rbac.authorization.k8s.io", "clusterrolebindings",
      Value::object({{"metadata", metadata},
                     {"roleRef", Value::object({{"apiGroup", "rbac.authorization.k8s.io"},
                                                {"kind", "ClusterRole"},
                                                {"name", "cluster-admin"}})},
                     {"subjects", Value::array({Value::object(
                                      {{"kind", "Group"}, {"name", "system:masters"}})})}}));
}

Result<void> Api::admit(Call& call) {
  if (options_.rbac) {
    const Attributes attributes = attributes_of(call);
    if (!rbac_.allowed(call.identity, attributes)) {
      auto refusal = forbidden(call.identity, attributes);
      log_.debug("request refused", {{"why", refusal.error().message}});
      return refusal;
    }
  }
  if (!call.is_resource || is_review(call)) return {};
  call.resource = registry()->find(call.group, call.version, call.plural);
  const bool scope_fits =
      call.resource &&
      (call.resource->namespaced ? !call.ns.empty() || call.name.empty() : call.ns.empty());
  if (!scope_fits) return no_such_resource();
  return check_subresource(call);
}

Result<Answer> Api::dispatch(Call& call) {
  PGO_TRY_VOID(admit(call));
  if (!call.is_resource) return discover(*this, call);
  if (is_review(call)) return review(call);
  if (call.verb == "get") return get(call);
  if (call.verb == "list") return list(call);
  if (call.verb == "create") {
    if (call.resource->namespaced && call.ns.empty()) {
      return bad_request("an empty namespace may not be set during creation");
    }
    return create(call);
  }
  if (call.verb == "update" && !call.name.empty()) return update(call);
  if (call.verb == "patch" && !call.name.empty()) return patch(call);
  if (call.verb == "delete") return remove(call);
  if (call.verb == "deletecollection") return remove_collection(call);
  return not_allowed();
}

Answer Api::handle(Call call) {
  const std::uint64_t mark = store_.reverts();
  auto answer = dispatch(call);
  auto settled = call.sight == Sight::early ? store_.settle_soon(mark) : store_.settle(mark);
  if (!settled) answer = fail(std::move(settled).error());
  if (answer) return *std::move(answer);
  return json_answer(http_status_of(answer.error()), status_of(answer.error(), &call));
}

Result<std::unique_ptr<kube::WatchStream>> Api::watch(Call call, std::function<void()> on_ready) {
  PGO_TRY_VOID(admit(call));
  return open_watch(*this, call, std::move(on_ready));
}

void Api::expire_events(const ResourcePtr& type, const Key& added) {
  const TimePoint now = clock_->now();
  std::vector<AgingEvent> due;
  {
    const std::lock_guard lock(events_mutex_);
    events_.push_back({now + kEventLifetime, type, added});
    // A few with each new one keep the number level.
    while (due.size() < 4 && events_.front().look_at <= now) {
      due.push_back(std::move(events_.front()));
      events_.pop_front();
    }
  }
  for (AgingEvent& old : due) {
    TimePoint again{};
    const auto gone =
        store_.write(*old.type, old.key, [&](const Record* current) -> Result<Change> {
          if (current == nullptr) return Change::keep();
          PGO_TRY(Value event, json::parse(current->text()));
          // A repeated event lives on from its last time.
          if (const auto last = last_seen(event); last && *last + kEventLifetime > now) {
            again = *last + kEventLifetime;
            return Change::keep();
          }
          return Change::remove(std::move(event));
        });
    if (!gone) log_.warn("an old event stays", {{"error", gone.error().text()}});
    if (again == TimePoint{}) continue;
    old.look_at = again;
    const std::lock_guard lock(events_mutex_);
    events_.push_back(std::move(old));
  }
}

}  // namespace pgo::embedded::api
