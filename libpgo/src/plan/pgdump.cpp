#include "pgo/manifests/pgdump.h"

#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"
#include "work.h"

#include <algorithm>

// pg_dump and pg_restore: a task asks, a Job of a name that follows from the task's UID does the
// work, and the task tells how it went.
namespace pgo::plan {
namespace {

namespace types = kube::types;
namespace progress = model::progress;
using json::Value;

bool is_open(const Task& task, model::TaskType type) {
  return task.object && task.object->type() == type && !task.meta.deleting &&
         !task.status.starts_with(progress::kJobCompleted) &&
         !task.status.starts_with(progress::kJobError);
}

/// "job completed [NAME]", as 4.2.0 wrote it; a failure also says why.
void tell(Work& work, const Task& task, std::string_view what, const std::string& job,
          std::string_view why = {}) {
  const std::string status = std::string(what) + " [" + job + "]";
  if (task.status == status) return;
  Value body = processed_task();
  body.at_or_add("spec").set("status", status);
  if (!why.empty()) {
    body.at_or_add("status").set("message", "Job " + job + " failed: " + std::string(why));
  }
  work.plan.patch(types::kPgTask, task.meta, std::move(body), "how far the task is");
}

void tell_failure(Work& work, const Task& task, std::string_view event_type, const Job& job) {
  Event event = cluster_event(work.view, event_type);
  event.payload.emplace_back("backuptype", "pgdump");
  event.payload.emplace_back("errormessage", "Job " + job.meta.name + " failed: " + job.problem);
  event.warning = true;
  work.plan.event(std::move(event), "the Job failed");
  tell(work, task, progress::kJobError, job.meta.name, job.problem);
}

/// A newer request replaced the task that these belong to.
bool older_jobs_gone(Work& work, const Task& task, const std::string& current) {
  bool gone = true;
  for (const auto& job : work.view.jobs) {
    if (job->task != task.meta.name || job->meta.name == current) continue;
    gone = false;
    work.plan.remove(types::kJob, job->meta, "a newer task took its place", "Foreground");
  }
  if (!gone) work.plan.wait(Reason::jobs_gone, task.meta.name);
  return gone;
}

bool volume_is_there(Work& work, const Task& task) {
  if (work.view.volume(task.parameter(model::param::kPvcName)) != nullptr) return true;
  return work.plan.create(types::kPersistentVolumeClaim,
                          manifests::pgdump_volume(*work.settings.renderer, *task.object),
                          "the dump needs a volume", /*adopt=*/true);
}

/// Sees the task's Job through; `make` renders it.
template <typename Make>
void follow(Work& work, const Task& task, const std::string& name, std::string_view failure,
            Make make) {
  if (!older_jobs_gone(work, task, name)) return;
  const Job* job = work.view.job(name);
  if (job != nullptr && job->succeeded) return tell(work, task, progress::kJobCompleted, name);
  if (job != nullptr && job->failed) return tell_failure(work, task, failure, *job);
  work.plan.wait_for_job(Reason::dump, name);
  if (job == nullptr) {
    if (ready_primary(work) == nullptr) return;
    if (!make()) return;
  }
  tell(work, task, progress::kJobSubmitted, name);
}

void dump(Work& work, const Task& task) {
  const std::string name = model::names::pgdump_job(work.view.name, task.meta.uid);
  follow(work, task, name, "CreateBackupFailure", [&] {
    return volume_is_there(work, task) &&
           work.plan.create(
               types::kJob,
               manifests::pgdump_job(*work.settings.renderer, *task.object, *work.settings.config),
               "the task asks for a dump");
  });
}

void load(Work& work, const Task& task) {
  const std::string name = model::names::pgrestore_job(
      work.view.name, task.parameter(model::param::kPgrestoreFromPvc), task.meta.uid);
  follow(work, task, name, "RestoreClusterFailure", [&] {
    return work.plan.create(
        types::kJob,
        manifests::pgrestore_job(*work.settings.renderer, *task.object, *work.settings.config),
        "the task asks to load a dump");
  });
}

const Task* removal_of_dumps(const ClusterView& view) {
  for (const auto& task : view.tasks) {
    if (!task->object || task->meta.deleting) continue;
    if (task->object->type() != model::TaskType::delete_data) continue;
    if (task->is(model::param::kIsBackup)) return task.get();
  }
  return nullptr;
}

bool dump_jobs_gone(Work& work) {
  bool gone = true;
  for (const auto& job : work.view.jobs) {
    if (!job->pgdump) continue;
    gone = false;
    work.plan.remove(types::kJob, job->meta, "the dumps are removed", "Foreground");
  }
  return gone;
}

}  // namespace

bool dump_removal(Work& work) {
  const Task* task = removal_of_dumps(work.view);
  if (task == nullptr) return false;
  bool gone = true;
  if (const Task* dumped = work.view.task(model::names::pgdump_task(work.view.name))) {
    gone = false;
    work.plan.remove(types::kPgTask, dumped->meta, "the dumps are removed");
  }
  gone &= dump_jobs_gone(work);
  if (gone) {
    for (const auto& volume : work.view.volumes) {
      if (!volume->pgdump && volume->meta.name != model::names::pgdump_volume(work.view.name)) {
        continue;
      }
      gone = false;
      work.plan.remove(types::kPersistentVolumeClaim, volume->meta, "the task says so",
                       "Foreground");
    }
  }
  // K6, K41: nothing but this task goes, and no event says that a cluster was deleted.
  if (gone) {
    work.plan.remove(types::kPgTask, task->meta, "the dumps are gone");
  } else {
    work.plan.wait(Reason::objects_gone, task->meta.name);
  }
  return true;
}

void dumps(Work& work) {
  if (work.view.cluster->state == model::state::kClusterRestoring) return;
  for (const auto& task : work.view.tasks) {
    if (is_open(*task, model::TaskType::pgdump)) dump(work, *task);
    if (is_open(*task, model::TaskType::pgrestore)) load(work, *task);
  }
}

}  // namespace pgo::plan
