#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgtask.h"
#include "render.h"
#include "work.h"

#include <algorithm>

// pgBackRest work: each piece is a pgtask and the Job of the same name. The stanza and the first
// full backup make the cluster "Initialized"; a promotion later asks for another backup.
namespace pgo::plan {
namespace {

namespace types = kube::types;
using json::Value;

bool completed(const Task& task) { return task.status == model::progress::kJobCompleted; }
bool failed(const Task& task) { return task.status == model::progress::kJobError; }

bool is_backrest(const Task& task) {
  return task.object && task.object->type() == model::TaskType::backrest && !task.meta.deleting;
}

Event backup_event(const ClusterView& view, std::string_view type) {
  Event event = cluster_event(view, type);
  event.topics = {"backuptopic"};
  event.payload.emplace_back("backuptype", "pgbackrest");
  return event;
}

/// Made for an older request of the same name, whose task is gone. Older operators did not say.
bool of_another_task(const Job& job, const Task& task) {
  return !job.task_uid.empty() && job.task_uid != task.meta.uid;
}

/// At most one backup runs in a repository at any time: pgBackRest locks it, and the second would
/// fail. Null when `name` may start. A Job on its way out still has a pod.
std::string_view other_backup(const Work& work, std::string_view name) {
  for (const auto& job : work.view.jobs) {
    const bool over = job->succeeded || job->failed;
    const bool backup = job->backrest && job->command == model::backrest_command::kBackup;
    if (backup && !over && job->meta.name != name) return job->meta.name;
  }
  for (const Action& action : work.plan.actions()) {
    const auto* made = std::get_if<Ensure>(&action.what);
    if (made != nullptr && made->type == types::kJob) return made->object.name();
  }
  return {};
}

/// The Job was made for a primary or a repository that is another pod by now.
bool outdated(const Job& job, const Task& task, const Pod& primary, const Pod& repo) {
  const bool other_primary = !primary.ip.empty() &&
                             job.command_opts.find("--db-host=") != std::string::npos &&
                             job.command_opts.find("--db-host=" + primary.ip) == std::string::npos;
  return other_primary || task.parameter(model::param::kPodName) != repo.meta.name;
}

void start_job(Work& work, const Task& task, const Pod& primary, const Pod& repo) {
  if (task.parameter(model::param::kBackrestCommand) == model::backrest_command::kBackup) {
    if (const auto other = other_backup(work, task.meta.name); !other.empty()) {
      return work.plan.wait_for_job(Reason::backup, other);
    }
    work.plan.event(backup_event(work.view, "CreateBackup"), "a backup starts");
  }
  if (task.state != model::state::kTaskProcessed || failed(task) ||
      task.parameter(model::param::kPodName) != repo.meta.name) {
    Value body = processed_task();
    Value& spec = body.at_or_add("spec");
    spec.at_or_add("parameters").set(model::param::kPodName, repo.meta.name);
    if (failed(task)) spec.set("status", "");
    work.plan.patch(types::kPgTask, task.meta, std::move(body), "the repository's pod");
  }
  work.plan.create(types::kJob, backrest_job(work, task, primary, repo), "the task asks for it");
}

/// A task ends, one way or the other: nobody waits for ever.
void give_up(Work& work, const Task& task, const Job& job) {
  work.plan.wait_for_job(Reason::job_failed, job.meta.name);
  const bool backup =
      task.parameter(model::param::kBackrestCommand) == model::backrest_command::kBackup;
  if (!backup || failed(task)) return;
  const std::string why = "Job " + job.meta.name + " failed: " + job.problem;
  Event event = backup_event(work.view, "CreateBackupFailure");
  event.payload.emplace_back("errormessage", why);
  event.warning = true;
  work.plan.event(std::move(event), "the backup failed");
  work.plan.patch(types::kPgTask, task.meta,
                  Value::object({{"spec", Value::object({{"status", model::progress::kJobError}})},
                                 {"status", Value::object({{"message", why}})}}),
                  "the backup failed");
}

/// True when the task's Job has succeeded (K20: that and nothing else counts). Otherwise the Job is
/// made or waited for.
bool run(Work& work, const Task& task, Reason reason) {
  std::string_view name = task.parameter(model::param::kJobName);
  if (name.empty()) name = task.meta.name;
  const Job* job = work.view.job(name);
  const bool foreign = job != nullptr && of_another_task(*job, task);
  if (foreign)
    work.plan.remove(types::kJob, job->meta, "a newer task took its place", "Foreground");
  if (job != nullptr && (foreign || job->meta.deleting)) {
    work.plan.wait(Reason::jobs_gone, job->meta.name);
    return false;
  }
  if (job != nullptr && job->succeeded) return true;
  work.plan.wait_for_job(reason, name);
  // K26: both the primary and the repository are needed, also to judge a Job that fails.
  const Pod* primary = ready_primary(work);
  const Pod* repo = ready_repo(work);
  if (primary == nullptr || repo == nullptr) return false;
  if (job == nullptr) {
    start_job(work, task, *primary, *repo);
  } else if ((job->failures > 0 || job->failed) && outdated(*job, task, *primary, *repo)) {
    work.plan.remove(types::kJob, job->meta, "it aims at a pod that is gone", "Foreground");
  } else if (job->failed) {
    give_up(work, task, *job);
  }
  return false;
}

void add_task(Work& work, model::BackrestWork what, const std::string& name, std::string_view token,
              std::string_view reason) {
  what.cluster = work.view.name;
  what.storage_type = backrest_storage_type(*work.view.cluster->object);
  model::PgTask task = model::backrest_task(work.view.ns, name, what);
  if (what.command == model::backrest_command::kBackup) {
    task.metadata.labels.emplace(model::label::kClusterId, work.view.cluster->id);
    task.metadata.labels.emplace(model::label::kPgouser, work.view.cluster->user);
  }
  if (!token.empty()) {
    task.metadata.annotations.emplace(model::annotation::kFailoverBackup, token);
  }
  task.status.state = model::state::kTaskProcessed;
  task.status.message = kTaskSeen;
  work.plan.create(types::kPgTask, task.object(), reason);
}

void complete(Work& work, const Task& task) {
  if (completed(task)) return;
  Event event = backup_event(work.view, "CreateBackupCompleted");
  event.topics = {"clustertopic", "backuptopic"};
  event.payload.emplace_back("path", "");
  work.plan.event(std::move(event), "the backup succeeded");
  work.plan.patch(
      types::kPgTask, task.meta,
      Value::object({{"spec", Value::object({{"status", model::progress::kJobCompleted}})}}),
      "the backup succeeded");
}

model::BackrestWork backrest_work(std::string_view command, const Pod& repo) {
  model::BackrestWork what;
  what.command = command;
  what.repo_pod = repo.meta.name;
  // 4.2.0 wrote an image name here for the stanza; nothing reads it.
  if (command == model::backrest_command::kStanzaCreate) what.container = "pgo-backrest-repo";
  return what;
}

/// The first backup is asked for when the repository is prepared; one that somebody asked for
/// before that says nothing.
bool needs_stanza(const ClusterView& view) {
  const Task* task = view.task(model::names::backup(view.name));
  return task == nullptr || (!completed(*task) && task->parameter(model::param::kBackupType) !=
                                                      model::backup_type::kBootstrap);
}

/// True when the repository is prepared.
bool stanza(Work& work) {
  const std::string name = model::names::stanza_create(work.view.name);
  if (const Task* task = work.view.task(name)) return run(work, *task, Reason::stanza);
  work.plan.wait_for_job(Reason::stanza, name);
  const Pod* primary = ready_primary(work);
  const Pod* repo = ready_repo(work);
  if (primary == nullptr || repo == nullptr) return false;
  add_task(work, backrest_work(model::backrest_command::kStanzaCreate, *repo), name, {},
           "the repository must be prepared for this database");
  return false;
}

void first_backup(Work& work) {
  const ClusterView& view = work.view;
  if (needs_stanza(view) && !stanza(work)) return;
  const std::string name = model::names::backup(view.name);
  const Task* task = view.task(name);
  if (task == nullptr) {
    work.plan.wait_for_job(Reason::first_backup, name);
    const Pod* repo = ready_repo(work);
    if (repo == nullptr) return;
    model::BackrestWork full = backrest_work(model::backrest_command::kBackup, *repo);
    full.options = "--type=full";
    full.backup_type = model::backup_type::kBootstrap;
    return add_task(work, std::move(full), name, {},
                    "replicas are made from the first full backup");
  }
  if (!completed(*task) && !run(work, *task, Reason::first_backup)) return;
  complete(work, *task);
  work.plan.patch(
      types::kPgCluster, view.cluster->meta,
      Value::object({{"status", Value::object({{"state", model::state::kClusterInitialized},
                                               {"message", "the first full backup is there"}})}}),
      "the first full backup is there");
}

/// The old backup's task and Jobs make room; K6, O6: what is not there needs no cleaning.
bool room_for_backup(Work& work, const Task* old) {
  bool free = old == nullptr;
  if (old != nullptr) work.plan.remove(types::kPgTask, old->meta, "a newer backup is owed");
  for (const auto& job : work.view.jobs) {
    if (!job->backrest || job->command != model::backrest_command::kBackup) continue;
    if (job->meta.name != model::names::backup(work.view.name)) continue;
    free = false;
    work.plan.remove(types::kJob, job->meta, "a newer backup is owed", "Foreground");
  }
  if (!free) work.plan.wait(Reason::jobs_gone, model::names::backup(work.view.name));
  return free;
}

/// A restored cluster is whole again once there is a backup of its new timeline. Its task carries
/// the new scope, by which it is told from the backups before.
void backup_after_restore(Work& work) {
  const Cluster& cluster = *work.view.cluster;
  const std::string name = model::names::backup(work.view.name);
  const Task* task = work.view.task(name);
  if (task == nullptr || task->meta.deleting || task->token != cluster.scope) {
    work.plan.wait_for_job(Reason::first_backup, name);
    // A backup of the old primary would go on failing and keep this one waiting.
    for (const auto& job : work.view.jobs) {
      if (!job->backrest || job->succeeded || job->failed || job->meta.name == name) continue;
      work.plan.remove(types::kJob, job->meta, "the instance it backs up is gone", "Foreground");
    }
    if (!room_for_backup(work, task)) return;
    const Pod* repo = ready_repo(work);
    if (repo == nullptr || ready_primary(work) == nullptr) return;
    model::BackrestWork full = backrest_work(model::backrest_command::kBackup, *repo);
    full.options = "--type=full";
    full.backup_type = model::backup_type::kBootstrap;
    return add_task(work, std::move(full), name, cluster.scope,
                    "replicas are made from a backup of the restored data");
  }
  if (!completed(*task) && !run(work, *task, Reason::first_backup)) return;
  clear_promotion_tag(work);
  complete(work, *task);
  work.plan.patch(
      types::kPgCluster, cluster.meta,
      Value::object({{"status", Value::object({{"state", model::state::kClusterInitialized},
                                               {"message", "the cluster is restored"}})}}),
      "there is a backup of the restored data");
}

/// A backup that people asked for and that has not begun is of the new timeline too.
bool serves_the_promotion(const ClusterView& view, const Task& task) {
  if (!is_backrest(task) || completed(task) || failed(task) || !task.token.empty()) return false;
  const Job* job = view.job(task.meta.name);
  return job == nullptr || job->meta.deleting || of_another_task(*job, task);
}

void claim_for_promotion(Work& work, const Task& task, const std::string& token) {
  Value body = Value::object(
      {{"spec",
        Value::object({{"parameters", Value::object({{model::param::kBackupType,
                                                      model::backup_type::kFailover}})}})}});
  Value& metadata = body.at_or_add("metadata");
  metadata.set("uid", task.meta.uid);
  metadata.at_or_add("annotations").set(model::annotation::kFailoverBackup, token);
  work.plan.patch(types::kPgTask, task.meta, std::move(body), "a promotion calls for a backup");
}

void ask_after_promotion(Work& work, const std::string& name, const Task* task) {
  const std::string& token = work.view.cluster->failover_backup;
  if (task != nullptr && serves_the_promotion(work.view, *task)) {
    return claim_for_promotion(work, *task, token);
  }
  if (!room_for_backup(work, task)) return;
  const Pod* repo = ready_repo(work);
  const Pod* primary = ready_primary(work);
  if (repo == nullptr || primary == nullptr) return;
  if (primary->promoting) return work.plan.wait(Reason::primary_ready, primary->meta.name);
  model::BackrestWork again = backrest_work(model::backrest_command::kBackup, *repo);
  again.backup_type = model::backup_type::kFailover;
  add_task(work, std::move(again), name, token, "a promotion calls for a backup");
}

/// The backup that a promotion calls for. The pgcluster remembers the debt until the task is seen:
/// a request may have written one of that name at the same moment.
void failover_backup(Work& work) {
  const Cluster& cluster = *work.view.cluster;
  if (cluster.failover_backup.empty()) return;
  const std::string name = model::names::backup(work.view.name);
  const Task* task = work.view.task(name);
  if (task == nullptr || task->meta.deleting || task->token != cluster.failover_backup) {
    return ask_after_promotion(work, name, task);
  }
  work.plan.patch(
      types::kPgCluster, cluster.meta,
      Value::object(
          {{"metadata", Value::object({{"annotations", Value::object({{
                                                           model::annotation::kFailoverBackup,
                                                           nullptr,
                                                       }})}})}}),
      "the backup is asked for");
}

/// Tasks whose Job is to run: those of a promotion and those that people or schedules ask for.
void open_tasks(Work& work) {
  for (const auto& task : work.view.tasks) {
    if (!is_backrest(*task) || completed(*task) || failed(*task)) continue;
    // 4.2.0 never marked a finished stanza-create; the cluster's state says that it is done.
    if (task->parameter(model::param::kBackrestCommand) != model::backrest_command::kBackup) {
      continue;
    }
    if (!work.view.cluster->failover_backup.empty() &&
        task->meta.name == model::names::backup(work.view.name) &&
        task->token != work.view.cluster->failover_backup) {
      continue;  // makes room for a newer one
    }
    if (!run(work, *task, Reason::backup)) continue;
    if (task->parameter(model::param::kBackupType) == model::backup_type::kFailover) {
      clear_promotion_tag(work);
    }
    complete(work, *task);
  }
}

}  // namespace

const Pod* ready_primary(Work& work) {
  const Pod* primary = work.view.primary();
  if (primary != nullptr && primary->database_ready) return primary;
  work.plan.wait(work.view.primary_ambiguous() ? Reason::primary_ambiguous : Reason::primary_ready);
  return nullptr;
}

const Pod* ready_repo(Work& work) {
  const Pod* repo = work.view.repo_pod();
  if (repo != nullptr && repo->database_ready) return repo;
  work.plan.wait(Reason::repo_ready);
  return nullptr;
}

void backups(Work& work) {
  if (being_restored(work.view)) return;
  if (work.view.cluster->state == model::state::kClusterRestoring) {
    return backup_after_restore(work);
  }
  if (!work.view.initialized()) return first_backup(work);
  failover_backup(work);
  open_tasks(work);
}

}  // namespace pgo::plan
