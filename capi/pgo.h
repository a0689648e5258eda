/* The stable C interface of libpgo: PostgreSQL clusters with high availability, on Kubernetes or on
 * this machine alone.
 *
 *     pgo_dev_options options = PGO_DEV_OPTIONS_INIT;
 *     options.state_dir = "/home/me/databases";
 *     pgo_dev *dev = NULL;
 *     pgo_error *error = pgo_dev_start(&options, &dev);
 *     if (error != NULL) { fprintf(stderr, "%s\n", pgo_error_message(error)); ... }
 *     pgo_client *client = pgo_dev_client(dev);
 *     pgo_string *answer = NULL;
 *     error = pgo_client_call(client, "create_cluster", "{\"Name\": \"hippo\"}", PGO_TEXT, NULL,
 *                             &answer);
 *
 * Conventions
 *  1. Nothing here throws, prints, exits, installs a signal handler or reads the environment, and
 *     there is no global state. Threads that the library makes block every signal.
 *  2. Errors. A call that can fail returns `pgo_error *`: NULL is success, anything else belongs to
 *     the caller (pgo_error_free). Results go to the last parameters, which stay untouched on
 *     failure. After PGO_ERR_INVALID_ARGUMENT nothing has been written anywhere.
 *  3. Ownership. Every handle that a call hands out is freed by its pgo_..._free; freeing NULL does
 *     nothing. Parents may be freed before their children: what needs a parent that was stopped
 *     answers PGO_ERR_FAILED_PRECONDITION. Never free() what comes from here.
 *  4. Text. Going in: UTF-8; names end with a zero byte, documents are pointer and size, where
 *     PGO_TEXT as the size says that a zero byte ends the document. A NULL name is an empty name.
 *     Coming out: `pgo_string`, or `const char *` borrowed from its handle (static where there is
 *     none). Documents are JSON.
 *  5. Options begin with `size`, the size of the struct the caller was compiled with; start with
 *     PGO_..._INIT or pgo_options_init(). New members are added at the end, and zero is their
 *     default. Options of a newer header work as long as what the library does not know is zero;
 *     else PGO_ERR_INVALID_ARGUMENT. Everything in options is copied by the call.
 *  6. Threads. Every function may be called from any thread, several at once on one handle, but for
 *     pgo_..._free, which must be the last use of its handle.
 *  7. Callbacks come from threads of the library unless a comment says otherwise, several at once.
 *     They must return soon, must not throw or longjmp, and may not free the handle they belong to;
 *     other calls are allowed. pgo_operator_stop and pgo_dev_stop wait for callbacks, so within one
 *     they only ask for the stop and return; the free waits. None runs after that handle's free has
 *     returned. `drop`, where there is one, is called once, when `user_data` will not be used any
 *     more.
 *  8. fork(). A child may use nothing of what its parent made here: it may exec, or make handles of
 *     its own if the parent had none open. Start the library after daemonising.
 *  9. PGO_ABI_VERSION counts additions; a library with a greater one serves older headers. Compare
 *     it with pgo_abi_version() at start-up.
 */
#ifndef PGO_H
#define PGO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PGO_API __attribute__((visibility("default")))
#else
#define PGO_API
#endif

#define PGO_ABI_VERSION 3

/* Size of a document that ends with a zero byte. */
#define PGO_TEXT ((size_t)-1)

typedef struct pgo_error pgo_error;         /* why a call failed */
typedef struct pgo_string pgo_string;       /* text that belongs to the caller */
typedef struct pgo_cancel pgo_cancel;       /* ends calls that run */
typedef struct pgo_transport pgo_transport; /* a way to a Kubernetes API */
typedef struct pgo_watch pgo_watch;         /* a watch that a host answers */
typedef struct pgo_response pgo_response;   /* the answer that a host gives */
typedef struct pgo_api pgo_api;             /* a Kubernetes API in this process */
typedef struct pgo_operator pgo_operator;   /* the operator in this process */
typedef struct pgo_dev pgo_dev;             /* everything in this process */
typedef struct pgo_client pgo_client;       /* the operations, of any of these or of an apiserver */

/* ---- version ---- */

/* The version of the library, "MAJOR.MINOR.PATCH". Static. */
PGO_API const char* pgo_version(void);
/* The PGO_ABI_VERSION the library was built with. */
PGO_API int32_t pgo_abi_version(void);
/* The release of the PostgreSQL Operator whose wire protocol and objects this library speaks,
 * "4.2.0". Static. */
PGO_API const char* pgo_compatible_version(void);

/* ---- errors and text ---- */

/* What kind of failure: chosen by what the caller may do next. The numbers never change. */
enum {
  PGO_OK = 0,
  PGO_ERR_NOT_FOUND = 1,           /* what was named does not exist */
  PGO_ERR_ALREADY_EXISTS = 2,      /* what was to be made is there */
  PGO_ERR_CONFLICT = 3,            /* somebody else changed it: read again, decide again */
  PGO_ERR_EXPIRED = 4,             /* too old to go on from: list again */
  PGO_ERR_INVALID_ARGUMENT = 5,    /* wrong whatever the state of the world */
  PGO_ERR_FAILED_PRECONDITION = 6, /* right, but the state of the world forbids it */
  PGO_ERR_UNAUTHENTICATED = 7,     /* who is calling is not known */
  PGO_ERR_PERMISSION_DENIED = 8,   /* the caller is known and not allowed */
  PGO_ERR_RESOURCE_EXHAUSTED = 9,  /* a limit was hit: wait, then retry */
  PGO_ERR_UNAVAILABLE = 10,        /* the other side cannot be reached now: retry */
  PGO_ERR_DEADLINE_EXCEEDED = 11,  /* no answer in time; the effect is unknown */
  PGO_ERR_CANCELLED = 12,          /* the caller asked to stop */
  PGO_ERR_UNIMPLEMENTED = 13,      /* not supported here */
  PGO_ERR_INTERNAL = 14            /* a defect, ours or the other side's */
};

/* One of PGO_ERR_...; PGO_OK for NULL. */
PGO_API int32_t pgo_error_code(const pgo_error* error);
/* One line for people, with the subject in front where there is one. Lives as long as the error. */
PGO_API const char* pgo_error_message(const pgo_error* error);
/* The object or field concerned ("Deployment ns/name", "Name"), or "". As above. */
PGO_API const char* pgo_error_subject(const pgo_error* error);
PGO_API void pgo_error_free(pgo_error* error);
/* The stable name of a code, "not_found"; "unknown" for other numbers. Static. */
PGO_API const char* pgo_code_name(int32_t code);

/* The text, with a zero byte after it. Lives as long as the string. */
PGO_API const char* pgo_string_data(const pgo_string* string);
PGO_API size_t pgo_string_size(const pgo_string* string);
PGO_API void pgo_string_free(pgo_string* string);

/* ---- cancellation ---- */

/* Give one to calls that may take long; NULL is allowed wherever one is asked for. */
PGO_API pgo_cancel* pgo_cancel_new(void);

/* The calls it was given to end soon with PGO_ERR_CANCELLED; what they have done may stay done.
 * Later calls with it end at once. */
PGO_API void pgo_cancel_trigger(pgo_cancel* cancel);
PGO_API void pgo_cancel_free(pgo_cancel* cancel);

/* ---- plans ---- */

/* What the operator would do now for one cluster: a pure function, without any transport. The view:
 *   {"namespace": "ns", "cluster": "hippo", "now": "2020-01-02T03:04:05Z",
 *    "objects": [the Kubernetes objects of the namespace: pgclusters, pgreplicas, pgtasks,
 *                Deployments, Pods, Jobs, PersistentVolumeClaims, Services, ConfigMaps, Secrets]}
 * and optionally "config", the text of a pgo.yaml. The plan:
 *   {"actions": [{"action": "create", "kind": ..., "namespace": ..., "name": ..., "reason": ...,
 *                 "object": {...}}, ...],
 *    "conditions": [{"reason": ..., "subject": ..., "since": ..., "explanation": ...}, ...],
 *    "lookAgainMs": 5000}                                    (absent: when something changes)
 * Other actions: "patch" (with "patch"), "delete" (with "uid"), "exec" (with "id" and "command",
 * without its input), "event". What an operator has started runs beside its plans: SQL of a
 * schedule that is under way is a condition here. */
PGO_API pgo_error* pgo_plan(const char* view, size_t view_size, pgo_string** plan);

/* ---- transports ---- */

typedef struct pgo_kubeconfig_options {
  size_t size;
  const char* path;    /* a kubeconfig file */
  const char* context; /* NULL: the current one */
} pgo_kubeconfig_options;
#define PGO_KUBECONFIG_OPTIONS_INIT {sizeof(pgo_kubeconfig_options), NULL, NULL}

/* A Kubernetes API over HTTPS. Does not connect yet. */
PGO_API pgo_error* pgo_transport_from_kubeconfig(const pgo_kubeconfig_options* options,
                                                 pgo_transport** transport);

/* One request of the Kubernetes HTTP API. Borrowed for the time of the callback. */
typedef struct pgo_request {
  const char* method;       /* "GET" */
  const char* path;         /* with the query, encoded */
  const char* content_type; /* of the body */
  const char* body;
  size_t body_size;
  int64_t timeout_ms; /* for the whole call; of a watch: until its beginning */
} pgo_request;

/* One command to run in a container. Borrowed for the time of the callback. */
typedef struct pgo_exec_request {
  const char* ns;
  const char* pod;
  const char* container;
  const char* const* command; /* words */
  size_t command_size;        /* how many */
  const char* input;          /* for stdin */
  size_t input_size;
  int64_t timeout_ms;
} pgo_exec_request;

/* A transport that the host program carries out. A callback returns PGO_OK after having filled in
 * the response, else a PGO_ERR_... code (with pgo_response_fail for a message). PGO_OK without an
 * answer is PGO_ERR_INTERNAL, a missing callback PGO_ERR_UNIMPLEMENTED. Writes must never be
 * repeated. */
typedef struct pgo_transport_callbacks {
  size_t size;
  void* user_data;
  void (*drop)(void* user_data);
  int32_t (*request)(const pgo_request* request, pgo_response* response, void* user_data);
  /* Opens a watch. On PGO_OK the host owns `watch`, pushes its lines from any thread, and frees it
   * with pgo_watch_free when it is done; otherwise the host keeps nothing of it. A refusal by
   * the server is told by pgo_response_set with its status. */
  int32_t (*watch)(const pgo_request* request, pgo_watch* watch, pgo_response* response,
                   void* user_data);
  /* Nobody reads `watch` any more. Never called after the host's pgo_watch_free has returned. */
  void (*watch_closed)(pgo_watch* watch, void* user_data);
  int32_t (*exec)(const pgo_exec_request* request, pgo_response* response, void* user_data);
} pgo_transport_callbacks;
#define PGO_TRANSPORT_CALLBACKS_INIT \
  {sizeof(pgo_transport_callbacks), NULL, NULL, NULL, NULL, NULL, NULL}
PGO_API pgo_error* pgo_transport_from_callbacks(const pgo_transport_callbacks* callbacks,
                                                pgo_transport** transport);

/* The answer to a request: HTTP status and body. A status of 400 and above is an answer too. */
PGO_API void pgo_response_set(pgo_response* response, int32_t http_status, const char* body,
                              size_t body_size);

/* The answer to an exec: exit code and output. */
PGO_API void pgo_response_set_exec(pgo_response* response, int32_t exit_code, const char* out,
                                   size_t out_size, const char* err, size_t err_size);

/* The message that goes with the code which the callback returns. */
PGO_API void pgo_response_fail(pgo_response* response, const char* message);

/* One event of the watch, a JSON document on one line. Returns 0 when nobody reads any more. */
PGO_API int32_t pgo_watch_push(pgo_watch* watch, const char* line, size_t line_size);

/* The end of the watch: PGO_OK when the server closed it, else why it broke. */
PGO_API void pgo_watch_end(pgo_watch* watch, int32_t code, const char* message);

/* Gives the watch back, ended or not. */
PGO_API void pgo_watch_free(pgo_watch* watch);

/* One request over a transport. `content_type` NULL: application/json. `http_status` and `answer`
 * may be NULL. */
PGO_API pgo_error* pgo_transport_request(pgo_transport* transport, const char* method,
                                         const char* path, const char* content_type,
                                         const char* body, size_t body_size, pgo_cancel* cancel,
                                         int32_t* http_status, pgo_string** answer);

/* A watch over a transport, until it ends, `cancel` is triggered or `on_line` returns non-zero
 * (PGO_ERR_CANCELLED both). `on_line` is called on the calling thread, which is where the call
 * waits; it may make other calls. */
PGO_API pgo_error* pgo_transport_watch(pgo_transport* transport, const char* path,
                                       int32_t (*on_line)(const char* line, size_t size,
                                                          void* user_data),
                                       void* user_data, pgo_cancel* cancel);

/* Runs a command in a container: {"exitCode": 0, "out": "...", "err": "..."}. `timeout_ms` 0: a
 * minute. */
PGO_API pgo_error* pgo_transport_exec(pgo_transport* transport, const char* ns, const char* pod,
                                      const char* container, const char* const* command,
                                      size_t command_size, const char* input, size_t input_size,
                                      int64_t timeout_ms, pgo_cancel* cancel, pgo_string** result);
PGO_API void pgo_transport_free(pgo_transport* transport);

/* ---- a Kubernetes API in this process ---- */

typedef struct pgo_api_options {
  size_t size;
  const char* database;       /* SQLite file that keeps the objects; NULL: memory only */
  const char* service_prefix; /* first two numbers of service addresses; NULL: "127.77" */
} pgo_api_options;
#define PGO_API_OPTIONS_INIT {sizeof(pgo_api_options), NULL, NULL}

/* The API alone: objects, watches, rights; without controllers and nodes. `options` may be NULL. */
PGO_API pgo_error* pgo_api_create(const pgo_api_options* options, pgo_api** api);

/* A door with every right. Keeps the API alive. */
PGO_API pgo_transport* pgo_api_transport(pgo_api* api);
PGO_API void pgo_api_free(pgo_api* api);

/* ---- callbacks of what runs ---- */

/* Levels of log records. In options 0 stands for PGO_LOG_INFO. */
enum { PGO_LOG_DEBUG = 1, PGO_LOG_INFO = 2, PGO_LOG_WARN = 3, PGO_LOG_ERROR = 4 };

/* One log record: {"time": ..., "level": "info", "component": ..., "message": ..., fields}. The
 * text is borrowed for the time of the callback. Never contains a secret. */
typedef void (*pgo_log_callback)(int32_t level, const char* record, size_t size, void* user_data);

/* One event of a cluster, as 4.2.0 published them: {"type": "CreateCluster", "topics": [...],
 * "namespace": ..., "user": ..., "time": ..., "payload": {"clustername": ...}}. */
typedef void (*pgo_event_callback)(const char* event, size_t size, void* user_data);

/* ---- the operator ---- */

typedef struct pgo_operator_options {
  size_t size;
  const char* operator_namespace; /* NULL: "pgo" */
  const char* installation_name;  /* label pgo-installation-name; NULL: "dev" */
  const char* namespaces;         /* for clusters, separated by commas; made or taken over */
  const char* config;             /* text of a pgo.yaml; NULL: what is built in */
  int32_t install;                /* make namespaces and custom resource definitions first */
  int32_t workers;                /* threads that carry out plans; 0: 4 */
  int32_t log_level;              /* least level that is told */
  pgo_log_callback on_log;
  pgo_event_callback on_event;
  void* user_data; /* of both callbacks */
} pgo_operator_options;
#define PGO_OPERATOR_OPTIONS_INIT \
  {sizeof(pgo_operator_options), NULL, NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL}

/* Starts the operator on threads of its own, over any transport, which it keeps alive. */
PGO_API pgo_error* pgo_operator_start(pgo_transport* transport, const pgo_operator_options* options,
                                      pgo_operator** started);

/* Waits for the action in hand, then ends the threads. Clusters run on; the next operator takes up
 * where this one left. Within a callback: see 7. */
PGO_API void pgo_operator_stop(pgo_operator* running);

/* What a cluster waits for: {"conditions": [...], "error": ..., "failed": ...}.
 * PGO_ERR_NOT_FOUND when none of that name has been looked at. */
PGO_API pgo_error* pgo_operator_status(pgo_operator* running, const char* ns, const char* cluster,
                                       pgo_string** status);

/* A client with every right, without sockets. */
PGO_API pgo_client* pgo_operator_client(pgo_operator* running);

/* Stops it first. */
PGO_API void pgo_operator_free(pgo_operator* running);

/* ---- everything in this process ---- */

typedef struct pgo_dev_options {
  size_t size;
  const char* state_dir;  /* required: where everything lives; made with mode 0700 */
  const char* images_dir; /* the folder that holds images.yaml; NULL: the one installed beside the
                             library, PREFIX/share/pgo/images */
  const char* network;    /* first two numbers of the loopback addresses; NULL: "127.77" */
  const char* namespaces; /* for clusters, separated by commas; NULL: "pgouser1" */
  int32_t api_port;       /* of the Kubernetes API on NETWORK.0.1; 0: 6443 */
  int32_t rest_port;      /* of the REST service on NETWORK.0.1; 0: 8443 */
  int32_t no_node;        /* do not run pods */
  int32_t log_level;      /* least level that is told */
  pgo_log_callback on_log;
  pgo_event_callback on_event;
  void* user_data; /* of both callbacks */
} pgo_dev_options;
#define PGO_DEV_OPTIONS_INIT \
  {sizeof(pgo_dev_options), NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL}

/* Starts a Kubernetes API, its controllers, a node that runs pods as processes of this machine, the
 * operator and its REST service, and returns once that answers. Errors name what is missing and how
 * to get it. As root: PGO_ERR_FAILED_PRECONDITION; databases do not run as root. */
PGO_API pgo_error* pgo_dev_start(const pgo_dev_options* options, pgo_dev** started);

/* {"apiUrl": ..., "restUrl": ..., "kubeconfig": FILE, "clientSettings": FILE, "namespace": ...} */
PGO_API pgo_error* pgo_dev_endpoints(pgo_dev* running, pgo_string** endpoints);

/* A client with every right, without sockets, in the first namespace. */
PGO_API pgo_client* pgo_dev_client(pgo_dev* running);

/* The Kubernetes API inside, over its HTTPS front, with every right. */
PGO_API pgo_error* pgo_dev_transport(pgo_dev* running, pgo_transport** transport);

/* For tests of failover: pods whose name begins with `pod_prefix` are not started again until they
 * are released. */
PGO_API pgo_error* pgo_dev_hold(pgo_dev* running, const char* ns, const char* pod_prefix);
PGO_API pgo_error* pgo_dev_release(pgo_dev* running, const char* ns, const char* pod_prefix);

/* Stops pods cleanly (PostgreSQL shuts down), then the rest; up to half a minute. What it held is
 * there again at the next start on the same state directory. Within a callback: see 7. */
PGO_API void pgo_dev_stop(pgo_dev* running);

/* Stops it first. */
PGO_API void pgo_dev_free(pgo_dev* running);

/* ---- the operations ---- */

typedef struct pgo_connect_options {
  size_t size;
  const char* settings; /* client.json of a daemon on this machine; the other members win */
  const char* url;      /* "https://host:8443" */
  const char* username;
  const char* password;
  const char* ca_cert; /* PEM files */
  const char* client_cert;
  const char* client_key;
  const char* ns;      /* namespace of requests that name none */
  int32_t no_os_trust; /* trust `ca_cert` alone */
} pgo_connect_options;
#define PGO_CONNECT_OPTIONS_INIT \
  {sizeof(pgo_connect_options), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0}

/* A client of an apiserver, ours or that of 4.2.0. Does not connect yet. The server's certificate
 * is always verified. */
PGO_API pgo_error* pgo_client_connect(const pgo_connect_options* options, pgo_client** client);

/* The same way with another default namespace. */
PGO_API pgo_client* pgo_client_in_namespace(const pgo_client* client, const char* ns);

/* Any request of the REST interface as it stands: nothing is filled in, and a refusal (Code
 * "error") is an answer. `body` may be NULL. */
PGO_API pgo_error* pgo_client_request(const pgo_client* client, const char* method,
                                      const char* path, const char* body, size_t body_size,
                                      pgo_cancel* cancel, pgo_string** answer);

/* An operation by name with its message as JSON; version and namespace are filled in where they are
 * empty or absent. Checked strictly before it is sent; a refusal by the server is an error. */
PGO_API pgo_error* pgo_client_call(const pgo_client* client, const char* operation,
                                   const char* request, size_t request_size, pgo_cancel* cancel,
                                   pgo_string** answer);

/* What an operation that writes would do now; none of it is done. `request` is that of
 * pgo_client_call, and so are the refusals. The answer:
 *   {"Results": [what the request would have answered, texts],
 *    "Steps": [{"Verb": "create", "Kind": ..., "Namespace": ..., "Name": ..., "Reason": ...,
 *               "Effect": "stops the instance hippo", "Change": {...}}, ...],
 *    "Waits": [{"Cluster": ..., "Reason": "first_backup", "Subject": ..., "Since": ...,
 *               "Message": ..., "Remedy": ..., "Detail": ...}, ...],
 *    "Code": "ok", "Msg": ""}
 * Steps are the writes and commands in order, the request's own first, up to where the world must
 * move first; verbs are "create", "update", "patch", "delete" and "run"; "Effect" says what a step
 * stops or destroys, or is empty; "Change" is the patch, or the words of the command. Waits are for
 * what the cluster would wait then. No steps: nothing would change. No secret is in it.
 * PGO_ERR_INVALID_ARGUMENT also for an operation that writes nothing, as there is nothing to try;
 * PGO_ERR_UNIMPLEMENTED from a server without dry runs (4.2.0), which does nothing then.
 * "explain_cluster", by pgo_client_call, answers the steps and waits of now. */
PGO_API pgo_error* pgo_client_dry_run(const pgo_client* client, const char* operation,
                                      const char* request, size_t request_size, pgo_cancel* cancel,
                                      pgo_string** answer);

/* Every operation: [{"name": "create_cluster", "method": "POST", "path": "/clusters", "writes":
 * true, "summary": ...}]. */
PGO_API pgo_error* pgo_rest_operations(pgo_string** operations);

PGO_API void pgo_client_free(pgo_client* client);

/* ---- for languages without macros ---- */

/* The same as the PGO_..._INIT value of any options: all zero but for `size`. */
PGO_API void pgo_options_init(void* options, size_t size);

#ifdef __cplusplus
}
#endif

#include "pgo_operations.h"

#endif /* PGO_H */
