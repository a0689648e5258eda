#include "rest_client.h"

#include "pgo/base/text.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <filesystem>

namespace pgo::cli {
namespace {

constexpr long kTimeoutSeconds = 60;

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t append(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
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

class CurlRestClient final : public RestClient {
 public:
  CurlRestClient(const Settings& settings, CURL* handle)
      : settings_(settings), host_(host_of(settings.url)), handle_(handle) {
    headers_.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    error_.resize(CURL_ERROR_SIZE);
    prepare();
  }

  Result<Answer> send(const std::string& method, const std::string& path,
                      const std::string& body) override {
    CURL* curl = handle_.get();
    Answer answer;
    const std::string url = settings_.url + path;
    error_[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    if (method == "GET") {
      curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    } else {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
      curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body.c_str());
      curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method == "POST" ? nullptr : method.c_str());
    }
    if (const CURLcode code = curl_easy_perform(curl); code != CURLE_OK) return explain(code);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    return answer;
  }

 private:
  void prepare() {
    CURL* curl = handle_.get();
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_.data());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, kTimeoutSeconds);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, settings_.username.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, settings_.password.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    if (!settings_.tls) return;
    // As in 4.2.0, proxies of the environment are for plain HTTP only.
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    // The name is verified in `verify_chain_and_name`, which knows certificates without names.
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, prepare_tls);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, &host_);
    curl_easy_setopt(curl, CURLOPT_CAINFO, settings_.ca_cert.c_str());
    // A directory is searched only when a chain needs it; a bundle would be parsed at every start.
    const char* system_authorities = "/etc/ssl/certs";
    std::error_code error;
    const bool os_trust =
        settings_.os_trust && std::filesystem::is_directory(system_authorities, error);
    curl_easy_setopt(curl, CURLOPT_CAPATH, os_trust ? system_authorities : nullptr);
    if (!settings_.client_cert.empty()) {
      curl_easy_setopt(curl, CURLOPT_SSLCERT, settings_.client_cert.c_str());
      curl_easy_setopt(curl, CURLOPT_SSLKEY, settings_.client_key.c_str());
    }
  }

  std::unexpected<Error> explain(CURLcode code) const {
    std::string detail = error_.c_str();
    if (detail.empty()) detail = curl_easy_strerror(code);
    const std::string who = "the apiserver at " + settings_.url;
    switch (code) {
      case CURLE_COULDNT_CONNECT:
      case CURLE_COULDNT_RESOLVE_HOST:
        return fail(Code::unavailable, "cannot reach " + who + ": " + detail + "." + daemon_hint());
      case CURLE_OPERATION_TIMEDOUT:
        return fail(Code::deadline_exceeded, who + " did not answer in time: " + detail + ".");
      case CURLE_PEER_FAILED_VERIFICATION:
        return fail(Code::unavailable, "the certificate of " + who + " is not trusted: " + detail +
                                           ". Give its authority with --pgo-ca-cert.");
      case CURLE_SSL_CERTPROBLEM:
        return fail(Code::unavailable,
                    "the client certificate or key cannot be used: " + detail + ".");
      default:
        return fail(Code::unavailable, "talking to " + who + ": " + detail + ".");
    }
  }

  std::string daemon_hint() const {
    if (settings_.found_in.empty()) return {};
    return " Is the local daemon still running? (settings: " + settings_.found_in + ")";
  }

  Settings settings_;
  std::string host_;
  std::string error_;
  std::unique_ptr<CURL, CurlDeleter> handle_;
  std::unique_ptr<curl_slist, ListDeleter> headers_;
};

}  // namespace

Result<std::unique_ptr<RestClient>> connect(const Settings& settings) {
  if (settings.tls == settings.url.starts_with("http://")) {
    return fail(Code::failed_precondition,
                settings.tls ? "the URL " + settings.url +
                                   " is plain HTTP; add --disable-tls if that is meant."
                             : "TLS is disabled, but the URL is " + settings.url + ".");
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL* handle = curl_easy_init();
  if (handle == nullptr) return fail(Code::internal, "libcurl cannot be initialised.");
  return std::make_unique<CurlRestClient>(settings, handle);
}

std::string with_query(std::string path, const Query& query) {
  char separator = '?';
  for (const auto& [key, value] : query) {
    path += separator;
    path += key;
    path += '=';
    path += text::percent_encode(value);
    separator = '&';
  }
  return path;
}

}  // namespace pgo::cli
