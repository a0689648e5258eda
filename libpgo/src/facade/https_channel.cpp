#include "pgo/json/value.h"
#include "pgo/rest_channel.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <fstream>
#include <mutex>
#include <sstream>
#include <vector>

namespace pgo {
namespace {

namespace fs = std::filesystem;

constexpr long kTimeoutSeconds = 60;

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// What is made room for on the word of a server alone.
constexpr curl_off_t kMostReserved = 64 << 20;

/// An answer as it comes in.
struct Incoming {
  CURL* curl;
  std::string& body;
};

std::size_t append(char* data, std::size_t size, std::size_t count, void* user) {
  const auto* into = static_cast<Incoming*>(user);
  curl_off_t length = 0;
  // An answer of megabytes should not be copied as it grows.
  if (into->body.empty() &&
      curl_easy_getinfo(into->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) == CURLE_OK &&
      length > 0) {
    into->body.reserve(static_cast<std::size_t>(std::min(length, kMostReserved)));
  }
  into->body.append(data, size * count);
  return size * count;
}

int stop_asked(void* token, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(token)->stop_requested() ? 1 : 0;
}

/// "host" of "scheme://host:port/..." or "scheme://[v6]:port/...".
std::string host_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  std::string rest = scheme == url.npos ? url : url.substr(scheme + 3);
  rest = rest.substr(0, rest.find('/'));
  if (rest.starts_with('[')) return rest.substr(1, rest.find(']') - 1);
  return rest.substr(0, rest.find(':'));
}

/// Verifies the chain as OpenSSL does, then the name if the certificate carries any.
int verify_chain_and_name(X509_STORE_CTX* store, void* host_text) {
  if (X509_verify_cert(store) != 1) return 0;
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  if (leaf == nullptr || X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1) < 0) return 1;
  const std::string& host = *static_cast<const std::string*>(host_text);
  if (X509_check_host(leaf, host.data(), host.size(), 0, nullptr) == 1) return 1;
  if (X509_check_ip_asc(leaf, host.c_str(), 0) == 1) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

CURLcode prepare_tls(CURL*, void* context, void* host) {
  SSL_CTX_set_cert_verify_callback(static_cast<SSL_CTX*>(context), verify_chain_and_name, host);
  return CURLE_OK;
}

/// One connection: used by one call at a time.
class Connection {
 public:
  Connection(const RestSettings& settings, const std::string& host, CURL* handle)
      : settings_(settings), host_(host), handle_(handle) {
    headers_.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    error_.resize(CURL_ERROR_SIZE);
    prepare();
  }

  Result<RestAnswer> send(const RestRequest& request) {
    CURL* curl = handle_.get();
    RestAnswer answer;
    Incoming incoming{curl, answer.body};
    const std::string url = settings_.url + request.path;
    error_[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &incoming);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &request.stop);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, nullptr);
    if (request.method == "GET") {
      curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    } else {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
      curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, request.body.c_str());
      if (request.method != "POST") {
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
      }
    }
    const CURLcode code = curl_easy_perform(curl);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, nullptr);
    if (code != CURLE_OK) return explain(code);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    curl_header* header = nullptr;
    if (curl_easy_header(curl, "Pgo-Error-Code", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
      answer.error_code = header->value;
    }
    return answer;
  }

 private:
  void prepare() {
    CURL* curl = handle_.get();
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_.data());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, kTimeoutSeconds);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stop_asked);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, settings_.username.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, settings_.password.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    // Always set: libcurl would ask the environment. As in 4.2.0, proxies are for plain HTTP only.
    curl_easy_setopt(curl, CURLOPT_PROXY, settings_.tls ? "" : settings_.proxy.c_str());
    curl_easy_setopt(curl, CURLOPT_NOPROXY, settings_.no_proxy.c_str());
    if (!settings_.tls) return;
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    // The name is verified in `verify_chain_and_name`, which knows certificates without names.
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, prepare_tls);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, &host_);
    curl_easy_setopt(curl, CURLOPT_CAINFO,
                     settings_.ca_cert.empty() ? nullptr : settings_.ca_cert.c_str());
    // A directory is searched only when a chain needs it; a bundle would be parsed at every start.
    const char* system_authorities = "/etc/ssl/certs";
    std::error_code error;
    const bool os_trust = settings_.os_trust && fs::is_directory(system_authorities, error);
    curl_easy_setopt(curl, CURLOPT_CAPATH, os_trust ? system_authorities : nullptr);
    if (!settings_.client_cert.empty()) {
      curl_easy_setopt(curl, CURLOPT_SSLCERT, settings_.client_cert.c_str());
      curl_easy_setopt(curl, CURLOPT_SSLKEY, settings_.client_key.c_str());
    }
  }

  std::unexpected<Error> explain(CURLcode code) const {
    std::string detail = error_.substr(0, error_.find('\0'));
    if (detail.empty()) detail = curl_easy_strerror(code);
    const std::string who = "the apiserver at " + settings_.url;
    switch (code) {
      case CURLE_ABORTED_BY_CALLBACK:
        return fail(Code::cancelled, "the request to " + who + " was cancelled.");
      case CURLE_COULDNT_CONNECT:
      case CURLE_COULDNT_RESOLVE_HOST:
        return fail(Code::unavailable, "cannot reach " + who + ": " + detail + "." + daemon_hint());
      case CURLE_OPERATION_TIMEDOUT:
        return fail(Code::deadline_exceeded, who + " did not answer in time: " + detail + ".");
      case CURLE_PEER_FAILED_VERIFICATION:
        return fail(Code::unavailable, "the certificate of " + who + " is not trusted: " + detail +
                                           ". Give its authority with --pgo-ca-cert.");
      // The user's own files: nothing was sent, and another try changes nothing.
      case CURLE_SSL_CACERT_BADFILE:
        return fail(Code::failed_precondition,
                    "the CA certificate " + settings_.ca_cert +
                        " (--pgo-ca-cert) holds no certificate in PEM format.");
      case CURLE_SSL_CERTPROBLEM:
        return fail(Code::failed_precondition,
                    "the client certificate " + settings_.client_cert +
                        " (--pgo-client-cert) and the key " + settings_.client_key +
                        " (--pgo-client-key) cannot be used together: " + detail + ".");
      default:
        return fail(Code::unavailable, "talking to " + who + ": " + detail + ".");
    }
  }

  std::string daemon_hint() const {
    if (settings_.found_in.empty()) return {};
    return " Is the local daemon still running? (settings: " + settings_.found_in + ")";
  }

  const RestSettings& settings_;
  std::string host_;
  std::string error_;
  std::unique_ptr<CURL, CurlDeleter> handle_;
  std::unique_ptr<curl_slist, ListDeleter> headers_;
};

/// Calls at once get a connection each; idle ones are kept.
class HttpsChannel final : public RestChannel {
 public:
  explicit HttpsChannel(RestSettings settings)
      : settings_(std::move(settings)), host_(host_of(settings_.url)) {}

  Result<RestAnswer> send(const RestRequest& request) override {
    if (request.stop.stop_requested()) {
      return fail(Code::cancelled, "the request was cancelled before it was sent.");
    }
    PGO_TRY(std::unique_ptr<Connection> connection, take());
    auto answer = connection->send(request);
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(connection));
    return answer;
  }

 private:
  Result<std::unique_ptr<Connection>> take() {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
    }
    CURL* handle = curl_easy_init();
    if (handle == nullptr) return fail(Code::internal, "libcurl cannot be initialised.");
    return std::make_unique<Connection>(settings_, host_, handle);
  }

  RestSettings settings_;
  std::string host_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace

Result<std::shared_ptr<RestChannel>> connect_rest(RestSettings settings) {
  if (settings.tls == settings.url.starts_with("http://")) {
    return fail(Code::failed_precondition,
                settings.tls ? "the URL " + settings.url +
                                   " is plain HTTP; add --disable-tls if that is meant."
                             : "TLS is disabled, but the URL is " + settings.url + ".");
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return std::make_shared<HttpsChannel>(std::move(settings));
}

Result<RestSettings> load_rest_settings(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return fail(Code::not_found, "the settings of a daemon cannot be read; is it running?",
                file.string());
  }
  std::ostringstream content;
  content << stream.rdbuf();
  const auto document = json::parse(content.str());
  if (!document || (*document)["url"].as_string().empty()) {
    return fail(Code::invalid_argument, "this file does not hold the settings of a daemon",
                file.string());
  }
  const auto text = [&](std::string_view key) { return std::string((*document)[key].as_string()); };
  const auto path = [&](std::string_view key) {
    const std::string value = text(key);
    return value.empty() || fs::path(value).is_absolute() ? value
                                                          : (file.parent_path() / value).string();
  };
  RestSettings settings;
  settings.url = text("url");
  settings.tls = !settings.url.starts_with("http://");
  settings.ca_cert = path("ca_cert");
  settings.client_cert = path("client_cert");
  settings.client_key = path("client_key");
  settings.os_trust = false;
  settings.username = text("username");
  settings.password = text("password");
  settings.found_in = file.string();
  settings.ns = text("namespace");
  return settings;
}

}  // namespace pgo
