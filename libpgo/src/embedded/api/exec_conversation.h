#pragma once

#include "pgo/embedded/api_server.h"
#include "pgo/http/server.h"
#include "pgo/json/value.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

/// `kubectl exec` with a command, over an upgraded connection.
namespace pgo::embedded::api {

/// What both protocols have in common: input and the terminal's size wait here for the command.
/// Thread safe.
class ExecConversation : public ExecStreams, public std::enable_shared_from_this<ExecConversation> {
 public:
  ExecConversation(std::shared_ptr<http::Duplex> duplex, bool terminal, bool input);

  /// Begins to take what the client sends. `gone` is called when it goes away, or is sent away
  /// because it does not keep to the protocol.
  void listen(std::function<void()> gone);
  /// Waits until the client has all it needs to listen; false when it will not have.
  virtual bool begin(const std::stop_token& stop) = 0;
  /// The command has ended: sends its status and ends the connection, once the client has it all.
  virtual void finish(const json::Value& status, const std::stop_token& stop) = 0;

  /// Ends the connection without a word.
  void abandon() { duplex_->close(); }
  void end_input();

  bool terminal() const override { return terminal_; }
  bool without_input() const override { return without_input_; }
  Input take_input() override;
  bool crowded() override { return duplex_->crowded(); }
  void on_ready(std::function<void()> ready) override;

 protected:
  /// Bytes from the client: a message of a WebSocket, or just what has come. False when they are
  /// none of the protocol.
  virtual bool receive(const std::string& bytes) = 0;
  void add_input(std::string_view text);
  /// {"Width": columns, "Height": rows}
  void resize(std::string_view document);
  http::Duplex& duplex() { return *duplex_; }

 private:
  /// There may be room for output again.
  void tell();

  const std::shared_ptr<http::Duplex> duplex_;
  const bool terminal_, without_input_;
  std::mutex mutex_;
  std::string input_;
  std::optional<TerminalSize> size_;
  bool ended_;
  std::function<void()> ready_;
};

/// What the call asks for.
struct WantedStreams {
  bool terminal = false, input = false, out = false, err = false;
};

/// The protocol that a client offers and we know, accepted with what the call asks for; null when
/// there is none. WebSocket with v5.channel.k8s.io or v4.channel.k8s.io, as kubectl does from 1.31
/// on, or SPDY/3.1 with v4.channel.k8s.io, as it did before.
/// Source: Kubernetes, "kubectl exec" over WebSockets (KEP-4006).
std::shared_ptr<ExecConversation> accept_websocket_exec(const http::Request& request,
                                                        http::Responder& responder,
                                                        const WantedStreams& wanted);
std::shared_ptr<ExecConversation> accept_spdy_exec(const http::Request& request,
                                                   http::Responder& responder,
                                                   const WantedStreams& wanted);

}  // namespace pgo::embedded::api
