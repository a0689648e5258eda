#pragma once

#include "embedded/node/images.h"
#include "pgo/base/result.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::node {

/// One folder or file of the host bound into the sandbox.
struct Mount {
  std::filesystem::path source;
  std::string target;  ///< absolute path inside
  bool read_only = false;
  bool operator==(const Mount&) const = default;
};

/// Everything that makes one container's sandbox.
struct Sandbox {
  std::string hostname;
  std::string user;
  int uid = 65534;
  int gid = 65534;
  std::filesystem::path init;         ///< the init program on the host
  std::filesystem::path private_dir;  ///< as made by `prepare_private_dir`
  std::filesystem::path names_dir;    ///< folder with `hosts`; replaced by rename while running
  std::vector<ReadOnlyBind> image;
  std::vector<std::string> writable;  ///< further empty writable folders
  std::vector<Mount> mounts;          ///< the pod's volumes, in any order
  std::map<std::string, std::string> env;
  std::string working_dir = "/";

  std::string home() const { return "/home/" + user; }
  /// Only who talks to a store outside needs names of outside; for all others one that is unknown
  /// shall fail at once instead of waiting for the host's resolver.
  bool asks_dns() const;
};

/// The descriptors that the supervisor gives to every sandbox it starts.
inline constexpr int kInfoFd = 3;
inline constexpr int kArgumentsFd = 4;
inline constexpr int kStatusFd = 5;
/// Where the init program is seen inside.
inline constexpr std::string_view kInitInside = "/run/pgo/init";

/// The options of bubblewrap for this sandbox, without the program. Pure. The order of mounts is
/// what matters: parents before children, and the root made read-only last of all.
std::vector<std::string> sandbox_options(const Sandbox& sandbox);

/// What stands on the command line: bubblewrap reading its options from kArgumentsFd (variables
/// may be secrets and must not be seen in `ps`), then our init, then the program.
std::vector<std::string> sandbox_command(const std::string& bwrap,
                                         const std::vector<std::string>& program);

/// Makes the container's own folders anew, as a fresh container has them: tmp, home (with the
/// curlrc), etc (passwd, group, nsswitch.conf) and the writable folders.
/// `guard` is a folder above `private_dir`, see `remove_tree`.
Result<void> prepare_private_dir(const Sandbox& sandbox, const std::filesystem::path& guard,
                                 std::string_view pod_ip);

std::string passwd_text(const Sandbox& sandbox);
std::string group_text(const Sandbox& sandbox);
/// Names of pods and services come first.
std::string nsswitch_text(const Sandbox& sandbox);
/// Sends curl's connections to 127.0.0.1 and localhost to the pod's address: in a real pod that is
/// the pod itself, here it is the host.
std::string curlrc_text(std::string_view pod_ip);

}  // namespace pgo::embedded::node
