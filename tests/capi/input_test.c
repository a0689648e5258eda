// What every call says to wrong input: a clear error, nothing given out, nothing written.
#include "check.h"

#define BAD PGO_ERR_INVALID_ARGUMENT

// How many objects there are that a refused request could have left.
static int objects_of(pgo_transport* transport) {
  static const char* const kPaths[] = {"/apis/crunchydata.com/v1/namespaces/zoo/pgclusters",
                                       "/apis/crunchydata.com/v1/namespaces/zoo/pgtasks",
                                       "/apis/crunchydata.com/v1/namespaces/zoo/pgreplicas",
                                       "/api/v1/namespaces/zoo/secrets",
                                       "/api/v1/namespaces/zoo/configmaps"};
  int count = 0;
  for (size_t i = 0; i < sizeof kPaths / sizeof *kPaths; ++i) {
    pgo_string* answer = NULL;
    MUST(pgo_transport_request(transport, "GET", kPaths[i], NULL, NULL, 0, NULL, NULL, &answer));
    for (const char* at = pgo_string_data(answer); (at = strstr(at, "\"uid\":")) != NULL; ++at) {
      ++count;
    }
    pgo_string_free(answer);
  }
  return count;
}

static void errors_and_text(void) {
  CHECK(pgo_error_code(NULL) == PGO_OK);
  CHECK(strcmp(pgo_error_message(NULL), "") == 0 && strcmp(pgo_error_subject(NULL), "") == 0);
  CHECK(strcmp(pgo_code_name(PGO_OK), "ok") == 0);
  CHECK(strcmp(pgo_code_name(PGO_ERR_INTERNAL), "internal") == 0);
  CHECK(strcmp(pgo_code_name(-1), "unknown") == 0 && strcmp(pgo_code_name(99), "unknown") == 0);
  CHECK(pgo_string_size(NULL) == 0 && strcmp(pgo_string_data(NULL), "") == 0);
  CHECK(strcmp(pgo_compatible_version(), "4.2.0") == 0);
  CHECK(strlen(pgo_version()) >= 5);
}

static void freeing_nothing_does_nothing(void) {
  pgo_error_free(NULL);
  pgo_string_free(NULL);
  pgo_cancel_free(NULL);
  pgo_cancel_trigger(NULL);
  pgo_transport_free(NULL);
  pgo_api_free(NULL);
  pgo_operator_stop(NULL);
  pgo_operator_free(NULL);
  pgo_dev_stop(NULL);
  pgo_dev_free(NULL);
  pgo_client_free(NULL);
  pgo_watch_free(NULL);
  CHECK(pgo_watch_push(NULL, "{}", 2) == 0);
  pgo_watch_end(NULL, PGO_OK, NULL);
  pgo_response_set(NULL, 200, "", 0);
  pgo_response_set_exec(NULL, 0, "", 0, "", 0);
  pgo_response_fail(NULL, "");
  pgo_options_init(NULL, 8);
  CHECK(pgo_api_transport(NULL) == NULL && pgo_dev_client(NULL) == NULL);
  CHECK(pgo_operator_client(NULL) == NULL && pgo_client_in_namespace(NULL, "zoo") == NULL);
}

static void plans(void) {
  pgo_string* plan = NULL;
  REFUSED(pgo_plan("{}", PGO_TEXT, NULL), BAD, "plan");
  REFUSED(pgo_plan(NULL, 0, &plan), BAD, "");
  REFUSED(pgo_plan(NULL, 7, &plan), BAD, "NULL");
  REFUSED(pgo_plan("{", PGO_TEXT, &plan), BAD, "");
  REFUSED(pgo_plan("{}", PGO_TEXT, &plan), BAD, "namespace");
  REFUSED(pgo_plan("{\"namespace\":\"n\",\"cluster\":\"c\",\"now\":\"today\",\"objects\":[]}",
                   PGO_TEXT, &plan),
          BAD, "today");
  const char* head = "{\"namespace\":\"n\",\"cluster\":\"c\",\"now\":\"2020-01-02T03:04:05Z\",";
  char text[256];
  snprintf(text, sizeof text, "%s\"objects\":{}}", head);
  REFUSED(pgo_plan(text, PGO_TEXT, &plan), BAD, "objects");
  snprintf(text, sizeof text, "%s\"objects\":[{\"kind\":\"Pod\"}]}", head);
  REFUSED(pgo_plan(text, PGO_TEXT, &plan), BAD, "objects[0]");
  snprintf(text, sizeof text, "%s\"objects\":[],\"config\":\"Clustre: {}\"}", head);
  REFUSED(pgo_plan(text, PGO_TEXT, &plan), BAD, "Clustre");
  CHECK(plan == NULL);
}

static int32_t never(const char* line, size_t size, void* user_data) {
  (void)line, (void)size, (void)user_data;
  return 1;
}

static void transports(pgo_transport* transport) {
  pgo_transport* made = NULL;
  pgo_kubeconfig_options options = PGO_KUBECONFIG_OPTIONS_INIT;
  REFUSED(pgo_transport_from_kubeconfig(NULL, &made), BAD, "options");
  REFUSED(pgo_transport_from_kubeconfig(&options, NULL), BAD, "transport");
  REFUSED(pgo_transport_from_kubeconfig(&options, &made), BAD, "path");
  options.path = "/nonexistent/kubeconfig";
  REFUSED(pgo_transport_from_kubeconfig(&options, &made), PGO_ERR_NOT_FOUND, "/nonexistent");
  REFUSED(pgo_transport_from_callbacks(NULL, &made), BAD, "callbacks");
  CHECK(made == NULL);

  pgo_string* answer = NULL;
  int32_t status = -7;
  REFUSED(pgo_transport_request(NULL, "GET", "/", NULL, NULL, 0, NULL, &status, &answer), BAD,
          "transport");
  REFUSED(pgo_transport_request(transport, "LOOK", "/", NULL, NULL, 0, NULL, &status, &answer), BAD,
          "method");
  REFUSED(pgo_transport_request(transport, NULL, "/", NULL, NULL, 0, NULL, &status, &answer), BAD,
          "method");
  REFUSED(pgo_transport_request(transport, "GET", "api", NULL, NULL, 0, NULL, &status, &answer),
          BAD, "path");
  REFUSED(pgo_transport_request(transport, "GET", NULL, NULL, NULL, 0, NULL, &status, &answer), BAD,
          "path");
  CHECK(status == -7 && answer == NULL);
  REFUSED(pgo_transport_watch(transport, "/api/v1/pods", NULL, NULL, NULL), BAD, "on_line");
  REFUSED(pgo_transport_watch(NULL, "/api/v1/pods", never, NULL, NULL), BAD, "transport");
  REFUSED(pgo_transport_watch(transport, "/api/v1/nosuch", never, NULL, NULL), PGO_ERR_NOT_FOUND,
          "");
  const char* const command[] = {"true", NULL};
  REFUSED(pgo_transport_exec(transport, "zoo", "p", "c", NULL, 0, NULL, 0, 0, NULL, &answer), BAD,
          "command");
  REFUSED(pgo_transport_exec(transport, "zoo", "p", "c", command, 2, NULL, 0, 0, NULL, &answer),
          BAD, "command[1]");
  REFUSED(pgo_transport_exec(transport, "zoo", "", "c", command, 1, NULL, 0, 0, NULL, &answer), BAD,
          "pod");
  REFUSED(pgo_transport_exec(transport, NULL, "p", "c", command, 1, NULL, 0, 0, NULL, &answer), BAD,
          "ns");
  CHECK(answer == NULL);
}

static void what_runs(pgo_transport* transport) {
  REFUSED(pgo_api_create(NULL, NULL), BAD, "api");
  pgo_api* api = NULL;
  pgo_api_options unset;
  memset(&unset, 0, sizeof unset);
  REFUSED(pgo_api_create(&unset, &api), BAD, "size");
  CHECK(api == NULL);

  pgo_operator* running = NULL;
  pgo_operator_options options = PGO_OPERATOR_OPTIONS_INIT;
  REFUSED(pgo_operator_start(NULL, &options, &running), BAD, "transport");
  REFUSED(pgo_operator_start(transport, NULL, &running), BAD, "options");
  REFUSED(pgo_operator_start(transport, &options, NULL), BAD, "started");
  options.namespaces = "zoo,Park";
  REFUSED(pgo_operator_start(transport, &options, &running), BAD, "Park");
  options.namespaces = "zoo";
  options.config = "Cluster: [";
  REFUSED(pgo_operator_start(transport, &options, &running), BAD, "pgo.yaml");
  options.config = NULL;
  options.workers = -1;
  REFUSED(pgo_operator_start(transport, &options, &running), BAD, "workers");
  CHECK(running == NULL);

  pgo_dev* dev = NULL;
  pgo_dev_options dev_options = PGO_DEV_OPTIONS_INIT;
  REFUSED(pgo_dev_start(NULL, &dev), BAD, "options");
  REFUSED(pgo_dev_start(&dev_options, NULL), BAD, "started");
  REFUSED(pgo_dev_start(&dev_options, &dev), BAD, "state_dir");
  dev_options.state_dir = "/nonexistent/pgo";
  dev_options.api_port = 70000;
  REFUSED(pgo_dev_start(&dev_options, &dev), BAD, "api_port");
  dev_options.api_port = 0;
  dev_options.no_node = 1;
  dev_options.network = "10.1";
  REFUSED(pgo_dev_start(&dev_options, &dev), BAD, "10.1");
  dev_options.network = NULL;
  dev_options.namespaces = ",";
  REFUSED(pgo_dev_start(&dev_options, &dev), BAD, "namespace");
  CHECK(dev == NULL);
  pgo_string* text = NULL;
  REFUSED(pgo_dev_endpoints(NULL, &text), BAD, "running");
  REFUSED(pgo_dev_hold(NULL, "zoo", "p"), BAD, "running");
  REFUSED(pgo_dev_release(NULL, "zoo", "p"), BAD, "running");
  pgo_transport* door = NULL;
  REFUSED(pgo_dev_transport(NULL, &door), BAD, "running");
  REFUSED(pgo_operator_status(NULL, "zoo", "hippo", &text), BAD, "running");
  CHECK(text == NULL && door == NULL);
}

// A struct of tomorrow: one member more than the library knows.
struct tomorrow {
  pgo_scale_options today;
  const char* colour;
};

static void options_of_other_versions(const pgo_client* client) {
  struct tomorrow options;
  pgo_options_init(&options, sizeof options);
  CHECK(options.today.size == sizeof options && options.colour == NULL);
  options.today.cluster = "nosuch";
  REFUSED(pgo_scale(client, &options.today, NULL, NULL), PGO_ERR_NOT_FOUND, "nosuch");
  options.colour = "grey";
  REFUSED(pgo_scale(client, &options.today, NULL, NULL), BAD, "older");
  // A header of yesterday, before `more` and `replicas`.
  options.today.size = offsetof(pgo_scale_options, replicas);
  options.today.more = "{";
  REFUSED(pgo_scale(client, &options.today, NULL, NULL), PGO_ERR_NOT_FOUND, "nosuch");
  options.today.size = 0;
  REFUSED(pgo_scale(client, &options.today, NULL, NULL), BAD, "size");
}

static void clients(void) {
  pgo_client* client = NULL;
  pgo_connect_options options = PGO_CONNECT_OPTIONS_INIT;
  REFUSED(pgo_client_connect(NULL, &client), BAD, "options");
  REFUSED(pgo_client_connect(&options, NULL), BAD, "client");
  REFUSED(pgo_client_connect(&options, &client), BAD, "url");
  options.url = "gopher://example";
  REFUSED(pgo_client_connect(&options, &client), BAD, "url");
  options.settings = "/nonexistent/client.json";
  REFUSED(pgo_client_connect(&options, &client), PGO_ERR_NOT_FOUND, "/nonexistent");
  CHECK(client == NULL);
}

static void calls(const pgo_client* client) {
  pgo_string* answer = NULL;
  REFUSED(pgo_client_request(NULL, "GET", "/version", NULL, 0, NULL, &answer), BAD, "client");
  REFUSED(pgo_client_request(client, NULL, "/version", NULL, 0, NULL, &answer), BAD, "method");
  REFUSED(pgo_client_request(client, "GET", "version", NULL, 0, NULL, &answer), BAD, "path");
  REFUSED(pgo_client_request(client, "POST", "/clusters", "{", 1, NULL, &answer), BAD, "");
  REFUSED(pgo_client_call(NULL, "show_version", NULL, 0, NULL, &answer), BAD, "client");
  REFUSED(pgo_client_call(client, NULL, NULL, 0, NULL, &answer), BAD, "operation");
  REFUSED(pgo_client_call(client, "nosuch", NULL, 0, NULL, &answer), BAD, "nosuch");
  REFUSED(pgo_client_call(client, "create_cluster", "[]", PGO_TEXT, NULL, &answer), BAD, "");
  REFUSED(pgo_client_call(client, "create_cluster", "{\"Name\": 7}", PGO_TEXT, NULL, &answer), BAD,
          "Name");
  REFUSED(pgo_client_call(client, "create_cluster", "{\"Nam\": \"x\"}", PGO_TEXT, NULL, &answer),
          BAD, "Nam");
  REFUSED(pgo_client_call(client, "scale_cluster", "{}", PGO_TEXT, NULL, &answer), BAD, "name");
  REFUSED(pgo_client_dry_run(NULL, "create_cluster", NULL, 0, NULL, &answer), BAD, "client");
  REFUSED(pgo_client_dry_run(client, NULL, NULL, 0, NULL, &answer), BAD, "operation");
  REFUSED(pgo_client_dry_run(client, "nosuch", NULL, 0, NULL, &answer), BAD, "nosuch");
  REFUSED(pgo_client_dry_run(client, "show_clusters", NULL, 0, NULL, &answer), BAD, "nothing");
  REFUSED(pgo_client_dry_run(client, "create_cluster", "{\"Nam\": 1}", PGO_TEXT, NULL, &answer),
          BAD, "Nam");
  REFUSED(pgo_client_dry_run(client, "create_cluster", "{", 1, NULL, &answer), BAD, "");
  REFUSED(
      pgo_client_call(client, "explain_cluster", "{\"name\": \"nosuch\"}", PGO_TEXT, NULL, &answer),
      PGO_ERR_NOT_FOUND, "nosuch");
  REFUSED(pgo_rest_operations(NULL), BAD, "operations");
  pgo_cancel* cancel = pgo_cancel_new();
  pgo_cancel_trigger(cancel);
  REFUSED(
      pgo_client_call(client, "create_cluster", "{\"Name\": \"hippo\"}", PGO_TEXT, cancel, &answer),
      PGO_ERR_CANCELLED, "cancelled");
  pgo_cancel_free(cancel);
  CHECK(answer == NULL);
}

static void operations(const pgo_client* client) {
  pgo_string* answer = NULL;
  pgo_create_cluster_options create = PGO_CREATE_CLUSTER_OPTIONS_INIT;
  REFUSED(pgo_create_cluster(client, NULL, NULL, &answer), BAD, "options");
  REFUSED(pgo_create_cluster(NULL, &create, NULL, &answer), BAD, "client");
  REFUSED(pgo_create_cluster(client, &create, NULL, &answer), BAD, "name");
  create.name = "Hippo!";
  REFUSED(pgo_create_cluster(client, &create, NULL, &answer), BAD, "Hippo!");
  create.name = "hippo";
  create.replicas = -1;
  REFUSED(pgo_create_cluster(client, &create, NULL, &answer), BAD, "replicas");
  create.replicas = 0;
  create.storage = "nosuch";
  REFUSED(pgo_create_cluster(client, &create, NULL, &answer), BAD, "storage configuration");
  create.storage = NULL;
  create.more = "{\"Colour\": 1}";
  REFUSED(pgo_create_cluster(client, &create, NULL, &answer), BAD, "Colour");
  create.more = "no json";
  REFUSED(pgo_create_cluster(client, &create, NULL, &answer), BAD, "more");

  pgo_scale_options scale = PGO_SCALE_OPTIONS_INIT;
  REFUSED(pgo_scale(client, &scale, NULL, &answer), BAD, "cluster");
  scale.cluster = "nosuch";
  REFUSED(pgo_scale(client, &scale, NULL, &answer), PGO_ERR_NOT_FOUND, "nosuch");
  scale.dry_run = 1;
  REFUSED(pgo_scale(client, &scale, NULL, &answer), PGO_ERR_NOT_FOUND, "nosuch");
  pgo_failover_options failover = PGO_FAILOVER_OPTIONS_INIT;
  REFUSED(pgo_failover(client, &failover, NULL, &answer), BAD, "cluster");
  failover.cluster = "nosuch";
  REFUSED(pgo_failover(client, &failover, NULL, &answer), BAD, "target");
  failover.target = "nosuch-abcd";
  REFUSED(pgo_failover(client, &failover, NULL, &answer), PGO_ERR_NOT_FOUND, "nosuch");
  pgo_clone_options clone = PGO_CLONE_OPTIONS_INIT;
  REFUSED(pgo_clone(client, &clone, NULL, &answer), BAD, "source");
  clone.source = "hippo";
  REFUSED(pgo_clone(client, &clone, NULL, &answer), BAD, "target");
  clone.target = "twin";
  REFUSED(pgo_clone(client, &clone, NULL, &answer), PGO_ERR_NOT_FOUND, "hippo");
  clone.replicas = -1;
  REFUSED(pgo_clone(client, &clone, NULL, &answer), BAD, "replicas");
  clone.pitr_target = "yesterday";
  // The header before these members: they are not looked at.
  clone.size = offsetof(pgo_clone_options, pitr_target);
  REFUSED(pgo_clone(client, &clone, NULL, &answer), PGO_ERR_NOT_FOUND, "hippo");
  pgo_backup_options backup = PGO_BACKUP_OPTIONS_INIT;
  REFUSED(pgo_backup(client, &backup, NULL, &answer), BAD, "cluster");
  backup.cluster = "nosuch";
  REFUSED(pgo_backup(client, &backup, NULL, &answer), PGO_ERR_NOT_FOUND, "nosuch");
  backup.backup_options = "--nosuchflag";
  REFUSED(pgo_backup(client, &backup, NULL, &answer), BAD, "nosuchflag");
  pgo_schedule_options schedule = PGO_SCHEDULE_OPTIONS_INIT;
  REFUSED(pgo_schedule(client, &schedule, NULL, &answer), BAD, "cluster");
  schedule.cluster = "hippo";
  REFUSED(pgo_schedule(client, &schedule, NULL, &answer), BAD, "schedule");
  schedule.schedule = "61 * * * *";
  REFUSED(pgo_schedule(client, &schedule, NULL, &answer), BAD, "61");
  schedule.schedule = "@daily";
  REFUSED(pgo_schedule(client, &schedule, NULL, &answer), PGO_ERR_NOT_FOUND, "nothing");
  CHECK(answer == NULL);
}

int main(void) {
  errors_and_text();
  freeing_nothing_does_nothing();
  plans();
  clients();

  pgo_api* api = NULL;
  MUST(pgo_api_create(NULL, &api));
  pgo_transport* transport = pgo_api_transport(api);
  transports(transport);
  what_runs(transport);
  pgo_operator_options options = PGO_OPERATOR_OPTIONS_INIT;
  options.namespaces = "zoo";
  options.install = 1;
  pgo_operator* running = NULL;
  MUST(pgo_operator_start(transport, &options, &running));
  pgo_client* client = pgo_operator_client(running);
  // The first request makes sure that the namespace has been set up.
  MUST(pgo_client_call(client, "show_clusters", "{\"allflag\": true}", PGO_TEXT, NULL, NULL));
  const int before = objects_of(transport);
  options_of_other_versions(client);
  calls(client);
  operations(client);
  pgo_operator_stop(running);
  CHECK(objects_of(transport) == before);

  pgo_client_free(client);
  pgo_operator_free(running);
  pgo_transport_free(transport);
  pgo_api_free(api);
  return 0;
}
