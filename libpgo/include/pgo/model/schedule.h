#pragma once

#include "pgo/model/meta.h"

#include <string>
#include <string_view>
#include <tuple>

namespace pgo::model {

/// Words in a schedule. 4.2.0 also knew "pgbasebackup"; such schedules are shown and deleted, never
/// made or run.
namespace schedule_type {
inline constexpr std::string_view kBackrest = "pgbackrest";
inline constexpr std::string_view kPolicy = "policy";
inline constexpr std::string_view kBasebackup = "pgbasebackup";
}  // namespace schedule_type

struct BackrestSchedule {
  std::string deployment, label, container, type, storage_type, options;

  static constexpr auto fields() {
    using S = BackrestSchedule;
    return std::tuple{
        json::field("deployment", &S::deployment),    json::field("label", &S::label),
        json::field("container", &S::container),      json::field("type", &S::type),
        json::field("storageType", &S::storage_type), json::field("options", &S::options)};
  }
  bool operator==(const BackrestSchedule&) const = default;
};

struct BasebackupSchedule {
  std::string backup_volume;
  json::Value security_context = json::Value::object();
  json::Extra extra;

  static constexpr auto fields() {
    using S = BasebackupSchedule;
    return std::tuple{json::field("backupVolume", &S::backup_volume),
                      json::field("securityContext", &S::security_context, json::Emit::always),
                      json::extra(&S::extra)};
  }
  bool operator==(const BasebackupSchedule&) const = default;
};

struct PolicySchedule {
  std::string name, database, secret, image_prefix, image_tag;

  static constexpr auto fields() {
    using S = PolicySchedule;
    return std::tuple{json::field("name", &S::name), json::field("database", &S::database),
                      json::field("secret", &S::secret),
                      json::field("imagePrefix", &S::image_prefix),
                      json::field("imageTag", &S::image_tag)};
  }
  bool operator==(const PolicySchedule&) const = default;
};

/// What `pgo create schedule` asks for: the JSON text that is the only value of a ConfigMap.
/// Source: objects written by 4.2.0.
struct Schedule {
  std::string version = "v1";
  std::string name, cluster;
  std::string created;   ///< RFC 3339
  std::string schedule;  ///< see pgo::Cron
  std::string ns, type;
  BackrestSchedule backrest;
  BasebackupSchedule basebackup;
  PolicySchedule policy;

  static constexpr auto fields() {
    using S = Schedule;
    using enum json::Emit;
    return std::tuple{json::field("version", &S::version, always),
                      json::field("name", &S::name, always),
                      json::field("cluster", &S::cluster, always),
                      json::field("created", &S::created, always),
                      json::field("schedule", &S::schedule, always),
                      json::field("namespace", &S::ns, always),
                      json::field("type", &S::type, always),
                      json::field("pgbackrest", &S::backrest, always),
                      json::field("pgbasebackup", &S::basebackup, always),
                      json::field("policy", &S::policy, always)};
  }
  bool operator==(const Schedule&) const = default;

  /// `invalid_argument` unless the ConfigMap has exactly one value and that is a schedule.
  static Result<Schedule> from(const kube::Object& config_map);
  static Result<Schedule> parse(std::string_view text);
  kube::Object object() const;
};

/// The value of a schedule's ConfigMap, or empty when it has not exactly one.
std::string_view schedule_text(const kube::Object& config_map);

}  // namespace pgo::model
