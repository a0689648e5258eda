#pragma once

#include "pgo/base/log.h"
#include "pgo/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// One HTTP/1.1 server with TLS, streaming answers, WebSockets and other upgrades, used by the REST
/// service and by the embedded Kubernetes API.
namespace pgo::http {

struct Request {
  std::string method;  ///< "GET", in capitals
  std::string target;  ///< path and query as sent
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string peer_certificate_subject;  ///< common name of a verified client certificate, or empty
  std::string peer_certificate_organization;  ///< its organization, or empty
  bool peer_verified = false;  ///< a client certificate was shown and verified, whatever its name

  /// First value of a header, any case; empty when absent.
  std::string_view header(std::string_view name) const;
  /// True when a header of that name, any case, has the value in a list of its, any case.
  bool header_lists(std::string_view name, std::string_view value) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// The sending side of a chunked answer. Thread safe. A slow reader beyond the server's buffer
/// limit is disconnected.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Queues one chunk, sent at once. False when the peer is gone.
  virtual bool send(std::string chunk) = 0;
  /// Ends the answer properly.
  virtual void close() = 0;
  /// Called once, from a server thread, when the peer goes away or the server stops.
  virtual void on_closed(std::function<void()> callback) = 0;
};

/// A connection that has been upgraded. Each string is a message of a WebSocket; of another
/// protocol they are its bytes, cut anywhere. Thread safe.
class Duplex {
 public:
  virtual ~Duplex() = default;
  /// False when the peer is gone.
  virtual bool send(std::string message) = 0;
  /// Much of the server's buffer is taken: who can wait, waits for `on_room`.
  virtual bool crowded() = 0;
  /// Called from a server thread, without anything locked, each time a crowded buffer has emptied.
  virtual void on_room(std::function<void()> callback) = 0;
  /// While true the peer is not read from (a message or two may still come), nor is it noticed when
  /// it goes.
  virtual void pause(bool paused) = 0;
  virtual void close() = 0;
  virtual void on_message(std::function<void(std::string message)> callback) = 0;
  virtual void on_closed(std::function<void()> callback) = 0;
};

/// How one request is answered: exactly one of these is called, once, from any thread, now or
/// later.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void respond(Response response) = 0;
  /// Sends the headers now (chunked) and hands out the stream.
  virtual std::shared_ptr<Stream> respond_stream(Response head) = 0;
  /// Accepts a WebSocket upgrade with the chosen subprotocol (may be empty).
  virtual std::shared_ptr<Duplex> accept_websocket(std::string subprotocol) = 0;
  /// Answers 101 with `Upgrade: protocol` and these headers; then the connection is the caller's.
  virtual std::shared_ptr<Duplex> accept_upgrade(
      std::string protocol, std::vector<std::pair<std::string, std::string>> headers) = 0;
};

/// Called on a worker thread; may block.
using Handler = std::function<void(Request request, std::shared_ptr<Responder> responder)>;

struct TlsOptions {
  std::string certificate_pem;  ///< server certificate chain
  std::string key_pem;
  std::string client_ca_pem;  ///< verifies client certificates; empty = none are asked for
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 = any free port
  bool tls = true;
  TlsOptions tls_options;
  int workers = 4;                             ///< handler threads
  std::size_t max_body_bytes = 16u << 20;      ///< larger requests get 413
  std::size_t max_stream_backlog = 64u << 20;  ///< per stream, then the peer is dropped
};

/// Serves from construction until destruction.
class Server {
 public:
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  /// Stops accepting, closes streams, waits for handlers that run. Idempotent.
  virtual void stop() = 0;
};

/// `unavailable` when the address cannot be bound (the message names it and who may hold it);
/// `invalid_argument` for unusable certificates.
Result<std::unique_ptr<Server>> serve(ServerOptions options, Handler handler, Log log);

}  // namespace pgo::http
