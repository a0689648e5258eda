#include "pgo/operations/workflow.h"

#include "pgo/kube/selector.h"
#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"

namespace pgo::operations {

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
