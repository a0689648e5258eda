#pragma once

#include "pgo/base/result.h"

#include <filesystem>
#include <string_view>

namespace pgo::dev {

/// The state directory, held exclusively while this object lives.
class StateDir {
 public:
  /// Makes the directory (0700) and locks it. `failed_precondition` when another process has it.
  static Result<StateDir> open(const std::filesystem::path& path);
  StateDir(StateDir&& other) noexcept;
  StateDir& operator=(StateDir&&) = delete;
  ~StateDir();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view part) const { return path_ / part; }

 private:
  StateDir(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_;
};

}  // namespace pgo::dev
