#include "embedded/api/api.h"
#include "embedded/api/status.h"
#include "pgo/base/text.h"

namespace pgo::embedded::api {
namespace {

/// The container a request without one means: the only one there is.
Result<std::string> choose_container(const json::Value& pod, std::string_view asked) {
  const auto& containers = pod["spec"]["containers"].items();
  const std::string name(pod["metadata"]["name"].as_string());
  if (asked.empty()) {
    if (containers.size() == 1) return std::string(containers.front()["name"].as_string());
    std::vector<std::string> names;
    for (const json::Value& container : containers)
      names.emplace_back(container["name"].as_string());
    return bad_request("a container name must be specified for pod " + name + ", choose one of: [" +
                       text::join(names, " ") + "]");
  }
  for (const char* list : {"containers", "initContainers"}) {
    for (const json::Value& container : pod["spec"][list].items()) {
      if (container["name"].as_string() == asked) return std::string(asked);
    }
  }
  return bad_request("container " + std::string(asked) + " is not valid for pod " + name);
}

}  // namespace

Result<std::string> container_of(const Api& api, const Call& call) {
  const RecordPtr record = api.store().get("/pods", call.key());
  if (!record) return not_found("pods", call.name);
  PGO_TRY(const json::Value pod, json::parse(record->text()));
  return choose_container(pod, call.query.get("container"));
}

Result<std::string> read_log(Api& api, Call& call) {
  PGO_TRY_VOID(api.admit(call));
  PGO_TRY(const std::string container, container_of(api, call));
  ContainerRuntime* runtime = api.runtime();
  if (runtime == nullptr) return api_error(501, "NotImplemented", "no node runs containers here");
  const auto lines = text::to_int(call.query.get("tailLines"));
  // The runtime takes 0 for everything; the API takes it for nothing.
  if (lines && *lines == 0) return std::string();
  auto whole = runtime->log(call.ns, call.name, container, static_cast<int>(lines.value_or(0)),
                            call.query.flag("previous"));
  const auto most = text::to_int(call.query.get("limitBytes"));
  if (whole && most && *most >= 0 && whole->size() > static_cast<std::size_t>(*most)) {
    whole->resize(static_cast<std::size_t>(*most));
  }
  return whole;
}

}  // namespace pgo::embedded::api
