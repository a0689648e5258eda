#include "pgo/http/fetch.h"

#include <curl/curl.h>

#include <array>
#include <memory>

namespace pgo::http {
namespace {

struct CurlDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

struct Received {
  std::string body;
  std::size_t limit;
  bool too_large = false;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* to) {
  Received& received = *static_cast<Received*>(to);
  const std::size_t bytes = size * count;
  received.too_large = received.body.size() + bytes > received.limit;
  if (received.too_large) return 0;
  received.body.append(data, bytes);
  return bytes;
}

int go_on(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

/// What may be shown of an address: neither who fetches it nor a query, where keys stand.
std::string shown(std::string_view url) {
  const std::size_t scheme = url.find("://") + 3;
  const std::string_view rest = url.substr(scheme, url.find_first_of("?#", scheme) - scheme);
  const std::size_t at = rest.substr(0, rest.find('/')).rfind('@');
  return std::string(url.substr(0, scheme)) +
         std::string(at == rest.npos ? rest : rest.substr(at + 1));
}

Error failure(CURLcode code, const char* text, const std::string& url) {
  return {.code = code == CURLE_OPERATION_TIMEDOUT ? Code::deadline_exceeded : Code::unavailable,
          .message = "it cannot be fetched: " +
                     std::string(*text != '\0' ? text : curl_easy_strerror(code)),
          .subject = url};
}

}  // namespace

bool is_fetchable(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

Result<std::string> fetch(const std::string& url, const FetchLimits& limits,
                          const std::stop_token& stop) {
  if (!is_fetchable(url)) {
    return fail(Code::invalid_argument, "only http:// and https:// addresses can be fetched");
  }
  const std::string address = shown(url);
  static const CURLcode kInitialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)kInitialised;
  const std::unique_ptr<CURL, CurlDeleter> easy(curl_easy_init());
  if (!easy) return fail(Code::internal, "libcurl cannot be started", address);
  Received received{.body = {}, .limit = limits.bytes};
  std::array<char, CURL_ERROR_SIZE> text{};
  CURL* const handle = easy.get();
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.time.count()));
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, text.data());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &received);
  std::stop_token watched = stop;
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, go_on);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &watched);
  const CURLcode code = curl_easy_perform(handle);
  if (code == CURLE_ABORTED_BY_CALLBACK) return fail(Code::cancelled, "it was cancelled", address);
  if (received.too_large) {
    return fail(Code::resource_exhausted,
                "it is larger than " + std::to_string(limits.bytes) + " bytes", address);
  }
  if (code != CURLE_OK) return fail(failure(code, text.data(), address));
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    return fail(Code::failed_precondition,
                "the server answered with status " + std::to_string(status), address);
  }
  return std::move(received.body);
}

}  // namespace pgo::http
