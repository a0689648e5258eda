#include "render.h"

#include "pgo/manifests/backup.h"
#include "pgo/manifests/cluster.h"
#include "pgo/manifests/instance.h"
#include "pgo/model/config.h"
#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgreplica.h"
#include "pgo/model/pgtask.h"

namespace pgo::plan {

model::PgCluster complete_cluster(const Cluster& cluster) {
  model::PgCluster complete = *cluster.object;
  // K33: the identifier is stored. It follows from the UID, so that it is the same at each attempt.
  complete.metadata.labels.try_emplace(std::string(model::label::kClusterId), cluster.meta.uid);
  return complete;
}

bool stays(Work& work, const std::string& volume) {
  const Volume* claim = work.view.volume(volume);
  if (claim == nullptr || !claim->meta.deleting) return true;
  work.plan.wait(Reason::objects_gone, subject("PersistentVolumeClaim", volume));
  return false;
}

bool ensure_data_volume(Work& work, const std::string& instance,
                        const model::StorageSpec& storage) {
  const std::string name = model::names::data_volume(instance);
  if (!manifests::makes_claim(storage)) return true;
  if (work.view.volume(name) != nullptr) return stays(work, name);
  // A claim of that name is taken over with what is in it: that is how old data is used again.
  return work.plan.create(
      kube::types::kPersistentVolumeClaim,
      manifests::volume(*work.settings.renderer, work.view.ns, work.view.name, name, storage),
      "an instance needs a volume", /*adopt=*/true);
}

Result<kube::Object> replica_service(const Work& work, const Replica& replica) {
  return manifests::replica_service(*work.settings.renderer, *work.view.cluster->object,
                                    *work.settings.config,
                                    replica.object->user_label(model::label::kServiceType));
}

Result<kube::Object> replica_instance(const Work& work, const Replica& replica) {
  return manifests::replica(*work.settings.renderer, complete_cluster(*work.view.cluster),
                            *replica.object, *work.settings.config,
                            {.custom_config = work.view.custom_config_name()});
}

Result<kube::Object> backrest_job(const Work& work, const Task& task, const Pod& primary,
                                  const Pod& repo) {
  model::PgTask current = *task.object;
  current.spec.parameters.insert_or_assign(std::string(model::param::kPodName), repo.meta.name);
  return manifests::backrest_job(*work.settings.renderer, *work.view.cluster->object, current,
                                 *work.settings.config,
                                 {.host = primary.ip, .path = primary.data_path});
}

std::string backrest_storage_type(const model::PgCluster& cluster) {
  return std::string(cluster.user_label(model::label::kBackrestStorageType));
}

}  // namespace pgo::plan
