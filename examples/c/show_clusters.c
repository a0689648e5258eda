/* Shows the clusters of the daemon whose settings are named: show_clusters STATE/client.json */
#include <pgo.h>
#include <stdio.h>

static int failed(pgo_error* error) {
  fprintf(stderr, "%s\n", pgo_error_message(error));
  pgo_error_free(error);
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s client.json\n", argv[0]);
    return 2;
  }
  pgo_connect_options options = PGO_CONNECT_OPTIONS_INIT;
  options.settings = argv[1];
  pgo_client* client = NULL;
  pgo_error* error = pgo_client_connect(&options, &client);
  if (error != NULL) return failed(error);

  pgo_string* answer = NULL;
  error = pgo_client_call(client, "show_clusters", "{\"allflag\": true}", PGO_TEXT, NULL, &answer);
  if (error == NULL) puts(pgo_string_data(answer));
  pgo_string_free(answer);
  pgo_client_free(client);
  return error == NULL ? 0 : failed(error);
}
