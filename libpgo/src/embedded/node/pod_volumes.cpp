#include "embedded/node/pod_volumes.h"

#include "embedded/node/files.h"

#include <algorithm>
#include <system_error>

namespace pgo::embedded::node {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kAccountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

bool wants_account(const kube::Object& pod) {
  return pod["spec"]["automountServiceAccountToken"].as_bool(true);
}

bool below(const fs::path& folder, const fs::path& path) {
  fs::path inner = path.lexically_normal().lexically_relative(folder.lexically_normal());
  return !inner.empty() && *inner.begin() != "..";
}

// A mount point inside another volume must exist in that volume: inside the sandbox it cannot be
// made once the volume is read-only.
Result<void> make_mount_points(const std::vector<Mount>& mounts) {
  for (const Mount& inner : mounts) {
    for (const Mount& outer : mounts) {
      if (!inner.target.starts_with(outer.target + "/")) continue;
      fs::path point = outer.source / inner.target.substr(outer.target.size() + 1);
      std::error_code error;
      if (!fs::is_directory(outer.source, error) || fs::exists(point, error)) continue;
      if (fs::is_directory(inner.source, error)) {
        PGO_TRY_VOID(make_directory(point));
      } else {
        PGO_TRY_VOID(make_directory(point.parent_path()));
        PGO_TRY_VOID(replace_file(point, ""));
      }
    }
  }
  return {};
}

// The part of a volume that a subPath names. Links that a program made must not lead out of it.
Result<fs::path> sub_folder(const fs::path& folder, std::string_view path) {
  if (!is_inner_path(path))
    return fail(Code::invalid_argument, "subPath leads out of the volume: " + std::string(path));
  fs::path part = folder / path;
  std::error_code error;
  if (!fs::exists(part, error)) PGO_TRY_VOID(make_directory(part));
  fs::path real = fs::canonical(part, error);
  if (error || !below(fs::canonical(folder, error), real))
    return fail(Code::failed_precondition, "subPath leads out of the volume: " + std::string(path));
  return real;
}

}  // namespace

PodVolumes::PodVolumes(NodeContext& context, fs::path pod_dir)
    : context_(context), dir_(std::move(pod_dir)) {}

VolumeSources PodVolumes::sources(const kube::Object& pod, const PodAddresses& addresses) const {
  return {.addresses = addresses,
          .lookup = [this, ns = std::string(pod.ns())](
                        const kube::ResourceType& type,
                        std::string_view name) { return context_.client.get(type, ns, name); },
          .token = context_.token,
          .ca_pem = context_.options.api_ca_pem,
          .token_life = context_.options.token_life};
}

std::set<std::string> PodVolumes::claims_of(const kube::Object& pod) {
  std::set<std::string> claims;
  for (const json::Value& volume : pod["spec"]["volumes"].items())
    if (auto name = volume["persistentVolumeClaim"]["claimName"].as_string(); !name.empty())
      claims.insert(std::string(pod.ns()) + "/" + std::string(name));
  return claims;
}

Result<fs::path> PodVolumes::claim_folder(const kube::Object& pod, const std::string& name) {
  PGO_TRY(kube::Object claim,
          context_.client.get(kube::types::kPersistentVolumeClaim, pod.ns(), name));
  std::string_view volume_name = claim["spec"]["volumeName"].as_string();
  if (claim["status"]["phase"].as_string() != "Bound" || volume_name.empty())
    return fail(Code::failed_precondition, "the claim is not bound to a volume yet", claim.text());
  auto ending = context_.ending_claims.find(std::string(pod.ns()) + "/" + name);
  if (ending != context_.ending_claims.end())
    return fail(Code::failed_precondition, "a pod that is ending still uses the volume",
                claim.text());
  PGO_TRY(kube::Object volume,
          context_.client.get(kube::types::kPersistentVolume, {}, volume_name));
  if (context_.claims.owns(volume)) return context_.claims.open(volume, claim);
  if (volume["spec"]["hostPath"].is_object()) return host_folder(volume["spec"]["hostPath"]);
  return fail(Code::failed_precondition, "the local node cannot mount this kind of volume",
              volume.text());
}

Result<fs::path> PodVolumes::host_folder(const json::Value& host_path) const {
  fs::path path = fs::path(host_path["path"].as_string()).lexically_normal();
  bool allowed = std::ranges::any_of(context_.options.host_paths, [&](const fs::path& folder) {
    return path == folder.lexically_normal() || below(folder, path);
  });
  if (!allowed)
    return fail(Code::permission_denied,
                "the local node does not give this folder of the host to pods", path.string());
  if (host_path["type"].as_string() == "DirectoryOrCreate") {
    std::error_code error;
    if (!fs::exists(path, error)) PGO_TRY_VOID(make_directory(path));
  }
  return path;
}

Result<void> PodVolumes::prepare_one(const kube::Object& pod, const json::Value& volume,
                                     const VolumeSources& from) {
  std::string name(volume["name"].as_string());
  if (!is_file_name(name)) return fail(Code::invalid_argument, "a volume without a usable name");
  fs::path own = dir_ / "volumes" / name;
  if (has_api_content(volume)) {
    PGO_TRY(VolumeFiles files, volume_files(pod, volume, from));
    PGO_TRY_VOID(publish_files(own, files));
    folders_[name] = own;
    read_only_.insert(name);
    return {};
  }
  if (folders_.contains(name)) return {};
  if (const json::Value& claim = volume["persistentVolumeClaim"]; claim.is_object()) {
    PGO_TRY(folders_[name], claim_folder(pod, std::string(claim["claimName"].as_string())));
    if (claim["readOnly"].as_bool()) read_only_.insert(name);
    return {};
  }
  if (volume["hostPath"].is_object()) {
    PGO_TRY(folders_[name], host_folder(volume["hostPath"]));
    return {};
  }
  // emptyDir, of memory too; it is also what a volume without any source means.
  if (volume["emptyDir"].is_object() || volume.members().size() == 1) {
    PGO_TRY_VOID(make_directory(own));
    folders_[name] = own;
    return {};
  }
  return fail(Code::unimplemented, "the local node has no volumes of this kind");
}

Result<void> PodVolumes::prepare(const kube::Object& pod, const PodAddresses& addresses) {
  VolumeSources from = sources(pod, addresses);
  for (const json::Value& volume : pod["spec"]["volumes"].items()) {
    auto done = prepare_one(pod, volume, from);
    if (done) continue;
    folders_.erase(std::string(volume["name"].as_string()));
    return fail(
        std::move(done).error().with_context("volume " + std::string(volume["name"].as_string())));
  }
  return prepare_account(pod, from);
}

Result<void> PodVolumes::prepare_account(const kube::Object& pod, const VolumeSources& from) {
  if (!wants_account(pod)) return {};
  PGO_TRY(VolumeFiles files, account_files(pod, from));
  return publish_files(dir_ / "account", files);
}

// What exists and has not changed is left alone. One volume that cannot be made must not keep the
// tokens of the others from being renewed.
Result<void> PodVolumes::refresh(const kube::Object& pod, const PodAddresses& addresses) {
  VolumeSources from = sources(pod, addresses);
  Result<void> first = prepare_account(pod, from);
  for (const json::Value& volume : pod["spec"]["volumes"].items()) {
    auto done = prepare_one(pod, volume, from);
    if (!done && first)
      first = fail(std::move(done).error().with_context("volume " +
                                                        std::string(volume["name"].as_string())));
  }
  return first;
}

Result<std::vector<Mount>> PodVolumes::mounts_of(const kube::Object& pod,
                                                 const json::Value& container) const {
  std::vector<Mount> mounts;
  bool has_account = false;
  for (const json::Value& wanted : container["volumeMounts"].items()) {
    std::string name(wanted["name"].as_string());
    auto found = folders_.find(name);
    if (found == folders_.end())
      return fail(Code::invalid_argument, "the pod has no volume " + name, pod.text());
    std::string target = fs::path(wanted["mountPath"].as_string()).lexically_normal().string();
    if (target.size() > 1 && target.ends_with('/')) target.pop_back();
    if (target.size() < 2 || target.front() != '/')
      return fail(Code::invalid_argument, "not a mount path: " + target, pod.text());
    fs::path source = found->second;
    if (std::string_view path = wanted["subPath"].as_string(); !path.empty()) {
      PGO_TRY(source, sub_folder(source, path));
    }
    has_account = has_account || target == kAccountPath;
    bool read_only = wanted["readOnly"].as_bool() || read_only_.contains(name);
    mounts.push_back({source, target, read_only});
  }
  PGO_TRY_VOID(make_mount_points(mounts));
  if (!has_account && wants_account(pod))
    mounts.push_back({dir_ / "account", std::string(kAccountPath), true});
  for (const auto& [inside, outside] : context_.options.host_files)
    mounts.push_back({outside, inside, true});
  return mounts;
}

}  // namespace pgo::embedded::node
