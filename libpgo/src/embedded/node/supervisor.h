#pragma once

#include "pgo/base/log.h"
#include "pgo/base/result.h"
#include "pgo/embedded/api_server.h"
#include "pgo/kube/transport.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace pgo::embedded::node {

/// How a container ended.
struct ContainerExit {
  int code = 0;    ///< exit code; 128 + signal when a signal ended it
  int signal = 0;  ///< 0 = it exited
  /// Why it could not be started at all (the sandbox could not be made), else empty.
  std::string failure;
  bool operator==(const ContainerExit&) const = default;
};

struct LogRotation;

/// One container to start.
struct Launch {
  std::vector<std::string> options;             ///< of bubblewrap, see `sandbox_options`
  std::vector<std::string> program;             ///< at least the program's name
  std::filesystem::path log;                    ///< gets stdout and stderr
  std::shared_ptr<LogRotation> log_rotation{};  ///< of that file, for its readers
  /// Called on the supervisor's thread: once when the program has been started (`exec` works from
  /// here on), and once at the end, also when it never started.
  std::function<void()> started;
  std::function<void(ContainerExit)> ended;
};

/// A command to run in a running container.
struct ContainerCommand {
  std::vector<std::string> command;
  std::map<std::string, std::string> env;  ///< all of it: that of the container's specification
  std::string working_dir = "/";
  std::string stdin_data;
  /// Connects the command to these instead: its result then holds the exit code alone.
  std::shared_ptr<ExecStreams> streams{};
  std::chrono::milliseconds timeout{60'000};
};

/// Identifies one run of a container; never used again for another. 0 = none.
using ContainerId = std::uint64_t;

/// Starts, watches, signals and ends the processes of containers, on one thread of its own that
/// lives as long as this object. Everything dies when that thread or the process ends, however it
/// ends. Thread safe; no call blocks except `exec_wait`.
class Supervisor {
 public:
  struct Options {
    std::string bwrap = "/usr/bin/bwrap";
    std::filesystem::path init;  ///< the init program, see `install_init`
  };
  static Result<std::unique_ptr<Supervisor>> create(Options options, Log log);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  /// Kills what is still running. No callback runs after this.
  ~Supervisor();

  ContainerId launch(Launch launch);

  /// TERM now and each second until `grace` is over, then KILL. A program that has not installed
  /// its handler yet gets the signal again. Calling it again may shorten the grace.
  void terminate(ContainerId container, std::chrono::milliseconds grace);

  using ExecDone = std::function<void(Result<kube::ExecResult>)>;
  using ExecId = std::uint64_t;
  /// Runs a command; `done` is called on the supervisor's thread. After the timeout the command is
  /// killed and the error is `deadline_exceeded`.
  ExecId exec(ContainerId container, ContainerCommand command, ExecDone done);
  /// Kills a command; `done` gets `cancelled`.
  void cancel(ExecId exec);
  /// As `exec`, waiting. Not from the supervisor's thread.
  Result<kube::ExecResult> exec_wait(ContainerId container, ContainerCommand command,
                                     std::stop_token stop);

  struct Impl;
  explicit Supervisor(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

/// Writes the init program to `directory`/pgo-init and returns that path.
Result<std::filesystem::path> install_init(const std::filesystem::path& directory);

}  // namespace pgo::embedded::node
