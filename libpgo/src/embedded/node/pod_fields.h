#pragma once

#include "embedded/node/images.h"
#include "pgo/kube/object.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::node {

using Environment = std::map<std::string, std::string>;

/// What of a pod is known to the node rather than to the API.
struct PodAddresses {
  std::string pod_ip;
  std::string host_ip;
};

/// Reads a ConfigMap or Secret of the pod's namespace; `not_found` when there is none.
using Lookup =
    std::function<Result<kube::Object>(const kube::ResourceType& type, std::string_view name)>;

/// The value of a downward API `fieldRef.fieldPath`.
/// Source: Kubernetes, "Downward API".
Result<std::string> field_value(const kube::Object& pod, const PodAddresses& addresses,
                                std::string_view path);

/// The value of a `resourceFieldRef` (limits and requests, divided by its divisor, rounded up).
/// `container` is the one that is meant unless the reference names another.
Result<std::string> resource_value(const kube::Object& pod, const json::Value& container,
                                   const json::Value& reference);

/// The bytes of one key of a ConfigMap (data, binaryData) or Secret, decoded.
Result<std::string> key_value(const kube::Object& source, std::string_view key);
/// All keys with their bytes.
Result<std::map<std::string, std::string>> all_values(const kube::Object& source);

/// Replaces $(NAME) by the variable's value where there is one; $$ stands for $.
/// Source: Kubernetes, "Define Dependent Environment Variables".
std::string expand_variables(std::string_view text, const Environment& variables);

/// The variables of a container: those in `base` (from node and image), then envFrom, then env in
/// their order. `not_found` names a missing reference that is not optional.
Result<Environment> container_environment(const kube::Object& pod, const json::Value& container,
                                          const PodAddresses& addresses, const Lookup& lookup,
                                          Environment base);

/// The argument list: the container's command (or the image's entrypoint) and args, expanded.
std::vector<std::string> container_program(const json::Value& container, const Image& image,
                                           const Environment& variables);

}  // namespace pgo::embedded::node
