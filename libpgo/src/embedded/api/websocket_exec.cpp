#include "embedded/api/exec_conversation.h"

#include <utility>

namespace pgo::embedded::api {
namespace {

/// Channels of the protocol: the first byte of every message.
constexpr char kStdin = 0, kStdout = 1, kStderr = 2, kError = 3, kResize = 4;
constexpr char kCloseV5 = static_cast<char>(255);
constexpr std::string_view kProtocols[] = {"v5.channel.k8s.io", "v4.channel.k8s.io"};

class WebSocketExec final : public ExecConversation {
 public:
  using ExecConversation::ExecConversation;

  bool receive(const std::string& message) override {
    if (message.size() < 2) return true;  // kubectl begins each channel with an empty message
    const auto rest = std::string_view(message).substr(1);
    if (message[0] == kCloseV5 && rest[0] == kStdin) end_input();
    if (message[0] == kStdin) add_input(rest);
    if (message[0] == kResize) resize(rest);
    return true;
  }
  bool begin(const std::stop_token& stop) override { return !stop.stop_requested(); }
  void finish(const json::Value& status, const std::stop_token&) override {
    send(kError, json::write(status));
    duplex().close();
  }
  void write_out(std::string_view text) override { send(kStdout, text); }
  void write_err(std::string_view text) override { send(kStderr, text); }

 private:
  void send(char channel, std::string_view text) {
    if (text.empty()) return;
    std::string message(1, channel);
    message += text;
    duplex().send(std::move(message));
  }
};

}  // namespace

std::shared_ptr<ExecConversation> accept_websocket_exec(const http::Request& request,
                                                        http::Responder& responder,
                                                        const WantedStreams& wanted) {
  if (!request.header_lists("Upgrade", "websocket")) return nullptr;
  for (const std::string_view protocol : kProtocols) {
    if (!request.header_lists("Sec-WebSocket-Protocol", protocol)) continue;
    return std::make_shared<WebSocketExec>(responder.accept_websocket(std::string(protocol)),
                                           wanted.terminal, wanted.input);
  }
  return nullptr;
}

}  // namespace pgo::embedded::api
