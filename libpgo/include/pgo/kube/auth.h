#pragma once

#include "pgo/base/result.h"

#include <filesystem>
#include <memory>
#include <string>

namespace pgo::kube {

/// What proves to the API server who is calling. Secrets: never logged, never part of an error.
struct Credentials {
  std::string authorization{};    ///< value of the Authorization header; empty = none
  std::string certificate_pem{};  ///< client certificate chain; empty = that of the TLS settings
  std::string key_pem{};          ///< its key
};

/// Where credentials come from: a fixed token, a file that is rotated, later exec plugins and OIDC.
/// Thread safe.
class Auth {
 public:
  Auth() = default;
  Auth(const Auth&) = delete;
  Auth& operator=(const Auth&) = delete;
  virtual ~Auth() = default;

  /// Asked before every request, so it answers from memory while that is still good. It may block
  /// when it has to fetch anew. `unauthenticated` when there is nothing to offer.
  virtual Result<Credentials> credentials() = 0;
  /// The server answered 401 to what `credentials` last gave: fetch anew next time.
  virtual void rejected() {}
};

/// A bearer token that never changes.
std::shared_ptr<Auth> token_auth(std::string token);
/// HTTP basic authentication.
std::shared_ptr<Auth> basic_auth(const std::string& user, const std::string& password);
/// A bearer token in a file, read again whenever the file changes (as the kubelet does when it
/// rotates service account tokens). A file that has become unreadable keeps the last token.
std::shared_ptr<Auth> token_file_auth(std::filesystem::path file);

}  // namespace pgo::kube
