#include "kube/url.h"

#include "pgo/base/text.h"

#include <algorithm>

namespace pgo::kube {

std::string Url::authority() const {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

std::string Url::text() const { return (tls ? "https://" : "http://") + authority() + prefix; }

bool Url::loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<Url> parse_url(std::string_view text) {
  // The text itself is not repeated: it may hold a password.
  auto refuse = [](std::string message) {
    return fail(Code::invalid_argument, std::move(message), "server URL");
  };
  Url url;
  const std::size_t scheme_end = text.find("://");
  const std::string scheme = text::to_lower(text.substr(0, std::min(scheme_end, text.size())));
  if (scheme_end == std::string_view::npos || (scheme != "https" && scheme != "http")) {
    return refuse("must start with https:// or http://");
  }
  url.tls = scheme == "https";
  std::string_view rest = text.substr(scheme_end + 3);
  const std::size_t path_at = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, path_at);
  std::string_view path = rest.substr(path_at);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.find_first_of("?# \t\r\n") != std::string_view::npos ||
      authority.find_first_of("?#@ \t\r\n\\") != std::string_view::npos) {
    return refuse("must hold nothing but host, port and path");
  }
  url.prefix = path;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return refuse("'[' without ']'");
    url.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
    if (!authority.empty() && authority.front() != ':') return refuse("text after ']'");
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    authority.remove_prefix(colon);
  }
  if (url.host.empty()) return refuse("names no host");
  url.port = authority.empty() ? (url.tls ? "443" : "80") : std::string(authority.substr(1));
  const auto port = text::to_int(url.port);
  if (!port || *port < 1 || *port > 65535) return refuse("the port is not within 1 to 65535");
  return url;
}

}  // namespace pgo::kube
