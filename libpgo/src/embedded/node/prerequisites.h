#pragma once

#include "embedded/node/images.h"
#include "pgo/base/result.h"

#include <filesystem>
#include <string>

namespace pgo::embedded::node {

/// Refuses to be root: a sandbox made by root would look like one of an ordinary user, but the
/// kernel would let it read the host's files through the binds.
Result<void> check_not_root();

/// Runs an empty sandbox. The error says why none can be made here and what to do about it.
Result<void> check_sandbox(const std::string& bwrap);

/// What bubblewrap's complaint means on the hosts where it is known to fail. Pure but for reading
/// the kernel's settings, which stand below a folder.
std::string sandbox_advice(const std::string& complaint,
                           const std::filesystem::path& settings = "/proc/sys");

/// Every package that an image of the catalogue misses, in one error.
Result<void> check_packages(const ImageCatalogue& images);

}  // namespace pgo::embedded::node
