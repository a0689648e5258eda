// What becomes of custom resources when their definition goes. Source: Kubernetes, "Extend the
// Kubernetes API with CustomResourceDefinitions", deleting a definition.
#include "embedded/api/api.h"
#include "embedded/api/object.h"
#include "embedded/api/status.h"

#include <utility>

namespace pgo::embedded::api {
namespace {

using json::Value;

/// Holds a definition until its last custom resource is gone.
constexpr std::string_view kCleanup = "customresourcecleanup.apiextensions.k8s.io";

bool waits_for_instances(const Value& definition) {
  return is_deleting(definition) && has_finalizer(definition["metadata"], kCleanup);
}

}  // namespace

Result<void> Api::require_lasting_type(const Resource& type) const {
  // Looked up again: the definition may have gone since the call was admitted.
  const ResourcePtr now = registry()->find(type.group, type.version, type.plural);
  if (!now) return no_such_resource();
  if (!now->ending) return {};
  return api_error(405, "MethodNotAllowed",
                   "create is not supported on resources of kind \"" + type.qualified() +
                       "\" while their definition is being deleted");
}

Result<Answer> Api::remove_definition(const Call& call, const Value& options) {
  const RecordPtr record = store_.get(kCrdTable, call.key());
  if (!record) return not_found(call.resource->qualified(), call.name);
  const ResourcePtr type = Registry::of_definition(record->document()->document());
  Result<Answer> answer = Answer{};
  {
    // Who makes an object has done so before this, or finds the type ending after it.
    const std::unique_lock ending(definitions_mutex_);
    const bool none = !type || store_.empty(type->table);
    answer = remove_one(call, options, none ? std::string_view() : kCleanup);
    if (!answer || !type) return answer;
  }
  PGO_TRY_VOID(remove_instances(*type));
  if (store_.contains(kCrdTable, call.key())) return answer;
  return json_answer(200, success_status(call, record->document()->uid()));
}

Result<void> Api::remove_instances(const Resource& type) {
  Call call;
  call.resource = std::make_shared<const Resource>(type);
  call.group = type.group;
  call.plural = type.plural;
  for (const RecordPtr& instance : store_.list(type.table, "").records) {
    call.ns = instance->ns();
    call.name = instance->name();
    auto gone = remove_one(call, Value::object());
    if (!gone && gone.error().code != Code::not_found) return fail(std::move(gone).error());
  }
  return instance_gone(type);
}

Result<void> Api::instance_gone(const Resource& type) {
  if (!type.custom || !store_.empty(type.table)) return {};
  const Key key{"", type.plural + "." + type.group};
  const RecordPtr record = store_.get(kCrdTable, key);
  if (!record || !waits_for_instances(record->document()->document())) return {};
  const ResourcePtr definitions =
      registry()->find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  PGO_TRY_VOID(store_.write(*definitions, key, [&](const Record* current) -> Result<Change> {
    if (current == nullptr) return Change::keep();
    Value next = current->document()->document();
    if (!waits_for_instances(next)) return Change::keep();
    put_finalizer(next.at_or_add("metadata"), kCleanup, false);
    if (may_vanish(*definitions, next)) return Change::remove(std::move(next));
    return Change::put(std::move(next));
  }));
  return {};
}

Result<void> Api::finish_definitions() {
  for (const RecordPtr& record : store_.list(kCrdTable, "").records) {
    const DocumentPtr document = record->document();
    if (!waits_for_instances(document->document())) continue;
    const ResourcePtr type = Registry::of_definition(document->document());
    if (type) PGO_TRY_VOID(remove_instances(*type));
  }
  return {};
}

}  // namespace pgo::embedded::api
