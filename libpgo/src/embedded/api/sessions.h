#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <stop_token>
#include <thread>

namespace pgo::embedded::api {

/// Threads for calls that last: exec and followed logs. Each runs until its job ends or is asked
/// to stop.
class Sessions {
 public:
  Sessions() = default;
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;
  ~Sessions() { stop(); }

  /// Starts a job with a thread of its own; ends jobs given later at once when stopped.
  void run(std::function<void(std::stop_token)> job);
  /// Asks all to stop and waits for them.
  void stop();

 private:
  struct Session {
    std::jthread thread;
    bool done = false;
  };
  void reap();

  std::mutex mutex_;
  bool stopped_ = false;
  std::list<Session> sessions_;
};

}  // namespace pgo::embedded::api
