#include "pgo/manifests/pgbouncer.h"

#include "fragments.h"
#include "pgo/model/names.h"

#include <utility>

namespace pgo::manifests {
namespace names = model::names;

std::string pgbouncer_users(std::string_view user, std::string_view verifier) {
  std::string text = "\"";
  return text.append(user).append("\" \"").append(verifier).append("\"\n\n");
}

Result<kube::Object> pgbouncer_secret(const Renderer& renderer, const model::PgCluster& cluster,
                                      const PoolAccount& account) {
  PGO_TRY(const auto postgres, port("spec.port", cluster.spec.port));
  PGO_TRY(const std::string settings,
          renderer.text("pgbouncer.ini",
                        {{"PG_PRIMARY_SERVICE_NAME", names::primary_service(cluster.name())},
                         {"PG_PORT", json::write(postgres)},
                         {"PG_USERNAME", account.user}}));
  PGO_TRY(const std::string hba, renderer.text("pgbouncer_hba.conf", {}));
  return renderer.object("pgbouncer-secret.yaml",
                         json::Object{{"Name", names::pgbouncer_secret(cluster.name())},
                                      {"Namespace", cluster.metadata.ns},
                                      {"ClusterName", cluster.name()},
                                      {"Username", account.user},
                                      {"Password", account.password},
                                      {"Settings", settings},
                                      {"Hba", hba},
                                      {"Users", pgbouncer_users(account.user, account.verifier)}});
}

Result<kube::Object> pgbouncer_deployment(const Renderer& renderer, const model::PgCluster& cluster,
                                          const model::Config& config) {
  PGO_TRY(auto postgres, port("spec.port", cluster.spec.port));
  PGO_TRY(auto rules, affinity(renderer, cluster, config, {}));
  PGO_TRY(const auto share, config.resources(config.default_pgbouncer_resources));
  return renderer.object(
      "pgbouncer-template.yaml",
      json::Object{{"Name", names::pgbouncer(cluster.name())},
                   {"Namespace", cluster.metadata.ns},
                   {"ClusterName", cluster.name()},
                   {"PodAntiAffinityLabelValue", cluster.spec.pod_anti_affinity},
                   {"Affinity", std::move(rules)},
                   {"CCPImagePrefix", config.cluster.ccp_image_prefix},
                   {"CCPImageTag", cluster.spec.ccp_image_tag},
                   {"Port", std::move(postgres)},
                   {"ContainerResources", resources(share)},
                   {"PGBouncerSecret", names::pgbouncer_secret(cluster.name())}});
}

Result<kube::Object> pgbouncer_service(const Renderer& renderer, const model::PgCluster& cluster,
                                       const model::Config& config) {
  const std::string name = names::pgbouncer(cluster.name());
  return service(renderer, cluster, name, json::Object{{model::label::kServiceName, name}},
                 service_type(cluster, config));
}

}  // namespace pgo::manifests
