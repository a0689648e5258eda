#include "operations/create_check.h"

#include "operations/checks.h"
#include "operations/pool_account.h"
#include "pgo/base/text.h"
#include "pgo/kube/selector.h"
#include "pgo/model/names.h"
#include "pgo/operations/clone.h"

#include <algorithm>
#include <array>

namespace pgo::operations {
namespace {

using Request = model::rest::CreateClusterRequest;

/// The longest name made from a cluster's is its repository Service, which must be a DNS label.
constexpr std::size_t kMaxNameLength = 63 - std::string_view("-backrest-shared-repo").size();

/// More in one request is a slip of the finger.
constexpr int kMaxSeries = 1000;

/// The images of what --metrics, --pgbadger and --pgbouncer add.
constexpr std::string_view kCollectImage = "crunchy-collect";
constexpr std::string_view kBadgerImage = "crunchy-pgbadger";

Result<std::vector<std::string>> check_names(const Request& request) {
  if (request.name.empty()) return refuse("The request names no cluster.", "Name");
  if (request.series < 1 || request.series > kMaxSeries) {
    return refuse("Series is " + std::to_string(request.series) +
                      "; it must be a number from 1 to " + std::to_string(kMaxSeries) + ".",
                  "Series");
  }
  const bool one = request.series == 1;
  std::vector<std::string> names;
  for (int i = 0; i < request.series; ++i) {
    std::string name = one ? request.name : request.name + std::to_string(i);
    PGO_TRY_VOID(check_cluster_name(name, "Name"));
    names.push_back(std::move(name));
  }
  return names;
}

Result<model::Labels> check_labels(const Request& request) {
  model::Labels labels;
  for (const std::string& item : text::split_list(request.user_labels)) {
    const std::size_t equals = item.find('=');
    if (equals == item.npos) {
      return refuse("The label \"" + item + "\" must have the form key=value.", "UserLabels");
    }
    const std::string key = item.substr(0, equals);
    const std::string value = item.substr(equals + 1);
    if (!kube::is_label_key(key)) {
      return refuse("\"" + key + "\" cannot be the key of a label.", "UserLabels");
    }
    if (!kube::is_label_value(value)) {
      return refuse("\"" + value + "\" cannot be the value of label " + key + ".", "UserLabels");
    }
    if (model::is_identifying_label(key)) {
      return refuse("The label " + key + " is set by the operator itself.", "UserLabels");
    }
    labels[key] = value;
  }
  return labels;
}

Result<std::string> check_custom_config(const Context& context, const Request& request) {
  const std::string& name = request.custom_config;
  if (!name.empty()) {
    ObjectPtr found;
    if (text::is_dns1123_subdomain(name)) {
      PGO_TRY(found, get_if_exists(context.reader, kube::types::kConfigMap, request.ns, name));
    }
    if (!found) {
      return refuse("There is no ConfigMap " + name + " in namespace " + request.ns + ".",
                    "CustomConfig");
    }
    return name;
  }
  PGO_TRY(const ObjectPtr common, get_if_exists(context.reader, kube::types::kConfigMap, request.ns,
                                                model::fixed::kCustomConfigMap));
  return common ? std::string(model::fixed::kCustomConfigMap) : std::string();
}

/// O12: S3 settings without the storage type s3 would be silently unused.
Result<void> check_s3(const Context& context, const Request& request, bool s3) {
  const std::array<std::pair<std::string_view, const std::string*>, 5> given = {{
      {"BackrestS3Key", &request.backrest_s3_key},
      {"BackrestS3KeySecret", &request.backrest_s3_key_secret},
      {"BackrestS3Bucket", &request.backrest_s3_bucket},
      {"BackrestS3Endpoint", &request.backrest_s3_endpoint},
      {"BackrestS3Region", &request.backrest_s3_region},
  }};
  if (!s3) {
    for (const auto& [field, value] : given) {
      if (value->empty()) continue;
      return refuse("The S3 setting " + std::string(field) +
                        " has an effect only together with the pgBackRest storage type s3 "
                        "(--pgbackrest-storage-type).",
                    field);
    }
    return {};
  }
  if (request.backrest_s3_key.empty() != request.backrest_s3_key_secret.empty()) {
    return refuse(
        "The S3 key and its secret (--pgbackrest-s3-key, --pgbackrest-s3-key-secret) must "
        "be given together.",
        request.backrest_s3_key.empty() ? "BackrestS3Key" : "BackrestS3KeySecret");
  }
  const auto& defaults = context.config.cluster;
  const auto missing = [](const std::string& value, const std::string& fallback) {
    return value.empty() && fallback.empty();
  };
  std::vector<std::string> absent;
  if (missing(request.backrest_s3_bucket, defaults.s3_bucket)) absent.emplace_back("bucket");
  if (missing(request.backrest_s3_endpoint, defaults.s3_endpoint)) absent.emplace_back("endpoint");
  if (missing(request.backrest_s3_region, defaults.s3_region)) absent.emplace_back("region");
  if (!absent.empty()) {
    return refuse("The storage type s3 also needs: " + text::join(absent, ", ") +
                      ", in the request or in pgo.yaml.",
                  "BackrestStorageType");
  }
  return {};
}

Result<void> check_repository(const Context& context, const Request& request) {
  bool s3 = false;
  if (!request.backrest_storage_type.empty()) {
    for (const std::string& type : text::split(request.backrest_storage_type, ',')) {
      if (type != "local" && type != "s3") {
        return refuse("\"" + type + "\" is no pgBackRest storage type; use local, s3 or local,s3.",
                      "BackrestStorageType");
      }
      s3 = s3 || type == "s3";
    }
  }
  return check_s3(context, request, s3);
}

/// As `result`, with the key of the request as subject.
template <typename T>
Result<T> about(Result<T> result, std::string_view field) {
  if (!result) result.error().subject = std::string(field);
  return result;
}

Result<void> check_storage(const Context& context, const Request& request, CheckedCreate& checked) {
  const model::Config& config = context.config;
  const auto or_default = [](const std::string& asked, const std::string& fallback) {
    return asked.empty() ? fallback : asked;
  };
  PGO_TRY(checked.primary,
          about(config.storage_spec(or_default(request.storage_config, config.primary_storage)),
                "StorageConfig"));
  PGO_TRY(
      checked.replica,
      about(config.storage_spec(or_default(request.replica_storage_config, config.replica_storage)),
            "ReplicaStorageConfig"));
  PGO_TRY(checked.backrest, about(config.storage_spec(config.backrest_storage), "BackrestStorage"));
  PGO_TRY(checked.resources, about(config.resources(or_default(request.container_resources,
                                                               config.default_container_resources)),
                                   "ContainerResources"));
  return {};
}

Result<void> check_anti_affinity(const Request& request) {
  const std::string& value = request.pod_anti_affinity;
  if (value.empty() || value == "required" || value == "preferred" || value == "disabled")
    return {};
  return refuse(
      "Pod anti-affinity \"" + value + "\" is not known; use required, preferred or disabled.",
      "PodAntiAffinity");
}

/// O9: 4.2.0 dropped all policies when one was missing.
Result<std::vector<std::string>> check_policies(const Context& context, const Request& request) {
  std::vector<std::string> policies = text::split_list(
      request.policies.empty() ? context.config.cluster.policies : request.policies);
  for (const std::string& policy : policies) {
    PGO_TRY_VOID(check_policy_exists(context, request.ns, policy, "Policies"));
  }
  return policies;
}

Result<void> check_secret_from(const Context& context, const Request& request,
                               const std::string& user) {
  const std::string& source = request.secret_from;
  if (source.empty()) return {};
  if (!text::is_dns1123_subdomain(source)) {
    return refuse("\"" + source + "\" cannot be the name of a cluster.", "SecretFrom");
  }
  for (const std::string& name :
       {model::names::postgres_secret(source), model::names::primaryuser_secret(source),
        model::names::user_secret(source, user)}) {
    PGO_TRY(const ObjectPtr secret,
            get_if_exists(context.reader, kube::types::kSecret, request.ns, name));
    if (!secret) {
      return refuse("The credentials of " + source + " cannot be taken: there is no Secret " +
                        name + " in namespace " + request.ns + ".",
                    "SecretFrom");
    }
  }
  return {};
}

Result<void> check_user(const CheckedCreate& checked) {
  const std::string& user = checked.user;
  if (user == model::fixed::kSuperuser || user == model::fixed::kReplicationUser ||
      user.starts_with("pg_")) {
    return refuse("The database user " + user + " is reserved; choose another name.", "Username");
  }
  if (!text::is_dns1035_label(user)) {
    return refuse("\"" + user +
                      "\" cannot be the database user: use lower-case letters, digits and '-', "
                      "begin with a letter.",
                  "Username");
  }
  return {};
}

Result<void> check_database(const std::string& database) {
  const bool plain =
      !database.empty() && database.size() <= 63 && std::ranges::all_of(database, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
      });
  if (!plain || (database.front() >= '0' && database.front() <= '9') || database.front() == '-') {
    return refuse("\"" + database +
                      "\" cannot be the name of the database: use at most 63 lower-case letters, "
                      "digits, '_' and '-', begin with a letter.",
                  "Database");
  }
  if (database == "template0" || database == "template1") {
    return refuse("The database " + database + " belongs to PostgreSQL itself.", "Database");
  }
  return {};
}

Result<void> check_password(const Request& request) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(request.password, control)) {
    return refuse("The password contains a control character.", "Password");
  }
  if (std::ranges::any_of(request.password,
                          [](char c) { return static_cast<signed char>(c) < 0; })) {
    return refuse(
        "The password contains letters or signs beyond ASCII, which Patroni cannot pass on.",
        "Password");
  }
  if (!request.password.empty() && !request.secret_from.empty()) {
    return refuse("Give either a password or a cluster to take the passwords from, not both.",
                  "Password");
  }
  return {};
}

Result<std::string> check_replicas(const Context& context, const Request& request) {
  if (request.replica_count < 0 || request.replica_count > kMaxReplicas) {
    return refuse("The replica count is " + std::to_string(request.replica_count) +
                      "; it must be a number from 0 to " + std::to_string(kMaxReplicas) + ".",
                  "ReplicaCount");
  }
  if (request.replica_count > 0) return std::to_string(request.replica_count);
  const std::string& fallback = context.config.cluster.replicas;
  return fallback.empty() ? std::string("0") : fallback;
}

Result<void> check_pgbouncer(const Request& request, const std::string& database_user) {
  if (request.pgbouncer_flag) {
    return check_pool_account(request.pgbouncer_user, request.pgbouncer_pass, database_user);
  }
  if (!request.pgbouncer_pass.empty()) {
    return refuse("A pgBouncer password has an effect only together with --pgbouncer.",
                  "PgbouncerPass");
  }
  return {};
}

Result<void> check_images(const Context& context, const Request& request) {
  struct Need {
    bool wanted;
    std::string_view image, flag, field;
  };
  const auto& defaults = context.config.cluster;
  const std::array needs = {
      Need{!request.ccp_image.empty(), request.ccp_image, "--ccp-image", "CCPImage"},
      Need{request.metrics_flag || defaults.metrics, kCollectImage, "--metrics", "MetricsFlag"},
      Need{request.badger_flag || defaults.badger, kBadgerImage, "--pgbadger", "BadgerFlag"},
      Need{request.pgbouncer_flag, model::fixed::kPoolImage, "--pgbouncer", "PgbouncerFlag"}};
  for (const Need& need : needs) {
    if (!need.wanted) continue;
    PGO_TRY_VOID(check_image(context, need.image, need.flag, need.field));
  }
  return {};
}

}  // namespace

Result<CheckedCreate> check_create(const Context& context, const Request& request) {
  CheckedCreate checked;
  PGO_TRY(checked.names, check_names(request));
  PGO_TRY(checked.replicas, check_replicas(context, request));
  PGO_TRY(checked.labels, check_labels(request));
  PGO_TRY_VOID(check_service_type(request.service_type));
  PGO_TRY_VOID(check_anti_affinity(request));
  PGO_TRY_VOID(check_password(request));
  PGO_TRY_VOID(check_images(context, request));
  PGO_TRY_VOID(check_repository(context, request));
  PGO_TRY_VOID(check_storage(context, request, checked));
  const auto& defaults = context.config.cluster;
  checked.user = request.username.empty() ? defaults.user : request.username;
  PGO_TRY_VOID(check_user(checked));
  PGO_TRY_VOID(check_pgbouncer(request, checked.user));
  checked.database = !request.database.empty()    ? request.database
                     : !defaults.database.empty() ? defaults.database
                                                  : "userdb";
  PGO_TRY_VOID(check_database(checked.database));
  PGO_TRY(checked.custom_config, check_custom_config(context, request));
  PGO_TRY(
      checked.node_label,
      check_node_label(
          context, request.node_label.empty() ? defaults.primary_node_label : request.node_label,
          "NodeLabel"));
  PGO_TRY_VOID(check_secret_from(context, request, checked.user));
  PGO_TRY(checked.policies, check_policies(context, request));
  for (const std::string& name : checked.names) {
    PGO_TRY_VOID(check_free(context, request.ns, name));
  }
  return checked;
}

Result<void> check_cluster_name(std::string_view name, std::string_view field) {
  const std::string shown(name);
  if (name == "all") {
    return refuse("\"all\" stands for every cluster and cannot be the name of one.", field);
  }
  if (name.size() > kMaxNameLength) {
    return refuse("\"" + shown + "\" is longer than " + std::to_string(kMaxNameLength) +
                      " characters, which leaves no room for the names made from it.",
                  field);
  }
  if (!text::is_dns1035_label(name)) {
    return refuse("\"" + shown + "\" cannot be a cluster name: use at most " +
                      std::to_string(kMaxNameLength) +
                      " lower-case letters, digits and '-', begin with a letter and end with a "
                      "letter or digit.",
                  field);
  }
  return {};
}

namespace {

/// The names made from a cluster's are another's where that is called, say, `hippo-replica`.
Result<void> check_derived_names(const Context& context, std::string_view ns,
                                 std::string_view name) {
  const std::array<std::pair<const kube::ResourceType&, std::string>, 5> derived{{
      {kube::types::kPersistentVolumeClaim, model::names::data_volume(name)},
      {kube::types::kPersistentVolumeClaim, model::names::repo_volume(name)},
      {kube::types::kService, model::names::primary_service(name)},
      {kube::types::kService, model::names::replica_service(name)},
      {kube::types::kDeployment, std::string(name)},
  }};
  for (const auto& [type, object] : derived) {
    PGO_TRY_VOID(check_not_anothers(context, type, ns, object, name, "Name"));
  }
  return {};
}

}  // namespace

Result<void> check_free(const Context& context, std::string_view ns, std::string_view name) {
  // First: a cluster that is there and on its way out is no reason to choose another name.
  PGO_TRY_VOID(check_no_removal(context, ns, name));
  PGO_TRY(const ObjectPtr existing,
          get_if_exists(context.reader, kube::types::kPgCluster, ns, name));
  if (existing) {
    return fail(Code::already_exists,
                "There is already a cluster " + std::string(name) + " in namespace " +
                    std::string(ns) + "; nothing was created.",
                "Name");
  }
  PGO_TRY(const std::vector<model::PgTask> steps, clone_steps(context, ns, name));
  for (const model::PgTask& step : steps) {
    if (model::is_open(step)) {
      return fail(Code::already_exists,
                  "A clone into " + std::string(name) + " is under way (task " + step.name() +
                      "); pgo delete cluster " + std::string(name) + " cancels it.",
                  "Name");
    }
    // It goes last of what a failed clone made.
    if (step.spec.status == model::progress::kFailed) {
      return fail(Code::failed_precondition,
                  "What a failed clone into " + std::string(name) +
                      " made is still being removed; try again in a moment.",
                  "Name");
    }
  }
  return check_derived_names(context, ns, name);
}

}  // namespace pgo::operations
