#include "pgo/model/schedule.h"

#include "pgo/base/cron.h"
#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgtask.h"
#include "pgo/model/psql.h"
#include "work.h"

#include <algorithm>

// Schedules: a backup that is due is asked for by the same task that people make; the SQL of a
// policy is run at once. That a firing is under way, and which was the last, stands on the
// schedule's ConfigMap. Each firing begins with a write bound to that object's version: of two
// operators one goes on, and a schedule that was deleted (K2) or made anew never fires for the old
// one. SQL is run at most once for a firing: where an operator finds one claimed and does not know
// of it, another began it and died, or still runs it, so that is told and the next firing is waited
// for. Only who claimed it and knows that it never began tries again.
namespace pgo::plan {
namespace {

namespace types = kube::types;
using json::Value;

/// How long a policy that is missing is left alone.
constexpr Duration kPause = std::chrono::seconds(10);

struct Due {
  const ConfigMap& map;
  model::Schedule schedule;
  std::string firing;  ///< RFC 3339
};

Value annotations(std::initializer_list<std::pair<std::string_view, Value>> all) {
  return Value::object({{"metadata", Value::object({{"annotations", Value::object(all)}})}});
}

void invalid(Work& work, const ConfigMap& map, std::string why) {
  work.plan.wait(Reason::invalid_object, subject("ConfigMap", map.meta.name), std::move(why));
}

/// The firing that is under way or due; otherwise the next one is looked for in time.
std::optional<std::string> due_firing(Work& work, const ConfigMap& map, const Cron& cron) {
  if (!map.due_firing.empty()) return map.due_firing;
  const auto last = parse_rfc3339(map.last_firing);
  if (!last) return std::nullopt;
  const TimePoint now = work.plan.now();
  // However many were missed: the latest of them, once.
  if (const auto due = cron.latest(*last, now)) return to_rfc3339(*due);
  // After the last one, so that "@every" keeps its pace however late that was seen to.
  if (const auto next = cron.next(*last)) work.plan.look_again_in(*next - now);
  return std::nullopt;
}

std::optional<Due> due(Work& work, const ConfigMap& map) {
  auto schedule = model::Schedule::parse(map.schedule_text);
  if (!schedule) {
    invalid(work, map, schedule.error().text());
    return std::nullopt;
  }
  const auto cron = Cron::parse(schedule->schedule);
  if (!cron) {
    invalid(work, map, cron.error().message);
    return std::nullopt;
  }
  auto firing = due_firing(work, map, *cron);
  if (!firing) return std::nullopt;
  return Due{map, *std::move(schedule), *std::move(firing)};
}

/// Only who makes this write goes on with the plan. How the firing before ended is history then.
void claim(Work& work, const Due& due) {
  Value body = annotations({{model::annotation::kDueFiring, due.firing}});
  if (!due.map.command_failed.empty()) {
    body.at_or_add("metadata").at_or_add("annotations").set(model::annotation::kCommandFailed, {});
  }
  work.plan.patch(types::kConfigMap, due.map.meta, std::move(body), "the schedule is due",
                  due.map.version);
}

void carried_out(Work& work, const Due& due) {
  Value body = annotations(
      {{model::annotation::kLastFiring, due.firing}, {model::annotation::kDueFiring, nullptr}});
  // A schedule that took the name meanwhile has not fired.
  body.at_or_add("metadata").set("uid", due.map.meta.uid);
  work.plan.patch(types::kConfigMap, due.map.meta, std::move(body), "the schedule has fired");
}

bool answers(const Task& task, const Due& due) {
  if (!task.object) return false;
  const auto& all = task.object->metadata.annotations;
  const auto found = all.find(std::string(model::annotation::kFiring));
  return found != all.end() && found->second == due.firing;
}

/// True when the last scheduled backup of this type has made room; it is never cut off.
bool room(Work& work, const std::string& name) {
  const Task* task = work.view.task(name);
  const Job* job = work.view.job(name);
  if (task == nullptr && job == nullptr) return true;
  // The task's end is written by the chapter that runs it, not cut short here.
  const bool over = (task == nullptr || task->status == model::progress::kJobCompleted ||
                     task->status == model::progress::kJobError) &&
                    (job == nullptr || job->succeeded || job->failed);
  if (!over) {
    work.plan.wait_for_job(Reason::backup, name);
    return false;
  }
  // The Job first: a task of the same name would take its success for its own.
  if (job != nullptr) {
    work.plan.remove(types::kJob, job->meta, "the schedule is due again", "Foreground");
  }
  if (task != nullptr) work.plan.remove(types::kPgTask, task->meta, "the schedule is due again");
  work.plan.wait(Reason::jobs_gone, name);
  return false;
}

kube::Object backup_task(const Work& work, const Due& due, const std::string& name,
                         const Pod& repo) {
  const model::BackrestSchedule& wanted = due.schedule.backrest;
  model::BackrestWork backup;
  backup.cluster = work.view.name;
  backup.command = model::backrest_command::kBackup;
  // As 4.2.0 wrote it, the blank at the end included.
  backup.options = "--stanza=" + std::string(model::fixed::kStanza) + " --type=" + wanted.type +
                   " " + wanted.options;
  backup.storage_type = wanted.storage_type;
  backup.repo_pod = repo.meta.name;
  model::PgTask task = model::backrest_task(work.view.ns, name, backup);
  task.metadata.labels.emplace(model::label::kClusterId, work.view.cluster->id);
  task.metadata.labels.emplace(model::label::kPgouser, work.view.cluster->user);
  task.metadata.annotations.emplace(model::annotation::kFiring, due.firing);
  return task.object();
}

void back_up(Work& work, const Due& due) {
  const std::string& type = due.schedule.backrest.type;
  if (type != "full" && type != "diff" && type != "incr") {
    return invalid(work, due.map, "the backup type \"" + type + "\" is not full, diff or incr");
  }
  const std::string name = model::names::scheduled_backup(work.view.name, type);
  const Task* task = work.view.task(name);
  if (task != nullptr && answers(*task, due)) return carried_out(work, due);
  if (!room(work, name)) return;
  const Pod* repo = ready_repo(work);
  if (ready_primary(work) == nullptr || repo == nullptr) return;
  claim(work, due);
  work.plan.create(types::kPgTask, backup_task(work, due, name, *repo), "the schedule is due");
  carried_out(work, due);
}

/// Bound to the version: whoever else ended this firing has had the last word.
void sql_ended(Work& work, const Due& due, const std::string& failure) {
  Value body = annotations(
      {{model::annotation::kLastFiring, due.firing}, {model::annotation::kDueFiring, nullptr}});
  body.at_or_add("metadata").set("uid", due.map.meta.uid);
  if (!failure.empty()) {
    body.at_or_add("metadata")
        .at_or_add("annotations")
        .set(model::annotation::kCommandFailed, failure);
  }
  work.plan.patch(types::kConfigMap, due.map.meta, std::move(body), "the schedule has fired",
                  due.map.version);
  if (failure.empty()) return;
  Event event = policy_failure(work.view, due.schedule.policy.name, failure);
  event.payload.emplace_back("schedulename", due.map.meta.name);
  work.plan.event(std::move(event), "a scheduled policy failed");
}

constexpr std::string_view kNotKnown = "whether it took effect is not known: ";

/// True when the SQL was never begun and may be begun now.
bool follow_sql(Work& work, const Due& due, const ExecState& exec) {
  if (exec.running() && !superseded(work.view, exec)) return false;
  if (exec.running()) {
    sql_ended(work, due, std::string(kNotKnown) + "another instance leads since it began");
    return false;
  }
  if (exec.outcome == ExecState::Outcome::never_ran) return may_try_again(work, exec);
  work.plan.keep(exec.id);
  if (exec.outcome == ExecState::Outcome::unknown) {
    sql_ended(work, due, std::string(kNotKnown) + exec.why);
  } else {
    sql_ended(work, due, exec.why);
  }
  return false;
}

/// The firing is claimed, and nothing is known of a command here.
void begun_elsewhere(Work& work, const Due& due) {
  if (work.view.knows_execs) {
    sql_ended(work, due, std::string(kNotKnown) + "the operator ended while it ran");
  } else {
    work.plan.wait(Reason::sql, due.schedule.policy.name);
  }
}

void run_sql(Work& work, const Due& due) {
  const model::PolicySchedule& wanted = due.schedule.policy;
  if (wanted.name.empty() || wanted.database.empty()) {
    return invalid(work, due.map, "it names no policy, or no database");
  }
  std::string id = sql_id(wanted.name, due.map.meta.uid, due.firing);
  if (const ExecState* exec = work.view.exec(id)) {
    if (!follow_sql(work, due, *exec)) return;
  } else if (!due.map.due_firing.empty()) {
    return begun_elsewhere(work, due);
  }
  const Policy* policy = work.view.policy(wanted.name);
  if (policy == nullptr) {
    work.plan.wait(Reason::policy, wanted.name, "it is due by schedule " + due.map.meta.name);
    return work.plan.look_again_in(kPause);
  }
  const Pod* primary = ready_primary(work);
  if (primary == nullptr || !exec_room(work, wanted.name)) return;
  claim(work, due);
  work.plan.exec(run_policy(std::move(id), *policy, *primary, model::psql_command(wanted.database)),
                 "the schedule is due");
}

}  // namespace

void schedules(Work& work) {
  const Cluster& cluster = *work.view.cluster;
  if (!cluster.initialized()) return;
  for (const auto& map : work.view.config_maps) {
    if (!map->schedule || map->meta.deleting) continue;
    const auto firing = due(work, *map);
    if (!firing) continue;
    if (firing->schedule.type == model::schedule_type::kBackrest) back_up(work, *firing);
    if (firing->schedule.type == model::schedule_type::kPolicy) run_sql(work, *firing);
  }
}

}  // namespace pgo::plan
