#include "pgo/base/cron.h"

#include "pgo/base/text.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

using namespace pgo;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

using Times = std::vector<std::string>;

Cron cron(std::string_view text) {
  auto made = Cron::parse(text);
  REQUIRE_MESSAGE(made.has_value(), std::string(text), ": ", (made ? "" : made.error().message));
  return *made;
}

TimePoint at(std::string_view text) { return parse_rfc3339(text).value(); }

/// The first `count` firings after `start`; each is also the latest at its own time and none a
/// second earlier.
Times firings(std::string_view text, std::string_view start, int count) {
  const Cron one = cron(text);
  Times times;
  TimePoint time = at(start);
  for (int i = 0; i < count; ++i) {
    const auto next = one.next(time);
    if (!next) break;
    CHECK(one.latest(time, *next) == next);
    CHECK_FALSE(one.latest(time, *next - seconds(1)).has_value());
    CHECK_FALSE(one.latest(*next, *next).has_value());
    time = *next;
    times.push_back(to_rfc3339(time));
  }
  return times;
}

std::string refusal(std::string_view text) {
  const auto made = Cron::parse(text);
  REQUIRE_MESSAGE(!made.has_value(), std::string(text), " is accepted");
  CHECK(made.error().code == Code::invalid_argument);
  CHECK(made.error().subject == "schedule");
  return made.error().message;
}

bool says(const std::string& message, std::string_view part) {
  return message.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("cron: five fields begin with the minute, six with the second") {
  CHECK(firings("* * * * *", "2026-01-01T00:00:30Z", 2) ==
        Times{"2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z"});
  CHECK(firings("*/20 * * * * *", "2026-01-01T00:00:30Z", 3) ==
        Times{"2026-01-01T00:00:40Z", "2026-01-01T00:01:00Z", "2026-01-01T00:01:20Z"});
  CHECK(firings("0 1 * * *", "2026-01-01T01:00:00Z", 1) == Times{"2026-01-02T01:00:00Z"});
  CHECK(firings("  0\t1 * *   1-5 ", "2026-01-02T02:00:00Z", 1) == Times{"2026-01-05T01:00:00Z"});
}

TEST_CASE("cron: lists, ranges, steps and names mean what they did in 4.2.0") {
  CHECK(firings("5,10-12,58/1 * * * *", "2026-01-01T00:00:00Z", 7) ==
        Times{"2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z", "2026-01-01T00:11:00Z",
              "2026-01-01T00:12:00Z", "2026-01-01T00:58:00Z", "2026-01-01T00:59:00Z",
              "2026-01-01T01:05:00Z"});
  CHECK(firings("0 8-20/6 * * *", "2026-01-01T00:00:00Z", 3) ==
        Times{"2026-01-01T08:00:00Z", "2026-01-01T14:00:00Z", "2026-01-01T20:00:00Z"});
  CHECK(firings("0 0 1 JAN,jul ?", "2026-01-01T00:00:00Z", 2) ==
        Times{"2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"});
  CHECK(firings("0 0 * * Sun", "2026-01-01T00:00:00Z", 1) == Times{"2026-01-04T00:00:00Z"});
  CHECK(firings("0 0 * * mon-wed", "2026-01-03T00:00:00Z", 3) ==
        Times{"2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z"});
  // 4.2.0 dropped empty items of a list.
  CHECK(firings("7,,9, * * * *", "2026-01-01T00:00:00Z", 2) ==
        Times{"2026-01-01T00:07:00Z", "2026-01-01T00:09:00Z"});
}

TEST_CASE("cron: descriptors") {
  const std::string_view start = "2026-03-03T12:30:00Z";  // a Tuesday
  CHECK(firings("@yearly", start, 1) == Times{"2027-01-01T00:00:00Z"});
  CHECK(firings("@annually", start, 1) == Times{"2027-01-01T00:00:00Z"});
  CHECK(firings("@monthly", start, 1) == Times{"2026-04-01T00:00:00Z"});
  CHECK(firings("@weekly", start, 1) == Times{"2026-03-08T00:00:00Z"});
  CHECK(firings("@daily", start, 1) == Times{"2026-03-04T00:00:00Z"});
  CHECK(firings("@midnight", start, 1) == Times{"2026-03-04T00:00:00Z"});
  CHECK(firings("@hourly", start, 1) == Times{"2026-03-03T13:00:00Z"});
  CHECK(firings("TZ=Asia/Tokyo @daily", start, 1) == Times{"2026-03-03T15:00:00Z"});
}

TEST_CASE("cron: @every counts from the last firing, in whole seconds") {
  CHECK(firings("@every 1h30m", "2026-01-01T00:00:07Z", 2) ==
        Times{"2026-01-01T01:30:07Z", "2026-01-01T03:00:07Z"});
  CHECK(firings("@every 1.5h", "2026-01-01T00:00:00Z", 1) == Times{"2026-01-01T01:30:00Z"});
  CHECK(firings("@every 100ms", "2026-01-01T00:00:00Z", 1) == Times{"2026-01-01T00:00:01Z"});
  CHECK(cron("@every 10s").next(at("2026-01-01T00:00:00.9Z")) == at("2026-01-01T00:00:10Z"));
}

TEST_CASE("cron: of many missed firings the latest is due, once") {
  const TimePoint last = at("2026-01-01T01:00:00Z"), now = at("2026-01-09T12:00:00Z");
  CHECK(cron("0 1 * * *").latest(last, now) == at("2026-01-09T01:00:00Z"));
  CHECK(cron("0 1 * * 1").latest(last, now) == at("2026-01-05T01:00:00Z"));
  CHECK(cron("@every 24h").latest(last, now) == at("2026-01-09T01:00:00Z"));
  CHECK_FALSE(cron("0 0 1 * *").latest(last, now).has_value());
  CHECK(cron("0 0 1 1 *").latest(at("1970-01-01T00:00:01Z"), now) == at("2026-01-01T00:00:00Z"));
}

TEST_CASE("cron: 29 February comes every four years, and after eight around 2100") {
  CHECK(firings("0 0 29 2 *", "2026-01-01T00:00:00Z", 2) ==
        Times{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"});
  CHECK(firings("0 0 29 2 *", "2096-03-01T00:00:00Z", 1) == Times{"2104-02-29T00:00:00Z"});
  CHECK(firings("0 0 31 * *", "2026-01-31T00:00:00Z", 2) ==
        Times{"2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"});
}

TEST_CASE("cron: restricted day of month and day of week: one is enough") {
  CHECK(firings("0 0 13 * 5", "2026-01-10T00:00:00Z", 3) ==
        Times{"2026-01-13T00:00:00Z", "2026-01-16T00:00:00Z", "2026-01-23T00:00:00Z"});
  // A field that begins with a star restricts nothing by itself: both must hold.
  CHECK(firings("0 0 */2 * 1", "2026-01-01T00:00:00Z", 2) ==
        Times{"2026-01-05T00:00:00Z", "2026-01-19T00:00:00Z"});
}

TEST_CASE("cron: a zone's local time counts, in winter and in summer") {
  for (const char* prefix : {"TZ=", "CRON_TZ="}) {
    const std::string text = prefix + std::string("Europe/Berlin 30 6 * * *");
    CHECK(firings(text, "2026-01-15T00:00:00Z", 1) == Times{"2026-01-15T05:30:00Z"});
    CHECK(firings(text, "2026-07-15T00:00:00Z", 1) == Times{"2026-07-15T04:30:00Z"});
  }
  CHECK(firings("TZ=Asia/Kathmandu 0 0 * * *", "2026-01-01T00:00:00Z", 1) ==
        Times{"2026-01-01T18:15:00Z"});
  CHECK(firings("TZ=UTC 0 1 * * *", "2026-01-01T00:00:00Z", 1) == Times{"2026-01-01T01:00:00Z"});
  CHECK(firings("TZ=Local 0 1 * * *", "2026-01-01T00:00:00Z", 1) == Times{"2026-01-01T01:00:00Z"});
}

TEST_CASE("cron: a firing in the gap comes at its end, once") {
  // Berlin, 29 March 2026: 02:00 becomes 03:00 (01:00 UTC).
  CHECK(firings("TZ=Europe/Berlin 30 2 * * *", "2026-03-27T12:00:00Z", 4) ==
        Times{"2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z",
              "2026-03-31T00:30:00Z"});
  CHECK(firings("TZ=Europe/Berlin 0,15,30,45 2 * * *", "2026-03-28T12:00:00Z", 2) ==
        Times{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"});
  CHECK(firings("TZ=Europe/Berlin 0 2,3 * * *", "2026-03-28T12:00:00Z", 2) ==
        Times{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"});
  // Sao Paulo skipped midnight itself.
  CHECK(firings("TZ=America/Sao_Paulo 0 0 * * *", "2018-11-03T12:00:00Z", 2) ==
        Times{"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"});
  // Samoa skipped a whole day; a schedule of that day fires when the next one begins.
  CHECK(firings("TZ=Pacific/Apia 0 12 30 12 *", "2011-12-29T00:00:00Z", 1) ==
        Times{"2011-12-30T10:00:00Z"});
}

TEST_CASE("cron: a firing in the overlap comes the first time only") {
  // Berlin, 25 October 2026: 03:00 becomes 02:00 (01:00 UTC).
  CHECK(firings("TZ=Europe/Berlin 30 2 * * *", "2026-10-24T12:00:00Z", 2) ==
        Times{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"});
  CHECK(firings("TZ=America/New_York 0 1 * * *", "2026-10-31T12:00:00Z", 2) ==
        Times{"2026-11-01T05:00:00Z", "2026-11-02T06:00:00Z"});
  CHECK(cron("TZ=Europe/Berlin 30 2 * * *")
            .latest(at("2026-10-25T00:30:00Z"), at("2026-10-25T23:00:00Z")) == std::nullopt);
}

TEST_CASE("cron: a schedule of every hour follows real time through both") {
  CHECK(firings("TZ=Europe/Berlin 30 * * * *", "2026-03-29T00:00:00Z", 3) ==
        Times{"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"});
  CHECK(firings("TZ=Europe/Berlin 30 * * * *", "2026-10-25T00:00:00Z", 3) ==
        Times{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"});
  CHECK(firings("TZ=Australia/Lord_Howe 0 * * * *", "2026-04-04T13:30:00Z", 3) ==
        Times{"2026-04-04T14:00:00Z", "2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z"});
}

TEST_CASE("cron: a daily schedule fires once on each day of every zone's year") {
  for (const char* zone :
       {"Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe",
        "Asia/Tehran", "Africa/Casablanca", "Asia/Kolkata", "America/Asuncion"}) {
    for (const char* time : {"0 0", "30 1", "30 2", "0 3", "59 23"}) {
      CAPTURE(zone);
      CAPTURE(time);
      const Cron daily = cron(std::string("TZ=") + zone + " " + time + " * * *");
      TimePoint last = daily.next(at("2020-01-01T12:00:00Z")).value();
      const TimePoint first = last;
      for (int day = 0; day < 366; ++day) {
        const TimePoint next = daily.next(last).value();
        CHECK(next - last >= hours(22));
        CHECK(next - last <= hours(26));
        CHECK(daily.latest(first - seconds(1), next - seconds(1)) == last);
        last = next;
      }
      CHECK(last - first >= hours(24 * 366 - 2));
      CHECK(last - first <= hours(24 * 366 + 2));
    }
  }
}

TEST_CASE("cron: a refusal names the field and what it may be") {
  CHECK(says(refusal("bad cron"), "has 2"));
  CHECK(says(refusal(""), "has 0"));
  CHECK(says(refusal("* * * * * * *"), "has 7"));
  CHECK(says(refusal("61 * * * * *"), "second \"61\""));
  CHECK(
      says(refusal("60 * * * *"), "minute \"60\" of the schedule is out of range; it may be 0 to"));
  CHECK(says(refusal("0 24 * * *"), "hour \"24\""));
  CHECK(says(refusal("0 0 0 * *"), "day of month \"0\""));
  CHECK(says(refusal("0 0 * 13 *"), "month \"13\""));
  CHECK(says(refusal("0 0 * foo *"), "month \"foo\" of the schedule is no number, name"));
  CHECK(says(refusal("0 0 * * 7"),
             "day of week \"7\" of the schedule is out of range; it may be 0 "
             "to 6 (Sunday is 0)"));
  CHECK(says(refusal("30-10 * * * *"), "ends before it begins"));
  CHECK(says(refusal("*/0 * * * *"), "step"));
  CHECK(says(refusal("*/-1 * * * *"), "step"));
  CHECK(says(refusal("1/2/3 * * * *"), "more than one step"));
  CHECK(says(refusal("1-2-3 * * * *"), "too many hyphens"));
  CHECK(says(refusal("*-5 * * * *"), "minute \"*-5\""));
  CHECK(says(refusal(", * * * *"), "names nothing"));
  CHECK(says(refusal("0 0 30 2 *"), "never comes"));
  CHECK(says(refusal("@fortnightly"), "@fortnightly"));
  CHECK(says(refusal("@every"), "@every"));
  CHECK(says(refusal("@every soon"), "interval \"soon\""));
  CHECK(says(refusal("@every 5"), "interval \"5\""));
  CHECK(says(refusal("@every -5m"), "interval"));
  CHECK(says(refusal("@every 0s"), "longer"));
  CHECK(says(refusal("@every 999999999h"), "interval"));
  CHECK(says(refusal("TZ=Mars/Olympus 0 1 * * *"), "time zone \"Mars/Olympus\""));
  CHECK(says(refusal("TZ=../../etc/passwd 0 1 * * *"), "time zone"));
  CHECK(says(refusal("TZ=Europe/Berlin"), "has 0"));
}

TEST_CASE("cron: zones may be used from several threads at once") {
  std::vector<std::jthread> threads;
  std::vector<std::string> seen(8);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&seen, i] {
      const auto one = Cron::parse("TZ=America/Chicago 0 1 * * *");
      if (one) seen[i] = to_rfc3339(one->next(TimePoint{}).value());
    });
  }
  threads.clear();
  for (const std::string& one : seen) CHECK(one == "1970-01-01T07:00:00Z");
}
