#include "host_transport.h"

#include "boundary.h"
#include "pgo/kube/client.h"

#include <mutex>
#include <optional>

// What a host fills in while it answers.
struct pgo_response {
  std::int32_t status = 0;
  bool executed = false;
  std::int32_t exit_code = 0;
  std::string body, out, err;
  std::string message;
};

namespace pgo::capi {
namespace {

/// The callbacks, until nobody can call them any more.
struct Host {
  explicit Host(const pgo_transport_callbacks& given) : callbacks(given) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() {
    const InCallback inside;
    if (callbacks.drop != nullptr) callbacks.drop(callbacks.user_data);
  }
  pgo_transport_callbacks callbacks;
};

Error host_error(std::int32_t code, std::string message, const std::string& subject) {
  const bool known = code >= PGO_ERR_NOT_FOUND && code <= PGO_ERR_INTERNAL;
  if (message.empty()) message = "the host's transport failed";
  return {.code = known ? static_cast<Code>(code) : Code::internal,
          .message = std::move(message),
          .subject = subject,
          .http_status = 0,
          .reason = {}};
}

Error no_answer(const std::string& subject) {
  return host_error(PGO_ERR_INTERNAL, "the host's transport reported success without an answer",
                    subject);
}

/// What the two ends of a watch share.
struct Line {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::function<void()> on_ready;
  bool ended = false;
  std::optional<Error> broken;
  bool read = true;  ///< somebody reads

  /// Recursive: the host may give its watch back from within `watch_closed`.
  std::recursive_mutex host_mutex;
  pgo_watch* host_end = nullptr;  ///< while the host owns it
};

}  // namespace
}  // namespace pgo::capi

// The host's end of a watch.
struct pgo_watch {
  std::shared_ptr<pgo::capi::Line> line;
  std::shared_ptr<pgo::capi::Host> host;
};

namespace pgo::capi {
namespace {

/// The library's end of a watch.
class HostStream final : public kube::WatchStream {
 public:
  HostStream(std::shared_ptr<Line> line, std::shared_ptr<Host> host)
      : line_(std::move(line)), host_(std::move(host)) {}

  ~HostStream() override {
    {
      const std::scoped_lock lock(line_->mutex);
      line_->read = false;
      line_->on_ready = nullptr;
    }
    const std::scoped_lock lock(line_->host_mutex);
    const auto& callbacks = host_->callbacks;
    if (line_->host_end != nullptr && callbacks.watch_closed != nullptr) {
      const InCallback inside;
      callbacks.watch_closed(line_->host_end, callbacks.user_data);
    }
  }

  Result<State> poll(std::vector<std::string>& lines) override {
    const std::scoped_lock lock(line_->mutex);
    for (std::string& one : line_->lines) lines.push_back(std::move(one));
    line_->lines.clear();
    if (line_->broken) return fail(*line_->broken);
    return line_->ended ? State::ended : State::open;
  }

 private:
  std::shared_ptr<Line> line_;
  std::shared_ptr<Host> host_;
};

class HostTransport final : public kube::Transport {
 public:
  explicit HostTransport(const pgo_transport_callbacks& callbacks)
      : host_(std::make_shared<Host>(callbacks)) {}

  Result<kube::Response> request(const kube::Request& request) override {
    const auto& callbacks = host_->callbacks;
    if (callbacks.request == nullptr) return missing("request");
    PGO_TRY_VOID(not_stopped(request.stop));
    pgo_response response;
    const Spelled spelled(request);
    const std::int32_t code = called(callbacks.request, &spelled.request, &response);
    if (code != PGO_OK) return fail(host_error(code, std::move(response.message), request.path));
    if (response.status <= 0) return fail(no_answer(request.path));
    return kube::Response{.status = response.status,
                          .content_type = "application/json",
                          .body = std::move(response.body)};
  }

  Result<std::unique_ptr<kube::WatchStream>> watch(const kube::Request& request,
                                                   std::function<void()> on_ready) override {
    const auto& callbacks = host_->callbacks;
    if (callbacks.watch == nullptr) return missing("watch");
    PGO_TRY_VOID(not_stopped(request.stop));
    auto line = std::make_shared<Line>();
    line->on_ready = std::move(on_ready);
    auto watch = std::make_unique<pgo_watch>(pgo_watch{line, host_});
    line->host_end = watch.get();
    pgo_response response;
    const Spelled spelled(request);
    const std::int32_t code = called(callbacks.watch, &spelled.request, watch.get(), &response);
    if (code != PGO_OK) {
      const std::scoped_lock lock(line->host_mutex);
      // A host that failed should not have touched it, but may have given it back all the same.
      if (line->host_end == nullptr) hand_out(std::move(watch));
      return fail(host_error(code, std::move(response.message), request.path));
    }
    // From here on the host's: it may even have given it back already.
    hand_out(std::move(watch));
    auto stream = std::make_unique<HostStream>(line, host_);
    if (response.status >= 400) {
      return fail(kube::error_from_response({.status = response.status,
                                             .content_type = "application/json",
                                             .body = std::move(response.body)},
                                            request.path));
    }
    return stream;
  }

  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override {
    const auto& callbacks = host_->callbacks;
    if (callbacks.exec == nullptr) return missing("exec");
    PGO_TRY_VOID(not_stopped(request.stop));
    std::vector<const char*> words;
    words.reserve(request.command.size());
    for (const std::string& word : request.command) words.push_back(word.c_str());
    const pgo_exec_request spelled{.ns = request.ns.c_str(),
                                   .pod = request.pod.c_str(),
                                   .container = request.container.c_str(),
                                   .command = words.data(),
                                   .command_size = words.size(),
                                   .input = request.stdin_data.data(),
                                   .input_size = request.stdin_data.size(),
                                   .timeout_ms = request.timeout.count()};
    pgo_response response;
    const std::string subject = "Pod " + request.ns + "/" + request.pod;
    const std::int32_t code = called(callbacks.exec, &spelled, &response);
    if (code != PGO_OK) return fail(host_error(code, std::move(response.message), subject));
    if (!response.executed) return fail(no_answer(subject));
    return kube::ExecResult{.exit_code = response.exit_code,
                            .out = std::move(response.out),
                            .err = std::move(response.err)};
  }

 private:
  template <typename Callback, typename... Parameters>
  std::int32_t called(Callback callback, Parameters... parameters) const {
    const InCallback inside;
    return callback(parameters..., host_->callbacks.user_data);
  }

  struct Spelled {
    explicit Spelled(const kube::Request& from)
        : method(kube::to_string(from.method)),
          type(from.content_type.empty() ? "application/json" : from.content_type),
          request{.method = method.c_str(),
                  .path = from.path.c_str(),
                  .content_type = type.c_str(),
                  .body = from.body.data(),
                  .body_size = from.body.size(),
                  .timeout_ms = from.timeout.count()} {}
    std::string method, type;
    pgo_request request;
  };

  static std::unexpected<Error> missing(const char* what) {
    return fail(Code::unimplemented, "the host's transport has no such callback", what);
  }
  static Result<void> not_stopped(const std::stop_token& stop) {
    if (!stop.stop_requested()) return {};
    return fail(Code::cancelled, "the call was cancelled before it was made");
  }

  std::shared_ptr<Host> host_;
};

}  // namespace

std::shared_ptr<kube::Transport> make_host_transport(const pgo_transport_callbacks& callbacks) {
  return std::make_shared<HostTransport>(callbacks);
}

}  // namespace pgo::capi

using namespace pgo;
using namespace pgo::capi;

namespace {

std::string copied(const char* text, std::size_t size) {
  return std::string(document_of(text, size).value_or(std::string_view{}));
}

/// Under the lock, so that nothing is told once the reader has gone. `change` fills in the news.
template <typename Change>
std::int32_t tell(pgo_watch* watch, Change change) {
  if (watch == nullptr) return 0;
  Line& line = *watch->line;
  const std::scoped_lock lock(line.mutex);
  if (!line.read || line.ended || line.broken) return 0;
  change(line);
  if (line.on_ready) line.on_ready();
  return 1;
}

}  // namespace

void pgo_response_set(pgo_response* response, int32_t http_status, const char* body,
                      size_t body_size) {
  if (response == nullptr) return;
  response->status = http_status;
  response->body = copied(body, body_size);
}

void pgo_response_set_exec(pgo_response* response, int32_t exit_code, const char* out,
                           size_t out_size, const char* err, size_t err_size) {
  if (response == nullptr) return;
  response->executed = true;
  response->exit_code = exit_code;
  response->out = copied(out, out_size);
  response->err = copied(err, err_size);
}

void pgo_response_fail(pgo_response* response, const char* message) {
  if (response != nullptr) response->message = text_of(message);
}

int32_t pgo_watch_push(pgo_watch* watch, const char* line, size_t line_size) {
  return tell(watch, [&](Line& end) { end.lines.push_back(copied(line, line_size)); });
}

void pgo_watch_end(pgo_watch* watch, int32_t code, const char* message) {
  tell(watch, [&](Line& end) {
    if (code == PGO_OK) {
      end.ended = true;
    } else {
      end.broken = host_error(code, std::string(text_of(message)), "watch");
    }
  });
}

void pgo_watch_free(pgo_watch* watch) {
  if (watch == nullptr) return;
  // A watch that is given back unended will bring nothing more.
  pgo_watch_end(watch, PGO_OK, nullptr);
  const std::shared_ptr<Line> line = watch->line;
  const std::scoped_lock lock(line->host_mutex);
  line->host_end = nullptr;
  take_back(watch);
}
