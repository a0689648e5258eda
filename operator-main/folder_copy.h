#pragma once

#include "pgo/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace pgo::daemon {

/// The files below a folder, in memory: read with the rights of root, written with those of the
/// user that root became, so that root never writes where that user may lay links.
class FolderCopy {
 public:
  static Result<FolderCopy> read(const std::filesystem::path& folder);

  /// Makes `folder` hold these files and no others, with the modes they had.
  Result<void> write(const std::filesystem::path& folder) const;

 private:
  struct File {
    std::filesystem::path path;  ///< below the folder
    std::filesystem::perms mode;
    std::string content;
  };
  std::vector<File> files_;
};

}  // namespace pgo::daemon
