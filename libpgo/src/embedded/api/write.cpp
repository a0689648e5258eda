#include "embedded/api/api.h"
#include "embedded/api/defaults.h"
#include "embedded/api/object.h"
#include "embedded/api/scale.h"
#include "embedded/api/status.h"
#include "embedded/api/table.h"
#include "embedded/api/validate.h"
#include "pgo/base/text.h"
#include "pgo/json/patch.h"

namespace pgo::embedded::api {
namespace {

constexpr int kGenerateTries = 8;

enum class PatchKind { json, merge, strategic };

Result<PatchKind> patch_kind(const Call& call) {
  const std::string_view type(call.content_type);
  const std::string_view bare = text::trim(type.substr(0, type.find(';')));
  if (bare == "application/json-patch+json") return PatchKind::json;
  if (bare == "application/merge-patch+json") return PatchKind::merge;
  // Custom resources have no merge keys, so the real server refuses this for them too.
  if (bare == "application/strategic-merge-patch+json" && !call.resource->custom) {
    return PatchKind::strategic;
  }
  return api_error(
      415, "UnsupportedMediaType",
      "the body of the request was in an unknown format - accepted media types "
      "include: application/json-patch+json, application/merge-patch+json" +
          std::string(call.resource->custom ? "" : ", application/strategic-merge-patch+json"));
}

Result<json::Value> patched(const Call& call, PatchKind kind, json::Value document,
                            const json::Value& patch) {
  if (kind == PatchKind::merge) {
    if (!patch.is_object()) return bad_request("a merge patch must be a JSON object");
    return json::apply_merge_patch(std::move(document), patch);
  }
  auto result = kind == PatchKind::json ? json::apply_json_patch(std::move(document), patch)
                                        : json::apply_strategic_merge_patch(
                                              std::move(document), patch, call.resource->kind);
  if (result) return result;
  const Error& error = result.error();
  // The real server answers 422 when a JSON patch cannot be applied to this object.
  if (kind == PatchKind::json) {
    return api_error(422, "Invalid", "the patch could not be applied: " + error.text());
  }
  return bad_request("the patch could not be applied: " + error.text());
}

bool writes_status(const Call& call) { return call.subresource == "status"; }

constexpr const char* kAddressMembers[] = {"clusterIP", "clusterIPs", "ipFamilies",
                                           "ipFamilyPolicy"};

/// A Service's allocated addresses stay when an update leaves them out, and go when it turns into a
/// mere name.
void keep_cluster_ip(const json::Value& current, json::Value& wanted) {
  json::Value& spec = wanted.at_or_add("spec");
  const bool had_name = current["spec"]["type"].as_string() == "ExternalName";
  if (spec["type"].as_string() == "ExternalName") {
    if (had_name || spec["clusterIP"] != current["spec"]["clusterIP"]) return;
    for (const char* member : kAddressMembers) spec.erase(member);
    return;
  }
  if (spec["clusterIP"].as_string().empty()) spec.erase("clusterIP");
  for (const char* member : kAddressMembers) {
    const json::Value& value = current["spec"][member];
    if (spec[member].is_null() && !value.is_null()) spec.set(member, value);
  }
}

/// The step all updates share, under the store's lock.
Result<Change> finish_update(const Call& call, const Surroundings& around,
                             const json::Value& current, json::Value wanted) {
  PGO_TRY_VOID(prepare_update(call, current, wanted, writes_status(call)));
  if (!writes_status(call)) {
    if (call.resource->table == "/services") keep_cluster_ip(current, wanted);
    set_defaults(*call.resource, wanted);
    PGO_TRY_VOID(validate_update(*call.resource, current, wanted));
    if (around.addresses) {
      PGO_TRY_VOID(around.addresses->assign(wanted));
      set_service_addresses(*call.resource, wanted);
    }
    if (around.escalation) PGO_TRY_VOID(around.escalation->update(current, wanted));
  }
  if (may_vanish(*call.resource, wanted)) return Change::remove(std::move(wanted));
  if (wanted == current) return Change::keep();
  return Change::put(std::move(wanted));
}

Result<DocumentPtr> current_document(const Call& call, const Record* current) {
  if (current == nullptr) return not_found(call.resource->qualified(), call.name);
  return current->document();
}

/// Namespaces keep their own finalizers in the spec. Source: Namespace API, "finalize".
Result<Change> finalize_namespace(const json::Value& current, const json::Value& wanted,
                                  const Resource& resource) {
  json::Value next = current;
  json::Value finalizers = wanted["spec"]["finalizers"];
  if (!finalizers.is_array()) finalizers = json::Value::array();
  next.at_or_add("spec").set("finalizers", std::move(finalizers));
  if (may_vanish(resource, next)) return Change::remove(std::move(next));
  if (next == current) return Change::keep();
  return Change::put(std::move(next));
}

/// The answer of a write: the object itself, as a Scale for that subresource, as a Table if asked.
Result<Answer> answer_with(const Api& api, const Call& call, int status, const RecordPtr& record) {
  if (call.subresource == "scale") {
    return json_answer(status, scale_of(*call.resource, record->document()->document()));
  }
  if (wants_table(call)) {
    return Answer{.status = status,
                  .content_type = "application/json",
                  .body = table_text(call, {record}, record->version(), {}, api.clock().now())};
  }
  return object_answer(call, status, *record);
}

}  // namespace

Result<void> Api::require_namespace(const Call& call) const {
  if (!call.resource->namespaced) return {};
  const RecordPtr record = store_.get("/namespaces", {"", call.ns});
  if (!record) return not_found("namespaces", call.ns);
  if (std::string_view(record->fields().data()) == "Terminating") {
    return api_error(403, "Forbidden",
                     call.resource->qualified() +
                         " is forbidden: unable to create new content in "
                         "namespace " +
                         call.ns + " because it is being terminated");
  }
  return {};
}

Result<Answer> Api::create(const Call& call) {
  if (!call.subresource.empty() || !call.name.empty()) return create_subresource(call);
  PGO_TRY_VOID(require_namespace(call));
  PGO_TRY(json::Value document, read_body(call));
  if (options_.rbac && EscalationCheck::concerns(*call.resource)) {
    PGO_TRY_VOID(EscalationCheck(rbac_, call, document).create(document));
  }
  return create_object(call, std::move(document));
}

Result<Surroundings> Api::surroundings(const Call& call) {
  Surroundings around;
  if (call.resource->table == "/services" && !writes_status(call)) {
    around.service_lock = std::unique_lock(service_mutex_);
    around.addresses.emplace(store_, call.key(), options_);
  }
  if (options_.rbac && EscalationCheck::concerns(*call.resource)) {
    const RecordPtr before = store_.get(call.resource->table, call.key());
    if (!before) return not_found(call.resource->qualified(), call.name);
    around.escalation.emplace(rbac_, call, before->document()->document());
  }
  return around;
}

/// One attempt under one name, which is generated where the document has none.
Result<RecordPtr> Api::create_once(const Call& call, json::Value document) {
  const Resource& type = *call.resource;
  PGO_TRY_VOID(prepare_create(call, document, now(), *ids_));
  set_create_defaults(type, document, now());
  PGO_TRY_VOID(validate_create(type, document));
  std::shared_lock lasting(definitions_mutex_, std::defer_lock);
  if (type.custom) {
    lasting.lock();
    PGO_TRY_VOID(require_lasting_type(type));
  }
  std::unique_lock service_lock(service_mutex_, std::defer_lock);
  if (type.table == "/services") {
    service_lock.lock();
    PGO_TRY_VOID(ServiceAddresses(store_, {}, options_).assign(document));
  }
  set_service_addresses(type, document);
  const std::string name(document["metadata"]["name"].as_string());
  return store_.write(
      type, {call.ns, name},
      [&](const Record* current) -> Result<Change> {
        if (current != nullptr) return already_exists(type.qualified(), name);
        return Change::put(std::move(document));
      },
      call.dry_run());
}

Result<RecordPtr> Api::create_generated(const Call& call, const json::Value& document) {
  for (int attempt = 1;; ++attempt) {
    auto record = create_once(call, document);
    const bool taken = !record && record.error().code == Code::already_exists;
    if (!taken || attempt == kGenerateTries) return record;
  }
}

Result<Answer> Api::create_object(const Call& call, json::Value document) {
  const bool named = !document["metadata"]["name"].as_string().empty();
  PGO_TRY(const RecordPtr record,
          named ? create_once(call, std::move(document)) : create_generated(call, document));
  if (call.resource->kind == "Event" && !call.resource->custom && !call.dry_run()) {
    expire_events(call.resource, record->key());
  }
  return answer_with(*this, call, 201, record);
}

/// An update that takes the last finalizer away may have removed the object.
Result<void> Api::note_vanished(const Call& call) {
  if (!call.resource->custom || store_.contains(call.resource->table, call.key())) return {};
  return instance_gone(*call.resource);
}

Result<Answer> Api::update(const Call& call) {
  PGO_TRY(const Surroundings around, surroundings(call));
  if (call.subresource == "scale") {
    PGO_TRY(const json::Value scale, json::parse(call.body));
    PGO_TRY(const RecordPtr record,
            store_.write(
                *call.resource, call.key(),
                [&](const Record* current) -> Result<Change> {
                  PGO_TRY(const DocumentPtr found, current_document(call, current));
                  const json::Value& before = found->document();
                  json::Value wanted = before;
                  wanted.at_or_add("metadata")
                      .set("resourceVersion", scale["metadata"]["resourceVersion"]);
                  PGO_TRY_VOID(apply_scale(*call.resource, scale, wanted));
                  return finish_update(call, around, before, std::move(wanted));
                },
                call.dry_run()));
    return answer_with(*this, call, 200, record);
  }
  PGO_TRY(json::Value document, read_body(call));
  const bool finalize = call.subresource == "finalize";
  PGO_TRY(const RecordPtr record,
          store_.write(
              *call.resource, call.key(),
              [&](const Record* current) -> Result<Change> {
                PGO_TRY(const DocumentPtr found, current_document(call, current));
                const json::Value& before = found->document();
                if (finalize) return finalize_namespace(before, document, *call.resource);
                if (call.resource->custom &&
                    document["metadata"]["resourceVersion"].as_string().empty()) {
                  return invalid(call.resource->kind, call.name, "metadata.resourceVersion",
                                 "Invalid value: 0x0: must be specified for an update");
                }
                return finish_update(call, around, before, std::move(document));
              },
              call.dry_run()));
  PGO_TRY_VOID(note_vanished(call));
  return answer_with(*this, call, 200, record);
}

Result<Answer> Api::patch(const Call& call) {
  PGO_TRY(const PatchKind kind, patch_kind(call));
  PGO_TRY(const Surroundings around, surroundings(call));
  auto patch = json::parse(call.body);
  if (!patch) return bad_request("the patch is not JSON: " + patch.error().message);
  PGO_TRY(const RecordPtr record,
          store_.write(
              *call.resource, call.key(),
              [&](const Record* current) -> Result<Change> {
                PGO_TRY(const DocumentPtr found, current_document(call, current));
                const json::Value& before = found->document();
                if (call.subresource == "scale") {
                  PGO_TRY(const json::Value scale,
                          patched(call, kind, scale_of(*call.resource, before), *patch));
                  json::Value wanted = before;
                  wanted.at_or_add("metadata")
                      .set("resourceVersion", scale["metadata"]["resourceVersion"]);
                  PGO_TRY_VOID(apply_scale(*call.resource, scale, wanted));
                  return finish_update(call, around, before, std::move(wanted));
                }
                PGO_TRY(json::Value wanted, patched(call, kind, before, *patch));
                if (wanted == before) return Change::keep();
                return finish_update(call, around, before, std::move(wanted));
              },
              call.dry_run()));
  PGO_TRY_VOID(note_vanished(call));
  return answer_with(*this, call, 200, record);
}

}  // namespace pgo::embedded::api
