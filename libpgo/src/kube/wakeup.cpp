#include "pgo/kube/wakeup.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace pgo::kube {

struct Wakeup::State {
  std::mutex mutex;
  std::condition_variable_any changed;
  bool woken = false;

  void wake() {
    {
      const std::lock_guard lock(mutex);
      // Who was told once and has not come yet will find everything.
      if (std::exchange(woken, true)) return;
    }
    changed.notify_all();
  }
};

Wakeup::Wakeup() : state_(std::make_shared<State>()) {}
Wakeup::~Wakeup() = default;

void Wakeup::wake() { state_->wake(); }

std::function<void()> Wakeup::callback() const {
  return [state = state_] { state->wake(); };
}

bool Wakeup::wait_until(TimePoint until, const Clock& clock, std::stop_token stop) {
  // Spans beyond an hour are waited for in pieces: the clocks may drift apart, and a time point
  // near the end of the range must not overflow the condition variable's own.
  constexpr Duration kPiece = std::chrono::hours(1);
  std::unique_lock lock(state_->mutex);
  while (!state_->woken && !stop.stop_requested()) {
    const TimePoint now = clock.now();
    if (now >= until) break;
    const Duration span = until - kPiece < now ? until - now : kPiece;
    state_->changed.wait_for(lock, stop, span, [&] { return state_->woken; });
  }
  return std::exchange(state_->woken, false);
}

bool Wakeup::take() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->woken, false);
}

}  // namespace pgo::kube
