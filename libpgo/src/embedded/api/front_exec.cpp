#include "embedded/api/front_exec.h"

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

/// Channels of the protocol: the first byte of every message.
constexpr char kStdin = 0, kStdout = 1, kStderr = 2, kError = 3, kResize = 4;
constexpr char kCloseV5 = static_cast<char>(255);
constexpr std::string_view kV5 = "v5.channel.k8s.io";
constexpr std::string_view kV4 = "v4.channel.k8s.io";

/// kubectl may hold a shell open for hours.
constexpr std::chrono::hours kInteractive{24};
constexpr std::chrono::milliseconds kLogInterval{200};
/// Input that waits for a command; with more, the client has to wait too.
constexpr std::size_t kMostInput = 16u << 20;

std::string choose_protocol(std::string_view offered) {
  const std::vector<std::string> list = text::split_list(offered);
  for (std::string_view known : {kV5, kV4}) {
    if (std::find(list.begin(), list.end(), known) != list.end()) return std::string(known);
  }
  return {};
}

class SocketStreams final : public ExecStreams {
 public:
  SocketStreams(std::shared_ptr<http::WebSocket> socket, bool terminal, bool input)
      : socket_(std::move(socket)), terminal_(terminal), without_input_(!input), ended_(!input) {}

  void receive(const std::string& message) {
    if (message.size() < 2) return;  // kubectl begins each channel with an empty message
    if (message[0] == kCloseV5 && message[1] == kStdin) return end_input();
    const std::lock_guard lock(mutex_);
    if (message[0] == kStdin && !ended_) {
      input_.append(message, 1);
      if (input_.size() > kMostInput) socket_->pause(true);
    } else if (message[0] == kResize) {
      const auto size = json::parse(std::string_view(message).substr(1));
      if (!size) return;
      size_ = {.rows = cells((*size)["Height"]), .columns = cells((*size)["Width"])};
    }
    if (ready_) ready_();
  }
  void end_input() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    if (ready_) ready_();
  }
  /// There may be room for output again.
  void tell() {
    const std::lock_guard lock(mutex_);
    if (ready_) ready_();
  }

  bool terminal() const override { return terminal_; }
  bool without_input() const override { return without_input_; }
  Input take_input() override {
    const std::lock_guard lock(mutex_);
    if (input_.size() > kMostInput) socket_->pause(false);
    return {.text = std::exchange(input_, {}),
            .ended = ended_,
            .size = std::exchange(size_, std::nullopt)};
  }
  bool crowded() override { return socket_->crowded(); }
  void on_ready(std::function<void()> ready) override {
    const std::lock_guard lock(mutex_);
    ready_ = std::move(ready);
    if (ready_) ready_();
  }
  void write_out(std::string_view text) override { send(kStdout, text); }
  void write_err(std::string_view text) override { send(kStderr, text); }
  void send(char channel, std::string_view text) {
    if (text.empty()) return;
    std::string message(1, channel);
    message += text;
    socket_->send_binary(std::move(message));
  }

 private:
  static std::uint16_t cells(const Value& number) {
    return static_cast<std::uint16_t>(std::clamp<std::int64_t>(number.as_int(0), 0, 0xffff));
  }

  const std::shared_ptr<http::WebSocket> socket_;
  const bool terminal_, without_input_;
  std::mutex mutex_;
  std::string input_;
  std::optional<TerminalSize> size_;
  bool ended_;
  std::function<void()> ready_;
};

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

void follow_log(Api& api, const Call& call, const std::string& container, http::Stream& stream,
                const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  const auto tail = text::to_int(call.query.get("tailLines"));
  bool first = true;
  std::size_t sent = 0;
  while (!stop.stop_requested()) {
    const bool running = still_running(api, call, container);
    ContainerRuntime* runtime = api.runtime();
    auto whole = runtime->log(call.ns, call.name, container, 0, false);
    if (!whole) return;
    // A shorter log is a new one: the container was started again.
    if (whole->size() < sent) sent = 0;
    if (first && tail) {
      // The runtime takes 0 for everything; the API takes it for nothing.
      const auto last =
          *tail == 0 ? Result<std::string>(std::string())
                     : runtime->log(call.ns, call.name, container, static_cast<int>(*tail), false);
      if (last) sent = whole->size() - std::min(whole->size(), last->size());
    }
    first = false;
    if (whole->size() > sent && !stream.send(whole->substr(sent))) return;
    sent = whole->size();
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
    return refuse(api_error(501, "NotImplemented", "no node runs containers here").error());
  }
  const std::string protocol = choose_protocol(request.header("Sec-WebSocket-Protocol"));
  if (!text::equals_ignore_case(request.header("Upgrade"), "websocket") || protocol.empty()) {
    return refuse(
        bad_request("exec needs a WebSocket with v4.channel.k8s.io or v5.channel.k8s.io; "
                    "kubectl uses it from 1.31 on (1.30: KUBECTL_REMOTE_COMMAND_WEBSOCKETS="
                    "true)")
            .error());
  }
  const std::shared_ptr<http::WebSocket> socket = responder->accept_websocket(protocol);
  auto streams =
      std::make_shared<SocketStreams>(socket, call.query.flag("tty"), call.query.flag("stdin"));
  std::stop_source gone;
  socket->on_message([streams](const std::string& message) { streams->receive(message); });
  socket->on_room([streams] { streams->tell(); });
  socket->on_closed([streams, gone]() mutable {
    streams->end_input();
    gone.request_stop();
  });
  sessions.run(
      [&api, exec = std::move(exec), socket, streams, gone](const std::stop_token& stop) mutable {
        const std::stop_callback on_stop(stop, [&] {
          streams->end_input();
          gone.request_stop();
        });
        exec.stop = gone.get_token();
        streams->send(kError, json::write(exec_status(api.runtime()->exec_streams(exec, streams))));
        socket->close();
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
    return refuse(api_error(501, "NotImplemented", "no node runs containers here").error());
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
