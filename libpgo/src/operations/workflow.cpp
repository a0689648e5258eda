#include "pgo/operations/workflow.h"

#include "pgo/kube/selector.h"
#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"

namespace pgo::operations {
namespace {

/// A failover by hand has no workflow in 4.2.0; its task, named instead of an id, tells how it is.
/// Asked of the API itself: all failovers of a cluster share that name, and a cache that lags would
/// answer with the end of the one before (K38).
Result<ObjectPtr> failover_task(const Context& context, std::string_view ns,
                                const std::string& name) {
  DirectReader present(context.client);
  PGO_TRY(ObjectPtr object, get_if_exists(present, kube::types::kPgTask, ns, name));
  if (!object) return object;
  PGO_TRY(const model::PgTask task, model::PgTask::from(*object));
  return task.type() == model::TaskType::failover ? object : nullptr;
}

Result<model::rest::ShowWorkflowResponse> show_failover(const kube::Object& object) {
  PGO_TRY(const model::PgTask task, model::PgTask::from(object));
  model::rest::ShowWorkflowResponse response;
  response.results.cluster_name = std::string(task.metadata.label(model::label::kCluster));
  response.results.parameters = {
      {std::string(model::label::kTarget), std::string(task.metadata.label(model::label::kTarget))},
      {std::string(model::param::kFailoverStarted),
       std::string(task.parameter(model::param::kFailoverStarted))},
      {std::string(kTaskStatus), task.spec.status},
      {std::string(kTaskMessage), task.status.message}};
  response.status.code = "ok";
  return response;
}

}  // namespace

Result<model::rest::ShowWorkflowResponse> show_workflow(const Context& context, std::string_view ns,
                                                        std::string_view id) {
  const std::string shown(id);
  if (id.empty() || !kube::is_label_value(id)) {
    return fail(Code::not_found, "There is no workflow \"" + shown + "\".", shown);
  }
  PGO_TRY(const std::vector<ObjectPtr> tasks,
          context.reader.list(kube::types::kPgTask, ns,
                              std::string(model::label::kWorkflowId) + "=" + shown));
  if (tasks.empty()) {
    PGO_TRY(const ObjectPtr failover, failover_task(context, ns, shown));
    if (failover) return show_failover(*failover);
    return fail(Code::not_found,
                "There is no workflow " + shown + " in namespace " + std::string(ns) + ".", shown);
  }
  if (tasks.size() > 1) {
    return fail(Code::failed_precondition,
                "Several tasks carry the workflow id " + shown + "; remove the stale ones.", shown);
  }
  PGO_TRY(model::PgTask task, model::PgTask::from(*tasks.front()));
  model::rest::ShowWorkflowResponse response;
  response.results.cluster_name = std::string(task.parameter(model::param::kCluster));
  response.results.parameters = std::move(task.spec.parameters);
  response.status.code = "ok";
  return response;
}

}  // namespace pgo::operations
