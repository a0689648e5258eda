// The embedded API with its controllers behind HTTPS and a node without containers: what kubectl
// and client libraries are tested against. Usage: embedded_daemon STATE_DIR [HISTORY]
// Writes STATE_DIR/kubeconfig when it serves, and ends on SIGTERM or when its input closes.
#include "pgo/base/text.h"
#include "pgo/crypto/certificate.h"
#include "pgo/embedded/api_server.h"
#include "pgo/embedded/controllers.h"
#include "pgo/embedded/https_front.h"
#include "pgo/kube/wakeup.h"
#include "support/stand_in_node.h"

#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <string>
#include <sys/signalfd.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace {

using namespace pgo;

constexpr const char* kAddress = "127.79.0.1";

/// Stands in for programs in containers: echo, cat, exit and complain.
Result<kube::ExecResult> run(const kube::ExecRequest& request) {
  const std::vector<std::string>& command = request.command;
  kube::ExecResult result;
  if (command.empty()) return fail(Code::invalid_argument, "no command");
  if (command[0] == "echo") {
    result.out = text::join({command.begin() + 1, command.end()}, " ") + "\n";
  } else if (command[0] == "cat") {
    result.out = request.stdin_data;
  } else if (command[0] == "exit") {
    result.exit_code = static_cast<int>(text::to_int(command.at(1)).value_or(1));
  } else if (command[0] == "complain") {
    result.err = "it hurts\n";
    result.exit_code = 2;
  } else {
    result.err = command[0] + ": not found\n";
    result.exit_code = 127;
  }
  return result;
}

/// Answers each line of `streams` as it comes: "ROWSxCOLUMNS: LINE", or "pipe: LINE" without a
/// terminal; "bye" ends it.
class Conversation {
 public:
  explicit Conversation(std::shared_ptr<embedded::ExecStreams> streams)
      : streams_(std::move(streams)) {
    streams_->on_ready([this] {
      const std::lock_guard lock(mutex_);
      ready_ = true;
      changed_.notify_all();
    });
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation() { streams_->on_ready({}); }

  Result<int> hold(const std::stop_token& stop) {
    for (;;) {
      embedded::ExecStreams::Input input = streams_->take_input();
      if (input.size) size_ = input.size;
      text_ += input.text;
      for (auto end = text_.find_first_of("\r\n"); end != std::string::npos;
           end = text_.find_first_of("\r\n")) {
        const std::string line = text_.substr(0, end);
        text_.erase(0, end + 1);
        if (line == "bye") return 3;
        streams_->write_out(where() + ": " + line + (streams_->terminal() ? "\r\n" : "\n"));
      }
      if (input.ended) return 0;
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return std::exchange(ready_, false); }))
        return fail(Code::cancelled, "the client has gone");
    }
  }

 private:
  std::string where() const {
    if (!streams_->terminal()) return "pipe";
    if (!size_) return "terminal";
    return std::to_string(size_->rows) + "x" + std::to_string(size_->columns);
  }
  std::shared_ptr<embedded::ExecStreams> streams_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool ready_ = false;
  std::optional<embedded::ExecStreams::TerminalSize> size_;
  std::string text_;
};

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string last_lines(const std::string& text, int count) {
  std::size_t at = text.size();
  for (; count > 0 && at > 0; --count) at = text.rfind('\n', at - 2) + 1;
  return text.substr(at);
}

/// The stand-in's commands, and "talk", which answers while its input is open. The log of a pod
/// goes on with what is in STATE_DIR/POD.log; of its run before there is what is in POD.previous.
class Runtime final : public embedded::ContainerRuntime {
 public:
  Runtime(test::StandInNode& node, std::filesystem::path state)
      : node_(&node), state_(std::move(state)) {}
  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override {
    return node_->exec(request);
  }
  Result<int> exec_streams(const kube::ExecRequest& request,
                           const std::shared_ptr<embedded::ExecStreams>& streams) override {
    if (request.command.front() != "talk")
      return embedded::ContainerRuntime::exec_streams(request, streams);
    return Conversation(streams).hold(request.stop);
  }
  Result<std::string> log(const std::string& ns, const std::string& pod,
                          const std::string& container, int tail_lines, bool previous) override {
    const std::filesystem::path before = state_ / (pod + ".previous");
    if (previous && !std::filesystem::exists(before))
      return fail(Code::not_found, "the container has not run before", "Pod " + ns + "/" + pod);
    if (previous) return content(before);
    PGO_TRY(std::string text, node_->log(ns, pod, container, 0, false));
    text += content(state_ / (pod + ".log"));
    return tail_lines > 0 ? last_lines(text, tail_lines) : text;
  }

 private:
  test::StandInNode* node_;
  std::filesystem::path state_;
};

std::string kubeconfig(std::uint16_t port, const std::string& ca, const std::string& token) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters:\n- name: test\n"
         "  cluster:\n    server: https://" +
         std::string(kAddress) + ":" + std::to_string(port) +
         "\n    certificate-authority-data: " + text::base64_encode(ca) +
         "\nusers:\n- name: admin\n  user:\n    token: " + token +
         "\ncontexts:\n- name: test\n  context: {cluster: test, user: admin, namespace: default}\n";
}

Result<void> serve(const std::filesystem::path& state, std::size_t history, int signals) {
  SystemClock clock;
  SystemIdSource ids;
  Log log([](const LogRecord& record) { std::fputs(format_text(record).c_str(), stderr); }, clock);
  PGO_TRY(auto server, embedded::ApiServer::create(
                           {.database = state / "api.db", .history = history}, clock, ids, log));
  PGO_TRY(auto authority,
          crypto::make_authority({.common_name = "test authority", .not_before = clock.now()}));
  PGO_TRY(auto pair, crypto::issue_certificate(authority, {.common_name = "embedded",
                                                           .ip_addresses = {kAddress},
                                                           .not_before = clock.now()}));
  auto door = server->transport(embedded::Identity::admin());
  kube::Wakeup wakeup;
  test::StandInNode node(*door, clock, ids, {.on_exec = run, .on_ready = wakeup.callback()}, log);
  Runtime runtime(node, state);
  server->set_container_runtime(&runtime);
  embedded::ControllersRunner controllers(*door, clock, ids, log,
                                          {.root_ca_pem = authority.certificate_pem});
  std::jthread kubelet([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      auto done = node.step();
      if (!done.progressed) wakeup.wait_until(done.next, clock, stop);
    }
  });
  embedded::HttpsOptions https;
  https.address = kAddress;
  https.port = 0;
  https.certificate_pem = pair.certificate_pem;
  https.key_pem = pair.key_pem;
  PGO_TRY(auto front, embedded::serve_https(*server, std::move(https), log));
  std::filesystem::path partial = state / "kubeconfig.partial";
  std::ofstream(partial) << kubeconfig(front->port(), authority.certificate_pem,
                                       server->issue_token(embedded::Identity::admin()));
  std::filesystem::rename(partial, state / "kubeconfig");

  pollfd ends[] = {{.fd = signals, .events = POLLIN, .revents = 0},
                   {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}};
  while (::poll(ends, 2, -1) < 0 && errno == EINTR) {
  }
  front->stop();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: embedded_daemon STATE_DIR [HISTORY]\n", stderr);
    return 2;
  }
  // Before any thread is made, so that all of them leave the signal to the descriptor.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  int signals = ::signalfd(-1, &stop, SFD_CLOEXEC);
  std::size_t history = argc > 2 ? static_cast<std::size_t>(std::stoul(argv[2])) : 50'000;
  if (auto served = serve(argv[1], history, signals); !served) {
    std::fputs((served.error().text() + "\n").c_str(), stderr);
    return 1;
  }
  return 0;
}
