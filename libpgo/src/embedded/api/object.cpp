#include "embedded/api/object.h"

#include "embedded/api/status.h"
#include "pgo/base/text.h"
#include "pgo/kube/selector.h"

#include <algorithm>

namespace pgo::embedded::api {
namespace {

/// Letters and digits that make no words; as Kubernetes' utilrand. Five of them end a generated
/// name. Source: API conventions, "Idempotency", generateName.
constexpr std::string_view kNameAlphabet = "bcdfghjklmnpqrstvwxz2456789";
constexpr std::size_t kNameSuffix = 5;
constexpr std::size_t kMaxGeneratedBase = 58;

constexpr const char* kOtherNamespace =
    "the namespace of the provided object does not match the namespace sent on the request";

Result<void> check_type(const Call& call, json::Value& document) {
  const Resource& type = *call.resource;
  const std::string wanted = type.api_version();
  const std::string_view version = document["apiVersion"].as_string();
  const std::string_view kind = document["kind"].as_string();
  if ((!version.empty() && version != wanted) || (!kind.empty() && kind != type.kind)) {
    return bad_request("the body is " + std::string(kind) + " of " + std::string(version) +
                       ", the path takes " + type.kind + " of " + wanted);
  }
  if (version.empty()) document.set("apiVersion", wanted);
  if (kind.empty()) document.set("kind", type.kind);
  return {};
}

Result<void> check_labels(const Call& call, const json::Value& metadata) {
  for (const char* member : {"labels", "annotations"}) {
    for (const json::Member& item : metadata[member].members()) {
      const std::string field = std::string("metadata.") + member;
      if (!item.value.is_string()) {
        return bad_request(field + "." + std::string(item.key) + " must be a string");
      }
      if (!kube::is_label_key(item.key)) {
        return invalid(call.resource->kind, metadata["name"].as_string(), field,
                       "\"" + std::string(item.key) + "\" is not a qualified name");
      }
      if (member[0] == 'l' && !kube::is_label_value(item.value.as_string())) {
        return invalid(call.resource->kind, metadata["name"].as_string(),
                       field + "." + std::string(item.key),
                       "\"" + std::string(item.value.as_string()) + "\" is not a label value");
      }
    }
  }
  return {};
}

Result<void> check_name(const Call& call, std::string_view name) {
  const Resource& type = *call.resource;
  // RBAC names are path segments: colons are fine, slashes and percent signs are not.
  if (type.group == "rbac.authorization.k8s.io") {
    if (name.find_first_of("/%") == std::string_view::npos && name != "." && name != "..")
      return {};
    return invalid(type.kind, name, "metadata.name", "must not be . or .., nor contain / or %");
  }
  if (type.group.empty() && (type.kind == "Namespace" || type.kind == "Service")) {
    const bool good =
        type.kind == "Service" ? text::is_dns1035_label(name) : text::is_dns1123_label(name);
    if (good) return {};
    return invalid(type.kind, name, "metadata.name", "must be a DNS label");
  }
  if (text::is_dns1123_subdomain(name)) return {};
  return invalid(type.kind, name, "metadata.name",
                 "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
                 "characters, '-' or '.', and must start and end with one");
}

/// Everything but metadata and, where it is a subresource, status.
bool same_desired_state(const Resource& type, const json::Value& a, const json::Value& b) {
  const auto covers = [&type](const json::Value& one, const json::Value& other) {
    for (const json::Member& member : one.members()) {
      if (member.key == "metadata" || (type.status && member.key == "status")) continue;
      if (!(member.value == other[member.key])) return false;
    }
    return true;
  };
  return covers(a, b) && covers(b, a);
}

void keep_member(const json::Value& from, json::Value& to, std::string_view key) {
  if (const json::Value& value = from[key]; !value.is_null()) {
    to.set(key, value);
  } else {
    to.erase(key);
  }
}

Result<void> check_preconditions(const Call& call, const json::Value& current,
                                 const json::Value& wanted) {
  const std::string name(current["name"].as_string());
  const std::string resource = call.resource->qualified();
  const std::string_view uid = wanted["uid"].as_string();
  if (!uid.empty() && uid != current["uid"].as_string()) {
    return conflict(resource, name,
                    "Precondition failed: UID in precondition: " + std::string(uid) +
                        ", UID in object meta: " + std::string(current["uid"].as_string()));
  }
  const std::string_view version = wanted["resourceVersion"].as_string();
  if (!version.empty() && version != "0" && version != current["resourceVersion"].as_string()) {
    return conflict(resource, name,
                    "the object has been modified; please apply your changes to the latest "
                    "version and try again");
  }
  return {};
}

/// What a document says about where it lies must be so: the store finds objects by it, and rights
/// are given by the path alone. What it leaves out is filled in.
Result<void> keep_identity(const Call& call, const json::Value& current, json::Value& wanted) {
  const Resource& type = *call.resource;
  const auto agrees = [&](std::string_view member, std::string_view served) {
    const std::string_view asked = wanted[member].as_string();
    // Stored by way of another version of the type, which the document may go on naming.
    return asked == served || asked == current[member].as_string();
  };
  for (const char* member : {"apiVersion", "kind"}) {
    if (wanted[member].is_null()) wanted.set(member, current[member]);
  }
  if (!agrees("apiVersion", type.api_version()) || !agrees("kind", type.kind)) {
    return bad_request("apiVersion and kind of an object cannot be changed");
  }
  json::Value& metadata = wanted.at_or_add("metadata");
  const json::Value& old = current["metadata"];
  if (metadata["name"].as_string() != old["name"].as_string()) {
    return bad_request("the name of the object (" + std::string(metadata["name"].as_string()) +
                       ") does not match the name on the URL (" + call.name + ")");
  }
  const std::string_view ns = metadata["namespace"].as_string();
  if (type.namespaced && !ns.empty() && ns != old["namespace"].as_string()) {
    return bad_request(kOtherNamespace);
  }
  // Of a cluster-scoped object a namespace is dropped, as kube-apiserver drops it.
  keep_member(old, metadata, "namespace");
  return {};
}

bool has_null(const json::Value& value) {
  return value.is_null() || std::ranges::any_of(value.items(), has_null) ||
         std::ranges::any_of(value.members(), has_null, &json::Member::value);
}

/// For a built-in type a null member is an absent one, as Go decodes it.
void drop_nulls(json::Value& value) {
  if (json::Array* array = value.if_array()) {
    for (json::Value& item : *array) drop_nulls(item);
    return;
  }
  json::Object* object = value.if_object();
  if (object == nullptr) return;
  std::vector<std::string> nulls;
  for (json::Member& member : *object) {
    if (member.value.is_null()) {
      nulls.push_back(member.key);
    } else {
      drop_nulls(member.value);
    }
  }
  for (const std::string& key : nulls) object->erase(key);
}

Result<json::Value> document_of(const Call& call) {
  if (call.object) return call.object->document();
  if (call.body.empty()) return bad_request("the request has no body");
  auto parsed = json::parse(call.body);
  if (!parsed) return bad_request("the body is not JSON: " + parsed.error().message);
  return parsed;
}

}  // namespace

Result<json::Value> read_body(const Call& call) {
  PGO_TRY(json::Value document, document_of(call));
  if (!document.is_object()) return bad_request("the body is not a JSON object");
  // Looked for first: most documents have none, and what is not changed need not be copied.
  if (!call.resource->custom && has_null(document)) drop_nulls(document);
  PGO_TRY_VOID(check_type(call, document));
  if (!document["metadata"].is_object()) document.set("metadata", json::Value::object());
  json::Value& metadata = document.at_or_add("metadata");
  const std::string_view ns = metadata["namespace"].as_string();
  if (call.resource->namespaced) {
    if (!ns.empty() && ns != call.ns) {
      return bad_request(kOtherNamespace);
    }
    metadata.set("namespace", call.ns);
  } else {
    metadata.erase("namespace");
  }
  metadata.erase("managedFields");
  metadata.erase("selfLink");
  return document;
}

Result<void> prepare_create(const Call& call, json::Value& document, std::string_view now,
                            IdSource& ids) {
  const Resource& type = *call.resource;
  json::Value& metadata = document.at_or_add("metadata");
  if (const auto version = metadata["resourceVersion"].as_string();
      !version.empty() && version != "0") {
    return bad_request("resourceVersion should not be set on objects to be created");
  }
  std::string name(metadata["name"].as_string());
  if (name.empty()) {
    const std::string base(metadata["generateName"].as_string());
    if (base.empty()) {
      return invalid(type.kind, "", "metadata.name",
                     "Required value: name or generateName is required");
    }
    name = base.substr(0, kMaxGeneratedBase) + ids.text(kNameSuffix, kNameAlphabet);
    metadata.set("name", name);
  }
  PGO_TRY_VOID(check_name(call, name));
  PGO_TRY_VOID(check_labels(call, metadata));
  for (const char* owned : {"deletionTimestamp", "deletionGracePeriodSeconds", "generation"}) {
    metadata.erase(owned);
  }
  metadata.set("uid", ids.uuid());
  metadata.set("creationTimestamp", now);
  if (type.generation) metadata.set("generation", 1);
  if (type.status) document.erase("status");
  return {};
}

Result<void> prepare_update(const Call& call, const json::Value& current, json::Value& wanted,
                            bool status_only) {
  const Resource& type = *call.resource;
  PGO_TRY_VOID(check_preconditions(call, current["metadata"], wanted["metadata"]));
  if (status_only) {
    json::Value next = current;
    keep_member(wanted, next, "status");
    wanted = std::move(next);
    return {};
  }
  PGO_TRY_VOID(keep_identity(call, current, wanted));
  json::Value& metadata = wanted.at_or_add("metadata");
  const json::Value& old = current["metadata"];
  for (const char* owned :
       {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation",
        "generateName", "resourceVersion"}) {
    keep_member(old, metadata, owned);
  }
  metadata.erase("managedFields");
  PGO_TRY_VOID(check_labels(call, metadata));
  if (is_deleting(current)) {
    const auto& before = old["finalizers"].items();
    for (const json::Value& finalizer : metadata["finalizers"].items()) {
      if (std::find(before.begin(), before.end(), finalizer) == before.end()) {
        return invalid(type.kind, call.name, "metadata.finalizers",
                       "Forbidden: no new finalizers can be added if the object is being deleted");
      }
    }
  }
  if (type.status) keep_member(current, wanted, "status");
  if (type.generation && !same_desired_state(type, current, wanted)) {
    metadata.set("generation", old["generation"].as_int() + 1);
  }
  return {};
}

bool has_finalizers(const json::Value& document) {
  return !document["metadata"]["finalizers"].items().empty();
}

bool has_finalizer(const json::Value& metadata, std::string_view finalizer) {
  return std::ranges::any_of(metadata["finalizers"].items(), [finalizer](const auto& item) {
    return item.as_string() == finalizer;
  });
}

void put_finalizer(json::Value& metadata, std::string_view finalizer, bool wanted) {
  if (has_finalizer(metadata, finalizer) == wanted) return;
  if (wanted) {
    metadata.at_or_add("finalizers").make_array().emplace_back(finalizer);
    return;
  }
  std::erase_if(metadata.at_or_add("finalizers").make_array(),
                [finalizer](const auto& item) { return item.as_string() == finalizer; });
  if (metadata["finalizers"].items().empty()) metadata.erase("finalizers");
}

bool is_deleting(const json::Value& document) {
  return document["metadata"]["deletionTimestamp"].is_string();
}

bool may_vanish(const Resource& resource, const json::Value& document) {
  if (!is_deleting(document) || has_finalizers(document)) return false;
  if (resource.table == "/namespaces") return document["spec"]["finalizers"].items().empty();
  // A pod in its grace period goes when the node says so, by a deletion without grace.
  return document["metadata"]["deletionGracePeriodSeconds"].as_int(0) == 0;
}

}  // namespace pgo::embedded::api
