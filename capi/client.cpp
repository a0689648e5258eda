#include "boundary.h"
#include "pgo/rest_channel.h"

using namespace pgo;
using namespace pgo::capi;

namespace {

Result<RestSettings> settings_of(const pgo_connect_options& given) {
  RestSettings settings;
  if (given.settings != nullptr) {
    PGO_TRY(settings, load_rest_settings(given.settings));
  }
  const auto lay_over = [](std::string& to, const char* text) {
    if (text != nullptr) to = text;
  };
  lay_over(settings.url, given.url);
  lay_over(settings.username, given.username);
  lay_over(settings.password, given.password);
  lay_over(settings.ca_cert, given.ca_cert);
  lay_over(settings.client_cert, given.client_cert);
  lay_over(settings.client_key, given.client_key);
  lay_over(settings.ns, given.ns);
  while (settings.url.ends_with('/')) settings.url.pop_back();
  if (!settings.url.starts_with("https://") && !settings.url.starts_with("http://")) {
    return fail(Code::invalid_argument,
                "the URL of an apiserver is needed: https://HOST:PORT, or the settings of a daemon",
                "url");
  }
  settings.tls = settings.url.starts_with("https://");
  if (given.settings == nullptr) settings.os_trust = given.no_os_trust == 0;
  return settings;
}

/// An operation by name, done or tried as `how` says.
pgo_error* by_name(Result<json::Value> (Client::*how)(std::string_view, const json::Value&,
                                                      std::stop_token) const,
                   const pgo_client* client, const char* operation, const char* request,
                   size_t request_size, pgo_cancel* cancel, pgo_string** answer) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(client, "client"));
    PGO_TRY_VOID(require_text(operation, "operation"));
    PGO_TRY(const std::string_view text, document_of(request, request_size));
    json::Value document = json::Value::object();
    if (!text.empty()) {
      PGO_TRY(document, json::parse(text));
    }
    PGO_TRY(const json::Value answered,
            (client->client.*how)(operation, document, token_of(cancel)));
    give(answer, json::write(answered));
    return {};
  });
}

}  // namespace

pgo_error* pgo_client_connect(const pgo_connect_options* options, pgo_client** client) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(client, "client"));
    PGO_TRY(const pgo_connect_options known, options_of(options, "options"));
    PGO_TRY(RestSettings settings, settings_of(known));
    std::string ns = settings.ns;
    PGO_TRY(auto channel, connect_rest(std::move(settings)));
    *client = hand_out(
        std::make_unique<pgo_client>(pgo_client{pgo::Client(std::move(channel), std::move(ns))}));
    return {};
  });
}

pgo_client* pgo_client_in_namespace(const pgo_client* client, const char* ns) {
  if (client == nullptr) return nullptr;
  return hand_out(std::make_unique<pgo_client>(
      pgo_client{client->client.in_namespace(std::string(text_of(ns)))}));
}

pgo_error* pgo_client_request(const pgo_client* client, const char* method, const char* path,
                              const char* body, size_t body_size, pgo_cancel* cancel,
                              pgo_string** answer) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(client, "client"));
    PGO_TRY_VOID(require_text(method, "method"));
    PGO_TRY(const std::string_view text, document_of(body, body_size));
    if (!text_of(path).starts_with('/')) {
      return fail(Code::invalid_argument, "the path must begin with a slash", "path");
    }
    if (!text.empty()) {
      // A server takes what it cannot read for an empty request; here it is the caller's mistake.
      PGO_TRY_VOID(json::parse(text));
    }
    PGO_TRY(
        const json::Value document,
        client->client.request(
            {.method = method, .path = path, .body = std::string(text), .stop = token_of(cancel)}));
    give(answer, json::write(document));
    return {};
  });
}

pgo_error* pgo_client_call(const pgo_client* client, const char* operation, const char* request,
                           size_t request_size, pgo_cancel* cancel, pgo_string** answer) {
  return by_name(&Client::call_json, client, operation, request, request_size, cancel, answer);
}

pgo_error* pgo_client_dry_run(const pgo_client* client, const char* operation, const char* request,
                              size_t request_size, pgo_cancel* cancel, pgo_string** answer) {
  return by_name(&Client::dry_run_json, client, operation, request, request_size, cancel, answer);
}

pgo_error* pgo_rest_operations(pgo_string** operations) {
  return guard([&]() -> Result<void> {
    PGO_TRY_VOID(require(operations, "operations"));
    json::Value list = json::Value::array();
    for (const RestOperation& one : rest_operations()) {
      list.push_back(json::Value::object({{"name", one.name},
                                          {"method", one.method},
                                          {"path", one.path},
                                          {"writes", one.writes},
                                          {"summary", one.summary}}));
    }
    give(operations, json::write(list));
    return {};
  });
}

void pgo_client_free(pgo_client* client) { take_back(client); }
