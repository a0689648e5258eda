#include "pgo/base/clock.h"

#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <ctime>

namespace pgo {

using std::chrono::days;
using std::chrono::duration_cast;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TimePoint SystemClock::now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

namespace {
Duration since_boot() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}
}  // namespace

SteadyClock::SteadyClock() : offset_(SystemClock().now().time_since_epoch() - since_boot()) {}

TimePoint SteadyClock::now() const { return TimePoint(offset_ + since_boot()); }

struct VirtualClock::State {
  std::atomic<Duration::rep> since_epoch;
};

VirtualClock::VirtualClock(TimePoint start) : state_(std::make_unique<State>()) {
  state_->since_epoch = start.time_since_epoch().count();
}

VirtualClock::~VirtualClock() = default;

TimePoint VirtualClock::now() const { return TimePoint(Duration(state_->since_epoch.load())); }

void VirtualClock::advance(Duration by) {
  if (by > Duration::zero()) state_->since_epoch += by.count();
}

void VirtualClock::advance_to(TimePoint to) {
  Duration::rep current = state_->since_epoch.load();
  const Duration::rep target = to.time_since_epoch().count();
  while (current < target && !state_->since_epoch.compare_exchange_weak(current, target)) {
  }
}

namespace {

std::string date_and_time(TimePoint time) {
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{floor<seconds>(time - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

/// Reads fixed-width numbers off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool number(std::size_t digits, int& out) {
    if (rest_.size() < digits) return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + digits, out);
    if (error != std::errc() || end != rest_.data() + digits || rest_.front() == '-') return false;
    rest_.remove_prefix(digits);
    return true;
  }

  bool literal(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Digits after a decimal point, as nanoseconds.
  bool fraction(Duration& out) {
    std::int64_t value = 0;
    int digits = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      if (++digits > 9) return false;
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    for (int i = digits; i < 9; ++i) value *= 10;
    out = Duration(value);
    return digits > 0;
  }

  char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool scan_offset(Scanner& in, minutes& offset) {
  if (in.literal("Zz")) return true;
  const bool negative = in.front() == '-';
  int hour = 0;
  int minute = 0;
  if (!in.literal("+-") || !in.number(2, hour) || !in.literal(":") || !in.number(2, minute)) {
    return false;
  }
  if (hour > 23 || minute > 59) return false;
  offset = hours(hour) + minutes(minute);
  if (negative) offset = -offset;
  return true;
}

}  // namespace

std::string to_rfc3339(TimePoint time) { return date_and_time(time) + "Z"; }

std::string to_rfc3339_micro(TimePoint time) {
  const auto fraction = floor<microseconds>(time - floor<seconds>(time));
  return fmt::format("{}.{:06}Z", date_and_time(time), fraction.count());
}

Result<TimePoint> parse_rfc3339(std::string_view text) {
  Scanner in(text);
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  Duration fraction{0};
  minutes offset{0};
  const bool shaped =
      in.number(4, year) && in.literal("-") && in.number(2, month) && in.literal("-") &&
      in.number(2, day) && in.literal("Tt ") && in.number(2, hour) && in.literal(":") &&
      in.number(2, minute) && in.literal(":") && in.number(2, second) &&
      (!in.literal(".") || in.fraction(fraction)) && scan_offset(in, offset) && in.done();
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!shaped || !date.ok() || hour > 23 || minute > 59 || second > 60) {
    return fail(Code::invalid_argument,
                fmt::format("\"{}\" is not an RFC 3339 time such as 2020-01-02T03:04:05Z", text));
  }
  return TimePoint(std::chrono::sys_days(date)) + hours(hour) + minutes(minute) + seconds(second) +
         fraction - offset;
}

std::string to_human(Duration span) {
  if (span < Duration::zero()) return "-" + to_human(-span);
  if (span < seconds(1)) return fmt::format("{}ms", duration_cast<milliseconds>(span).count());
  if (span < minutes(1)) {
    const auto tenths = duration_cast<milliseconds>(span).count() / 100;
    if (span >= seconds(10) || tenths % 10 == 0) return fmt::format("{}s", tenths / 10);
    return fmt::format("{}.{}s", tenths / 10, tenths % 10);
  }
  if (span < hours(1)) {
    const auto total = duration_cast<seconds>(span).count();
    if (total % 60 == 0) return fmt::format("{}m", total / 60);
    return fmt::format("{}m{}s", total / 60, total % 60);
  }
  if (span < days(2)) return fmt::format("{}h", duration_cast<hours>(span).count());
  return fmt::format("{}d", duration_cast<days>(span).count());
}

}  // namespace pgo
