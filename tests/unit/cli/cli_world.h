#pragma once

#include "app.h"

#include <deque>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace pgo::test {

/// The program in process: a scripted server, an environment, what was typed and what came out.
class CliWorld {
 public:
  std::map<std::string, std::string> environment = {{"PGO_APISERVER_URL", "http://server:8080"},
                                                    {"DISABLE_TLS", "true"},
                                                    {"PGOUSERNAME", "anna"},
                                                    {"PGOUSERPASS", "secret"},
                                                    {"PGO_NAMESPACE", "team1"}};
  std::string typed;
  int write_fails_with = 0;  ///< an errno of the stream of results
  cli::TerminalTraits traits;
  VirtualClock clock{TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 11 / 22))};
  /// Answers each request; by default 200 with an empty success.
  std::function<Result<cli::RestClient::Answer>(const std::string& method, const std::string& path,
                                                const std::string& body)>
      server = [](auto&&...) {
        return cli::RestClient::Answer{200, R"({"Results":[],"Code":"ok","Msg":""})"};
      };

  // What the last run did.
  int code = 0;
  std::string out, errors;
  std::vector<std::string> requests;  ///< "METHOD path"
  std::vector<std::string> bodies;
  cli::Settings settings;
  int pauses = 0;

  void run(std::vector<std::string> words);
};

}  // namespace pgo::test
