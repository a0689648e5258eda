#include "embedded/node/claim_store.h"

#include "embedded/node/fd.h"
#include "embedded/node/files.h"

#include <system_error>

namespace pgo::embedded::node {

namespace fs = std::filesystem;

namespace {
constexpr std::string_view kOwners = ".owners";
constexpr std::string_view kAside = ".released";
}  // namespace

Result<ClaimStore::Place> ClaimStore::place_of(const kube::Object& volume) const {
  const json::Value& claim = volume["spec"]["claimRef"];
  std::string ns(claim["namespace"].as_string());
  std::string name(claim["name"].as_string());
  std::string uid(volume.uid());
  if (!is_file_name(ns) || !is_file_name(name) || !is_file_name(uid) || ns.starts_with('.'))
    return fail(Code::invalid_argument, "the volume names no claim", volume.text());
  return Place{root_ / ns / name, root_ / kOwners / ns / name, root_ / kAside / uid};
}

bool ClaimStore::owns(const kube::Object& volume) const {
  auto place = place_of(volume);
  fs::path path(volume["spec"]["hostPath"]["path"].as_string());
  return place && path.lexically_normal() == place->folder.lexically_normal();
}

Result<fs::path> ClaimStore::open(const kube::Object& volume, const kube::Object& claim) const {
  PGO_TRY(Place place, place_of(volume));
  const json::Value& reference = volume["spec"]["claimRef"];
  if (reference["namespace"].as_string() != claim.ns() ||
      reference["name"].as_string() != claim.name())
    return fail(Code::failed_precondition, "the volume belongs to another claim", volume.text());
  PGO_TRY_VOID(take(place, volume.uid()));
  std::error_code error;
  if (!fs::exists(place.folder, error)) PGO_TRY_VOID(make_directory(place.folder));
  return place.folder;
}

// The folder becomes that of the volume `uid`. An owner that is no UID is what a power cut left of
// one that was being written, and the last to write it is whose folder it is.
Result<void> ClaimStore::take(const Place& place, std::string_view uid) const {
  auto owner = read_file(place.owner);
  if (!owner && owner.error().code != Code::not_found) return fail(std::move(owner).error());
  if (owner && *owner == uid) return {};
  std::error_code error;
  if (owner && is_file_name(*owner) && fs::exists(place.folder, error)) {
    PGO_TRY_VOID(make_directory(root_ / kAside));
    fs::rename(place.folder, root_ / kAside / *owner, error);
    if (error) return fail_errno("put aside", place.folder.string(), error.value());
    PGO_TRY_VOID(sync_folder(place.folder.parent_path()));
    PGO_TRY_VOID(sync_folder(root_ / kAside));
  }
  PGO_TRY_VOID(make_directory(place.owner.parent_path()));
  return keep_file(place.owner, uid);
}

Result<void> ClaimStore::remove(const kube::Object& volume) const {
  PGO_TRY(Place place, place_of(volume));
  PGO_TRY_VOID(remove_tree(root_, place.aside));
  auto owner = read_file(place.owner);
  if (!owner && owner.error().code == Code::not_found) return {};  // it was never used
  if (!owner) return fail(std::move(owner).error());
  if (!is_file_name(*owner))
    return fail(Code::failed_precondition,
                "the file does not tell which volume the folder " + place.folder.string() +
                    " belongs to; write " + std::string(volume.uid()) +
                    " into it if that is this one, " + volume.text(),
                place.owner.string());
  if (*owner != volume.uid()) return {};
  PGO_TRY_VOID(remove_tree(root_, place.folder));
  return remove_tree(root_, place.owner);
}

}  // namespace pgo::embedded::node
