#pragma once

#include "embedded/node/node_context.h"
#include "embedded/node/sandbox.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace pgo::embedded::node {

/// The volumes of one pod as folders on this host. On the node's loop.
class PodVolumes {
 public:
  PodVolumes(NodeContext& context, std::filesystem::path pod_dir);

  /// Makes every volume of `pod`. An error names what is missing; calling again goes on.
  Result<void> prepare(const kube::Object& pod, const PodAddresses& addresses);

  /// Writes the volumes made from ConfigMaps, Secrets and tokens again, where they have changed.
  Result<void> refresh(const kube::Object& pod, const PodAddresses& addresses);

  /// The mounts of one container, service account included; makes the mount points that nested
  /// volumes need and the folders of subPaths.
  Result<std::vector<Mount>> mounts_of(const kube::Object& pod, const json::Value& container) const;

  /// "ns/name" of every claim the pod uses.
  static std::set<std::string> claims_of(const kube::Object& pod);

 private:
  VolumeSources sources(const kube::Object& pod, const PodAddresses& addresses) const;
  Result<void> prepare_account(const kube::Object& pod, const VolumeSources& from);
  Result<void> prepare_one(const kube::Object& pod, const json::Value& volume,
                           const VolumeSources& from);
  Result<std::filesystem::path> claim_folder(const kube::Object& pod, const std::string& claim);
  Result<std::filesystem::path> host_folder(const json::Value& host_path) const;

  NodeContext& context_;
  std::filesystem::path dir_;
  std::map<std::string, std::filesystem::path> folders_;  ///< by volume name
  std::set<std::string> read_only_;                       ///< volumes that are never writable
};

}  // namespace pgo::embedded::node
