#pragma once

#include "pgo/base/result.h"

#include <string>
#include <string_view>

namespace pgo::kube {

/// The address of an API server, taken apart.
struct Url {
  bool tls = true;
  std::string host;    ///< without the brackets of IPv6
  std::string port;    ///< decimal, filled in when the text had none
  std::string prefix;  ///< path before "/api", without a slash at the end

  /// "host:port", IPv6 in brackets.
  std::string authority() const;
  /// "https://host:port/prefix".
  std::string text() const;
  bool loopback() const;
};

/// `invalid_argument` for anything but http or https with a host; credentials inside are refused.
Result<Url> parse_url(std::string_view text);

}  // namespace pgo::kube
