#include "pgo/embedded/https_front.h"

#include "embedded/api/api.h"
#include "embedded/api/front_exec.h"
#include "embedded/api/protobuf.h"
#include "embedded/api/sessions.h"
#include "embedded/api/status.h"
#include "pgo/base/text.h"
#include "pgo/http/server.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

namespace pgo::embedded {
namespace {

using api::Api;
using api::Call;
using Steady = std::chrono::steady_clock;

/// Handlers only read memory and write one database row; a few threads serve many clients.
constexpr int kWorkers = 4;
/// How often open watches are asked for bookmarks and looked at for their end.
constexpr std::chrono::seconds kTick{1};

/// One watch of one HTTP client: lines go from the store to the socket.
class OpenWatch {
 public:
  OpenWatch(std::shared_ptr<http::Stream> out, std::chrono::seconds lifetime)
      : out_(std::move(out)),
        ends_(lifetime.count() > 0 ? Steady::now() + lifetime : Steady::time_point::max()) {}

  void attach(std::unique_ptr<kube::WatchStream> stream) {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_) stream_ = std::move(stream);
    }
    pump();
  }

  /// Sends what has come.
  void pump() {
    bool ended = false;
    {
      const std::lock_guard lock(mutex_);
      if (!stream_) return;
      std::vector<std::string> lines;
      const auto state = stream_->poll(lines);
      for (std::string& line : lines) {
        line += '\n';
        if (!out_->send(std::move(line))) ended = true;
      }
      ended = ended || !state || *state == kube::WatchStream::State::ended;
    }
    if (ended) close();
  }

  void close() {
    std::unique_ptr<kube::WatchStream> stream;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      stream.swap(stream_);
    }
    out_->close();
    // Destroyed without the lock: it waits for a pump that another thread has begun.
  }

  /// False when it is over.
  bool tick() {
    if (Steady::now() >= ends_) close();
    pump();
    const std::lock_guard lock(mutex_);
    return !closed_;
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<kube::WatchStream> stream_;
  std::shared_ptr<http::Stream> out_;
  const Steady::time_point ends_;
  bool closed_ = false;
};

/// The watches that need looking after by the clock: those with an end and those with bookmarks.
class WatchKeeper {
 public:
  WatchKeeper() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

  void add(std::shared_ptr<OpenWatch> watch) {
    const std::lock_guard lock(mutex_);
    watches_.push_back(std::move(watch));
    changed_.notify_all();
  }
  void stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      if (!changed_.wait(lock, stop, [this] { return !watches_.empty(); })) return;
      changed_.wait_for(lock, stop, kTick, [] { return false; });
      std::list<std::shared_ptr<OpenWatch>> turn;
      turn.swap(watches_);
      lock.unlock();
      turn.remove_if([](const auto& watch) { return !watch->tick(); });
      lock.lock();
      watches_.splice(watches_.end(), turn);
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<std::shared_ptr<OpenWatch>> watches_;
  std::jthread thread_;
};

bool is_public(const Call& call) {
  if (call.is_resource || call.segments.empty()) return false;
  const std::string& first = call.segments[0];
  return first == "healthz" || first == "readyz" || first == "livez" || first == "version";
}

std::unexpected<Error> unauthorized() {
  return api::api_error(401, "Unauthorized", "Unauthorized");
}

class Front final : public HttpsFront {
 public:
  Front(Api& api, Log log) : api_(&api), log_(std::move(log)) {}
  ~Front() override { stop(); }

  Result<void> start(HttpsOptions options) {
    http::ServerOptions server;
    server.address = std::move(options.address);
    server.port = options.port;
    server.workers = kWorkers;
    server.tls_options = {.certificate_pem = std::move(options.certificate_pem),
                          .key_pem = std::move(options.key_pem),
                          .client_ca_pem = std::move(options.client_ca_pem)};
    PGO_TRY(server_,
            http::serve(
                std::move(server),
                [this](http::Request request, const std::shared_ptr<http::Responder>& responder) {
                  answer(std::move(request), responder);
                },
                log_));
    return {};
  }

  std::uint16_t port() const override { return server_->port(); }

  void stop() override {
    if (server_) server_->stop();
    sessions_.stop();
    keeper_.stop();
  }

 private:
  Result<Identity> identify(const http::Request& request) const {
    const std::string_view authorization = request.header("Authorization");
    if (constexpr std::string_view kBearer = "Bearer "; authorization.starts_with(kBearer)) {
      return api_->authenticate(text::trim(authorization.substr(kBearer.size())));
    }
    if (!request.peer_certificate_subject.empty()) {
      Identity identity{.user = request.peer_certificate_subject, .groups = {}};
      if (!request.peer_certificate_organization.empty()) {
        identity.groups.push_back(request.peer_certificate_organization);
      }
      identity.groups.emplace_back("system:authenticated");
      return identity;
    }
    return Identity{.user = "system:anonymous", .groups = {"system:unauthenticated"}};
  }

  /// Source: Kubernetes, "User impersonation".
  static Result<Identity> impersonate(const http::Request& request, Identity identity) {
    const std::string_view user = request.header("Impersonate-User");
    if (user.empty()) return identity;
    if (std::find(identity.groups.begin(), identity.groups.end(), "system:masters") ==
        identity.groups.end()) {
      return api::api_error(403, "Forbidden",
                            "users \"" + std::string(user) + "\" is forbidden: User \"" +
                                identity.user + "\" cannot impersonate resource \"users\"");
    }
    Identity other{.user = std::string(user), .groups = {}};
    for (const auto& [name, value] : request.headers) {
      if (text::equals_ignore_case(name, "Impersonate-Group")) other.groups.push_back(value);
    }
    other.groups.emplace_back("system:authenticated");
    return other;
  }

  Result<Call> read_call(http::Request& request) const {
    PGO_TRY(Call call,
            api::parse_call(request.method == "HEAD" ? "GET" : request.method, request.target));
    PGO_TRY(Identity identity, identify(request));
    if (identity.user == "system:anonymous" && !is_public(call)) return unauthorized();
    PGO_TRY(call.identity, impersonate(request, std::move(identity)));
    call.content_type = request.header("Content-Type");
    call.accept = request.header("Accept");
    call.body = std::move(request.body);
    if (call.content_type.starts_with(api::kProtobufType)) {
      PGO_TRY(call.body, api::protobuf_to_json(call.body));
      call.content_type = "application/json";
    }
    return call;
  }

  void answer(http::Request request, const std::shared_ptr<http::Responder>& responder) {
    auto call = read_call(request);
    if (!call) return responder->respond(api::failure_response(call.error(), nullptr));
    if (Api::is_watch(*call)) return serve_watch(*call, *responder);
    if (call->is_resource && call->group.empty() && call->plural == "pods") {
      if (call->subresource == "exec") {
        return api::serve_exec(*api_, *std::move(call), request, responder, sessions_);
      }
      if (call->subresource == "log") return serve_log(*std::move(call), responder);
    }
    api::Answer result = api_->handle(*std::move(call));
    responder->respond({.status = result.status,
                        .content_type = std::move(result.content_type),
                        .headers = {},
                        .body = std::move(result.body)});
  }

  void serve_log(Call call, const std::shared_ptr<http::Responder>& responder) {
    if (call.query.flag("follow")) {
      return api::serve_log_stream(*api_, std::move(call), responder, sessions_);
    }
    auto text = api::read_log(*api_, call);
    if (!text) return responder->respond(api::failure_response(text.error(), &call));
    responder->respond(
        {.status = 200, .content_type = "text/plain", .headers = {}, .body = *std::move(text)});
  }

  void serve_watch(const Call& call, http::Responder& responder) {
    const std::chrono::seconds lifetime(text::to_int(call.query.get("timeoutSeconds")).value_or(0));
    const bool kept = lifetime.count() > 0 || call.query.flag("allowWatchBookmarks");
    auto link = std::make_shared<std::weak_ptr<OpenWatch>>();
    // The watch may have events before it has a socket: `link` is empty until then, and attaching
    // sends what came meanwhile.
    auto linked = std::make_shared<std::mutex>();
    auto stream = api_->watch(call, [link, linked] {
      std::shared_ptr<OpenWatch> watch;
      {
        const std::lock_guard lock(*linked);
        watch = link->lock();
      }
      if (watch) watch->pump();
    });
    if (!stream) return responder.respond(api::failure_response(stream.error(), &call));
    std::shared_ptr<http::Stream> out = responder.respond_stream(
        {.status = 200, .content_type = "application/json", .headers = {}, .body = {}});
    auto watch = std::make_shared<OpenWatch>(out, lifetime);
    {
      const std::lock_guard lock(*linked);
      *link = watch;
    }
    watch->attach(*std::move(stream));
    if (kept) keeper_.add(watch);
    // The socket's side owns the watch: it goes when the client goes.
    out->on_closed([watch] { watch->close(); });
  }

  Api* api_;
  Log log_;
  api::Sessions sessions_;
  WatchKeeper keeper_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace

Result<std::unique_ptr<HttpsFront>> serve_https(ApiServer& server, HttpsOptions options, Log log) {
  auto front = std::make_unique<Front>(server.impl().api, log.named("embedded.api"));
  PGO_TRY_VOID(front->start(std::move(options)));
  return std::unique_ptr<HttpsFront>(std::move(front));
}

}  // namespace pgo::embedded
