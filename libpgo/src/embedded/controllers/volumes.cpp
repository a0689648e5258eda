#include "embedded/controllers/facts.h"
#include "embedded/controllers/plans.h"

namespace pgo::embedded::controllers {

namespace {

constexpr std::string_view kProtection = "kubernetes.io/pvc-protection";
constexpr std::string_view kProvisioner = "libpgo/local-directory";

json::Value requested(const kube::Object& claim) {
  const json::Value& size = claim["spec"]["resources"]["requests"]["storage"];
  return size.is_null() ? json::Value("1Gi") : size;
}

json::Value reference_to(const kube::Object& claim) {
  return json::Value::object({{"apiVersion", "v1"},
                              {"kind", "PersistentVolumeClaim"},
                              {"namespace", claim.ns()},
                              {"name", claim.name()},
                              {"uid", claim.uid()}});
}

kube::Object volume_for(const kube::Object& claim, const VolumeOptions& options) {
  std::string name = "pvc-" + std::string(claim.uid());
  kube::Object volume(kube::types::kPersistentVolume, {}, name);
  volume.set_annotation("pv.kubernetes.io/provisioned-by", kProvisioner);
  if (!options.finalizer.empty()) {
    volume.document()
        .at_or_add("metadata")
        .set("finalizers", json::Value::array({options.finalizer}));
  }
  json::Value& spec = volume.document().at_or_add("spec");
  spec.set("capacity", json::Value::object({{"storage", requested(claim)}}));
  spec.set("accessModes", claim["spec"]["accessModes"]);
  spec.set("volumeMode", claim["spec"]["volumeMode"].as_string("Filesystem"));
  spec.set("persistentVolumeReclaimPolicy", "Delete");
  std::string_view storage_class = claim["spec"]["storageClassName"].as_string();
  if (!storage_class.empty()) spec.set("storageClassName", storage_class);
  spec.set("claimRef", reference_to(claim));
  std::string path = options.root + "/" + std::string(claim.ns()) + "/" + std::string(claim.name());
  spec.set("hostPath", json::Value::object({{"path", path}, {"type", "DirectoryOrCreate"}}));
  return volume;
}

void bind_claim(const kube::Object& claim, const std::string& volume, Decision& out) {
  json::Value patch;
  json::Value& annotations = patch.at_or_add("metadata").at_or_add("annotations");
  annotations.set("pv.kubernetes.io/bind-completed", "yes");
  annotations.set("pv.kubernetes.io/bound-by-controller", "yes");
  annotations.set("volume.kubernetes.io/storage-provisioner", kProvisioner);
  patch.at_or_add("metadata").set("finalizers", finalizers_with(claim, kProtection));
  patch.at_or_add("spec").set("volumeName", volume);
  out.patch(kube::types::kPersistentVolumeClaim, claim, std::move(patch));
}

}  // namespace

Decision plan_claim(const kube::Object& claim, const Seen& volume, bool in_use,
                    const VolumeOptions& options) {
  Decision out;
  const kube::ResourceType& type = kube::types::kPersistentVolumeClaim;
  if (claim.being_deleted()) {
    // Data outlives the claim's deletion for as long as a pod works on it.
    if (has_finalizer(claim, kProtection) && !in_use) {
      json::Value patch;
      patch.at_or_add("metadata").set("finalizers", finalizers_without(claim, kProtection));
      out.patch(type, claim, std::move(patch));
    }
    return out;
  }
  std::string_view chosen = claim["spec"]["volumeName"].as_string();
  if (chosen.empty()) {
    if (!volume) {
      out.create(kube::types::kPersistentVolume, volume_for(claim, options));
      return out;  // The claim names its volume once that exists.
    }
    bind_claim(claim, std::string(volume->name()), out);
    return out;
  }
  const json::Value& status = claim["status"];
  if (!volume) {
    // A bound claim whose volume is gone has lost its data; it must not get an empty one silently.
    if (status["phase"].as_string() == "Bound") {
      json::Value lost;
      lost.set("phase", "Lost");
      out.patch_status(type, claim, std::move(lost));
      out.note("Warning", "ClaimLost", "Bound claim has lost its PersistentVolume.");
    }
    return out;
  }
  const json::Value& holder = (*volume)["spec"]["claimRef"];
  if (holder["uid"].as_string() != claim.uid()) {
    // Chosen by its user: a free volume, or one reserved for this claim by name, becomes its own.
    bool reserved = holder["uid"].as_string().empty() &&
                    holder["namespace"].as_string() == claim.ns() &&
                    holder["name"].as_string() == claim.name();
    if (!holder.is_null() && !reserved) return out;
    json::Value taken;
    taken.at_or_add("spec").set("claimRef", reference_to(claim));
    out.patch(kube::types::kPersistentVolume, *volume, std::move(taken));
    return out;
  }
  json::Value patch;
  if (status["phase"].as_string() != "Bound") patch.set("phase", "Bound");
  if (!(status["accessModes"] == (*volume)["spec"]["accessModes"])) {
    patch.set("accessModes", (*volume)["spec"]["accessModes"]);
  }
  // A directory has no size of its own, so growing is agreed to at once.
  json::Value size = requested(claim);
  if (!(status["capacity"]["storage"] == size)) {
    patch.set("capacity", json::Value::object({{"storage", size}}));
  }
  if (!patch.members().empty()) out.patch_status(type, claim, std::move(patch));
  return out;
}

Decision plan_volume(const kube::Object& volume, const Seen& claim) {
  Decision out;
  const kube::ResourceType& type = kube::types::kPersistentVolume;
  if (volume.being_deleted()) return out;
  const json::Value& reference = volume["spec"]["claimRef"];
  auto phase_is = [&](std::string_view wanted) {
    if (volume["status"]["phase"].as_string() == wanted) return;
    out.patch_status(type, volume, json::Value::object({{"phase", wanted}}));
  };
  if (reference.is_null()) {
    phase_is("Available");
    return out;
  }
  bool held = claim && (reference["uid"].as_string().empty() ||
                        reference["uid"].as_string() == claim->uid());
  if (held) {
    phase_is("Bound");
    return out;
  }
  phase_is("Released");
  if (!out.writes.empty()) return out;
  if (volume["spec"]["persistentVolumeReclaimPolicy"].as_string() == "Delete") {
    out.remove(type, volume);
  }
  return out;
}

}  // namespace pgo::embedded::controllers
