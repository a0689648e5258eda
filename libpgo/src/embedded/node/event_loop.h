#pragma once

#include "embedded/node/fd.h"
#include "pgo/base/result.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pgo::embedded::node {

/// One thread that waits on descriptors, timers and posted work. The thread lives as long as the
/// loop, because sandboxes die with the thread that started them (PR_SET_PDEATHSIG).
class EventLoop {
 public:
  using Steady = std::chrono::steady_clock;
  using TimerId = std::uint64_t;
  using Task = std::function<void()>;
  /// Called with the epoll events that are ready.
  using Ready = std::function<void(std::uint32_t events)>;

  /// Starts the thread; `name` (at most 15 characters) is seen in ps and debuggers.
  static Result<std::unique_ptr<EventLoop>> create(const char* name);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  /// As `stop`.
  ~EventLoop();

  /// Ends and joins the thread; posted work that has not run is dropped. Not from the loop.
  void stop();

  /// Runs `task` on the loop's thread. Any thread; never blocks. Dropped after `stop`.
  void post(Task task);
  /// Runs `task` on the loop's thread and waits for it; runs it at once when called there, and not
  /// at all after `stop`.
  void call(const Task& task);
  bool on_loop() const { return std::this_thread::get_id() == thread_.get_id(); }

  // The rest: from the loop's thread only.

  TimerId after(std::chrono::nanoseconds delay, Task task);
  /// 0 and timers that have run are ignored.
  void cancel(TimerId timer);
  void watch(int fd, std::uint32_t events, Ready ready);
  void change(int fd, std::uint32_t events);
  /// Before the descriptor is closed.
  void forget(int fd);
  /// No descriptor and no timer calls anybody any more, also not for what has happened already:
  /// for an owner that is about to go.
  void forget_all();

  /// For `create` only.
  struct Access;
  explicit EventLoop(const Access&) {}

 private:
  void run();
  int wait_ms() const;
  void run_posted();
  void run_due_timers();

  struct Watch {
    std::shared_ptr<Ready> ready;
    std::uint64_t generation = 0;
  };

  Fd epoll_;
  Fd wake_;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<Task> posted_;  // guarded by mutex_
  bool stopping_ = false;     // guarded by mutex_
  bool woken_ = false;        // guarded by mutex_
  std::uint64_t next_timer_ = 1;
  std::uint32_t next_generation_ = 1;
  std::map<std::pair<Steady::time_point, TimerId>, Task> timers_;
  std::unordered_map<TimerId, Steady::time_point> due_;
  std::unordered_map<int, Watch> watches_;
};

}  // namespace pgo::embedded::node
