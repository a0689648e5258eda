#include "pgo/manifests/cluster.h"

#include "fragments.h"
#include "pgo/base/text.h"
#include "pgo/kube/quantity.h"
#include "pgo/model/names.h"

#include <utility>

namespace pgo::manifests {
namespace {

namespace label = model::label;
namespace names = model::names;

json::Value instances_of(const model::PgCluster& cluster, std::string_view role) {
  return json::Object{{label::kCluster, cluster.name()}, {label::kRole, role}};
}

}  // namespace

Result<kube::Object> service(const Renderer& renderer, const model::PgCluster& cluster,
                             const std::string& name, json::Value selector, std::string_view type) {
  PGO_TRY(auto postgres, port("spec.port", cluster.spec.port));
  PGO_TRY(auto badger, port("spec.pgbadgerport", cluster.spec.badger_port));
  PGO_TRY(auto exporter, port("spec.exporterport", cluster.spec.exporter_port));
  return renderer.object("cluster-service.yaml",
                         json::Object{{"Name", name},
                                      {"Namespace", cluster.metadata.ns},
                                      {"ClusterName", cluster.name()},
                                      {"ServiceType", type},
                                      {"Selector", std::move(selector)},
                                      {"Port", std::move(postgres)},
                                      {"PGBadgerPort", std::move(badger)},
                                      {"ExporterPort", std::move(exporter)}});
}

std::string_view service_type(const model::PgCluster& cluster, const model::Config& config) {
  const auto own = cluster.user_label(label::kServiceType);
  return own.empty() ? std::string_view(config.cluster.service_type) : own;
}

bool makes_claim(const model::StorageSpec& storage) {
  return storage.storage_type == "create" || storage.storage_type == "dynamic";
}

std::string claim_name(const model::StorageSpec& storage, std::string_view instance) {
  if (storage.storage_type == "emptydir") return {};
  if (storage.storage_type == "existing" && !storage.name.empty()) return storage.name;
  return names::data_volume(instance);
}

Result<kube::Object> volume(const Renderer& renderer, std::string_view ns, std::string_view cluster,
                            std::string_view name, const model::StorageSpec& storage) {
  if (storage.access_mode.empty() || !kube::Quantity::parse(storage.size)) {
    return fail(Code::invalid_argument,
                "the storage configuration needs an access mode and a size such as 1G",
                std::string(name));
  }
  json::Object fields{{"Name", name},
                      {"Namespace", ns},
                      {"ClusterName", cluster},
                      {"AccessMode", storage.access_mode},
                      {"Size", storage.size}};
  if (storage.storage_type == "dynamic") {
    fields.set("StorageClass", storage.storage_class);
    return renderer.object("pvc-storageclass.yaml", std::move(fields));
  }
  json::Value selector = json::Object{};
  if (!storage.match_labels.empty()) {
    const auto parts = text::split(storage.match_labels, '=');
    if (parts.size() != 2 || !model::is_label_key(parts[0]) || !model::is_label_value(parts[1])) {
      return fail(Code::invalid_argument, "match labels must have the form key=value",
                  std::string(name));
    }
    selector.at_or_add("matchLabels").set(parts[0], parts[1]);
  }
  fields.set("Selector", std::move(selector));
  return renderer.object("pvc.yaml", std::move(fields));
}

Result<kube::Object> credentials_secret(const Renderer& renderer, std::string_view ns,
                                        std::string_view cluster, std::string_view name,
                                        std::string_view username, std::string_view password) {
  return renderer.object("credentials-secret.yaml", json::Object{{"Name", name},
                                                                 {"Namespace", ns},
                                                                 {"ClusterName", cluster},
                                                                 {"Username", username},
                                                                 {"Password", password}});
}

Result<kube::Object> primary_service(const Renderer& renderer, const model::PgCluster& cluster,
                                     const model::Config& config) {
  return service(renderer, cluster, names::primary_service(cluster.name()),
                 instances_of(cluster, model::role::kMaster), service_type(cluster, config));
}

Result<kube::Object> replica_service(const Renderer& renderer, const model::PgCluster& cluster,
                                     const model::Config& config, std::string_view type) {
  return service(renderer, cluster, names::replica_service(cluster.name()),
                 instances_of(cluster, model::role::kReplica),
                 type.empty() ? service_type(cluster, config) : type);
}

Result<kube::Object> default_config(const Renderer& renderer, const model::PgCluster& cluster,
                                    const model::Config& config, bool with_postgres_ha) {
  std::string text;
  if (with_postgres_ha) {
    // K12: the label decides, 60 only where there is none.
    const auto timeout = cluster.user_label(label::kArchiveTimeout);
    PGO_TRY(text,
            renderer.text("postgres-ha.yaml",
                          {{"ArchiveTimeout", std::string(timeout.empty() ? "60" : timeout)},
                           {"LogMinDurationStatement", config.cluster.log_min_duration_statement},
                           {"LogStatement", config.cluster.log_statement}}));
  }
  return renderer.object("pgha-default-config.yaml",
                         json::Object{{"Name", names::default_config(cluster.name())},
                                      {"Namespace", cluster.metadata.ns},
                                      {"ClusterName", cluster.name()},
                                      {"Init", model::kTrue},
                                      {"PostgresHa", std::move(text)}});
}

Result<kube::Object> collect_secret(const Renderer& renderer, const model::PgCluster& cluster,
                                    const model::Config& config) {
  const auto& password = config.cluster.pgmonitor_password;
  return credentials_secret(renderer, cluster.metadata.ns, cluster.name(),
                            names::collect_secret(cluster.name()), model::fixed::kMonitoringUser,
                            password.empty() ? "password" : password);
}

}  // namespace pgo::manifests
