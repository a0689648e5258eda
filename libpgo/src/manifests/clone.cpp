#include "pgo/manifests/clone.h"

#include "fragments.h"
#include "pgo/model/names.h"

#include <utility>

namespace pgo::manifests {
namespace {

namespace label = model::label;
namespace names = model::names;

void set(model::Labels& labels, std::string_view key, std::string_view value) {
  labels.insert_or_assign(std::string(key), std::string(value));
}

}  // namespace

model::PgCluster cloned_cluster(const model::PgCluster& source, const model::CloneWork& work) {
  model::PgCluster cluster;
  cluster.metadata.ns = source.metadata.ns;
  cluster.metadata.name = work.target;
  auto& labels = cluster.metadata.labels;
  set(labels, label::kName, work.target);
  set(labels, label::kAutofail, model::kTrue);
  set(labels, label::kBackrest, model::kTrue);
  set(labels, label::kPgouser, work.user);
  set(labels, label::kVendor, label::kVendorValue);
  set(labels, label::kWorkflowId, work.workflow_id);

  model::PgClusterSpec& spec = cluster.spec;
  spec = source.spec;
  spec.name = spec.cluster_name = work.target;
  spec.primary_host = names::primary_service(work.target);
  spec.primary_storage.name.clear();
  spec.replica_storage.name.clear();
  spec.backrest_storage.name.clear();
  spec.replicas = work.replicas.empty() ? "0" : work.replicas;
  spec.secret_from = work.source;
  spec.root_secret_name = names::postgres_secret(work.target);
  spec.primary_secret_name = names::primaryuser_secret(work.target);
  spec.user_secret_name = names::user_secret(work.target, spec.user);
  spec.collect_secret_name = names::collect_secret(work.target);
  spec.status.clear();
  spec.custom_config.clear();
  spec.node_name.clear();
  spec.pod_anti_affinity.clear();
  spec.sync_replication.reset();
  spec.user_labels.clear();
  set(spec.user_labels, label::kPgoVersion, model::fixed::kPgoVersion);
  set(spec.user_labels, label::kBackrestStorageType,
      source.user_label(label::kBackrestStorageType));
  cluster.status.state = model::state::kClusterCreated;
  cluster.status.message = "made by a clone of " + work.source;
  return cluster;
}

Result<kube::Object> repo_sync_job(const Renderer& renderer, const model::PgCluster& source,
                                   const model::CloneWork& work, const model::Config& config) {
  PGO_TRY(auto security, security_context(source.spec.backrest_storage));
  PGO_TRY(auto s3, s3_environment(renderer, source, config));
  const bool from_s3 = work.storage_type == "s3" || repo_type(source) == "s3";
  return renderer.object(
      "repo-sync-job.yaml",
      json::Object{{"JobName", names::repo_sync_job(work)},
                   {"Namespace", source.metadata.ns},
                   {"ClusterName", work.target},
                   {"PgoUser", work.user},
                   {"WorkflowID", work.workflow_id},
                   {"Annotations", json::Object{{model::annotation::kCloneSource, work.source},
                                                {model::annotation::kCloneTarget, work.target}}},
                   {"SecurityContext", std::move(security)},
                   {"PGOImagePrefix", config.pgo.pgo_image_prefix},
                   {"PGOImageTag", config.pgo.pgo_image_tag},
                   {"PgbackrestS3EnvVars", std::move(s3)},
                   {"SourceRepoHost", names::repo_service(work.source)},
                   {"SourceRepoPath", names::repo_path(work.source)},
                   {"TargetRepoPath", names::repo_path(work.target)},
                   {"StorageSource", from_s3 ? "s3" : ""},
                   {"LocalAndS3", local_and_s3(source)},
                   {"TargetRepoClaim", names::repo_volume(work.target)},
                   {"SshdSecretName", names::backrest_secret(work.source)}});
}

}  // namespace pgo::manifests
