#include "pgo/base/cron.h"

#include <algorithm>
#include <date/tz.h>
#include <stdexcept>

namespace pgo {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

/// 29 February comes after eight years at most (1896 to 1904).
constexpr auto kHorizon = days(366 * 9);

bool has(std::uint64_t bits, std::int64_t number) { return ((bits >> number) & 1U) != 0; }

struct TimeOfDay {
  std::int64_t hour, minute, second;
  explicit TimeOfDay(seconds time)
      : hour(time / hours(1)), minute(time / minutes(1) % 60), second(time.count() % 60) {}
};

/// The first time of the day from `from` on whose hour, minute and second are all allowed.
std::optional<seconds> first_time(std::uint64_t h, std::uint64_t m, std::uint64_t s, seconds from) {
  const TimeOfDay start(from);
  for (std::int64_t hour = start.hour; hour < 24; ++hour) {
    if (!has(h, hour)) continue;
    const bool same_hour = hour == start.hour;
    for (std::int64_t minute = same_hour ? start.minute : 0; minute < 60; ++minute) {
      if (!has(m, minute)) continue;
      const bool same_minute = same_hour && minute == start.minute;
      for (std::int64_t second = same_minute ? start.second : 0; second < 60; ++second) {
        if (has(s, second)) return hours(hour) + minutes(minute) + seconds(second);
      }
    }
  }
  return std::nullopt;
}

/// The last such time up to and including `until`.
std::optional<seconds> last_time(std::uint64_t h, std::uint64_t m, std::uint64_t s, seconds until) {
  const TimeOfDay end(until);
  for (std::int64_t hour = end.hour; hour >= 0; --hour) {
    if (!has(h, hour)) continue;
    const bool same_hour = hour == end.hour;
    for (std::int64_t minute = same_hour ? end.minute : 59; minute >= 0; --minute) {
      if (!has(m, minute)) continue;
      const bool same_minute = same_hour && minute == end.minute;
      for (std::int64_t second = same_minute ? end.second : 59; second >= 0; --second) {
        if (has(s, second)) return hours(hour) + minutes(minute) + seconds(second);
      }
    }
  }
  return std::nullopt;
}

std::optional<TimePoint> time_point(std::optional<std::chrono::sys_seconds> instant) {
  if (!instant || *instant > floor<seconds>(TimePoint::max())) return std::nullopt;
  return TimePoint(*instant);
}

}  // namespace

/// A time in which the zone's offset does not change, and what it was before.
struct Cron::Span {
  Instant begin = Instant::min(), end = Instant::max();
  seconds offset{0};
  seconds before{0};  ///< the offset until `begin`

  Local local(Instant time) const { return Local(time.time_since_epoch() + offset); }
  Instant instant(Local time) const { return Instant(time.time_since_epoch() - offset); }
  /// Local times from here to the span's first one are skipped (gap), or come again (overlap).
  Local local_end_before() const { return Local(begin.time_since_epoch() + before); }
  bool after_gap() const { return offset > before; }
  bool after_overlap() const { return offset < before; }
};

Cron::Span Cron::span_at(Instant time) const {
  Span span;
  if (zone_.empty()) return span;
  try {
    const date::time_zone* zone = date::locate_zone(zone_);
    const date::sys_info info = zone->get_info(time);
    span.begin = info.begin;
    span.end = info.end;
    span.offset = span.before = info.offset;
    // Beyond this the first and the last span are open.
    const Instant early{seconds(INT64_MIN / 4)};
    if (span.begin > early) span.before = zone->get_info(span.begin - seconds(1)).offset;
  } catch (const std::runtime_error&) {
    // The zone was there when the text was parsed; should it have gone since, it is UTC.
    return {};
  }
  return span;
}

bool Cron::day_matches(local_days day) const {
  const std::chrono::year_month_day date{day};
  if (!has(months_, static_cast<unsigned>(date.month()))) return false;
  const bool day_fits = has(days_, static_cast<unsigned>(date.day()));
  const bool weekday_fits = has(weekdays_, std::chrono::weekday(day).c_encoding());
  if (any_day_ || any_weekday_) return day_fits && weekday_fits;
  return day_fits || weekday_fits;
}

/// The first match in [from, to).
std::optional<Cron::Local> Cron::first_match(Local from, Local to) const {
  for (local_days day = floor<days>(from); day < to; day += days(1)) {
    if (!day_matches(day)) continue;
    const auto time =
        first_time(hours_, minutes_, seconds_, day < from ? from - day : seconds::zero());
    if (!time) continue;
    if (day + *time >= to) return std::nullopt;
    return day + *time;
  }
  return std::nullopt;
}

/// The last match in [from, to).
std::optional<Cron::Local> Cron::last_match(Local from, Local to) const {
  if (from >= to) return std::nullopt;
  const Local last = to - seconds(1);
  for (local_days day = floor<days>(last); day + days(1) > from; day -= days(1)) {
    if (!day_matches(day)) continue;
    const seconds until = std::min<seconds>(last - day, days(1) - seconds(1));
    const auto time = last_time(hours_, minutes_, seconds_, until);
    if (!time) continue;
    if (day + *time < from) return std::nullopt;
    return day + *time;
  }
  return std::nullopt;
}

bool Cron::fires_in_gap(const Span& span) const {
  return !any_hour_ && span.after_gap() &&
         first_match(span.local_end_before(), span.local(span.begin)).has_value();
}

std::optional<Cron::Instant> Cron::next_instant(Instant from, Instant limit) const {
  while (from < limit) {
    const Span span = span_at(from);
    if (from == span.begin && fires_in_gap(span)) return from;
    Local start = span.local(from);
    if (!any_hour_ && span.after_overlap()) start = std::max(start, span.local_end_before());
    if (const auto found = first_match(start, span.local(std::min(span.end, limit)))) {
      return span.instant(*found);
    }
    from = span.end;
  }
  return std::nullopt;
}

std::optional<Cron::Instant> Cron::latest_instant(Instant from, Instant until) const {
  while (until >= from) {
    const Span span = span_at(until);
    Local start = span.local(std::max(span.begin, from));
    if (!any_hour_ && span.after_overlap()) start = std::max(start, span.local_end_before());
    if (const auto found = last_match(start, span.local(until) + seconds(1))) {
      return span.instant(*found);
    }
    if (span.begin < from) return std::nullopt;
    if (fires_in_gap(span)) return span.begin;
    until = span.begin - seconds(1);
  }
  return std::nullopt;
}

std::optional<TimePoint> Cron::next(TimePoint after) const {
  const Instant second = floor<seconds>(after);
  if (interval_ > seconds::zero()) return time_point(second + interval_);
  return time_point(next_instant(second + seconds(1), second + kHorizon));
}

std::optional<TimePoint> Cron::latest(TimePoint after, TimePoint until) const {
  const Instant first = floor<seconds>(after), last = floor<seconds>(until);
  if (interval_ > seconds::zero()) {
    const auto times = (last - first) / interval_;
    if (times < 1) return std::nullopt;
    return time_point(first + times * interval_);
  }
  return time_point(latest_instant(std::max<Instant>(first + seconds(1), last - kHorizon), last));
}

}  // namespace pgo
