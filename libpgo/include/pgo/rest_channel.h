#pragma once

#include "pgo/base/result.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

namespace pgo {

/// One request of the REST interface.
struct RestRequest {
  std::string method{};    ///< "GET"
  std::string path{};      ///< with the query, encoded already: "/status?version=4.2.0&namespace=x"
  std::string body{};      ///< JSON, or empty
  std::stop_token stop{};  ///< a stop request ends the call with `cancelled`
};

/// What came back, refusals included: they are JSON with Code "error" and status 200.
struct RestAnswer {
  int status = 0;
  std::string body{};
  std::string error_code{};  ///< header Pgo-Error-Code: the name of a Code; empty from 4.2.0
};

/// The way to a REST service: over HTTPS (`connect_rest`) or within the process
/// (`Operator::channel`). Thread safe; any number of calls at once. Errors are those of the way
/// there: `unavailable`, `deadline_exceeded`, `cancelled`; `failed_precondition` when a file of the
/// settings is not what it should be.
class RestChannel {
 public:
  RestChannel() = default;
  RestChannel(const RestChannel&) = delete;
  RestChannel& operator=(const RestChannel&) = delete;
  virtual ~RestChannel() = default;

  virtual Result<RestAnswer> send(const RestRequest& request) = 0;
};

/// How to reach an apiserver and as whom.
struct RestSettings {
  std::string url{};  ///< "https://host:port", no slash at the end
  bool tls = true;
  std::string ca_cert{};      ///< PEM file; empty with `os_trust`: the system's authorities only
  std::string client_cert{};  ///< PEM file, or empty
  std::string client_key{};   ///< PEM file, or empty
  bool os_trust = true;       ///< trust the system's authorities too
  std::string username{};
  std::string password{};  ///< a secret
  /// "http://host:port", for plain HTTP only, and the hosts that are reached without it, as libcurl
  /// lists them; empty = no proxy. The environment is never looked at.
  std::string proxy{};
  std::string no_proxy{};
  /// Where the settings were found when no server was named: the local daemon's client.json.
  std::string found_in{};
  /// The namespace that goes with the settings, or empty.
  std::string ns{};
};

/// The settings that a daemon on this machine left for its clients (STATE/client.json). Relative
/// paths inside count from its folder. `not_found` without the file, `invalid_argument` when it is
/// something else.
Result<RestSettings> load_rest_settings(const std::filesystem::path& file);

/// HTTP or HTTPS over libcurl: basic authentication, TLS 1.2 at least, the client certificate, 60 s
/// per request. The server's chain is always verified; its name too when its certificate carries
/// subject alternative names (those that 4.2.0's installers made carry none). Does not connect yet.
/// `failed_precondition` when URL and `tls` disagree.
Result<std::shared_ptr<RestChannel>> connect_rest(RestSettings settings);

}  // namespace pgo
