#pragma once

#include "pgo/base/result.h"
#include "pgo/json/value.h"
#include "settings.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pgo::cli {

/// The way to the apiserver. Tests put a fake in its place.
class RestClient {
 public:
  RestClient() = default;
  RestClient(const RestClient&) = delete;
  RestClient& operator=(const RestClient&) = delete;
  virtual ~RestClient() = default;

  struct Answer {
    int status = 0;
    std::string body;
  };
  /// `path` starts with '/' and is encoded already; an empty body is not sent. Errors are those of
  /// the way there: `unavailable`, `deadline_exceeded`.
  virtual Result<Answer> send(const std::string& method, const std::string& path,
                              const std::string& body) = 0;
};

/// Over HTTP or HTTPS: see pgo::connect_rest.
Result<std::unique_ptr<RestClient>> connect(const Settings& settings);

using Query = std::vector<std::pair<std::string_view, std::string>>;
/// "/path?key=value&..." with encoded values.
std::string with_query(std::string path, const Query& query);

}  // namespace pgo::cli
