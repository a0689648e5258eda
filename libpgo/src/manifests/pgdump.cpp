#include "pgo/manifests/pgdump.h"

#include "fragments.h"
#include "pgo/manifests/cluster.h"
#include "pgo/model/names.h"

#include <utility>

namespace pgo::manifests {
namespace {

namespace param = model::param;

/// What both Jobs are filled with.
json::Object common(const model::PgTask& task, const model::Config& config) {
  return json::Object{{"Namespace", task.metadata.ns},
                      {"TaskName", task.name()},
                      {"CCPImagePrefix", config.cluster.ccp_image_prefix},
                      {"CCPImageTag", task.parameter(param::kImageTag)}};
}

}  // namespace

Result<kube::Object> pgdump_job(const Renderer& renderer, const model::PgTask& task,
                                const model::Config& config) {
  const std::string_view cluster = task.parameter(param::kCluster);
  json::Object fields = common(task, config);
  PGO_TRY(json::Value security, security_context(task.spec.storage));
  fields.set("SecurityContext", std::move(security));
  fields.set("JobName", model::names::pgdump_job(cluster, task.metadata.uid));
  fields.set("ClusterName", cluster);
  fields.set("VolumeName", task.parameter(param::kPvcName));
  fields.set("Host", task.parameter(param::kPgdumpHost));
  fields.set("UserSecret", task.parameter(param::kPgdumpUser));
  fields.set("Database", task.parameter(param::kPgdumpDb));
  fields.set("Port", task.parameter(param::kPgdumpPort));
  fields.set("Options", task.parameter(param::kPgdumpOpts));
  fields.set("DumpAll", task.parameter(param::kPgdumpAll));
  return renderer.object("pgdump-job.yaml", std::move(fields));
}

Result<kube::Object> pgrestore_job(const Renderer& renderer, const model::PgTask& task,
                                   const model::Config& config) {
  const std::string_view cluster = task.parameter(param::kPgrestoreFromCluster);
  const std::string_view volume = task.parameter(param::kPgrestoreFromPvc);
  json::Object fields = common(task, config);
  PGO_TRY(const model::StorageSpec storage, config.storage_spec(config.primary_storage));
  PGO_TRY(json::Value security, security_context(storage));
  fields.set("SecurityContext", std::move(security));
  PGO_TRY(json::Value affinity,
          node_affinity(renderer, {.key = task.parameter(param::kNodeLabelKey),
                                   .value = task.parameter(param::kNodeLabelValue)}));
  fields.set("Affinity", std::move(affinity));
  fields.set("JobName", model::names::pgrestore_job(cluster, volume, task.metadata.uid));
  fields.set("ClusterName", cluster);
  fields.set("VolumeName", volume);
  fields.set("Host", task.parameter(param::kPgrestoreHost));
  fields.set("UserSecret", task.parameter(param::kPgrestoreUser));
  fields.set("Database", task.parameter(param::kPgrestoreDb));
  fields.set("Port", task.parameter(param::kPgrestorePort));
  fields.set("Options", task.parameter(param::kPgrestoreOpts));
  fields.set("Timestamp", task.parameter(param::kPgrestorePitrTarget));
  return renderer.object("pgrestore-job.yaml", std::move(fields));
}

Result<kube::Object> pgdump_volume(const Renderer& renderer, const model::PgTask& task) {
  PGO_TRY(kube::Object claim, volume(renderer, task.metadata.ns, task.parameter(param::kCluster),
                                     task.parameter(param::kPvcName), task.spec.storage));
  claim.set_label(model::label::kPgdump, model::kTrue);
  return claim;
}

}  // namespace pgo::manifests
