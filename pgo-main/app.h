#pragma once

#include "command.h"
#include "output.h"
#include "pgo/base/clock.h"
#include "pgo/json/codec.h"
#include "rest_client.h"
#include "settings.h"

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pgo::cli {

/// Reads a message as 4.2.0's client did: keys in any case, unknown ones ignored, null for nothing.
/// An answer of another shape is the server's failure, not a usage error.
template <typename Response>
Result<Response> read_answer(const json::Value& answer) {
  auto response = json::decode<Response>(answer, json::Mode::lenient);
  if (!response) {
    return fail(Code::unavailable,
                "the apiserver's answer cannot be understood: " + response.error().text() + ".");
  }
  return response;
}

/// The seams of the program; main fills them with the real ones.
struct Host {
  std::istream* in = nullptr;
  std::ostream* out = nullptr;
  std::ostream* errors = nullptr;
  TerminalTraits traits{};
  Environment environment{};
  std::function<Result<std::unique_ptr<RestClient>>(const Settings&)> connect{};
  const Clock* clock = nullptr;
  std::function<void(std::chrono::milliseconds)> pause{};  ///< between two looks of --wait
};

/// One run of the program. What commands need: the server, the namespace, output, questions.
class App {
 public:
  explicit App(Host host);

  /// Runs the command line (without the program's name) and returns the exit code.
  int run(std::span<const std::string> arguments);

  Output& output() { return output_; }
  const Host& host() const { return host_; }
  const std::string& ns() const { return ns_; }

  /// One exchange. An HTTP status other than 200 and an unreadable answer are errors. With
  /// --dry-run the answer is a plan: it is printed here, and the error `cancelled` ends the command
  /// as done.
  Result<json::Value> exchange(const std::string& method, const std::string& path,
                               const std::string& body = {});
  Result<json::Value> get(const std::string& path, const Query& query);

  /// Sends `request` and reads the answer as `Response`, leniently.
  template <typename Response, typename Request>
  Result<Response> post(const std::string& path, const Request& request) {
    PGO_TRY(const json::Value answer, exchange("POST", path, body_of(json::encode(request))));
    return read_answer<Response>(answer);
  }

  /// Prints `answer` in the format; of a command that gathers, once all answers are there.
  void document(const json::Value& answer);
  /// Prints the last answer when it is wanted as a document (-o json, yaml); false when not.
  bool print_answer();

  /// Prints the error and returns the exit code for it.
  int report(const Error& error);
  /// Asks a yes/no question; the end of input counts as no (O16).
  bool confirm(std::string_view question);

  static std::string body_of(const json::Value& value);

 private:
  Result<RestClient*> client();
  int run_command(const Command& command);
  /// The exit code once everything is written, or that it could not be.
  int finish(int code);
  /// Prints the plan that a dry run was answered with.
  void print_plan(const json::Value& answer);

  Host host_;
  Output output_;
  Arguments arguments_;
  std::string ns_;
  bool dry_run_ = false;
  bool gathers_ = false;
  std::string format_;
  std::optional<json::Value> gathered_;  ///< of the names so far
  json::Value answer_;                   ///< the last one, kept only when it may be printed
  std::unique_ptr<RestClient> client_;
};

/// True unless `code` is "ok"; then the error the server's message stands for.
Result<void> accepted(std::string_view code, std::string_view message);

}  // namespace pgo::cli
