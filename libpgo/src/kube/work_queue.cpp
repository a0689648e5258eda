#include "pgo/kube/work_queue.h"

#include "kube/backoff.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

namespace pgo::kube {

Duration backoff_delay(Duration base, Duration cap, int failures, IdSource& ids) {
  Duration delay = std::min(base, cap);
  for (int i = 1; i < failures && delay < cap; ++i) delay = delay > cap / 2 ? cap : delay * 2;
  const auto quarter = static_cast<std::uint64_t>(delay.count() / 4);
  if (quarter > 0) delay -= Duration(static_cast<Duration::rep>(ids.below(quarter)));
  return delay;
}

struct WorkQueue::State {
  struct Item {
    bool waiting = false;     ///< in `ready`
    bool processing = false;  ///< with a worker
    bool again = false;       ///< wanted once more after `done`
    TimePoint due = TimePoint::max();
    int failures = 0;
  };

  State(const Clock& clock_in, IdSource& ids_in, Options options_in)
      : clock(clock_in), ids(ids_in), options(std::move(options_in)) {}

  const Clock& clock;
  IdSource& ids;
  const Options options;
  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::unordered_map<std::string, Item> items;
  std::deque<std::string> ready;
  std::set<std::pair<TimePoint, std::string>> delayed;
  std::size_t processing = 0;

  void make_ready(const std::string& key, Item& item) {
    if (item.processing) {
      item.again = true;
    } else if (!item.waiting) {
      item.waiting = true;
      ready.push_back(key);
    }
  }

  void set_due(const std::string& key, Item& item, TimePoint due) {
    if (item.due != TimePoint::max()) delayed.erase({item.due, key});
    item.due = due;
    if (due != TimePoint::max()) delayed.emplace(due, key);
  }

  void collect_due() {
    if (delayed.empty()) return;
    const TimePoint now = clock.now();
    while (!delayed.empty() && delayed.begin()->first <= now) {
      const std::string key = delayed.begin()->second;
      Item& item = items[key];
      set_due(key, item, TimePoint::max());
      make_ready(key, item);
    }
  }

  std::optional<std::string> take() {
    collect_due();
    if (ready.empty()) return std::nullopt;
    std::string key = std::move(ready.front());
    ready.pop_front();
    Item& item = items[key];
    item.waiting = false;
    item.processing = true;
    ++processing;
    return key;
  }

  /// Forgets a key of which nothing is left to remember.
  void drop_if_idle(const std::string& key) {
    const auto found = items.find(key);
    if (found == items.end()) return;
    const Item& item = found->second;
    if (!item.waiting && !item.processing && item.failures == 0 && item.due == TimePoint::max()) {
      items.erase(found);
    }
  }

  void announce() {
    changed.notify_one();
    if (options.on_ready) options.on_ready();
  }
};

WorkQueue::WorkQueue(const Clock& clock, IdSource& ids, Options options)
    : state_(std::make_unique<State>(clock, ids, std::move(options))) {}
WorkQueue::~WorkQueue() = default;

void WorkQueue::add(const std::string& key) {
  {
    const std::lock_guard lock(state_->mutex);
    State::Item& item = state_->items[key];
    if (item.waiting || item.again) return;
    state_->make_ready(key, item);
    if (item.processing) return;
  }
  state_->announce();
}

void WorkQueue::add_at(const std::string& key, TimePoint when) {
  if (when == TimePoint::max()) return;
  if (when <= state_->clock.now()) return add(key);
  {
    const std::lock_guard lock(state_->mutex);
    State::Item& item = state_->items[key];
    if (item.due <= when) return;
    state_->set_due(key, item, when);
    if (state_->delayed.begin()->second != key) return;
  }
  state_->announce();
}

void WorkQueue::add_after(const std::string& key, Duration delay) {
  const TimePoint now = state_->clock.now();
  add_at(key, delay >= TimePoint::max() - now ? TimePoint::max() : now + delay);
}

Duration WorkQueue::add_with_backoff(const std::string& key) {
  Duration delay{};
  {
    const std::lock_guard lock(state_->mutex);
    State::Item& item = state_->items[key];
    if (item.failures < 64) ++item.failures;
    delay = backoff_delay(state_->options.backoff_base, state_->options.backoff_cap, item.failures,
                          state_->ids);
  }
  add_after(key, delay);
  return delay;
}

void WorkQueue::forget(const std::string& key) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->items.find(key);
  if (found == state_->items.end()) return;
  found->second.failures = 0;
  state_->drop_if_idle(key);
}

int WorkQueue::failures(const std::string& key) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->items.find(key);
  return found == state_->items.end() ? 0 : found->second.failures;
}

std::optional<std::string> WorkQueue::try_get() {
  const std::lock_guard lock(state_->mutex);
  return state_->take();
}

std::optional<std::string> WorkQueue::get(std::stop_token stop) {
  // Long spans are waited for in pieces, see Wakeup::wait_until.
  constexpr Duration kPiece = std::chrono::hours(1);
  std::unique_lock lock(state_->mutex);
  while (!stop.stop_requested()) {
    if (std::optional<std::string> key = state_->take()) {
      // Another waiter takes over the watch on the next due time.
      if (!state_->ready.empty() || !state_->delayed.empty()) state_->changed.notify_one();
      return key;
    }
    Duration span = kPiece;
    if (!state_->delayed.empty()) {
      span = std::min(span, state_->delayed.begin()->first - state_->clock.now());
    }
    const auto seen = state_->delayed.empty() ? TimePoint::max() : state_->delayed.begin()->first;
    state_->changed.wait_for(lock, stop, span, [&] {
      const auto first =
          state_->delayed.empty() ? TimePoint::max() : state_->delayed.begin()->first;
      return !state_->ready.empty() || first < seen;
    });
  }
  return std::nullopt;
}

void WorkQueue::done(const std::string& key) {
  bool ready = false;
  {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->items.find(key);
    if (found == state_->items.end() || !found->second.processing) return;
    State::Item& item = found->second;
    item.processing = false;
    --state_->processing;
    if (std::exchange(item.again, false)) {
      state_->make_ready(key, item);
      ready = true;
    } else {
      state_->drop_if_idle(key);
    }
  }
  if (ready) state_->announce();
}

TimePoint WorkQueue::next() const {
  const std::lock_guard lock(state_->mutex);
  if (!state_->ready.empty()) return TimePoint::min();
  return state_->delayed.empty() ? TimePoint::max() : state_->delayed.begin()->first;
}

std::size_t WorkQueue::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->ready.size();
}

bool WorkQueue::idle() const {
  const std::lock_guard lock(state_->mutex);
  return state_->ready.empty() && state_->delayed.empty() && state_->processing == 0;
}

}  // namespace pgo::kube
