#include "pgo/model/clone.h"

#include "pgo/manifests/clone.h"
#include "pgo/manifests/cluster.h"
#include "pgo/manifests/repo.h"
#include "pgo/manifests/restore.h"
#include "pgo/model/names.h"
#include "pgo/model/task_outcome.h"
#include "render.h"
#include "work.h"

#include <algorithm>

// `pgo clone` (contract 12): copy the repository, restore from the copy, make the cluster. It is
// planned for the target, which does not exist until the third step; of the source it only reads.
// What it makes carries its workflow's id, so that a clone that fails removes just that.
namespace pgo::plan {
namespace {

namespace types = kube::types;
using json::Value;
using model::TaskType;

struct Cloning {
  Work& work;
  const Task& task;
  model::CloneWork what;
  const Cluster* source = nullptr;  ///< null when it is gone or cannot be read

  const ClusterView& view() const { return work.view; }
  Plan& plan() const { return work.plan; }
  const manifests::Renderer& renderer() const { return *work.settings.renderer; }
  const model::Config& config() const { return *work.settings.config; }
  /// The pgcluster that step 3 makes.
  model::PgCluster target() const { return manifests::cloned_cluster(*source->object, what); }
};

Event clone_event(const Cloning& clone, std::string_view type, std::string message = {}) {
  return {.type = std::string(type),
          .topics = {"clustertopic"},
          .user = clone.what.user,
          .payload = {{"sourceClusterName", clone.what.source},
                      {"targetClusterName", clone.what.target},
                      {"workflowid", clone.what.workflow_id},
                      {"errormessage", std::move(message)}},
          .warning = type == "CloneClusterFailure"};
}

bool failed(const Task& task) { return task.status == model::progress::kFailed; }

void give_up(Cloning& clone, const std::string& reason) {
  clone.plan().event(clone_event(clone, "CloneClusterFailure", reason), "the clone failed");
  fail_workflow(clone.work, model::names::clone_workflow(clone.what), reason);
  mark_failed(clone.work, clone.task, reason);
}

/// Asks for an object marked as this clone's. False when it cannot be rendered: then the clone is
/// given up.
bool make(Cloning& clone, const kube::ResourceType& type, Result<kube::Object> object,
          std::string_view reason) {
  if (!object) {
    give_up(clone, object.error().text());
    return false;
  }
  object->set_annotation(model::annotation::kMadeFor, clone.what.workflow_id);
  clone.plan().create(type, *std::move(object), reason);
  return true;
}

/// True when the object is there and ours. One that is not ours ends the clone.
template <typename T>
bool is_ours(Cloning& clone, const T* object, std::string_view kind, bool& stop) {
  if (object == nullptr) return false;
  if (object->meta.made_for == clone.what.workflow_id) return true;
  stop = true;
  give_up(clone, subject(kind, object->meta.name) + " is there already and is not this clone's");
  return false;
}

bool volumes(Cloning& clone) {
  const model::PgCluster target = clone.target();
  const std::pair<std::string, const model::StorageSpec&> wanted[] = {
      {model::names::repo_volume(clone.what.target), target.spec.backrest_storage},
      {model::names::data_volume(clone.what.target), target.spec.primary_storage},
  };
  for (const auto& [name, storage] : wanted) {
    bool stop = false;
    if (is_ours(clone, clone.view().volume(name), "PersistentVolumeClaim", stop)) continue;
    if (stop) return false;
    if (!make(
            clone, types::kPersistentVolumeClaim,
            manifests::volume(clone.renderer(), clone.view().ns, clone.what.target, name, storage),
            "the clone needs volumes")) {
      return false;
    }
  }
  return true;
}

/// True when the Job has succeeded. One that gave up ends the clone.
bool job_done(Cloning& clone, const std::string& name, Reason reason, std::string_view doing,
              bool& missing) {
  const Job* job = clone.view().job(name);
  missing = job == nullptr;
  if (job != nullptr && job->succeeded && !job->meta.deleting) return true;
  clone.plan().wait_for_job(reason, name);
  if (job != nullptr && job->failed) {
    give_up(clone, subject("Job", name) + ", which " + std::string(doing) + ", failed " +
                       std::to_string(job->failures) + " times");
  }
  return false;
}

/// The next step's task first, so that a crash in between leaves the clone open.
void next_step(Cloning& clone, TaskType step, std::string_view progress) {
  note_step(clone.work, model::names::clone_workflow(clone.what), progress);
  model::CloneWork next = clone.what;
  next.timestamp = to_rfc3339(clone.plan().now());
  model::PgTask task = model::clone_task(clone.view().ns, step, next);
  task.status.state = model::state::kTaskProcessed;
  task.status.message = kTaskSeen;
  if (clone.view().task(task.name()) == nullptr) {
    clone.plan().create(types::kPgTask, task.object(), "the step before is done");
  }
  mark_completed(clone.work, clone.task);
}

void copy_repository(Cloning& clone) {
  const ClusterView& view = clone.view();
  if (clone.task.state != model::state::kTaskProcessed) {
    clone.plan().event(clone_event(clone, "CloneCluster"), "the clone starts");
    clone.plan().patch(types::kPgTask, clone.task.meta, processed_task(),
                       "the operator has seen it");
  }
  const std::string workflow = model::names::clone_workflow(clone.what);
  note_step(clone.work, workflow, model::step::kClonePvc);
  if (!volumes(clone)) return;
  note_step(clone.work, workflow, model::step::kCloneRepoSync);
  bool missing = false;
  if (job_done(clone, model::names::repo_sync_job(clone.what), Reason::repo_copy,
               "copies the repository", missing)) {
    return next_step(clone, TaskType::clone_step2, model::step::kCloneRestore);
  }
  if (!missing) return;
  const Pod* repo = view.source->repo_pod();
  if (repo == nullptr || !repo->database_ready) {
    return clone.plan().wait(Reason::repo_ready, clone.what.source);
  }
  auto job =
      manifests::repo_sync_job(clone.renderer(), *clone.source->object, clone.what, clone.config());
  if (!job) return give_up(clone, job.error().text());
  clone.plan().create(types::kJob, *std::move(job), "the clone has a repository of its own");
}

/// The repository of the target, over the copied volume; the new cluster takes it over.
bool repository(Cloning& clone) {
  const ClusterView& view = clone.view();
  const model::PgCluster target = clone.target();
  const std::string& name = clone.what.target;
  bool stop = false;
  if (!is_ours(clone, view.secret(model::names::backrest_secret(name)), "Secret", stop)) {
    if (stop) return false;
    auto secret =
        manifests::repo_secret(clone.renderer(), view.ns, name, manifests::default_repo_files());
    if (!secret) {
      give_up(clone, secret.error().text());
      return false;
    }
    secret->set_annotation(model::annotation::kMadeFor, clone.what.workflow_id);
    // K19: with the settings of S3, and with keys of its own.
    clone.plan().create_secret(*std::move(secret), Generated::repo_key,
                               "the clone's repository has keys of its own",
                               model::names::backrest_secret(clone.what.source));
  }
  if (view.service(model::names::repo_service(name)) == nullptr &&
      !make(clone, types::kService, manifests::repo_service(clone.renderer(), target),
            "the clone is restored from its own repository")) {
    return false;
  }
  return view.deployment(model::names::repo_deployment(name)) != nullptr ||
         make(clone, types::kDeployment,
              manifests::repo_deployment(clone.renderer(), target, clone.config()),
              "the clone is restored from its own repository");
}

void restore_copy(Cloning& clone) {
  if (!repository(clone)) return;
  const model::RestoreWork restore{.cluster = clone.what.target,
                                   .to_pvc = model::names::data_volume(clone.what.target),
                                   .options = "--delta",
                                   .pitr_target = clone.what.pitr_target,
                                   .storage_type = clone.what.storage_type,
                                   .workflow_id = clone.what.workflow_id};
  bool missing = false;
  if (job_done(clone, model::names::restore_job(clone.what.target, clone.what.workflow_id),
               Reason::restore, "restores the backup", missing)) {
    return next_step(clone, TaskType::clone_step3, model::step::kCloneCreate);
  }
  if (!missing || ready_repo(clone.work) == nullptr) return;
  auto job = manifests::restore_job(clone.renderer(), clone.target(), restore, clone.config(),
                                    &clone.what);
  if (!job) return give_up(clone, job.error().text());
  clone.plan().create(types::kJob, *std::move(job),
                      "the clone's data comes from the copied backup");
}

/// Names of the source's secrets that go along: the accounts are in the data. Those of metrics and
/// of pgBouncer stay behind, as do these themselves.
std::vector<std::string> account_secrets(const Cloning& clone) {
  const model::PgClusterSpec& spec = clone.source->object->spec;
  std::vector<std::string> names{spec.root_secret_name, spec.primary_secret_name,
                                 spec.user_secret_name};
  const std::string& source = clone.what.source;
  for (const auto& secret : clone.view().source->secrets) {
    const std::string& name = secret->meta.name;
    if (secret->repo || secret->meta.deleting || name == model::names::pgbouncer_secret(source) ||
        name == model::names::collect_secret(source)) {
      continue;
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

void copy_accounts(Cloning& clone) {
  for (const std::string& name : account_secrets(clone)) {
    const std::size_t at = name.find(clone.what.source);
    if (at == std::string::npos) continue;
    std::string copy = name;
    copy.replace(at, clone.what.source.size(), clone.what.target);
    if (clone.view().secret(copy) != nullptr) continue;
    auto secret = manifests::credentials_secret(clone.renderer(), clone.view().ns,
                                                clone.what.target, copy, {}, {});
    if (!secret) return give_up(clone, secret.error().text());
    secret->set_annotation(model::annotation::kMadeFor, clone.what.workflow_id);
    clone.plan().create_secret(*std::move(secret), Generated::nothing,
                               "the accounts come with the data", name);
  }
}

void make_cluster(Cloning& clone) {
  copy_accounts(clone);
  if (!clone.view().cluster) {
    clone.plan().create(types::kPgCluster, clone.target().object(), "the data is there");
  }
  clone.plan().event(clone_event(clone, "CloneClusterCompleted"), "the cluster is made");
  mark_completed(clone.work, clone.task);
}

/// The workflows of clones that failed, each once, as their steps and their records tell. A record
/// outlives the steps: what a cache shows late is removed all the same.
std::vector<std::string> failed_clones(const ClusterView& view) {
  std::vector<std::string> ids;
  for (const auto& task : view.tasks) {
    if (!task->object || task->meta.deleting) continue;
    const bool step = model::is_clone(*task->object) && failed(*task);
    if (!step && !model::is_failed_clone_workflow(*task->object)) continue;
    std::string id(task->parameter(model::param::kWorkflowId));
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
  }
  return ids;
}

/// The steps of a clone; the failed one last, so that a crash in between leaves it to be seen.
void remove_steps(Work& work, const std::string& id) {
  for (const bool of_failed : {false, true}) {
    for (const auto& task : work.view.tasks) {
      if (!task->object || !model::is_clone(*task->object) || failed(*task) != of_failed) continue;
      if (task->parameter(model::param::kWorkflowId) != id) continue;
      work.plan.remove(types::kPgTask, task->meta, "the clone failed");
    }
  }
}

/// Nothing that a failed clone made is left. The volumes wait for the pods that use them. Once a
/// cluster of that name exists all but the Jobs may be its own.
void clean_up(Work& work, const std::string& id) {
  const ClusterView& view = work.view;
  bool gone = true;
  const auto remove = [&](const kube::ResourceType& type, const auto& objects, auto mine) {
    for (const auto& object : objects) {
      if (!mine(*object)) continue;
      gone = false;
      work.plan.remove(type, object->meta, "the clone failed", "Foreground");
    }
  };
  const auto made = [&](const auto& object) { return object.meta.made_for == id; };
  remove(types::kJob, view.jobs, [&](const Job& job) { return job.restore && job.workflow == id; });
  if (!view.cluster) {
    remove(types::kDeployment, view.deployments, made);
    remove(types::kService, view.services, made);
    const bool pods = std::none_of(view.pods.begin(), view.pods.end(),
                                   [](const auto& pod) { return pod->repo || !pod->job.empty(); });
    if (gone && pods) {
      remove(types::kPersistentVolumeClaim, view.volumes, made);
      remove(types::kSecret, view.secrets, made);
    }
    gone = gone && pods;
  }
  if (gone) return remove_steps(work, id);
  work.plan.wait(Reason::objects_gone, view.name);
}

/// It may have been said of a step that was over by then.
bool cancelled(const Cloning& clone) {
  const auto& tasks = clone.view().tasks;
  return std::any_of(tasks.begin(), tasks.end(), [&](const auto& task) {
    return task->object && model::is_clone(*task->object) &&
           task->parameter(model::param::kWorkflowId) == clone.what.workflow_id &&
           !task->parameter(model::param::kCancelled).empty();
  });
}

void go_on(Cloning& clone) {
  const ClusterView& view = clone.view();
  if (view.cluster) {
    if (clone.task.object->type() == TaskType::clone_step3 && view.cluster->object &&
        view.cluster->object->metadata.label(model::label::kWorkflowId) == clone.what.workflow_id) {
      clone.plan().event(clone_event(clone, "CloneClusterCompleted"), "the cluster is made");
      return mark_completed(clone.work, clone.task);
    }
    return give_up(clone, "a cluster " + clone.what.target + " exists");
  }
  if (cancelled(clone)) return give_up(clone, "cancelled");
  if (clone.source == nullptr) {
    return give_up(clone, "the source " + clone.what.source + " is gone or cannot be read");
  }
  switch (*clone.task.object->type()) {
    case TaskType::clone_step1:
      return copy_repository(clone);
    case TaskType::clone_step2:
      return restore_copy(clone);
    default:
      return make_cluster(clone);
  }
}

}  // namespace

const Task* open_clone(const ClusterView& view) {
  const Task* found = nullptr;
  for (const auto& task : view.tasks) {
    if (task->meta.deleting || !task->object || !model::is_clone(*task->object)) continue;
    if (!model::is_open(*task->object)) continue;
    if (found == nullptr || *task->object->type() > *found->object->type()) found = task.get();
  }
  return found;
}

void clone(Work& work) {
  for (const std::string& id : failed_clones(work.view)) clean_up(work, id);
  const Task* task = open_clone(work.view);
  if (task == nullptr) return;
  // The step before is done when its successor is there; a crash may have come between the two.
  for (const auto& other : work.view.tasks) {
    if (other.get() == task || clone_source(*other).empty() || other->meta.deleting) continue;
    mark_completed(work, *other);
  }
  Cloning cloning{work, *task, model::clone_of(*task->object)};
  if (work.view.source && work.view.source->cluster && !work.view.source->cluster->meta.deleting &&
      work.view.source->cluster->object) {
    cloning.source = work.view.source->cluster.get();
  }
  go_on(cloning);
}

}  // namespace pgo::plan
