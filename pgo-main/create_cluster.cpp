#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/messages/clusters.h"
#include "wait.h"

#include <algorithm>

namespace pgo::cli {
namespace {

using model::rest::CreateClusterRequest;

CreateClusterRequest request_of(const App& app, const Arguments& arguments) {
  CreateClusterRequest request;
  request.name = arguments.names().front();
  request.ns = app.ns();
  request.node_label = arguments.text("node-label");
  request.password = arguments.text("password");
  request.secret_from = arguments.text("secret-from");
  request.user_labels = arguments.text("labels");
  request.policies = arguments.text("policies");
  request.ccp_image = arguments.text("ccp-image");
  request.ccp_image_tag = arguments.text("ccp-image-tag");
  request.series = arguments.integer("series");
  request.replica_count = arguments.integer("replica-count");
  request.service_type = arguments.text("service-type");
  request.metrics_flag = arguments.boolean("metrics");
  request.badger_flag = arguments.boolean("pgbadger");
  request.autofail_flag = !arguments.boolean("disable-autofail");
  request.backrest_storage_type = arguments.text("pgbackrest-storage-type");
  request.pgbouncer_flag = arguments.boolean("pgbouncer");
  request.pgbouncer_pass = arguments.text("pgbouncer-pass");
  request.pgbouncer_user = "pgbouncer";
  request.custom_config = arguments.text("custom-config");
  request.storage_config = arguments.text("storage-config");
  request.replica_storage_config = arguments.text("replica-storage-config");
  request.container_resources = arguments.text("resources-config");
  request.client_version = std::string(client_version());
  request.pod_anti_affinity = arguments.text("pod-anti-affinity");
  // Three states: not given leaves the decision to pgo.yaml.
  if (arguments.given("sync-replication")) {
    request.sync_replication = arguments.boolean("sync-replication");
  }
  request.backrest_s3_key = arguments.text("pgbackrest-s3-key");
  request.backrest_s3_key_secret = arguments.text("pgbackrest-s3-key-secret");
  request.backrest_s3_bucket = arguments.text("pgbackrest-s3-bucket");
  request.backrest_s3_region = arguments.text("pgbackrest-s3-region");
  request.backrest_s3_endpoint = arguments.text("pgbackrest-s3-endpoint");
  request.username = arguments.text("username");
  request.database = arguments.text("database");
  return request;
}

/// Names and workflow ids as the server's lines tell them: two lines per cluster.
std::vector<std::pair<std::string, std::string>> workflows(const std::vector<std::string>& lines) {
  const auto last_word = [](const std::string& line) { return line.substr(line.rfind(' ') + 1); };
  std::vector<std::pair<std::string, std::string>> found;
  std::string name;
  for (const std::string& line : lines) {
    if (line.find("workflow id") != line.npos) {
      found.emplace_back(name, last_word(line));
    } else {
      name = last_word(line);
    }
  }
  return found;
}

int create(App& app, const Arguments& arguments) {
  if (arguments.names().size() != 1) {
    return usage_error(app, "name exactly one cluster; --series makes several of one name.");
  }
  if (!arguments.boolean("pgbouncer") && !arguments.text("pgbouncer-pass").empty()) {
    return usage_error(app, "--pgbouncer-pass has an effect only together with --pgbouncer.");
  }
  const int timeout = arguments.integer("wait-timeout");
  if (timeout < 1) return usage_error(app, "--wait-timeout must be 1 or more seconds.");
  const auto response =
      app.post<model::rest::CreateClusterResponse>("/clusters", request_of(app, arguments));
  if (!response) return app.report(response.error());
  int code = print_results(app, response->results, response->status.code, response->status.msg);
  app.output().flush();
  if (!arguments.boolean("wait")) return code;
  for (const auto& [name, workflow] : workflows(response->results)) {
    const auto ready = wait_for_cluster(app, name, workflow, std::chrono::seconds(timeout));
    if (!ready) code = std::max(code, app.report(ready.error()));
  }
  return code;
}

std::vector<Flag> database_flags() {
  return {
      {.name = "replica-count",
       .type = FlagType::integer,
       .initial = "0",
       .help = "Replicas created together with the cluster"},
      {.name = "username",
       .help = "The ordinary database user, else pgo.yaml's",
       .value_name = "NAME"},
      {.name = "database", .help = "The database, else pgo.yaml's", .value_name = "NAME"},
      {.name = "password",
       .short_name = 'w',
       .help = "Password of the three first database users, else random ones",
       .value_name = "PASSWORD"},
      {.name = "secret-from",
       .short_name = 's',
       .help = "Take the passwords of this cluster",
       .value_name = "CLUSTER"},
      {.name = "sync-replication",
       .type = FlagType::boolean,
       .help = "Synchronous replication on (or =false), else pgo.yaml decides"},
      {.name = "disable-autofail", .type = FlagType::boolean, .help = "No automatic failover"},
      {.name = "custom-config",
       .help = "ConfigMap with PostgreSQL configuration of your own",
       .value_name = "NAME"},
      {.name = "policies",
       .short_name = 'z',
       .help = "Policies to apply once the cluster is up, with commas between",
       .value_name = "NAMES"},
      {.name = "pgbouncer", .type = FlagType::boolean, .help = "Put pgBouncer beside the cluster"},
      {.name = "pgbouncer-pass",
       .help = "Password of pgBouncer's database user, else a random one",
       .value_name = "PASSWORD"},
      {.name = "metrics", .type = FlagType::boolean, .help = "Add the metrics container"},
      {.name = "pgbadger", .type = FlagType::boolean, .help = "Add the pgBadger container"},
  };
}

std::vector<Flag> platform_flags() {
  return {
      {.name = "series",
       .short_name = 'e',
       .type = FlagType::integer,
       .initial = "1",
       .help = "Create this many clusters, NAME0, NAME1, ..."},
      {.name = "labels",
       .short_name = 'l',
       .help = "Labels of your own, key=value with commas between",
       .value_name = "LABELS"},
      {.name = "storage-config",
       .help = "Storage entry of pgo.yaml for the primary",
       .value_name = "NAME"},
      {.name = "replica-storage-config",
       .help = "Storage entry of pgo.yaml for replicas",
       .value_name = "NAME"},
      {.name = "resources-config",
       .short_name = 'r',
       .help = "Container resources entry of pgo.yaml",
       .value_name = "NAME"},
      {.name = "node-label",
       .help = "Node label that the primary's node must have",
       .value_name = "KEY=VALUE"},
      {.name = "pod-anti-affinity",
       .help = "Spread instances over nodes: required, preferred or disabled, else as in pgo.yaml",
       .value_name = "MODE",
       .choices = "required,preferred,disabled"},
      {.name = "service-type",
       .help = "Type of the cluster's Service",
       .value_name = "TYPE",
       .choices = "ClusterIP,NodePort,LoadBalancer"},
      {.name = "ccp-image",
       .help = "Database image, without prefix and tag",
       .value_name = "IMAGE"},
      {.name = "ccp-image-tag",
       .short_name = 'c',
       .help = "Tag of the database image",
       .value_name = "TAG"},
  };
}

std::vector<Flag> repository_flags() {
  return {
      {.name = "pgbackrest-storage-type",
       .help = "Where backups go: local, s3 or local,s3",
       .value_name = "TYPES",
       .choices = "local,s3"},
      {.name = "pgbackrest-s3-bucket", .help = "S3 bucket", .value_name = "NAME"},
      {.name = "pgbackrest-s3-endpoint", .help = "S3 endpoint host", .value_name = "HOST"},
      {.name = "pgbackrest-s3-region", .help = "S3 region", .value_name = "NAME"},
      {.name = "pgbackrest-s3-key", .help = "S3 access key", .value_name = "KEY"},
      {.name = "pgbackrest-s3-key-secret", .help = "S3 secret key", .value_name = "KEY"},
      wait_flag("Follow the cluster until it and its replicas are ready"),
      wait_timeout_flag(),
  };
}

}  // namespace

Command create_cluster_command() {
  std::vector<Flag> flags = database_flags();
  for (const auto& more : {platform_flags(), repository_flags()}) {
    flags.insert(flags.end(), more.begin(), more.end());
  }
  return {.path = "create cluster",
          .positional = "CLUSTER",
          .summary = "Create a PostgreSQL cluster",
          .example = "create cluster hippo --replica-count=1 --wait",
          .flags = std::move(flags),
          .run = create};
}

}  // namespace pgo::cli
