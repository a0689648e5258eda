#include "pgo/base/clock.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using pgo::Duration;
using pgo::parse_rfc3339;
using pgo::TimePoint;
using pgo::to_human;
using pgo::to_rfc3339;

TEST_SUITE_BEGIN("base.clock");

TEST_CASE("steady clock: begins with the system's time and only goes on") {
  const pgo::SteadyClock clock;
  const TimePoint first = clock.now();
  const Duration apart = first - pgo::SystemClock().now();
  CHECK(apart < 5s);
  CHECK(apart > -5s);
  CHECK(clock.now() >= first);
}

TEST_CASE("rfc3339: a printed time reads back as the same second") {
  const TimePoint time =
      std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 23h + 59min + 58s;
  CHECK(to_rfc3339(time) == "2024-02-29T23:59:58Z");
  CHECK(parse_rfc3339(to_rfc3339(time)).value() == time);
}

TEST_CASE("rfc3339: fractions and offsets are understood") {
  const TimePoint noon = parse_rfc3339("2020-01-02T12:00:00Z").value();
  CHECK(parse_rfc3339("2020-01-02T12:00:00.25Z").value() == noon + 250ms);
  CHECK(parse_rfc3339("2020-01-02T13:30:00+01:30").value() == noon);
  CHECK(parse_rfc3339("2020-01-02T12:00:00.123456+00:00").value() == noon + 123456us);
  CHECK(pgo::to_rfc3339_micro(noon + 123456us) == "2020-01-02T12:00:00.123456Z");
}

TEST_CASE("rfc3339: text that is no time is refused and quoted") {
  for (const char* text : {"", "2020-01-02", "2020-13-02T00:00:00Z", "2021-02-29T00:00:00Z",
                           "2020-01-02T24:00:00Z", "2020-01-02T00:00:00", "2020-01-02T00:00:00.Z",
                           "2020-01-02T00:00:00Zx", "-020-01-02T00:00:00Z"}) {
    CAPTURE(text);
    const auto result = parse_rfc3339(text);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == pgo::Code::invalid_argument);
  }
}

TEST_CASE("spans for people keep the two units that matter") {
  CHECK(to_human(850ms) == "850ms");
  CHECK(to_human(4200ms) == "4.2s");
  CHECK(to_human(42s) == "42s");
  CHECK(to_human(200s) == "3m20s");
  CHECK(to_human(5h + 10min) == "5h");
  CHECK(to_human(24h * 3) == "3d");
  CHECK(to_human(-2s) == "-2s");
}

TEST_CASE("virtual clock: moves only when told to and never backwards") {
  pgo::VirtualClock clock{TimePoint(1000s)};
  clock.advance(5s);
  CHECK(clock.now() == TimePoint(1005s));
  clock.advance_to(TimePoint(900s));
  clock.advance(-1s);
  CHECK(clock.now() == TimePoint(1005s));
  clock.advance_to(TimePoint(2000s));
  CHECK(clock.now() == TimePoint(2000s));
}

TEST_SUITE_END();
