#pragma once

#include "embedded/node/event_loop.h"
#include "embedded/node/spawn.h"
#include "embedded/node/supervisor.h"

#include <memory>
#include <optional>
#include <string>

namespace pgo::embedded::node {

/// One command running in a container, driven by the supervisor's loop. All calls from its thread.
class ExecProcess {
 public:
  /// What one command may write in all; more is an error, not silently cut.
  static constexpr std::size_t kMostOutput = 32u << 20;

  /// `pid`, `pidfd`: process 1 of the container. `done` is called once, never from `start`.
  static Result<std::unique_ptr<ExecProcess>> start(EventLoop& loop, const std::string& init,
                                                    pid_t pid, const Fd& pidfd,
                                                    ContainerCommand command,
                                                    Supervisor::ExecDone done);
  struct Access;
  ExecProcess(const Access&, EventLoop& loop, ContainerCommand command, Supervisor::ExecDone done);
  ExecProcess(const ExecProcess&) = delete;
  ExecProcess& operator=(const ExecProcess&) = delete;
  /// Kills the command when it is still running; `done` is not called.
  ~ExecProcess();

  /// Kills the command; `done` will get this error.
  void abort(Error reason);

 private:
  Result<void> spawn_helper(const std::string& init, pid_t pid, const Fd& pidfd);
  void watch_all();
  void write_stdin();
  void read(Fd& from, std::string& into);
  void finish();

  EventLoop& loop_;
  ContainerCommand command_;
  Supervisor::ExecDone done_;
  Child child_;
  Fd stdin_, out_, err_, status_;
  std::size_t stdin_sent_ = 0;
  std::string out_text_, err_text_, status_text_;
  std::optional<Error> reason_;
  EventLoop::TimerId timer_ = 0;
};

}  // namespace pgo::embedded::node
