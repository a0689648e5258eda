#include "operations/point_in_time.h"

#include "operations/backrest_info.h"
#include "operations/checks.h"

#include <algorithm>
#include <chrono>
#include <string>

namespace pgo::operations {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

/// Takes `pattern` off the front of `text`, where 'd' stands for a digit.
bool take(std::string_view& text, std::string_view pattern) {
  if (text.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == 'd' ? !digit(text[i]) : text[i] != pattern[i]) return false;
  }
  text.remove_prefix(pattern.size());
  return true;
}

bool take_fraction(std::string_view& text) {
  if (text.empty() || text.front() != '.') return true;
  const auto end = std::find_if_not(text.begin() + 1, text.end(), digit);
  const auto size = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(size);
  return size > 1;
}

/// The offset as RFC 3339 writes it; empty when there is none, nothing when it is wrong.
std::optional<std::string> take_offset(std::string_view& text) {
  const std::string_view whole = text;
  if (text.empty()) return std::string();
  if (text.front() != '+' && text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  if (!take(text, "dd")) return std::nullopt;
  const std::string hours(whole.substr(0, 3));
  if (text.empty()) return hours + ":00";
  if (!take(text, ":dd") && !take(text, "dd")) return std::nullopt;
  return hours + ":" + std::string(whole.substr(whole.size() - 2));
}

/// By how much the clocks of a client, the operator and PostgreSQL may differ.
constexpr std::chrono::minutes kClocks{1};

Result<void> check_past(const Context& context, std::string_view text, const PointInTime& point,
                        std::string_view field) {
  const TimePoint now = context.clock.now();
  if (point.earliest <= now + kClocks) return {};
  return refuse("\"" + std::string(text) + "\" is yet to come; it is " + to_rfc3339(now) +
                    " now. Name a time that has passed.",
                field);
}

/// When the first of the backups that are there was complete; nothing when that cannot be known.
std::optional<TimePoint> first_backup(const Context& context, const model::PgCluster& cluster,
                                      std::string_view storage_type) {
  const auto repo = ready_repo_pod(context, cluster.metadata.ns, cluster.name());
  if (!repo) return std::nullopt;
  const auto repositories = ask_repository(context, **repo, storage_type);
  if (!repositories) return std::nullopt;
  std::optional<TimePoint> first;
  for (const auto& repository : *repositories) {
    for (const auto& backup : repository.backups) {
      const auto stop = parse_rfc3339(backup.stop);
      if (stop && (!first || *stop < *first)) first = *stop;
    }
  }
  return first;
}

}  // namespace

Result<void> check_target_text(std::string_view text, std::string_view field) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::none_of(text.begin(), text.end(), control)) return {};
  return fail(Code::invalid_argument, "The target contains a control character.",
              std::string(field));
}

Result<PointInTime> parse_point_in_time(std::string_view text, std::string_view field) {
  PGO_TRY_VOID(check_target_text(text, field));
  std::string_view rest = text;
  if (take(rest, "dddd-dd-dd dd:dd:dd") && take_fraction(rest)) {
    const std::string local(text.substr(0, text.size() - rest.size()));
    const auto offset = take_offset(rest);
    if (offset && rest.empty()) {
      // The first and the last zone of the world.
      const auto earliest = parse_rfc3339(local + (offset->empty() ? "+14:00" : *offset));
      const auto latest = parse_rfc3339(local + (offset->empty() ? "-12:00" : *offset));
      if (earliest && latest) return PointInTime{*earliest, *latest};
    }
  }
  return refuse("\"" + std::string(text) +
                    "\" is no point in time; write it like \"2026-11-22 14:30:00+00\".",
                field);
}

Result<void> check_point_in_time(const Context& context, const model::PgCluster& cluster,
                                 std::string_view storage_type, std::string_view text,
                                 std::string_view field) {
  PGO_TRY(const PointInTime point, parse_point_in_time(text, field));
  PGO_TRY_VOID(check_past(context, text, point, field));
  const auto first = first_backup(context, cluster, storage_type);
  if (!first || point.latest >= *first) return {};
  return refuse("\"" + std::string(text) + "\" is before the first backup of " + cluster.name() +
                    " was complete (" + to_rfc3339(*first) + "); name a later time.",
                field);
}

}  // namespace pgo::operations
