#include "embedded/api/api.h"
#include "embedded/api/object.h"
#include "embedded/api/status.h"
#include "pgo/base/text.h"

#include <algorithm>

namespace pgo::embedded::api {
namespace {

constexpr std::string_view kForeground = "foregroundDeletion";
constexpr std::string_view kOrphan = "orphan";
constexpr std::int64_t kDefaultGrace = 30;

/// DeleteOptions from the body, completed from the query.
Result<json::Value> read_options(const Call& call) {
  json::Value options = json::Value::object();
  if (!call.body.empty()) {
    auto parsed = json::parse(call.body);
    if (!parsed || !parsed->is_object()) return bad_request("the body is not DeleteOptions");
    options = *std::move(parsed);
  }
  if (const auto grace = text::to_int(call.query.get("gracePeriodSeconds"))) {
    if (options["gracePeriodSeconds"].is_null()) options.set("gracePeriodSeconds", *grace);
  }
  const std::string_view policy = call.query.get("propagationPolicy");
  if (!policy.empty() && options["propagationPolicy"].is_null()) {
    options.set("propagationPolicy", policy);
  }
  const std::string_view chosen = options["propagationPolicy"].as_string();
  if (!chosen.empty() && chosen != "Background" && chosen != "Foreground" && chosen != "Orphan") {
    return api_error(422, "Invalid",
                     "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: "
                     "\"" +
                         std::string(chosen) + "\"");
  }
  return options;
}

bool is_dry_run(const Call& call, const json::Value& options) {
  return call.dry_run() || !options["dryRun"].items().empty();
}

Result<void> check_preconditions(const Call& call, const json::Value& current,
                                 const json::Value& options) {
  for (const char* member : {"uid", "resourceVersion"}) {
    const std::string_view wanted = options["preconditions"][member].as_string();
    const std::string_view actual = current["metadata"][member].as_string();
    if (!wanted.empty() && wanted != actual) {
      return conflict(call.resource->qualified(), call.name,
                      std::string("Precondition failed: ") + member + " in precondition: " +
                          std::string(wanted) + ", in object meta: " + std::string(actual));
    }
  }
  return {};
}

/// The finalizer by which the garbage collector is told what becomes of dependents.
/// Source: Kubernetes, "Garbage Collection", cascading deletion.
void apply_propagation(const Resource& type, const json::Value& options, json::Value& document) {
  json::Value& metadata = document.at_or_add("metadata");
  std::string_view policy = options["propagationPolicy"].as_string();
  if (const json::Value& orphan = options["orphanDependents"]; policy.empty() && orphan.is_bool()) {
    policy = orphan.as_bool() ? "Orphan" : "Background";
  }
  if (policy.empty()) {
    // What an earlier deletion asked for stands; only an explicit policy replaces it.
    if (has_finalizer(metadata, kForeground) || has_finalizer(metadata, kOrphan)) return;
    policy = type.orphan_by_default ? "Orphan" : "Background";
  }
  put_finalizer(metadata, kForeground, policy == "Foreground");
  put_finalizer(metadata, kOrphan, policy == "Orphan");
}

/// Seconds a pod gets to end. Zero when nothing runs: not bound to a node, or finished.
/// Source: Kubernetes, "Pod Lifecycle", termination.
std::int64_t grace_of(const Resource& type, const json::Value& document,
                      const json::Value& options) {
  if (type.table != "/pods") return 0;
  if (document["spec"]["nodeName"].as_string().empty()) return 0;
  const std::string_view phase = document["status"]["phase"].as_string();
  if (phase == "Succeeded" || phase == "Failed") return 0;
  const json::Value& asked = options["gracePeriodSeconds"];
  if (asked.is_int()) return std::max<std::int64_t>(0, asked.as_int());
  return document["spec"]["terminationGracePeriodSeconds"].as_int(kDefaultGrace);
}

/// Marks the object as being deleted, or shortens the grace of one that already is.
void mark(const Resource& type, json::Value& document, std::int64_t grace, TimePoint now) {
  json::Value& metadata = document.at_or_add("metadata");
  const bool first = !is_deleting(document);
  if (!first && metadata["deletionGracePeriodSeconds"].as_int(0) <= grace) return;
  metadata.set("deletionTimestamp", to_rfc3339(now + std::chrono::seconds(grace)));
  metadata.set("deletionGracePeriodSeconds", grace);
  if (first && type.generation) {
    metadata.set("generation", metadata["generation"].as_int() + 1);
  }
  if (type.table == "/namespaces") {
    document.at_or_add("status").set("phase", "Terminating");
  }
}

}  // namespace

Result<Answer> Api::remove_one(const Call& call, const json::Value& options,
                               std::string_view hold) {
  const Resource& type = *call.resource;
  bool removed = false;
  std::string uid;
  const auto decide = [&](const Record* current) -> Result<Change> {
    if (current == nullptr) return not_found(type.qualified(), call.name);
    const DocumentPtr found = current->document();
    const json::Value& before = found->document();
    uid = before["metadata"]["uid"].as_string();
    PGO_TRY_VOID(check_preconditions(call, before, options));
    json::Value next = before;
    apply_propagation(type, options, next);
    if (!hold.empty()) put_finalizer(next.at_or_add("metadata"), hold, true);
    mark(type, next, grace_of(type, next, options), clock_->now());
    removed = may_vanish(type, next);
    if (removed) return Change::remove(std::move(next));
    if (next == before) return Change::keep();
    return Change::put(std::move(next));
  };
  const bool dry = is_dry_run(call, options);
  PGO_TRY(const RecordPtr record, store_.write(type, call.key(), decide, dry));
  if (removed && !dry) PGO_TRY_VOID(instance_gone(type));
  if (type.returns_deleted || !removed) return object_answer(call, 200, *record);
  return json_answer(200, success_status(call, uid));
}

Result<Answer> Api::remove_object(const Call& call, const json::Value& options) {
  if (call.resource->table == kCrdTable && !is_dry_run(call, options)) {
    return remove_definition(call, options);
  }
  return remove_one(call, options);
}

Result<Answer> Api::remove(const Call& call) {
  PGO_TRY(const json::Value options, read_options(call));
  return remove_object(call, options);
}

Result<Answer> Api::remove_collection(const Call& call) {
  PGO_TRY(const json::Value options, read_options(call));
  PGO_TRY(const Filter filter, make_filter(*call.resource, call.ns, call.query.get("labelSelector"),
                                           call.query.get("fieldSelector")));
  const Listing listing = store_.list(call.resource->table, call.ns);
  json::Value items = json::Value::array();
  for (const RecordPtr& record : listing.records) {
    if (!filter.matches(*record)) continue;
    Call one = call;
    one.ns = record->ns();
    one.name = record->name();
    auto gone = remove_object(one, options);
    // Somebody else was faster: the goal is reached.
    if (!gone && gone.error().code != Code::not_found) return fail(std::move(gone).error());
    PGO_TRY(json::Value document, json::parse(record->text()));
    items.push_back(std::move(document));
  }
  return json_answer(
      200, json::Value::object(
               {{"kind", call.resource->kind + "List"},
                {"apiVersion", call.resource->api_version()},
                {"metadata",
                 json::Value::object({{"resourceVersion", std::to_string(store_.version())}})},
                {"items", std::move(items)}}));
}

}  // namespace pgo::embedded::api
