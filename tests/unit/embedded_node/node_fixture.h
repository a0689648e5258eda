#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <grp.h>
#include <mutex>
#include <optional>
#include <pwd.h>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>

/// What the tests of the local node share.
namespace node_test {

/// Sandboxes are never run as root: a test program started by root goes on as an ordinary user.
/// Empty, or why there is none to become.
inline std::string why_not_ordinary_user() {
  if (::geteuid() != 0) return {};
  for (const char* name : {"pgotest", "nobody"}) {
    const passwd* user = ::getpwnam(name);
    if (user == nullptr) continue;
    gid_t group = user->pw_gid;
    uid_t uid = user->pw_uid;
    if (::setgroups(0, nullptr) == 0 && ::setgid(group) == 0 && ::setuid(uid) == 0) {
      // Giving up root makes a process opaque: no core, no search for leaks.
      ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
      return {};
    }
  }
  return "started as root and there is no user pgotest or nobody to become";
}

/// A folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = "/tmp/pgo-node-test-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Hands values from one thread to another; `take` waits up to ten seconds.
template <typename T>
class Mailbox {
 public:
  void put(T value) {
    std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  std::optional<T> take(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [&] { return !values_.empty(); })) return std::nullopt;
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> values_;
};

}  // namespace node_test
