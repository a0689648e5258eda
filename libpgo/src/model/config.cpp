#include "pgo/model/config.h"

#include "pgo/base/embedded_file.h"
#include "pgo/base/text.h"
#include "pgo/json/codec.h"
#include "pgo/kube/quantity.h"
#include "pgo/model/names.h"
#include "pgo/yaml/yaml.h"

#include <array>
#include <initializer_list>
#include <optional>
#include <utility>

namespace pgo::model {

const std::vector<EmbeddedFile>& data_files();

namespace {

/// Keys that installers of 4.2.0 wrote and nobody ever read.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kIgnored{
    {{"Cluster", "ArchiveMode"}, {"Cluster", "Autofail"}, {"Pgo", "LoadTemplate"}}};

/// An absent value and a null one are the same in pgo.yaml ("PrimaryNodeLabel:").
void drop_nulls(json::Value& value) {
  auto* members = value.if_object();
  if (!members) return;
  std::vector<std::string> nulls;
  for (auto& member : *members) {
    if (member.value.is_null()) {
      nulls.push_back(member.key);
    } else {
      drop_nulls(member.value);
    }
  }
  for (const auto& key : nulls) members->erase(key);
}

void drop_ignored(json::Value& value) {
  auto* sections = value.if_object();
  if (!sections) return;
  for (const auto& [section, key] : kIgnored) {
    if (auto* found = sections->find(section)) found->erase(key);
  }
}

/// Checks values of one document; remembers the first complaint.
class Checker {
 public:
  Checker(const yaml::Document& document, std::string_view file)
      : document_(document), file_(file) {}

  void complain(const std::string& path, const std::string& message) {
    if (error_) return;
    error_ = Error{.code = Code::invalid_argument,
                   .message = path + ": " + message,
                   .subject = std::string(file_) + ":" + std::to_string(document_.line_of(path)),
                   .http_status = 0,
                   .reason = {}};
  }

  /// Fills the default of an empty value, then demands an integer.
  void integer(const std::string& path, std::string& value, std::string_view fallback) {
    if (value.empty()) value = fallback;
    if (!value.empty() && !text::to_int(value)) complain(path, "must be an integer");
  }

  void one_of(const std::string& path, std::string& value, std::string_view fallback,
              std::initializer_list<std::string_view> allowed) {
    if (value.empty()) value = fallback;
    if (value.empty()) return;
    std::string list;
    for (const auto word : allowed) {
      if (value == word) return;
      if (!list.empty()) list += ", ";
      list += word;
    }
    complain(path, "must be one of " + list);
  }

  void required(const std::string& path, const std::string& value) {
    if (value.empty()) complain(path, "must be set");
  }

  void key_value(const std::string& path, const std::string& value) {
    if (!value.empty() && text::split(value, '=').size() != 2) {
      complain(path, "must have the form key=value");
    }
  }

  void entry(const std::string& path, const std::string& name, bool known,
             std::string_view section) {
    if (known) return;
    complain(path, name.empty()
                       ? "must name an entry of " + std::string(section)
                       : "names \"" + name + "\", which is no entry of " + std::string(section));
  }

  void quantity(const std::string& path, const std::string& value) {
    if (!kube::Quantity::parse(value)) complain(path, "must be a quantity such as 512Mi or 0.5");
  }

  Result<void> result() && {
    if (error_) return fail(*std::move(error_));
    return {};
  }

 private:
  const yaml::Document& document_;
  std::string_view file_;
  std::optional<Error> error_;
};

void check_cluster(Checker& check, ClusterDefaults& c) {
  if (c.backrest_port == 0) c.backrest_port = fixed::kRepoPort;
  check.integer("Cluster.PGBadgerPort", c.badger_port, "10000");
  check.integer("Cluster.ExporterPort", c.exporter_port, "9187");
  check.integer("Cluster.Port", c.port, "5432");
  check.one_of("Cluster.LogStatement", c.log_statement, "none", {"ddl", "none", "mod", "all"});
  check.integer("Cluster.LogMinDurationStatement", c.log_min_duration_statement, "60000");
  check.key_value("Cluster.PrimaryNodeLabel", c.primary_node_label);
  check.key_value("Cluster.ReplicaNodeLabel", c.replica_node_label);
  check.integer("Cluster.ArchiveTimeout", c.archive_timeout, "60");
  check.one_of("Cluster.ServiceType", c.service_type, "ClusterIP",
               {"ClusterIP", "NodePort", "LoadBalancer"});
  check.required("Cluster.CCPImagePrefix", c.ccp_image_prefix);
  check.required("Cluster.CCPImageTag", c.ccp_image_tag);
  check.required("Cluster.User", c.user);
  if (!c.user.empty() && !text::is_dns1123_subdomain(c.user)) {
    check.complain("Cluster.User",
                   "must be lower-case letters, digits, '-' and '.', as it is part of the name of "
                   "a secret");
  }
  check.one_of("Cluster.PodAntiAffinity", c.pod_anti_affinity, "",
               {"required", "preferred", "disabled"});
  check.integer("Cluster.Replicas", c.replicas, "0");
  check.integer("Cluster.PasswordLength", c.password_length, "");
  check.integer("Cluster.PasswordAgeDays", c.password_age_days, "");
  if (c.strategy.empty()) c.strategy = "1";
  if (c.database.empty()) c.database = "userdb";
}

void check_storage(Checker& check, Config& config) {
  const auto known = [&](const std::string& name) { return config.storage.contains(name); };
  check.entry("PrimaryStorage", config.primary_storage, known(config.primary_storage), "Storage");
  check.entry("BackupStorage", config.backup_storage, known(config.backup_storage), "Storage");
  check.entry("ReplicaStorage", config.replica_storage, known(config.replica_storage), "Storage");
  if (config.backrest_storage.empty()) config.backrest_storage = config.primary_storage;
  check.entry("BackrestStorage", config.backrest_storage, known(config.backrest_storage),
              "Storage");
  for (const auto& [name, entry] : config.storage) {
    const std::string path = "Storage." + name;
    if (!entry.fs_group.empty() && !entry.supplemental_groups.empty()) {
      check.complain(path + ".SupplementalGroups", "cannot be set together with Fsgroup");
    }
    check.key_value(path + ".MatchLabels", entry.match_labels);
    std::string type = entry.storage_type;
    check.one_of(path + ".StorageType", type, "", {"create", "dynamic", "existing", "emptydir"});
    if (!entry.size.empty()) check.quantity(path + ".Size", entry.size);
    for (const auto& [key, value] : {std::pair{".Fsgroup", entry.fs_group},
                                     std::pair{".SupplementalGroups", entry.supplemental_groups}}) {
      for (const auto& group : text::split_list(value)) {
        if (!text::to_int(group)) check.complain(path + key, "must be a group number");
      }
    }
  }
}

void check_resources(Checker& check, const Config& config) {
  for (const auto& [name, entry] : config.container_resources) {
    const std::string path = "ContainerResources." + name;
    check.quantity(path + ".RequestsMemory", entry.requests_memory);
    check.quantity(path + ".RequestsCPU", entry.requests_cpu);
    check.quantity(path + ".LimitsMemory", entry.limits_memory);
    check.quantity(path + ".LimitsCPU", entry.limits_cpu);
  }
  const std::pair<const char*, const std::string&> defaults[] = {
      {"DefaultContainerResources", config.default_container_resources},
      {"DefaultLoadResources", config.default_load_resources},
      {"DefaultRmdataResources", config.default_rmdata_resources},
      {"DefaultBackupResources", config.default_backup_resources},
      {"DefaultBadgerResources", config.default_badger_resources},
      {"DefaultPgbouncerResources", config.default_pgbouncer_resources}};
  for (const auto& [key, name] : defaults) {
    if (!name.empty()) {
      check.entry(key, name, config.container_resources.contains(name), "ContainerResources");
    }
  }
}

void check_pgo(Checker& check, Config& config) {
  check.required("Pgo.PGOImagePrefix", config.pgo.pgo_image_prefix);
  check.required("Pgo.PGOImageTag", config.pgo.pgo_image_tag);
  check.integer("Pgo.AutofailSleepSeconds", config.pgo.autofail_sleep_seconds, "30");
  config.pgo.autofail_sleep_seconds_value =
      static_cast<int>(text::to_int(config.pgo.autofail_sleep_seconds).value_or(30));
  if (!config.basic_auth.empty() && !text::to_bool(config.basic_auth)) {
    check.complain("BasicAuth", "must be true or false");
  }
}

void apply_environment(Config& config, const std::map<std::string, std::string>& environment) {
  const std::pair<const char*, std::string&> variables[] = {
      {"CCP_IMAGE_PREFIX", config.cluster.ccp_image_prefix},
      {"CCP_IMAGE_TAG", config.cluster.ccp_image_tag},
      {"PGO_IMAGE_PREFIX", config.pgo.pgo_image_prefix},
      {"PGO_IMAGE_TAG", config.pgo.pgo_image_tag}};
  for (const auto& [name, value] : variables) {
    if (const auto it = environment.find(name); it != environment.end() && !it->second.empty()) {
      value = it->second;
    }
  }
}

template <typename Map>
std::string known_names(const Map& map) {
  std::string list;
  for (const auto& [name, unused] : map) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

}  // namespace

StorageSpec StorageConfig::spec() const {
  return {.name = {},
          .storage_class = storage_class,
          .access_mode = access_mode,
          .size = size,
          .storage_type = storage_type,
          .fs_group = fs_group,
          .supplemental_groups = supplemental_groups,
          .match_labels = match_labels};
}

ContainerResources ResourceConfig::resources() const {
  return {.requests_memory = requests_memory,
          .requests_cpu = requests_cpu,
          .limits_memory = limits_memory,
          .limits_cpu = limits_cpu};
}

Result<StorageSpec> Config::storage_spec(std::string_view name) const {
  const auto it = storage.find(std::string(name));
  if (it != storage.end()) return it->second.spec();
  return fail(Code::invalid_argument,
              "pgo.yaml has no storage configuration \"" + std::string(name) + "\"; it has " +
                  known_names(storage),
              std::string(name));
}

Result<ContainerResources> Config::resources(std::string_view name) const {
  if (name.empty()) return ContainerResources{};
  const auto it = container_resources.find(std::string(name));
  if (it != container_resources.end()) return it->second.resources();
  return fail(Code::invalid_argument,
              "pgo.yaml has no resource configuration \"" + std::string(name) + "\"; it has " +
                  known_names(container_resources),
              std::string(name));
}

bool Config::check_passwords() const { return text::to_bool(basic_auth).value_or(true); }

int Config::generated_password_length() const {
  const auto length = text::to_int(cluster.password_length).value_or(0);
  return length > 0 && length <= 1024 ? static_cast<int>(length) : 24;
}

int Config::default_password_age_days() const {
  const auto days = text::to_int(cluster.password_age_days).value_or(0);
  return days > 0 && days < 1'000'000 ? static_cast<int>(days) : 365;
}

Result<Config> parse_config(std::string_view yaml, std::string_view file,
                            const std::map<std::string, std::string>& environment) {
  auto document = yaml::parse_document(yaml);
  if (!document) return fail(std::move(document).error().with_context(file));
  json::Value value = document->value;
  drop_nulls(value);
  drop_ignored(value);
  if (!value.is_object()) {
    return fail(Code::invalid_argument, "must be a mapping with sections Cluster and Pgo",
                std::string(file) + ":1");
  }
  auto config = json::decode<Config>(value, json::Mode::strict);
  if (!config) {
    Error error = std::move(config).error();
    error.message = error.subject + ": " + error.message;
    error.subject = std::string(file) + ":" + std::to_string(document->line_of(error.subject));
    return fail(std::move(error));
  }
  Checker check(*document, file);
  check_cluster(check, config->cluster);
  check_storage(check, *config);
  check_resources(check, *config);
  check_pgo(check, *config);
  PGO_TRY_VOID(std::move(check).result());
  apply_environment(*config, environment);
  return config;
}

std::string_view default_pgo_yaml() { return data_files().front().text; }

const Config& Config::defaults() {
  // The built-in file is checked by a test; were it ever broken, empty values would show at once.
  static const Config config = parse_config(default_pgo_yaml()).value_or(Config{});
  return config;
}

}  // namespace pgo::model
