#include "pgo/model/pgtask.h"
#include "pgo/model/task_outcome.h"
#include "work.h"

// How tasks end, and how a workflow's task records the way there.
namespace pgo::plan {
namespace {

namespace types = kube::types;
using json::Value;

Value parameters(Value members) {
  return Value::object({{"spec", Value::object({{"parameters", std::move(members)}})}});
}

}  // namespace

void note_step(Work& work, std::string_view workflow, std::string_view step) {
  const Task* task = work.view.task(workflow);
  if (task == nullptr || task->meta.deleting || !task->parameter(step).empty()) return;
  work.plan.patch(types::kPgTask, task->meta,
                  parameters(Value::object({{step, to_rfc3339(work.plan.now())}})),
                  "the workflow's progress");
}

void fail_workflow(Work& work, std::string_view workflow, std::string_view reason) {
  const Task* task = work.view.task(workflow);
  if (task == nullptr || task->meta.deleting) return;
  work.plan.patch(types::kPgTask, task->meta,
                  parameters(Value::object({{model::step::kFailed, to_rfc3339(work.plan.now())},
                                            {model::step::kReason, reason}})),
                  "the workflow failed");
}

void mark_completed(Work& work, const Task& task) {
  Value body = processed_task();
  body.at_or_add("spec").set("status", model::progress::kCompleted);
  work.plan.patch(types::kPgTask, task.meta, std::move(body), "the task is done");
}

void mark_failed(Work& work, const Task& task, std::string_view reason) {
  Value body = processed_task();
  body.at_or_add("spec").set("status", model::progress::kFailed);
  body.at_or_add("status").set("message", reason);
  work.plan.patch(types::kPgTask, task.meta, std::move(body), "the task failed");
}

}  // namespace pgo::plan
