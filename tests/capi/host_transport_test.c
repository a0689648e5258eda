// A transport that the program itself carries out: here by handing every call on to an embedded
// API.
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

struct host {
  pgo_transport* api;
  atomic_int requests, watches, closed, dropped, execs;
};

static int32_t request(const pgo_request* asked, pgo_response* response, void* user_data) {
  struct host* host = user_data;
  atomic_fetch_add(&host->requests, 1);
  CHECK(asked->timeout_ms > 0);
  int32_t status = 0;
  pgo_string* answer = NULL;
  pgo_error* error =
      pgo_transport_request(host->api, asked->method, asked->path, asked->content_type, asked->body,
                            asked->body_size, NULL, &status, &answer);
  if (error != NULL) {
    const int32_t code = pgo_error_code(error);
    pgo_response_fail(response, pgo_error_message(error));
    pgo_error_free(error);
    return code;
  }
  pgo_response_set(response, status, pgo_string_data(answer), pgo_string_size(answer));
  pgo_string_free(answer);
  return PGO_OK;
}

// A watch that runs: a thread that hands lines on until nobody reads them.
struct running_watch {
  struct host* host;
  char path[1024];
  pgo_watch* watch;
  pgo_cancel* cancel;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void announce(atomic_int* counter, int by) {
  pthread_mutex_lock(&mutex);
  atomic_fetch_add(counter, by);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static void await(atomic_int* counter, int value) {
  pthread_mutex_lock(&mutex);
  while (atomic_load(counter) != value) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

static struct running_watch* watches[256];

static int32_t hand_on(const char* line, size_t size, void* user_data) {
  const struct running_watch* running = user_data;
  return pgo_watch_push(running->watch, line, size) ? 0 : 1;
}

static void* follow(void* argument) {
  struct running_watch* running = argument;
  pgo_error* error =
      pgo_transport_watch(running->host->api, running->path, hand_on, running, running->cancel);
  if (error == NULL) {
    pgo_watch_end(running->watch, PGO_OK, NULL);
  } else {
    pgo_watch_end(running->watch, pgo_error_code(error), pgo_error_message(error));
    pgo_error_free(error);
  }
  pthread_mutex_lock(&mutex);
  for (size_t i = 0; i < sizeof watches / sizeof *watches; ++i) {
    if (watches[i] == running) watches[i] = NULL;
  }
  pthread_mutex_unlock(&mutex);
  pgo_watch_free(running->watch);
  pgo_cancel_free(running->cancel);
  struct host* host = running->host;
  free(running);
  announce(&host->watches, -1);
  return NULL;
}

static int32_t watch(const pgo_request* asked, pgo_watch* watch_, pgo_response* response,
                     void* user_data) {
  (void)response;
  struct host* host = user_data;
  struct running_watch* running = calloc(1, sizeof *running);
  CHECK(running != NULL && strlen(asked->path) < sizeof running->path);
  running->host = host;
  strcpy(running->path, asked->path);
  running->watch = watch_;
  running->cancel = pgo_cancel_new();
  atomic_fetch_add(&host->watches, 1);
  pthread_mutex_lock(&mutex);
  size_t slot = 0;
  while (watches[slot] != NULL) ++slot;
  watches[slot] = running;
  pthread_mutex_unlock(&mutex);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, follow, running) == 0);
  pthread_detach(thread);
  return PGO_OK;
}

static void watch_closed(pgo_watch* watch_, void* user_data) {
  struct host* host = user_data;
  atomic_fetch_add(&host->closed, 1);
  pthread_mutex_lock(&mutex);
  for (size_t i = 0; i < sizeof watches / sizeof *watches; ++i) {
    if (watches[i] != NULL && watches[i]->watch == watch_) pgo_cancel_trigger(watches[i]->cancel);
  }
  pthread_mutex_unlock(&mutex);
}

static int32_t exec_(const pgo_exec_request* asked, pgo_response* response, void* user_data) {
  struct host* host = user_data;
  atomic_fetch_add(&host->execs, 1);
  CHECK(asked->command_size == 2 && strcmp(asked->command[1], "hello") == 0);
  CHECK(asked->input_size == 2 && memcmp(asked->input, "in", 2) == 0);
  pgo_response_set_exec(response, 3, "out", 3, "err", PGO_TEXT);
  return PGO_OK;
}

static void drop(void* user_data) {
  struct host* host = user_data;
  announce(&host->dropped, 1);
}

static int32_t until_deployment(const char* line, size_t size, void* user_data) {
  (void)size, (void)user_data;
  return strstr(line, "\"name\":\"hippo\"") != NULL ? 1 : 0;
}

static void an_operator_works_over_callbacks(struct host* host) {
  pgo_transport_callbacks callbacks = PGO_TRANSPORT_CALLBACKS_INIT;
  callbacks.user_data = host;
  callbacks.drop = drop;
  callbacks.request = request;
  callbacks.watch = watch;
  callbacks.watch_closed = watch_closed;
  callbacks.exec = exec_;
  pgo_transport* transport = NULL;
  MUST(pgo_transport_from_callbacks(&callbacks, &transport));

  pgo_operator_options options = PGO_OPERATOR_OPTIONS_INIT;
  options.namespaces = "zoo";
  options.install = 1;
  pgo_operator* running = NULL;
  MUST(pgo_operator_start(transport, &options, &running));
  pgo_client* client = pgo_operator_client(running);
  MUST(pgo_client_call(client, "create_cluster", "{\"Name\": \"hippo\"}", PGO_TEXT, NULL, NULL));
  REFUSED(pgo_transport_watch(host->api, "/apis/apps/v1/namespaces/zoo/deployments",
                              until_deployment, NULL, NULL),
          PGO_ERR_CANCELLED, "reader");

  const char* const command[] = {"echo", "hello"};
  pgo_string* result = NULL;
  MUST(pgo_transport_exec(transport, "zoo", "pod", "database", command, 2, "in", 2, 0, NULL,
                          &result));
  CHECK(holds(result, "{\"exitCode\":3,\"out\":\"out\",\"err\":\"err\"}"));
  CHECK(atomic_load(&host->requests) > 20 && atomic_load(&host->execs) == 1);

  pgo_client_free(client);
  pgo_operator_free(running);
  CHECK(atomic_load(&host->closed) > 5);
  CHECK(atomic_load(&host->dropped) == 0);
  pgo_transport_free(transport);
  // The last watch to be given back is the last that could call.
  await(&host->watches, 0);
  await(&host->dropped, 1);
}

static int32_t fail_with_reason(const pgo_request* asked, pgo_response* response, void* user_data) {
  (void)asked, (void)user_data;
  pgo_response_fail(response, "the cable is out");
  return PGO_ERR_UNAVAILABLE;
}

static int32_t fail_oddly(const pgo_request* asked, pgo_response* response, void* user_data) {
  (void)asked, (void)response, (void)user_data;
  return 4711;
}

static void failures_of_the_host_come_back_as_they_were(void) {
  pgo_transport_callbacks callbacks = PGO_TRANSPORT_CALLBACKS_INIT;
  callbacks.request = fail_with_reason;
  pgo_transport* transport = NULL;
  MUST(pgo_transport_from_callbacks(&callbacks, &transport));
  REFUSED(pgo_transport_request(transport, "GET", "/api", NULL, NULL, 0, NULL, NULL, NULL),
          PGO_ERR_UNAVAILABLE, "the cable is out");
  REFUSED(pgo_transport_watch(transport, "/api", until_deployment, NULL, NULL),
          PGO_ERR_UNIMPLEMENTED, "watch");
  const char* const command[] = {"true"};
  REFUSED(pgo_transport_exec(transport, "zoo", "pod", "", command, 1, NULL, 0, 0, NULL, NULL),
          PGO_ERR_UNIMPLEMENTED, "exec");
  pgo_transport_free(transport);

  callbacks.request = fail_oddly;
  MUST(pgo_transport_from_callbacks(&callbacks, &transport));
  REFUSED(pgo_transport_request(transport, "GET", "/api", NULL, NULL, 0, NULL, NULL, NULL),
          PGO_ERR_INTERNAL, "host");
  pgo_transport_free(transport);
}

static int32_t succeed_without_an_answer(const pgo_request* asked, pgo_response* response,
                                         void* user_data) {
  (void)asked, (void)response, (void)user_data;
  return PGO_OK;
}

static int32_t execute_nothing(const pgo_exec_request* asked, pgo_response* response,
                               void* user_data) {
  (void)asked, (void)response, (void)user_data;
  return PGO_OK;
}

static void a_success_without_an_answer_is_none(void) {
  pgo_transport_callbacks callbacks = PGO_TRANSPORT_CALLBACKS_INIT;
  callbacks.request = succeed_without_an_answer;
  callbacks.exec = execute_nothing;
  pgo_transport* transport = NULL;
  MUST(pgo_transport_from_callbacks(&callbacks, &transport));
  REFUSED(pgo_transport_request(transport, "GET", "/api", NULL, NULL, 0, NULL, NULL, NULL),
          PGO_ERR_INTERNAL, "without an answer");
  const char* const command[] = {"true"};
  REFUSED(pgo_transport_exec(transport, "zoo", "pod", "", command, 1, NULL, 0, 0, NULL, NULL),
          PGO_ERR_INTERNAL, "without an answer");
  pgo_transport_free(transport);
}

static int32_t give_back_and_fail(const pgo_request* asked, pgo_watch* watch_,
                                  pgo_response* response, void* user_data) {
  (void)asked, (void)user_data;
  pgo_watch_free(watch_);
  pgo_response_fail(response, "the cable is out");
  return PGO_ERR_UNAVAILABLE;
}

static void a_watch_that_fails_may_have_been_given_back(void) {
  pgo_transport_callbacks callbacks = PGO_TRANSPORT_CALLBACKS_INIT;
  callbacks.watch = give_back_and_fail;
  pgo_transport* transport = NULL;
  MUST(pgo_transport_from_callbacks(&callbacks, &transport));
  REFUSED(pgo_transport_watch(transport, "/api", until_deployment, NULL, NULL), PGO_ERR_UNAVAILABLE,
          "the cable is out");
  pgo_transport_free(transport);
}

int main(void) {
  pgo_api* api = NULL;
  MUST(pgo_api_create(NULL, &api));
  struct host host = {.api = pgo_api_transport(api)};
  pgo_api_free(api);
  an_operator_works_over_callbacks(&host);
  failures_of_the_host_come_back_as_they_were();
  a_success_without_an_answer_is_none();
  a_watch_that_fails_may_have_been_given_back();
  pgo_transport_free(host.api);
  return 0;
}
