#pragma once

#include "embedded/node/event_loop.h"
#include "embedded/node/spawn.h"
#include "embedded/node/supervisor.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pgo::embedded::node {

/// One command running in a container, driven by the supervisor's loop. All calls from its thread.
/// Its output is collected, or goes to the streams it was given as it comes.
class ExecProcess {
 public:
  /// What may be collected of one command; more is an error, not silently cut.
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
  const char* kind_of_streams() const;
  bool has_terminal() const { return command_.streams && command_.streams->terminal(); }
  bool has_input() const;
  void watch_all();
  void listen();
  /// Takes what the client has sent, and goes on with output that waited for it.
  void serve_client();
  void take_input();
  void arm();
  void on_output(std::uint32_t events);
  void on_terminal(std::uint32_t events);
  void on_stdin(std::uint32_t events);
  void on_status();
  void take_terminal(Fd terminal);
  void set_size();
  void write_input(Fd& to);
  void end_input();
  enum class Reading { paced, to_the_end };
  void read_output(Reading how);
  void read(Fd& from, std::string& into, Reading how);
  void close(Fd& fd);
  void give(bool error_stream, std::string_view text);
  void finish();

  EventLoop& loop_;
  ContainerCommand command_;
  Supervisor::ExecDone done_;
  Child child_;
  Fd stdin_, out_, err_, status_;
  Fd terminal_;        ///< our side of the command's terminal
  std::string input_;  ///< for the command, from `input_sent_` on
  std::size_t input_sent_ = 0;
  bool input_ended_ = false;
  bool crowded_ = false;  ///< the client is slow: the output waits in its pipes
  std::optional<ExecStreams::TerminalSize> size_;
  std::string out_text_, err_text_, status_text_;
  std::optional<Error> reason_;
  EventLoop::TimerId timer_ = 0;
  /// What calls from other threads hold: gone with this object.
  std::shared_ptr<ExecProcess*> self_ = std::make_shared<ExecProcess*>(this);
};

}  // namespace pgo::embedded::node
