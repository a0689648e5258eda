#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

/// What passes between the I/O thread and the owner of a stream or upgraded connection. Thread
/// safe.
namespace pgo::http {

/// The sending half.
class Outlet {
 public:
  explicit Outlet(std::size_t limit) : limit_(limit) {}

  enum class Push { closed, overflow, queued, first };
  /// `first`: nothing was queued, so the I/O thread must be told.
  Push push(std::string message);
  /// Takes all that is queued; nothing ends the I/O thread's turn.
  std::deque<std::string> take();
  /// Frees room for what has left.
  void sent(std::size_t bytes);
  /// More than a quarter of the limit is queued; `on_room` is called when that is over.
  bool crowded();
  void on_room(std::function<void()> callback);
  /// The owner sends no more. True the first time, while the peer is there.
  bool end();
  bool ending();
  /// Called at once when the peer has already gone.
  void on_closed(std::function<void()> callback);
  /// The peer is gone or the server stops. Runs the callback unless the owner ended the stream.
  void closed();

 private:
  std::mutex mutex_;
  const std::size_t limit_;
  std::deque<std::string> queue_;
  std::size_t bytes_ = 0;
  bool told_ = false;
  bool ending_ = false;
  bool closed_ = false;
  bool room_wanted_ = false;
  std::function<void()> callback_;
  std::function<void()> on_room_;
};

/// The receiving half of an upgraded connection. Keeps messages that arrive before somebody
/// listens.
class Inlet {
 public:
  void deliver(std::string message);
  void listen(std::function<void(std::string)> callback);
  /// Whether the I/O thread shall read on.
  void pause(bool paused);
  bool paused();
  /// Lets go of the listener, who may hold the connection.
  void close();

 private:
  std::mutex mutex_;
  bool closed_ = false;
  bool paused_ = false;
  std::function<void(std::string)> callback_;
  std::deque<std::string> early_;
};

}  // namespace pgo::http
