#include "embedded/node/spawn.h"

#include <algorithm>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace pgo::embedded::node {

namespace {

// Above every target, so that no dup2 overwrites the source of a later one.
constexpr int kFirstSource = 64;

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (const std::string& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  Result<void> give(std::span<const GivenFd> fds) {
    int last = -1;
    for (const GivenFd& given : fds) {
      Fd high(::fcntl(given.source, F_DUPFD_CLOEXEC, kFirstSource));
      if (!high) return fail_errno("copy", "a descriptor");
      ::posix_spawn_file_actions_adddup2(&actions_, high.get(), given.target);
      held_.push_back(std::move(high));
      last = std::max(last, given.target);
    }
    // Descriptors that the host opened without O_CLOEXEC must not leak into a container.
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, last + 1);
    return {};
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
  std::vector<Fd> held_;
};

class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t set;
    ::sigemptyset(&set);
    ::posix_spawnattr_setsigmask(&attributes_, &set);
    ::sigfillset(&set);
    ::posix_spawnattr_setsigdefault(&attributes_, &set);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<Child> spawn(const std::string& path, const std::vector<std::string>& argv,
                    const std::vector<std::string>& environment, std::span<const GivenFd> fds) {
  FileActions actions;
  PGO_TRY_VOID(actions.give(fds));
  Attributes attributes;
  Child child;
  int error = ::posix_spawn(&child.pid, path.c_str(), actions.get(), attributes.get(),
                            pointers(argv).data(), pointers(environment).data());
  if (error != 0) return fail_errno("run", path, error);
  auto pidfd = open_pidfd(child.pid);
  if (!pidfd) {  // out of descriptors: without one it cannot be watched
    ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
    return fail(std::move(pidfd).error());
  }
  child.pidfd = *std::move(pidfd);
  return child;
}

ChildStatus reap(const Child& child) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(child.pidfd.get()), &info, WEXITED) < 0) return {};
  constexpr int kSignalBase = 128;
  if (info.si_code == CLD_EXITED) return {true, info.si_status, 0};
  return {true, kSignalBase + info.si_status, info.si_status};
}

bool wait_for_end(const Child& child, int timeout_ms) {
  pollfd ended{child.pidfd.get(), POLLIN, 0};
  return ::poll(&ended, 1, timeout_ms) > 0;
}

Result<Fd> open_pidfd(pid_t pid) {
  Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd) return fail_errno("watch", "process " + std::to_string(pid));
  return fd;
}

void send_signal(const Fd& pidfd, int signal) {
  if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

}  // namespace pgo::embedded::node
