#pragma once

#include "pgo/base/result.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace pgo {

using Duration = std::chrono::nanoseconds;
/// A moment in UTC.
using TimePoint = std::chrono::sys_time<Duration>;

/// Where the time comes from: the system in production, a virtual clock in simulations.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  /// Thread safe.
  virtual TimePoint now() const = 0;
};

/// The system's clock. Stateless; one may serve the whole process.
class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
};

/// The system's time when it was made, and what has passed since, sleep of the machine included:
/// for spans that must not change when somebody sets the system's clock.
class SteadyClock final : public Clock {
 public:
  SteadyClock();
  TimePoint now() const override;

 private:
  Duration offset_;  ///< from the time since boot to the time of the day
};

/// A clock that moves only when told to; never backwards. Thread safe.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(TimePoint start);
  ~VirtualClock() override;
  TimePoint now() const override;
  void advance(Duration by);
  /// Does nothing when `to` is in the past.
  void advance_to(TimePoint to);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// RFC 3339 in UTC with whole seconds, as Kubernetes' metav1.Time: "2020-01-02T03:04:05Z".
std::string to_rfc3339(TimePoint time);
/// RFC 3339 with six decimals, as Kubernetes' metav1.MicroTime.
std::string to_rfc3339_micro(TimePoint time);
/// Accepts any offset and up to nine decimals.
Result<TimePoint> parse_rfc3339(std::string_view text);
/// A span for people: "850ms", "4.2s", "3m20s", "5h", "2d".
std::string to_human(Duration span);

}  // namespace pgo
