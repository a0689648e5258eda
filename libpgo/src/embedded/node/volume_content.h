#pragma once

#include "embedded/node/pod_fields.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace pgo::embedded::node {

/// One file of a volume made from API objects.
struct VolumeFile {
  std::string content;
  mode_t mode = 0644;
  bool operator==(const VolumeFile&) const = default;
};
/// By path below the volume's root.
using VolumeFiles = std::map<std::string, VolumeFile>;

/// A service account token; `seconds` is how long it should be good for.
using TokenSource = std::function<Result<std::string>(std::string_view ns, std::string_view account,
                                                      std::string_view audience, int seconds)>;

/// Where the content of such volumes comes from.
struct VolumeSources {
  PodAddresses addresses;
  Lookup lookup;
  TokenSource token;
  std::string ca_pem;
  std::chrono::seconds token_life{3600};
};

/// True for secret, configMap, downwardAPI and projected volumes.
bool has_api_content(const json::Value& volume);

/// The files of such a volume. Modes of files that hold secrets are narrowed to the owner, without
/// execution: here the program itself owns them, and ssh refuses keys that others may read.
/// `not_found` names a missing object or key that is not optional.
Result<VolumeFiles> volume_files(const kube::Object& pod, const json::Value& volume,
                                 const VolumeSources& sources);

/// token, ca.crt and namespace, as every container finds them under
/// /var/run/secrets/kubernetes.io/serviceaccount.
Result<VolumeFiles> account_files(const kube::Object& pod, const VolumeSources& sources);

/// Calls `visit` for every ConfigMap and Secret that the pod's volumes mention.
void each_volume_reference(
    const kube::Object& pod,
    const std::function<void(const kube::ResourceType& type, std::string_view name)>& visit);

/// Writes the files into a fresh folder inside `directory` and swaps one symbolic link, so that
/// programs see all of the old or all of the new. Nothing is written when nothing changed.
/// Other entries of `directory` (mount points of nested volumes) stay.
Result<void> publish_files(const std::filesystem::path& directory, const VolumeFiles& files);

}  // namespace pgo::embedded::node
