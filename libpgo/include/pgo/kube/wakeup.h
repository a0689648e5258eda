#pragma once

#include "pgo/base/clock.h"

#include <functional>
#include <memory>
#include <stop_token>

namespace pgo::kube {

/// How the thread of a steppable component sleeps until something happens. Thread safe.
/// A wake that comes before the wait is not lost.
class Wakeup {
 public:
  Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  ~Wakeup();

  void wake();
  /// `wake` as a callback that may outlive this object.
  std::function<void()> callback() const;

  /// Returns true when woken since the last call, false at `until` (by `clock`, waited for in real
  /// time) or on a stop request. TimePoint::max() waits without end.
  bool wait_until(TimePoint until, const Clock& clock, std::stop_token stop);
  /// True when woken since the last call; does not wait.
  bool take();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pgo::kube
