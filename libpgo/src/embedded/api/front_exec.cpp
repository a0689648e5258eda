#include "embedded/api/front_exec.h"

#include "embedded/api/exec_conversation.h"
#include "embedded/api/status.h"
#include "pgo/base/text.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace pgo::embedded::api {
namespace {

using json::Value;

/// kubectl may hold a shell open for hours.
constexpr std::chrono::hours kInteractive{24};
constexpr std::chrono::milliseconds kLogInterval{200};

std::unexpected<Error> no_node() {
  return api_error(501, "NotImplemented", "no node runs containers here");
}

/// The metav1.Status that ends an exec session.
Value exec_status(const Result<int>& exit_code) {
  if (!exit_code) return status_of(exit_code.error(), nullptr);
  Value status = Value::object({{"metadata", Value::object()}, {"status", "Success"}});
  if (*exit_code == 0) return status;
  const std::string code = std::to_string(*exit_code);
  status.set("status", "Failure");
  status.set("message", "command terminated with non-zero exit code: exit status " + code);
  status.set("reason", "NonZeroExitCode");
  status.set("details",
             Value::object({{"causes", Value::array({Value::object(
                                           {{"reason", "ExitCode"}, {"message", code}})})}}));
  return status;
}

/// True while the container that a log is followed of may still write.
bool still_running(const Api& api, const Call& call, std::string_view container) {
  const RecordPtr record = api.store().get("/pods", call.key());
  if (!record) return false;
  const auto pod = json::parse(record->text());
  if (!pod) return false;
  for (const char* list : {"containerStatuses", "initContainerStatuses"}) {
    for (const Value& status : (*pod)["status"][list].items()) {
      if (status["name"].as_string() != container) continue;
      return !status["state"]["terminated"].is_object() ||
             (*pod)["spec"]["restartPolicy"].as_string() == "Always";
    }
  }
  return true;
}

/// The part of a log that `tailLines` leaves of it.
Result<std::string> last_of(ContainerRuntime& runtime, const Call& call,
                            const std::string& container, std::int64_t lines, std::string text) {
  // The runtime takes 0 for everything; the API takes it for nothing.
  if (lines == 0) return std::string();
  PGO_TRY(const std::string last,
          runtime.log(call.ns, call.name, container, static_cast<int>(lines), false));
  return text.substr(text.size() - std::min(text.size(), last.size()));
}

void follow_log(Api& api, const Call& call, const std::string& container, http::Stream& stream,
                const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  auto tail = text::to_int(call.query.get("tailLines"));
  LogPosition at;
  while (!stop.stop_requested()) {
    const bool running = still_running(api, call, container);
    ContainerRuntime* runtime = api.runtime();
    if (runtime == nullptr) return;
    auto piece = runtime->log_since(call.ns, call.name, container, at);
    if (!piece) return;
    at = std::move(piece->end);
    if (tail) {
      auto last = last_of(*runtime, call, container, *tail, std::move(piece->text));
      if (!last) return;
      piece->text = *std::move(last);
      tail.reset();
    }
    if (!piece->text.empty() && !stream.send(std::move(piece->text))) return;
    if (!running) return;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, kLogInterval, [] { return false; });
  }
}

}  // namespace

http::Response failure_response(const Error& error, const Call* call) {
  return {.status = http_status_of(error),
          .content_type = "application/json",
          .headers = {},
          .body = json::write(status_of(error, call))};
}

void serve_exec(Api& api, Call call, const http::Request& request,
                const std::shared_ptr<http::Responder>& responder, Sessions& sessions) {
  // Running a command is a write, also when a WebSocket makes it a GET.
  call.verb = "create";
  const auto refuse = [&](const Error& error) {
    responder->respond(failure_response(error, &call));
  };
  if (auto admitted = api.admit(call); !admitted) return refuse(admitted.error());
  auto container = container_of(api, call);
  if (!container) return refuse(container.error());
  kube::ExecRequest exec;
  exec.ns = call.ns;
  exec.pod = call.name;
  exec.container = *std::move(container);
  exec.command = call.query.all("command");
  exec.timeout = kInteractive;
  if (exec.command.empty()) {
    return refuse(bad_request("you must specify at least 1 command for the container").error());
  }
  if (api.runtime() == nullptr) {
    return refuse(no_node().error());
  }
  const WantedStreams wanted = {.terminal = call.query.flag("tty"),
                                .input = call.query.flag("stdin"),
                                .out = call.query.flag("stdout"),
                                .err = call.query.flag("stderr")};
  std::shared_ptr<ExecConversation> streams = accept_websocket_exec(request, *responder, wanted);
  if (!streams) streams = accept_spdy_exec(request, *responder, wanted);
  if (!streams) {
    return refuse(bad_request("exec needs a WebSocket with v5.channel.k8s.io or v4.channel.k8s.io, "
                              "or SPDY/3.1 with v4.channel.k8s.io")
                      .error());
  }
  std::stop_source gone;
  streams->listen([gone]() mutable { gone.request_stop(); });
  sessions.run([&api, exec = std::move(exec), streams, gone](const std::stop_token& stop) mutable {
    const std::stop_callback on_stop(stop, [&] {
      streams->end_input();
      gone.request_stop();
    });
    exec.stop = gone.get_token();
    if (!streams->begin(exec.stop)) return streams->abandon();
    ContainerRuntime* runtime = api.runtime();
    const json::Value status = exec_status(
        runtime == nullptr ? Result<int>(no_node()) : runtime->exec_streams(exec, streams));
    streams->finish(status, exec.stop);
  });
}

void serve_log_stream(Api& api, Call call, const std::shared_ptr<http::Responder>& responder,
                      Sessions& sessions) {
  const auto refuse = [&](const Error& error) {
    responder->respond(failure_response(error, &call));
  };
  if (auto admitted = api.admit(call); !admitted) return refuse(admitted.error());
  auto container = container_of(api, call);
  if (!container) return refuse(container.error());
  if (api.runtime() == nullptr) {
    return refuse(no_node().error());
  }
  const std::shared_ptr<http::Stream> stream = responder->respond_stream(
      {.status = 200, .content_type = "text/plain", .headers = {}, .body = {}});
  std::stop_source gone;
  stream->on_closed([gone]() mutable { gone.request_stop(); });
  sessions.run([&api, call = std::move(call), name = *std::move(container), stream,
                gone](const std::stop_token& stop) mutable {
    const std::stop_callback on_stop(stop, [&gone] { gone.request_stop(); });
    follow_log(api, call, name, *stream, gone.get_token());
    stream->close();
  });
}

}  // namespace pgo::embedded::api

namespace pgo::embedded {

Result<LogPiece> ContainerRuntime::log_since(const std::string& ns, const std::string& pod,
                                             const std::string& container,
                                             const LogPosition& from) {
  PGO_TRY(std::string whole, log(ns, pod, container, 0, false));
  // A shorter log is a new one: the container was started again.
  const std::uint64_t known = from.bytes > whole.size() ? 0 : from.bytes;
  LogPiece piece{.end = {.bytes = whole.size()}};
  piece.text = whole.substr(known);
  return piece;
}

Result<int> ContainerRuntime::exec_streams(const kube::ExecRequest& request,
                                           const std::shared_ptr<ExecStreams>& streams) {
  if (streams->terminal()) {
    return fail(api::api_error(501, "NotImplemented", "this node has no terminals").error());
  }
  std::mutex mutex;
  std::condition_variable changed;
  bool ready = false;
  streams->on_ready([&] {
    const std::lock_guard lock(mutex);
    ready = true;
    changed.notify_all();
  });
  kube::ExecRequest whole = request;
  whole.stdin_data.clear();
  for (bool ended = false; !ended;) {
    const ExecStreams::Input input = streams->take_input();
    whole.stdin_data += input.text;
    ended = input.ended;
    std::unique_lock lock(mutex);
    if (!ended) changed.wait(lock, [&] { return std::exchange(ready, false); });
  }
  streams->on_ready({});
  PGO_TRY(const kube::ExecResult result, exec(whole));
  streams->write_out(result.out);
  streams->write_err(result.err);
  return result.exit_code;
}

}  // namespace pgo::embedded
