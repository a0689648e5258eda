#pragma once

#include "embedded/node/fd.h"
#include "pgo/base/result.h"

#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace pgo::embedded::node {

/// Which of our descriptors the new process gets under which number.
struct GivenFd {
  int source;
  int target;
};

struct Child {
  pid_t pid = -1;
  Fd pidfd;
};

/// Starts a program in a session of its own (a Ctrl-C at our terminal must not reach it) with
/// exactly the given descriptors, default signals and an empty signal mask. Targets are 0 upwards
/// without gaps. `path` is an absolute path. Safe in a process with many threads: nothing of ours
/// runs between fork and exec.
Result<Child> spawn(const std::string& path, const std::vector<std::string>& argv,
                    const std::vector<std::string>& environment, std::span<const GivenFd> fds);

/// The wait status of a child that has ended, or nothing when somebody else in the process reaped
/// it. Does not block when `pidfd` is readable.
struct ChildStatus {
  bool known = false;
  int code = 0;    ///< exit code, or 128 + signal
  int signal = 0;  ///< 0 = it exited
};
ChildStatus reap(const Child& child);

/// Waits for the end of `child`; false when it is still running after `timeout_ms`.
bool wait_for_end(const Child& child, int timeout_ms);

Result<Fd> open_pidfd(pid_t pid);
/// Ignores processes that have ended.
void send_signal(const Fd& pidfd, int signal);

}  // namespace pgo::embedded::node
