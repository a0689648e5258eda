#include "pgo/manifests/restore.h"

#include "fragments.h"
#include "pgo/model/names.h"

#include <utility>

namespace pgo::manifests {
namespace {

namespace label = model::label;
namespace names = model::names;

json::Object clone_labels(const model::CloneWork* clone) {
  if (clone == nullptr) return {};
  return {{label::kCloneStep2, model::kTrue}, {label::kPgouser, clone->user}};
}

json::Object clone_annotations(const model::CloneWork* clone) {
  if (clone == nullptr) return {};
  return {{model::annotation::kCloneSource, clone->source},
          {model::annotation::kCloneTarget, clone->target}};
}

/// Only the node is chosen; a Job has no siblings to keep away from.
Result<json::Value> node_affinity(const Renderer& renderer, const model::RestoreWork& work) {
  if (work.node_key.empty()) return json::Value(json::Object{});
  PGO_TRY(auto rule,
          renderer.render("affinity.yaml", json::Object{{"NodeLabelKey", work.node_key},
                                                        {"NodeLabelValue", work.node_value},
                                                        {"OperatorValue", "In"}}));
  return json::Value(json::Object{{"nodeAffinity", std::move(rule)}});
}

}  // namespace

Result<kube::Object> restore_job(const Renderer& renderer, const model::PgCluster& cluster,
                                 const model::RestoreWork& work, const model::Config& config,
                                 const model::CloneWork* clone) {
  PGO_TRY(auto security, security_context(cluster.spec.primary_storage));
  PGO_TRY(auto s3, s3_environment(renderer, cluster, config));
  PGO_TRY(auto affinity, node_affinity(renderer, work));
  const bool from_s3 = work.storage_type == "s3" || repo_type(cluster) == "s3";
  return renderer.object(
      "backrest-restore-job.yaml",
      json::Object{{"JobName", names::restore_job(cluster.name(), work.workflow_id)},
                   {"Namespace", cluster.metadata.ns},
                   {"ClusterName", cluster.name()},
                   {"WorkflowID", work.workflow_id},
                   {"ToClusterPVCName", work.to_pvc},
                   {"CloneLabels", clone_labels(clone)},
                   {"Annotations", clone_annotations(clone)},
                   {"SecurityContext", std::move(security)},
                   {"Affinity", std::move(affinity)},
                   {"PGOImagePrefix", config.pgo.pgo_image_prefix},
                   {"PGOImageTag", config.pgo.pgo_image_tag},
                   {"PgbackrestS3EnvVars", std::move(s3)},
                   {"CommandOpts", model::restore_options(work.options, work.pitr_target)},
                   {"PITRTarget", work.pitr_target},
                   {"PgbackrestStanza", model::fixed::kStanza},
                   {"PgbackrestDBPath", names::data_path(work.to_pvc)},
                   {"PgbackrestRepo1Path", names::repo_path(cluster.name())},
                   {"PgbackrestRepo1Host", names::repo_service(cluster.name())},
                   {"PgbackrestRepoType", from_s3 ? "s3" : "posix"},
                   {"SshdSecretName", names::backrest_secret(cluster.name())}});
}

}  // namespace pgo::manifests
