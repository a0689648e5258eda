#include "http/mailbox.h"

#include <algorithm>
#include <utility>

namespace pgo::http {
namespace {
/// Parts of the limit: more than this is a crowd, less than that is room again.
constexpr std::size_t kCrowded = 4, kEmptied = 8;
}  // namespace

Outlet::Push Outlet::push(std::string message) {
  const std::lock_guard lock(mutex_);
  if (closed_ || ending_) return Push::closed;
  bytes_ += message.size();
  if (bytes_ > limit_) {
    closed_ = true;
    return Push::overflow;
  }
  queue_.push_back(std::move(message));
  return std::exchange(told_, true) ? Push::queued : Push::first;
}

std::deque<std::string> Outlet::take() {
  const std::lock_guard lock(mutex_);
  std::deque<std::string> taken;
  taken.swap(queue_);
  if (taken.empty()) told_ = false;
  return taken;
}

void Outlet::sent(std::size_t bytes) {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    bytes_ -= std::min(bytes, bytes_);
    if (!room_wanted_ || bytes_ > limit_ / kEmptied) return;
    room_wanted_ = false;
    callback = on_room_;
  }
  if (callback) callback();
}

bool Outlet::crowded() {
  const std::lock_guard lock(mutex_);
  if (closed_ || bytes_ <= limit_ / kCrowded) return false;
  room_wanted_ = true;
  return true;
}

void Outlet::on_room(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  if (!closed_) on_room_ = std::move(callback);
}

bool Outlet::end() {
  const std::lock_guard lock(mutex_);
  return !closed_ && !std::exchange(ending_, true);
}

bool Outlet::ending() {
  const std::lock_guard lock(mutex_);
  return ending_;
}

void Outlet::on_closed(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      callback_ = std::move(callback);
      return;
    }
  }
  if (callback) callback();
}

void Outlet::closed() {
  std::function<void()> callback, room;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    queue_.clear();
    callback.swap(callback_);
    room.swap(on_room_);  // it may hold the connection
    if (ending_) return;
  }
  if (callback) callback();
}

void Inlet::deliver(std::string message) {
  std::function<void(std::string)> callback;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    if (!callback_) {
      early_.push_back(std::move(message));
      return;
    }
    callback = callback_;
  }
  callback(std::move(message));
}

void Inlet::listen(std::function<void(std::string)> callback) {
  while (true) {
    std::deque<std::string> early;
    {
      const std::lock_guard lock(mutex_);
      if (early_.empty()) {
        if (!closed_) callback_ = std::move(callback);
        return;
      }
      early.swap(early_);
    }
    for (std::string& message : early) callback(std::move(message));
  }
}

void Inlet::pause(bool paused) {
  const std::lock_guard lock(mutex_);
  paused_ = paused;
}

bool Inlet::paused() {
  const std::lock_guard lock(mutex_);
  return paused_;
}

void Inlet::close() {
  std::function<void(std::string)> dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(callback_);
}

}  // namespace pgo::http
