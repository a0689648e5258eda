// The operator in a C program, over the embedded API: what works, what is called back, what ends.
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int logged, created_events;

static void on_log(int32_t level, const char* record, size_t size, void* user_data) {
  CHECK(level >= PGO_LOG_DEBUG && level <= PGO_LOG_ERROR);
  CHECK(size == strlen(record) && record[0] == '{');
  CHECK(user_data == &logged);
  pthread_mutex_lock(&mutex);
  ++logged;
  pthread_mutex_unlock(&mutex);
}

static void on_event(const char* event, size_t size, void* user_data) {
  CHECK(size == strlen(event));
  CHECK(user_data == &logged);
  pthread_mutex_lock(&mutex);
  if (strstr(event, "\"type\":\"CreateCluster\"") != NULL) ++created_events;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static pgo_transport* api_transport(void) {
  pgo_api* api = NULL;
  MUST(pgo_api_create(NULL, &api));
  pgo_transport* transport = pgo_api_transport(api);
  pgo_api_free(api);  // the door keeps it
  return transport;
}

static pgo_operator* start(pgo_transport* transport) {
  pgo_operator_options options = PGO_OPERATOR_OPTIONS_INIT;
  options.namespaces = "zoo, park";
  options.install = 1;
  options.on_log = on_log;
  options.on_event = on_event;
  options.log_level = PGO_LOG_DEBUG;
  options.user_data = &logged;
  pgo_operator* running = NULL;
  MUST(pgo_operator_start(transport, &options, &running));
  return running;
}

// A line of the watch: the Deployment that the operator makes for the new cluster.
static int32_t until_deployment(const char* line, size_t size, void* user_data) {
  (void)user_data;
  CHECK(strlen(line) == size);
  return strstr(line, "\"name\":\"hippo\"") != NULL ? 1 : 0;
}

static void a_cluster_is_created_and_the_operator_acts(void) {
  pgo_transport* transport = api_transport();
  pgo_operator* running = start(transport);
  pgo_client* client = pgo_operator_client(running);
  pgo_string* answer = NULL;

  pgo_create_cluster_options options = PGO_CREATE_CLUSTER_OPTIONS_INIT;
  options.name = "hippo";
  options.replicas = 1;
  options.more = "{\"UserLabels\": \"colour=grey\"}";
  MUST(pgo_create_cluster(client, &options, NULL, &answer));
  CHECK(holds(answer, "hippo"));

  REFUSED(pgo_transport_watch(transport, "/apis/apps/v1/namespaces/zoo/deployments",
                              until_deployment, NULL, NULL),
          PGO_ERR_CANCELLED, "reader");
  pthread_mutex_lock(&mutex);
  while (created_events == 0) pthread_cond_wait(&changed, &mutex);
  CHECK(logged > 0);
  pthread_mutex_unlock(&mutex);

  MUST(pgo_client_call(client, "show_clusters", "{\"clustername\": \"hippo\"}", PGO_TEXT, NULL,
                       &answer));
  CHECK(holds(answer, "\"colour\":\"grey\""));
  MUST(pgo_operator_status(running, "zoo", "hippo", &answer));
  CHECK(holds(answer, "\"reason\":\"primary_ready\""));

  // What the server refuses comes with the code of its reason.
  REFUSED(pgo_create_cluster(client, &options, NULL, &answer), PGO_ERR_ALREADY_EXISTS, "hippo");
  // The same request in another namespace.
  pgo_client* park = pgo_client_in_namespace(client, "park");
  MUST(pgo_create_cluster(park, &options, NULL, NULL));
  pgo_client_free(park);

  pgo_scale_options scale = PGO_SCALE_OPTIONS_INIT;
  scale.cluster = "hippo";
  scale.replicas = 2;
  MUST(pgo_scale(client, &scale, NULL, &answer));
  pgo_string_free(answer);

  pgo_operator_free(running);
  REFUSED(pgo_client_request(client, "GET", "/version", NULL, 0, NULL, &answer),
          PGO_ERR_FAILED_PRECONDITION, "stopped");
  pgo_client_free(client);
  pgo_transport_free(transport);
}

static int hippo_is_there(pgo_transport* transport) {
  int32_t status = 0;
  MUST(pgo_transport_request(transport, "GET",
                             "/apis/crunchydata.com/v1/namespaces/zoo/pgclusters/hippo", NULL, NULL,
                             0, NULL, &status, NULL));
  CHECK(status == 200 || status == 404);
  return status == 200;
}

static void a_dry_run_tells_the_plan_and_an_explanation_the_waits(void) {
  pgo_transport* transport = api_transport();
  pgo_operator* running = start(transport);
  pgo_client* client = pgo_operator_client(running);
  pgo_string* answer = NULL;

  const char* request = "{\"Name\": \"hippo\"}";
  MUST(pgo_client_dry_run(client, "create_cluster", request, PGO_TEXT, NULL, &answer));
  CHECK(strstr(pgo_string_data(answer), "\"Verb\":\"create\",\"Kind\":\"Pgcluster\"") != NULL);
  CHECK(strstr(pgo_string_data(answer), "\"Waits\":[{\"Cluster\":\"hippo\"") != NULL);
  CHECK(holds(answer, "\"Kind\":\"Deployment\""));
  pgo_create_cluster_options options = PGO_CREATE_CLUSTER_OPTIONS_INIT;
  options.name = "hippo";
  options.dry_run = 1;
  MUST(pgo_create_cluster(client, &options, NULL, &answer));
  CHECK(holds(answer, "\"Kind\":\"Pgcluster\""));
  CHECK(!hippo_is_there(transport));

  options.dry_run = 0;
  MUST(pgo_create_cluster(client, &options, NULL, NULL));
  CHECK(hippo_is_there(transport));
  MUST(
      pgo_client_call(client, "explain_cluster", "{\"name\": \"hippo\"}", PGO_TEXT, NULL, &answer));
  CHECK(strstr(pgo_string_data(answer), "\"Remedy\":") != NULL);
  CHECK(holds(answer, "\"Reason\":\"primary_ready\""));

  pgo_scale_options scale = PGO_SCALE_OPTIONS_INIT;
  scale.cluster = "hippo";
  scale.dry_run = 1;
  scale.service_type = "Carrier";
  REFUSED(pgo_scale(client, &scale, NULL, &answer), PGO_ERR_INVALID_ARGUMENT, "Carrier");
  scale.service_type = "NodePort";
  MUST(pgo_scale(client, &scale, NULL, &answer));
  CHECK(holds(answer, "\"Kind\":\"Pgreplica\""));
  MUST(pgo_client_dry_run(client, "delete_cluster", "{\"Clustername\": \"hippo\"}", PGO_TEXT, NULL,
                          &answer));
  CHECK(holds(answer, "\"Kind\":\"Pgtask\""));
  CHECK(hippo_is_there(transport));

  pgo_clone_options clone = PGO_CLONE_OPTIONS_INIT;
  clone.source = "hippo";
  clone.target = "twin";
  clone.pitr_target = "yesterday";
  REFUSED(pgo_clone(client, &clone, NULL, &answer), PGO_ERR_INVALID_ARGUMENT, "yesterday");

  MUST(pgo_rest_operations(&answer));
  CHECK(holds(answer, "\"path\":\"/clusters\",\"writes\":true"));
  pgo_client_free(client);
  pgo_operator_free(running);
  pgo_transport_free(transport);
}

static void a_second_operator_goes_on_where_the_first_stopped(void) {
  pgo_transport* transport = api_transport();
  pgo_operator* first = start(transport);
  pgo_client* client = pgo_operator_client(first);
  MUST(pgo_client_call(client, "create_cluster", "{\"Name\": \"hippo\"}", PGO_TEXT, NULL, NULL));
  pgo_client_free(client);
  pgo_operator_stop(first);
  pgo_operator_stop(first);
  pgo_string* status = NULL;
  REFUSED(pgo_operator_status(first, "zoo", "hippo", &status), PGO_ERR_FAILED_PRECONDITION,
          "stopped");
  CHECK(status == NULL);
  pgo_operator_free(first);

  pgo_operator* second = start(transport);
  REFUSED(pgo_transport_watch(transport, "/apis/apps/v1/namespaces/zoo/deployments",
                              until_deployment, NULL, NULL),
          PGO_ERR_CANCELLED, "reader");
  pgo_operator_free(second);
  pgo_transport_free(transport);
}

static pgo_operator* stopping;
static atomic_int asked_to_stop;

static void stop_on_event(const char* event, size_t size, void* user_data) {
  (void)event, (void)size, (void)user_data;
  pgo_operator_stop(stopping);
  atomic_store(&asked_to_stop, 1);
}

static void stop_on_log(int32_t level, const char* record, size_t size, void* user_data) {
  (void)level, (void)record, (void)size, (void)user_data;
  if (atomic_load(&asked_to_stop) != 0) pgo_operator_stop(stopping);
}

static void a_stop_from_a_callback_is_asked_for_and_others_wait_for_it(void) {
  pgo_transport* transport = api_transport();
  pgo_operator_options options = PGO_OPERATOR_OPTIONS_INIT;
  options.namespaces = "zoo";
  options.install = 1;
  options.on_event = stop_on_event;
  options.on_log = stop_on_log;
  options.log_level = PGO_LOG_DEBUG;
  MUST(pgo_operator_start(transport, &options, &stopping));
  pgo_client* client = pgo_operator_client(stopping);
  MUST(pgo_client_call(client, "create_cluster", "{\"Name\": \"hippo\"}", PGO_TEXT, NULL, NULL));
  while (atomic_load(&asked_to_stop) == 0) sched_yield();
  pgo_operator_stop(stopping);
  REFUSED(pgo_client_call(client, "show_version", NULL, 0, NULL, NULL), PGO_ERR_FAILED_PRECONDITION,
          "stopped");
  pgo_client_free(client);
  pgo_operator_free(stopping);
  pgo_transport_free(transport);
}

struct waiting {
  pgo_transport* transport;
  pgo_cancel* cancel;
};

static int32_t go_on(const char* line, size_t size, void* user_data) {
  (void)line, (void)size, (void)user_data;
  return 0;
}

static void* watch_until_cancelled(void* argument) {
  const struct waiting* waiting = argument;
  REFUSED(
      pgo_transport_watch(waiting->transport, "/api/v1/namespaces", go_on, NULL, waiting->cancel),
      PGO_ERR_CANCELLED, "cancelled");
  return NULL;
}

static void a_call_that_waits_can_be_cancelled_from_another_thread(void) {
  struct waiting waiting = {api_transport(), pgo_cancel_new()};
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, watch_until_cancelled, &waiting) == 0);
  pgo_cancel_trigger(waiting.cancel);
  CHECK(pthread_join(thread, NULL) == 0);
  REFUSED(pgo_transport_watch(waiting.transport, "/api/v1/pods", go_on, NULL, waiting.cancel),
          PGO_ERR_CANCELLED, "cancelled");
  pgo_cancel_free(waiting.cancel);
  pgo_transport_free(waiting.transport);
}

static void everything_in_one_process_without_a_node(const char* state_dir) {
  pgo_dev_options options = PGO_DEV_OPTIONS_INIT;
  options.state_dir = state_dir;
  options.network = "127.105";
  options.api_port = 16443;  // not those of other tests
  options.rest_port = 18443;
  options.no_node = 1;
  pgo_dev* dev = NULL;
  MUST(pgo_dev_start(&options, &dev));
  pgo_dev* second = NULL;
  REFUSED(pgo_dev_start(&options, &second), PGO_ERR_FAILED_PRECONDITION, "another");
  CHECK(second == NULL);

  pgo_string* answer = NULL;
  MUST(pgo_dev_endpoints(dev, &answer));
  CHECK(holds(answer, "https://127.105.0.1:18443"));
  pgo_client* inside = pgo_dev_client(dev);
  MUST(pgo_client_request(inside, "GET", "/version", NULL, 0, NULL, &answer));
  CHECK(holds(answer, "4.2.0"));

  // The same over HTTPS, with the settings that are left for clients.
  char settings[4096];
  snprintf(settings, sizeof settings, "%s/client.json", state_dir);
  pgo_connect_options connect = PGO_CONNECT_OPTIONS_INIT;
  connect.settings = settings;
  pgo_client* outside = NULL;
  MUST(pgo_client_connect(&connect, &outside));
  MUST(pgo_client_call(outside, "create_cluster", "{\"Name\": \"hippo\"}", PGO_TEXT, NULL, NULL));
  MUST(pgo_client_call(inside, "show_clusters", "{\"clustername\": \"hippo\"}", PGO_TEXT, NULL,
                       &answer));
  CHECK(holds(answer, "\"name\":\"hippo\""));
  connect.password = "wrong";
  pgo_client* stranger = NULL;
  MUST(pgo_client_connect(&connect, &stranger));
  REFUSED(pgo_client_call(stranger, "show_version", NULL, 0, NULL, &answer),
          PGO_ERR_UNAUTHENTICATED, "credentials");
  pgo_client_free(stranger);

  pgo_transport* kubernetes = NULL;
  MUST(pgo_dev_transport(dev, &kubernetes));
  int32_t status = 0;
  MUST(pgo_transport_request(kubernetes, "GET", "/api/v1/namespaces/nosuch", NULL, NULL, 0, NULL,
                             &status, &answer));
  CHECK(status == 404);
  CHECK(holds(answer, "NotFound"));
  pgo_transport_free(kubernetes);

  pgo_dev_free(dev);
  REFUSED(pgo_client_call(outside, "show_version", NULL, 0, NULL, &answer), PGO_ERR_UNAVAILABLE,
          "reach");
  pgo_client_free(outside);
  pgo_client_free(inside);
}

int main(int argc, char** argv) {
  a_cluster_is_created_and_the_operator_acts();
  a_dry_run_tells_the_plan_and_an_explanation_the_waits();
  a_second_operator_goes_on_where_the_first_stopped();
  a_stop_from_a_callback_is_asked_for_and_others_wait_for_it();
  a_call_that_waits_can_be_cancelled_from_another_thread();
  // Without a folder only what is quick enough for valgrind.
  if (argc == 2) everything_in_one_process_without_a_node(argv[1]);
  return 0;
}
