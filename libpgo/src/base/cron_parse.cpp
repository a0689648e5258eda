#include "pgo/base/cron.h"
#include "pgo/base/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <date/tz.h>
#include <span>
#include <stdexcept>

namespace pgo {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};

/// One field: what it is called and what it may hold.
struct Kind {
  std::string_view name;
  int min, max;
  std::span<const std::string_view> names = {};  ///< of `min` and the numbers after it
};

constexpr std::array<Kind, 6> kKinds{{{"second", 0, 59},
                                      {"minute", 0, 59},
                                      {"hour", 0, 23},
                                      {"day of month", 1, 31},
                                      {"month", 1, 12, kMonths},
                                      {"day of week", 0, 6, kWeekdays}}};

std::unexpected<Error> refuse(std::string message) {
  return fail(Code::invalid_argument, std::move(message), "schedule");
}

std::unexpected<Error> refuse(const Kind& kind, std::string_view item, std::string_view why) {
  return refuse("The " + std::string(kind.name) + " \"" + std::string(item) +
                "\" of the schedule " + std::string(why) + ".");
}

std::vector<std::string> words(std::string_view text) {
  std::string blanks(text);
  for (char& c : blanks) {
    if (c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f') c = ' ';
  }
  return text::split_list(blanks, ' ');
}

Result<int> number(const Kind& kind, std::string_view item, std::string_view text) {
  for (std::size_t i = 0; i < kind.names.size(); ++i) {
    if (text::equals_ignore_case(text, kind.names[i])) return kind.min + static_cast<int>(i);
  }
  const auto value = text::to_int(text);
  if (!value) {
    return refuse(
        kind, item,
        kind.names.empty() ? "is no number, range or list" : "is no number, name, range or list");
  }
  if (*value < kind.min || *value > kind.max) {
    return refuse(kind, item,
                  "is out of range; it may be " + std::to_string(kind.min) + " to " +
                      std::to_string(kind.max) + (kind.names.size() == 7 ? " (Sunday is 0)" : ""));
  }
  return static_cast<int>(*value);
}

/// "*", "N", "N-M", each perhaps with "/step"; "N/step" goes up to the field's end.
Result<std::uint64_t> range(const Kind& kind, std::string_view item) {
  const std::vector<std::string> parts = text::split(item, '/');
  if (parts.size() > 2) return refuse(kind, item, "has more than one step");
  int first = kind.min, last = kind.max;
  if (parts[0] != "*" && parts[0] != "?") {
    const std::vector<std::string> ends = text::split(parts[0], '-');
    if (ends.size() > 2) return refuse(kind, item, "has too many hyphens");
    PGO_TRY(first, number(kind, item, ends[0]));
    if (ends.size() == 2) {
      PGO_TRY(last, number(kind, item, ends[1]));
    } else if (parts.size() == 1) {
      last = first;
    }
    if (first > last) return refuse(kind, item, "ends before it begins");
  }
  std::int64_t step = 1;
  if (parts.size() == 2) {
    const auto given = text::to_int(parts[1]);
    if (!given || *given < 1) return refuse(kind, item, "has a step that is no number from 1");
    step = *given;
  }
  std::uint64_t bits = 0;
  for (std::int64_t value = first; value <= last; value += step) {
    bits |= std::uint64_t{1} << value;
    if (step > kind.max) break;
  }
  return bits;
}

struct FieldBits {
  std::uint64_t bits = 0;
  bool any = false;
};

Result<FieldBits> read_field(const Kind& kind, std::string_view text) {
  FieldBits result;
  for (const std::string& item : text::split(text, ',')) {
    if (item.empty()) continue;  // as in 4.2.0
    PGO_TRY(const std::uint64_t bits, range(kind, item));
    result.bits |= bits;
    result.any = result.any || item.front() == '*' || item.front() == '?';
  }
  if (result.bits == 0) return refuse(kind, text, "names nothing");
  return result;
}

/// A duration as Go writes it, in seconds: "1h30m", "90s", "1.5h".
std::optional<double> go_duration(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"ns", 1e-9}, {"us", 1e-6}, {"\u00b5s", 1e-6}, {"ms", 1e-3},
      {"s", 1},     {"m", 60},    {"h", 3600}};
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  double sum = 0;
  while (!text.empty()) {
    const std::size_t digits = text.find_first_not_of("0123456789.");
    if (digits == 0 || digits == text.npos) return std::nullopt;
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + digits, value);
    if (read.ec != std::errc{} || read.ptr != text.data() + digits) return std::nullopt;
    text.remove_prefix(digits);
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789."));
    double scale = 0;
    for (const auto& [name, seconds] : kUnits) {
      if (unit == name) scale = seconds;
    }
    if (scale == 0) return std::nullopt;
    sum += value * scale;
    text.remove_prefix(unit.size());
  }
  return sum;
}

Result<std::chrono::seconds> interval(std::string_view text) {
  constexpr double kTenYears = 3600.0 * 24 * 3653;
  const auto span = go_duration(text);
  if (!span || !std::isfinite(*span) || *span > kTenYears) {
    return refuse("The interval \"" + std::string(text) +
                  "\" of the schedule cannot be understood; write it like @every 1h30m.");
  }
  if (*span <= 0) return refuse("The interval of the schedule must be longer than nothing.");
  // 4.2.0 counts in whole seconds, at least one.
  return std::max(std::chrono::seconds(1), std::chrono::seconds(static_cast<std::int64_t>(*span)));
}

Result<std::string> zone(std::string_view name) {
  // 4.2.0 ran in containers whose local time is UTC.
  if (name.empty() || name == "UTC" || name == "Local") return std::string();
  try {
    date::locate_zone(std::string(name));
  } catch (const std::runtime_error&) {
    return refuse("The time zone \"" + std::string(name) +
                  "\" of the schedule is not known; write it like TZ=Europe/Berlin.");
  }
  return std::string(name);
}

/// The fields that a descriptor stands for; empty for an unknown one.
std::string_view fields_of(std::string_view descriptor) {
  if (descriptor == "@yearly" || descriptor == "@annually") return "0 0 1 1 *";
  if (descriptor == "@monthly") return "0 0 1 * *";
  if (descriptor == "@weekly") return "0 0 * * 0";
  if (descriptor == "@daily" || descriptor == "@midnight") return "0 0 * * *";
  if (descriptor == "@hourly") return "0 * * * *";
  return {};
}

}  // namespace

struct Cron::Parser {
  static Result<Cron> fields(Cron cron, std::string_view text) {
    std::vector<std::string> given = words(text);
    if (given.size() != 5 && given.size() != 6) {
      return refuse(
          "A schedule has 5 fields (minute, hour, day of month, month, day of week) or 6 "
          "with leading seconds; \"" +
          std::string(text) + "\" has " + std::to_string(given.size()) + ".");
    }
    if (given.size() == 5) given.insert(given.begin(), "0");
    std::array<FieldBits, kKinds.size()> read;
    for (std::size_t i = 0; i < read.size(); ++i) {
      PGO_TRY(read[i], read_field(kKinds[i], given[i]));
    }
    cron.seconds_ = read[0].bits;
    cron.minutes_ = read[1].bits;
    cron.hours_ = read[2].bits;
    cron.days_ = read[3].bits;
    cron.months_ = read[4].bits;
    cron.weekdays_ = read[5].bits;
    cron.any_hour_ = read[2].any;
    cron.any_day_ = read[3].any;
    cron.any_weekday_ = read[5].any;
    if (!cron.next(TimePoint(std::chrono::sys_days(std::chrono::year(2001) / 1 / 1)))) {
      return refuse(kKinds[3], given[3], "never comes in the months \"" + given[4] + "\"");
    }
    return cron;
  }
};

Result<Cron> Cron::parse(std::string_view text) {
  constexpr std::string_view kEvery = "@every ";
  Cron cron;
  text = text::trim(text);
  for (const std::string_view prefix : {std::string_view("CRON_TZ="), std::string_view("TZ=")}) {
    if (!text.starts_with(prefix)) continue;
    text.remove_prefix(prefix.size());
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    PGO_TRY(cron.zone_, zone(text.substr(0, end)));
    text = text::trim(text.substr(end));
    break;
  }
  if (!text.starts_with('@')) return Parser::fields(std::move(cron), text);
  if (text.starts_with(kEvery)) {
    PGO_TRY(cron.interval_, interval(text::trim(text.substr(kEvery.size()))));
    return cron;
  }
  const std::string_view meaning = fields_of(text);
  if (meaning.empty()) {
    return refuse("The schedule \"" + std::string(text) +
                  "\" is not known; there are @yearly, @monthly, @weekly, @daily, @hourly and "
                  "@every DURATION.");
  }
  return Parser::fields(std::move(cron), meaning);
}

}  // namespace pgo
