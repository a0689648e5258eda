#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pgo {

/// When a schedule fires. A value type; thread safe when const.
///
/// The syntax is that of 4.2.0 (robfig/cron v2): five fields (minute, hour, day of month, month,
/// day of week) or six with leading seconds, each a list of `*`, `?`, N, N-M and any of these with
/// `/step`; names of months and weekdays in any case, Sunday is 0; `@yearly`, `@annually`,
/// `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`; `@every` with a duration as Go writes
/// it ("1h30m"); before all that, perhaps, `TZ=Zone ` or `CRON_TZ=Zone `. Without a zone it is UTC.
/// Day of month and day of week: one of them is enough when both are restricted; a field that
/// begins with `*` or `?` restricts nothing by itself.
///
/// Beyond 4.2.0, when clocks change: a schedule of certain hours fires once on every day it names,
/// at the end of the gap when its hour is skipped, and only the first time when its hour comes
/// twice. A schedule of every hour (`*` or `*/n`) follows real time.
class Cron {
 public:
  /// `invalid_argument` that names the field, what is wrong with it, and what it may be; also for a
  /// day that never comes (30 February).
  static Result<Cron> parse(std::string_view text);

  /// The first firing after `after`, a whole second. For `@every` that is `after` plus the
  /// interval. Nothing when there is none within nine years.
  std::optional<TimePoint> next(TimePoint after) const;

  /// The last firing in (after, until]: the one that is due at `until` when `after` was the last.
  std::optional<TimePoint> latest(TimePoint after, TimePoint until) const;

 private:
  using Instant = std::chrono::sys_seconds;
  using Local = std::chrono::local_seconds;
  struct Span;
  struct Parser;

  Span span_at(Instant time) const;
  bool day_matches(std::chrono::local_days day) const;
  std::optional<Local> first_match(Local from, Local to) const;
  std::optional<Local> last_match(Local from, Local to) const;
  bool fires_in_gap(const Span& span) const;
  std::optional<Instant> next_instant(Instant from, Instant limit) const;
  std::optional<Instant> latest_instant(Instant from, Instant until) const;

  std::uint64_t seconds_ = 1, minutes_ = 0, hours_ = 0, days_ = 0, months_ = 0, weekdays_ = 0;
  bool any_hour_ = false, any_day_ = false, any_weekday_ = false;
  std::chrono::seconds interval_{0};  ///< of `@every`; 0 for all others
  std::string zone_;                  ///< empty: UTC
};

}  // namespace pgo
