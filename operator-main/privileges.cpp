#include "privileges.h"

#include <cerrno>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace pgo::daemon {
namespace {

std::unexpected<Error> system_failure(std::string doing, std::string subject) {
  return fail(Code::failed_precondition,
              std::move(doing) + ": " + std::generic_category().message(errno), std::move(subject));
}

/// A directory of another ordinary user is not ours to take.
Result<void> hand_over(const std::filesystem::path& state_dir, const passwd& user) {
  std::error_code error;
  std::filesystem::create_directories(state_dir, error);
  if (error) {
    return fail(Code::failed_precondition, "making the directory: " + error.message(),
                state_dir.string());
  }
  if (chown(state_dir.c_str(), user.pw_uid, user.pw_gid) != 0) {
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
