#pragma once

#include "pgo/kube/object.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace pgo::embedded::node {

/// The folders behind PersistentVolumes: ROOT/<namespace>/<claim>. They hold databases, so a folder
/// goes only when its own volume object is deleted; one that another volume of the same claim name
/// left behind is put aside, never handed to the new claim and never deleted in its place.
class ClaimStore {
 public:
  explicit ClaimStore(std::filesystem::path root) : root_(std::move(root)) {}

  /// The folder of `volume` for `claim`, made (0700) when it is not there.
  /// `failed_precondition` when the volume was not bound for this claim.
  Result<std::filesystem::path> open(const kube::Object& volume, const kube::Object& claim) const;

  /// True when the volume's place is one of ours.
  bool owns(const kube::Object& volume) const;

  /// Deletes the folder of a volume that is being deleted. Does nothing when the folder belongs to
  /// another volume by now.
  Result<void> remove(const kube::Object& volume) const;

 private:
  struct Place {
    std::filesystem::path folder;
    std::filesystem::path owner;  ///< a file that holds the UID of the folder's volume
    std::filesystem::path aside;  ///< where the folder goes when another volume takes the place
  };
  Result<Place> place_of(const kube::Object& volume) const;
  Result<void> take(const Place& place, std::string_view uid) const;

  std::filesystem::path root_;
};

}  // namespace pgo::embedded::node
