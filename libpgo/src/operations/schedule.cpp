#include "pgo/operations/schedule.h"

#include "operations/backup_options.h"
#include "operations/checks.h"
#include "pgo/base/cron.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"
#include "pgo/model/schedule.h"

namespace pgo::operations {
namespace {

using Create = model::rest::CreateScheduleRequest;

/// A Job's name is also the label of its pods.
constexpr std::size_t kLongestJobName = 63;

/// The schedule without what differs from cluster to cluster.
Result<model::Schedule> check_backrest(const Create& request) {
  model::Schedule schedule;
  model::BackrestSchedule& backup = schedule.backrest;
  backup.type = request.pg_back_rest_type;
  if (backup.type != "full" && backup.type != "diff" && backup.type != "incr") {
    return refuse(
        "The pgBackRest backup type is \"" + backup.type + "\"; it must be full, diff or incr.",
        "PGBackRestType");
  }
  PGO_TRY(const BackupOptions options,
          parse_backup_options(BackupTool::pgbackrest_backup, request.schedule_options,
                               "ScheduleOptions"));
  if (options.has("--type")) {
    return refuse("The backup type is not given among the schedule's options.", "ScheduleOptions");
  }
  backup.container = model::container::kDatabase;
  backup.storage_type = request.backrest_storage_type;
  backup.options = options.text();
  return schedule;
}

Result<model::Schedule> check_policy(const Context& context, const Create& request) {
  if (request.policy_name.empty()) return refuse("A policy schedule needs a policy.", "PolicyName");
  if (request.database.empty()) return refuse("A policy schedule needs a database.", "Database");
  PGO_TRY_VOID(check_policy_exists(context, request.ns, request.policy_name, "PolicyName"));
  if (!request.secret.empty()) {
    ObjectPtr secret;
    if (text::is_dns1123_subdomain(request.secret)) {
      PGO_TRY(secret,
              get_if_exists(context.reader, kube::types::kSecret, request.ns, request.secret));
    }
    if (!secret) {
      return refuse("There is no Secret " + request.secret + " in namespace " + request.ns + ".",
                    "Secret");
    }
  }
  model::Schedule schedule;
  schedule.policy.name = request.policy_name;
  schedule.policy.database = request.database;
  schedule.policy.secret = request.secret;
  schedule.policy.image_prefix = context.config.pgo.pgo_image_prefix;
  schedule.policy.image_tag = context.config.pgo.pgo_image_tag;
  return schedule;
}

Result<model::Schedule> check(const Context& context, const Create& request) {
  PGO_TRY_VOID(Cron::parse(request.schedule));
  if (request.cluster_name.empty() && request.selector.empty()) {
    return refuse("Name a cluster or give a selector.", "ClusterName");
  }
  const std::string type = text::to_lower(request.schedule_type);
  Result<model::Schedule> schedule = refuse(
      "The schedule type is \"" + request.schedule_type + "\"; it must be pgbackrest or policy.",
      "ScheduleType");
  if (type == model::schedule_type::kBackrest) schedule = check_backrest(request);
  if (type == model::schedule_type::kPolicy) schedule = check_policy(context, request);
  if (type == model::schedule_type::kBasebackup) {
    schedule = refuse("pg_basebackup is not supported any more; use pgbackrest.", "ScheduleType");
  }
  if (!schedule) return schedule;
  schedule->type = type;
  schedule->schedule = request.schedule;
  schedule->ns = request.ns;
  schedule->created = to_rfc3339(context.clock.now());
  return schedule;
}

Result<model::Schedule> for_cluster(const Context& context, const Create& request,
                                    model::Schedule schedule, const model::PgCluster& cluster) {
  PGO_TRY_VOID(check_no_removal(context, request.ns, cluster.name()));
  schedule.cluster = cluster.name();
  if (schedule.type == model::schedule_type::kBackrest) {
    PGO_TRY_VOID(check_storage_type(cluster, request.backrest_storage_type, StorageTypes::any,
                                    "BackrestStorageType"));
    if (model::names::scheduled_backup(cluster.name(), schedule.backrest.type).size() >
        kLongestJobName) {
      return refuse(
          "The name " + cluster.name() + " is too long for the Job of a scheduled backup.",
          "ClusterName");
    }
    schedule.name = model::names::backrest_schedule(cluster.name(), schedule.backrest.type);
    schedule.backrest.label = model::selector::cluster(cluster.name()) + "," +
                              std::string(model::label::kName) + "=" + cluster.name() + "," +
                              std::string(model::label::kDeploymentName) + "=" + cluster.name();
  } else {
    schedule.name = model::names::policy_schedule(cluster.name(), schedule.policy.name);
    if (schedule.policy.secret.empty()) {
      schedule.policy.secret = model::names::primaryuser_secret(cluster.name());
    }
  }
  PGO_TRY(const ObjectPtr there,
          get_if_exists(context.reader, kube::types::kConfigMap, request.ns, schedule.name));
  if (there) {
    return fail(Code::already_exists, "The schedule " + schedule.name + " is there already.",
                schedule.name);
  }
  return schedule;
}

/// Which schedules a request to show or delete them is about.
struct Which {
  const std::string &ns, &name, &cluster, &selector;
};

Result<std::vector<ObjectPtr>> find(const Context& context, const Which& which) {
  if (which.name.empty() && which.cluster.empty() && which.selector.empty()) {
    return refuse("Name a cluster or a schedule, or give a selector.", "ClusterName");
  }
  if (!which.name.empty()) {
    ObjectPtr map;
    if (text::is_dns1123_subdomain(which.name)) {
      PGO_TRY(map, get_if_exists(context.reader, kube::types::kConfigMap, which.ns, which.name));
    }
    if (!map || map->label(model::label::kScheduler).empty()) {
      return fail(Code::not_found,
                  "There is no schedule " + which.name + " in namespace " + which.ns + ".",
                  which.name);
    }
    return std::vector{map};
  }
  std::string selector = std::string(model::label::kScheduler) + "=" + std::string(model::kTrue);
  if (!which.cluster.empty() && which.cluster != "all") {
    if (!model::is_label_value(which.cluster)) return std::vector<ObjectPtr>();
    selector += "," + model::selector::cluster(which.cluster);
  }
  if (!which.selector.empty()) selector += "," + which.selector;
  return context.reader.list(kube::types::kConfigMap, which.ns, selector);
}

std::string shown(const model::Schedule& schedule) {
  std::string text =
      schedule.name + ":\n\tschedule: " + schedule.schedule + "\n\tschedule-type: " + schedule.type;
  if (schedule.type == model::schedule_type::kBackrest) {
    text += "\n\tbackup-type: " + schedule.backrest.type;
  } else if (schedule.type == model::schedule_type::kBasebackup) {
    text += "\n\tbackup-volume: " + schedule.basebackup.backup_volume;
  }
  return text;
}

/// When it fires next, or that it is about to.
std::string next_run(const kube::Object& map, const model::Schedule& schedule, TimePoint now) {
  if (!map.annotation(model::annotation::kDueFiring).empty()) return "now";
  const auto cron = Cron::parse(schedule.schedule);
  const auto last = parse_rfc3339(map.annotation(model::annotation::kLastFiring));
  if (!cron) return "never: " + cron.error().message;
  if (last && cron->latest(*last, now)) return "now";
  const auto next = cron->next(last ? *last : now);
  return next ? to_rfc3339(*next) : "never";
}

/// What 4.2.0 did not show.
std::string shown_wide(const kube::Object& map, const model::Schedule& schedule, TimePoint now) {
  std::string text;
  const auto line = [&](std::string_view what, std::string_view value) {
    if (value.empty()) return;
    text += "\n\t" + std::string(what) + ": " + std::string(value);
  };
  line("cluster", schedule.cluster);
  line("storage-type", schedule.backrest.storage_type);
  line("options", schedule.backrest.options);
  line("policy", schedule.policy.name);
  line("database", schedule.policy.database);
  line("last run", map.annotation(model::annotation::kLastFiring));
  if (schedule.type != model::schedule_type::kBasebackup) {
    line("next run", next_run(map, schedule, now));
  }
  return text;
}

}  // namespace

Result<model::rest::CreateScheduleResponse> create_schedules(const Context& context,
                                                             const Create& request) {
  PGO_TRY(const model::Schedule checked, check(context, request));
  PGO_TRY(const std::vector<model::PgCluster> clusters,
          select_clusters(context, request.ns,
                          request.cluster_name.empty() ? request.selector : std::string(),
                          request.cluster_name));
  std::vector<model::Schedule> schedules;
  for (const model::PgCluster& cluster : clusters) {
    PGO_TRY(schedules.emplace_back(), for_cluster(context, request, checked, cluster));
  }
  model::rest::CreateScheduleResponse response;
  response.status.code = "ok";
  for (const model::Schedule& schedule : schedules) {
    auto created = context.client.create(kube::types::kConfigMap, schedule.object());
    if (!created) {
      if (response.results.empty()) return fail(std::move(created).error());
      response.status = {.code = "error", .msg = created.error().text()};
      break;
    }
    context.log.info("schedule created", {{"namespace", request.ns}, {"schedule", schedule.name}});
    response.results.push_back("created schedule " + schedule.name + " for cluster " +
                               schedule.cluster);
  }
  return response;
}

Result<model::rest::ShowScheduleResponse> show_schedules(
    const Context& context, const model::rest::ShowScheduleRequest& request) {
  PGO_TRY(
      const std::vector<ObjectPtr> maps,
      find(context, {request.ns, request.schedule_name, request.cluster_name, request.selector}));
  model::rest::ShowScheduleResponse response;
  response.status.code = "ok";
  for (const ObjectPtr& map : maps) {
    const auto schedule = model::Schedule::from(*map);
    std::string text =
        schedule ? shown(*schedule)
                 : std::string(map->name()) + ":\n\tunreadable: " + schedule.error().text();
    if (request.wide && schedule) text += shown_wide(*map, *schedule, context.clock.now());
    const std::string_view failure = map->annotation(model::annotation::kCommandFailed);
    if (!failure.empty()) text += "\n\tlast run failed: " + std::string(failure);
    response.results.push_back(std::move(text));
  }
  return response;
}

Result<model::rest::DeleteScheduleResponse> delete_schedules(
    const Context& context, const model::rest::DeleteScheduleRequest& request) {
  PGO_TRY(
      const std::vector<ObjectPtr> maps,
      find(context, {request.ns, request.schedule_name, request.cluster_name, request.selector}));
  model::rest::DeleteScheduleResponse response;
  response.status.code = "ok";
  for (const ObjectPtr& map : maps) {
    kube::DeleteOptions only_this;
    only_this.uid = std::string(map->uid());
    auto removed =
        context.client.remove(kube::types::kConfigMap, request.ns, map->name(), only_this);
    if (!removed && removed.error().code != Code::not_found) {
      if (response.results.empty()) return fail(std::move(removed).error());
      response.status = {.code = "error", .msg = removed.error().text()};
      break;
    }
    context.log.info("schedule deleted",
                     {{"namespace", request.ns}, {"schedule", std::string(map->name())}});
    response.results.push_back("deleted schedule " + std::string(map->name()));
  }
  return response;
}

}  // namespace pgo::operations
