#include "embedded/api/openapi.h"

#include "embedded/api/status.h"

namespace pgo::embedded::api {
namespace {

using json::Value;

/// kubectl up to 1.26 asks for version 2 as protocol buffers only. This is the document
/// {swagger: "2.0", info: {title: "Kubernetes", version: "v1.26.0"}} in that encoding (gnostic's
/// openapi.v2.Document: 1 = swagger, 2 = info; Info: 1 = title, 2 = version). Types it does not
/// define are not validated by kubectl.
constexpr std::string_view kVersion2Proto =
    "\x0a\x03"
    "2.0"
    "\x12\x15\x0a\x0aKubernetes\x12\x07v1.26.0";

/// The name that servers have answered with since Go refuses the "@" of the one that is asked for:
/// Debian's kubectl, 1.20 made with Go 1.19, reads no media type in "spec.v2@v1.0".
constexpr std::string_view kProtoType =
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

Value info() { return Value::object({{"title", "Kubernetes"}, {"version", "v1.26.0"}}); }

std::string path_of(const Resource& type) {
  return type.group.empty() ? "api/" + type.version : "apis/" + type.group + "/" + type.version;
}

/// kubectl looks here for the dryRun and fieldValidation parameters of PATCH.
Value patch_operation(const Resource& type) {
  Value parameters = Value::array();
  for (const char* name : {"dryRun", "fieldManager", "fieldValidation"}) {
    parameters.push_back(Value::object(
        {{"name", name}, {"in", "query"}, {"schema", Value::object({{"type", "string"}})}}));
  }
  return Value::object(
      {{"operationId", "patch" + type.kind},
       {"parameters", std::move(parameters)},
       {"responses", Value::object({{"200", Value::object({{"description", "OK"}})}})},
       {"x-kubernetes-action", "patch"},
       {"x-kubernetes-group-version-kind",
        Value::object({{"group", type.group}, {"kind", type.kind}, {"version", type.version}})}});
}

Value version_3(const Registry& registry, std::string_view path) {
  Value paths = Value::object();
  for (const ResourcePtr& type : registry.all()) {
    if (path_of(*type) != path) continue;
    const std::string object = "/" + std::string(path) +
                               (type->namespaced ? "/namespaces/{namespace}/" : "/") +
                               type->plural + "/{name}";
    paths.set(object, Value::object({{"patch", patch_operation(*type)}}));
  }
  return Value::object({{"openapi", "3.0.0"},
                        {"info", info()},
                        {"paths", std::move(paths)},
                        {"components", Value::object({{"schemas", Value::object()}})}});
}

Value version_3_index(const Registry& registry) {
  Value paths = Value::object();
  for (const ResourcePtr& type : registry.all()) {
    const std::string path = path_of(*type);
    paths.set(path, Value::object({{"serverRelativeURL", "/openapi/v3/" + path}}));
  }
  return Value::object({{"paths", std::move(paths)}});
}

}  // namespace

Result<Answer> openapi(const Registry& registry, const Call& call) {
  const std::vector<std::string>& parts = call.segments;
  if (parts.size() == 2 && parts[1] == "v2") {
    if (call.accept.find("protobuf") != std::string::npos) {
      return Answer{.status = 200,
                    .content_type = std::string(kProtoType),
                    .body = std::string(kVersion2Proto)};
    }
    return json_answer(200, Value::object({{"swagger", "2.0"},
                                           {"info", info()},
                                           {"paths", Value::object()},
                                           {"definitions", Value::object()}}));
  }
  if (parts.size() == 2 && parts[1] == "v3") return json_answer(200, version_3_index(registry));
  if (parts.size() > 2 && parts[1] == "v3") {
    std::string path = parts[2];
    for (std::size_t i = 3; i < parts.size(); ++i) path += "/" + parts[i];
    return json_answer(200, version_3(registry, path));
  }
  return api_error(404, "NotFound", "the server could not find the requested resource");
}

}  // namespace pgo::embedded::api
