#pragma once

#include "pgo/base/result.h"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::kube {

class Object;

enum class Method { get, post, put, patch, delete_ };
std::string_view to_string(Method method);

/// One call of the Kubernetes HTTP API, in the API's own words whatever carries it.
struct Request {
  Method method = Method::get;
  std::string path{};          ///< "/api/v1/namespaces/ns/pods?labelSelector=..." (already encoded)
  std::string content_type{};  ///< of the body; empty means application/json
  std::string accept{};        ///< empty means application/json
  std::string body{};
  std::shared_ptr<const Object> object{};  ///< instead of a body, where Transport::takes_objects
  bool takes_object = false;  ///< an answer that is an object may come as Response::object
  std::chrono::milliseconds timeout{30'000};  ///< for the whole call; watches: until the headers
  std::stop_token stop{};                     ///< a stop request ends the call with `cancelled`
};

/// The answer. A status of 400 and above is an answer too, not an Error: the transport worked.
struct Response {
  int status = 0;
  std::string content_type{};
  std::string body{};
  /// From a server in this process, if asked for: the object itself; `body` is empty then.
  std::shared_ptr<const Object> object{};
};

/// One event of a watch: the server's line, or what it says where nobody had to write it down.
struct WatchEvent {
  std::string line{};                      ///< one JSON document, when `object` is null
  std::string_view type{};                 ///< "ADDED", "MODIFIED" or "DELETED", with `object`
  std::shared_ptr<const Object> object{};  ///< shared with others: never changed
};

/// An open watch, pulled by its owner. Events arrive in the order of the server.
/// One thread at a time; destroying it closes the watch.
class WatchStream {
 public:
  WatchStream() = default;
  WatchStream(const WatchStream&) = delete;
  WatchStream& operator=(const WatchStream&) = delete;
  virtual ~WatchStream() = default;

  enum class State { open, ended };
  /// Moves the lines that have arrived (one JSON event each, no newline) to the end of `lines` and
  /// returns without waiting. `ended`: the server closed and nothing more will come.
  /// Error: the stream broke.
  virtual Result<State> poll(std::vector<std::string>& lines) = 0;

  /// As `poll`, for readers of objects: a server in this process hands over what it has at hand.
  /// May take a part of what has arrived: call again until nothing comes. The default takes the
  /// lines of `poll`. An owner uses one of the two, always the same.
  virtual Result<State> poll_events(std::vector<WatchEvent>& events);
};

/// One command to run in a container.
struct ExecRequest {
  std::string ns{}, pod{}, container{};
  std::vector<std::string> command{};
  std::string stdin_data{};  ///< given to the command, then closed; empty means no stdin
  std::chrono::milliseconds timeout{60'000};
  std::stop_token stop{};
  bool reads_only = false;  ///< the command changes nothing, so a dry run runs it too
};

struct ExecResult {
  int exit_code = 0;
  std::string out{};  ///< what the command wrote to stdout
  std::string err{};  ///< what the command wrote to stderr
};

/// The only door to Kubernetes. Implementations are thread safe and never retry a write.
/// Errors are about the way there: `unavailable`, `deadline_exceeded`, `cancelled`, and for exec
/// also what the API refused (`not_found`, `permission_denied`, ...).
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  virtual Result<Response> request(const Request& request) = 0;
  /// Whether requests may carry an object instead of its text.
  virtual bool takes_objects() const { return false; }

  /// Opens a watch (`request.path` carries watch=true). A refusal by the server (410, 403) is an
  /// Error with that HTTP status. `on_ready` is called from any thread, never under a lock of the
  /// caller's, when `poll` has something new (also the end); it must return at once and may be
  /// empty. It is never called once the stream's destructor has returned.
  virtual Result<std::unique_ptr<WatchStream>> watch(const Request& request,
                                                     std::function<void()> on_ready) = 0;

  virtual Result<ExecResult> exec(const ExecRequest& request) = 0;
};

}  // namespace pgo::kube
