#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace pgo::kube {

/// A queue of keys to look at. Thread safe, fair (first come, first served), deterministic for a
/// given clock and id source.
///
/// A key is in the queue at most once, and is with at most one worker: what is added while a worker
/// has it runs once more after `done`. Delays and backoff are per key.
///
///     while (auto key = queue.get(stop)) {         // simulations: while (auto key =
///     queue.try_get())
///       Result<TimePoint> next = reconcile(*key);
///       if (!next) queue.add_with_backoff(*key);
///       else { queue.forget(*key); queue.add_at(*key, *next); }
///       queue.done(*key);
///     }
class WorkQueue {
 public:
  struct Options {
    Duration backoff_base = std::chrono::milliseconds(200);
    Duration backoff_cap = std::chrono::minutes(1);
    /// Called, under no lock, when a key can be taken or `next` has moved closer; from the thread
    /// that added it. For owners that sleep elsewhere than in `get`.
    std::function<void()> on_ready{};
  };

  /// `clock` and `ids` must outlive the queue.
  WorkQueue(const Clock& clock, IdSource& ids) : WorkQueue(clock, ids, Options()) {}
  WorkQueue(const Clock& clock, IdSource& ids, Options options);
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;
  ~WorkQueue();

  /// Wanted now.
  void add(const std::string& key);
  /// Wanted at that time; of several times per key the earliest counts. TimePoint::max() = never.
  void add_at(const std::string& key, TimePoint when);
  void add_after(const std::string& key, Duration delay);
  /// Wanted after a delay that doubles with every call until `forget`: base * 2^n up to the cap,
  /// of which a random quarter is taken off. Returns the delay.
  Duration add_with_backoff(const std::string& key);
  /// Ends the backoff of a key.
  void forget(const std::string& key);
  /// How often the key was added with backoff since it was last forgotten.
  int failures(const std::string& key) const;

  /// The next key that is due, or none. The taker calls `done` when finished.
  std::optional<std::string> try_get();
  /// Waits for a key (in real time, for thread runners); none on a stop request.
  std::optional<std::string> get(std::stop_token stop);
  void done(const std::string& key);

  /// When `try_get` may have something: the past when it has now, max() when nothing is planned.
  TimePoint next() const;
  /// Keys that wait to be taken, without the delayed ones.
  std::size_t size() const;
  /// Nothing waits, is delayed or with a worker.
  bool idle() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pgo::kube
