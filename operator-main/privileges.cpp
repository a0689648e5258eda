#include "privileges.h"

#include <cerrno>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace pgo::daemon {
namespace {

std::unexpected<Error> system_failure(std::string doing, std::string subject) {
  return fail(Code::failed_precondition,
              std::move(doing) + ": " + std::generic_category().message(errno), std::move(subject));
}

namespace fs = std::filesystem;

/// A directory that is held open: what its name leads to may be exchanged between look and deed.
class Directory {
 public:
  explicit Directory(const fs::path& path)
      : fd_(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {}
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }
  bool is_empty() const {
    std::error_code error;
    return fs::is_empty("/proc/self/fd/" + std::to_string(fd_), error) && !error;
  }

 private:
  int fd_;
};

std::string user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? "user " + std::to_string(uid) : found->pw_name;
}

/// Only what is the user's already, or what root has made for this and nobody has used, is given:
/// root is led by a wrong option or somebody else's link to any directory of the machine.
Result<void> hand_over(const fs::path& state_dir, const passwd& user) {
  std::error_code error;
  fs::create_directories(state_dir, error);
  if (error) {
    return fail(Code::failed_precondition, "making the directory: " + error.message(),
                state_dir.string());
  }
  // A slash at the end would follow a link.
  const Directory directory(state_dir.has_filename() ? state_dir : state_dir.parent_path());
  struct stat status{};
  if (directory.fd() < 0 || fstat(directory.fd(), &status) != 0) {
    return system_failure("opening the state directory, which must not be a symbolic link",
                          state_dir.string());
  }
  if (status.st_uid == user.pw_uid) return {};
  if (status.st_uid != 0 || !directory.is_empty()) {
    return fail(Code::failed_precondition,
                "the state directory belongs to " + user_name(status.st_uid) +
                    (status.st_uid == 0 ? " and is not empty" : "") +
                    "; choose another one with --state-dir, its owner with --user, or give it to " +
                    user.pw_name + " (chown)",
                state_dir.string());
  }
  if (fchown(directory.fd(), user.pw_uid, user.pw_gid) != 0) {
    return system_failure("giving the state directory to user " + std::string(user.pw_name),
                          state_dir.string());
  }
  return {};
}

}  // namespace

bool is_root() { return geteuid() == 0; }

Result<void> become(const std::string& user, const std::filesystem::path& state_dir) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr || found->pw_uid == 0) {
    return fail(Code::failed_precondition,
                "the daemon does not run databases as root, and there is no ordinary user of this "
                "name; make it (useradd --system --create-home --home-dir /var/lib/" +
                    user + " " + user + ") or name another one with --user",
                user);
  }
  PGO_TRY_VOID(hand_over(state_dir, *found));
  if (setgroups(0, nullptr) != 0 || setgid(found->pw_gid) != 0 || setuid(found->pw_uid) != 0) {
    return system_failure("becoming user " + user, user);
  }
  if (setuid(0) == 0) return fail(Code::internal, "root rights were not given up", user);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // Changing the user made /proc/self belong to root, which would hide it from our own children.
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  return {};
}

}  // namespace pgo::daemon
