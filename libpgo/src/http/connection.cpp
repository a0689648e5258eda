// The only translation unit here that includes Beast: it takes longer to compile than all others.
#include "http/connection.h"

#include "http/exchange.h"
#include "http/message.h"
#include "http/tls.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <array>
#include <deque>
#include <exception>
#include <optional>

namespace pgo::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Seconds = std::chrono::seconds;

constexpr Seconds kHandshakeTime{10};
constexpr Seconds kIdleTime{600};
constexpr Seconds kBodyTime{60};
constexpr std::size_t kMaxHeaderBytes = 64u << 10;
constexpr std::size_t kReadBytes = 32u << 10;

Response plain(int status, const char* text) {
  return {.status = status, .content_type = "text/plain", .headers = {}, .body = text};
}

using Parser = beast::http::request_parser<beast::http::string_body>;
using WebSocketStream = beast::websocket::stream<AnyStream&, false>;

/// One TCP connection: requests one after another, until one of them takes it over as a stream, a
/// WebSocket or another protocol. Everything here runs on the I/O thread.
class Connection final : public Exchange, public Closable {
 public:
  Connection(std::shared_ptr<Core> core, Tcp::socket socket)
      : core_(std::move(core)),
        stream_(std::move(socket), core_->options.tls ? &core_->tls : nullptr),
        timer_(core_->io) {
    const std::lock_guard lock(core_->mutex);
    core_->connections.insert(this);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override {
    const std::lock_guard lock(core_->mutex);
    core_->connections.erase(this);
  }

  void start() {
    ErrorCode ignored;
    stream_.socket().set_option(Tcp::no_delay(true), ignored);
    stream_.socket().set_option(asio::socket_base::keep_alive(true), ignored);
    if (!stream_.secure()) return read_head();
    close_after(kHandshakeTime);
    stream_.tls().async_handshake(
        asio::ssl::stream_base::server, [self = shared()](ErrorCode error) {
          if (error) return self->close();
          self->peer_ = verified_peer(self->stream_.tls().native_handle());
          self->read_head();
        });
  }

  // What other threads call; the work is done on the I/O thread.
  bool respond(Response response) override {
    return core_->post([self = shared(), response = std::move(response)]() mutable {
      self->send_response(std::move(response));
    });
  }
  bool begin_stream(Response head, std::shared_ptr<Outlet> outlet) override {
    return core_->post(
        [self = shared(), head = std::move(head), outlet = std::move(outlet)]() mutable {
          self->start_stream(head, std::move(outlet));
        });
  }
  bool begin_websocket(std::string protocol, std::shared_ptr<Outlet> outlet,
                       std::shared_ptr<Inlet> inlet) override {
    return core_->post([self = shared(), protocol = std::move(protocol), outlet = std::move(outlet),
                        inlet = std::move(inlet)]() mutable {
      self->start_websocket(protocol, std::move(outlet), std::move(inlet));
    });
  }
  bool begin_upgrade(Response head, std::shared_ptr<Outlet> outlet,
                     std::shared_ptr<Inlet> inlet) override {
    return core_->post([self = shared(), head = std::move(head), outlet = std::move(outlet),
                        inlet = std::move(inlet)]() mutable {
      self->start_upgrade(head, std::move(outlet), std::move(inlet));
    });
  }
  bool wake() override {
    return core_->post([self = shared()] { self->flush_if_idle(); });
  }
  bool drop() override {
    return core_->post([self = shared()] { self->close(); });
  }
  std::size_t backlog_limit() const override { return core_->options.max_stream_backlog; }

  void close() override {
    timer_.cancel();
    ErrorCode ignored;
    stream_.socket().shutdown(Tcp::socket::shutdown_both, ignored);
    stream_.socket().close(ignored);
    if (outlet_) outlet_->closed();
    if (inlet_) inlet_->close();
  }

  void send_response(Response response) {
    out_ = head_with_length(response, response.body.size(), keep_alive_);
    // Sent from where it is: an answer may have megabytes.
    body_ = method_ == "HEAD" ? std::string() : std::move(response.body);
    asio::async_write(stream_, std::array{asio::buffer(out_), asio::buffer(body_)},
                      [self = shared()](ErrorCode error, std::size_t) {
                        if (error || !self->keep_alive_) return self->finish();
                        self->body_ = {};
                        self->read_head();
                      });
  }

  void start_stream(const Response& head, std::shared_ptr<Outlet> outlet) {
    outlet_ = std::move(outlet);
    out_ = head_chunked(head);
    watch_for_end();
    asio::async_write(stream_, asio::buffer(out_), [self = shared()](ErrorCode error, std::size_t) {
      if (error) return self->close();
      self->flush_stream();
    });
  }

  /// Sends what is queued; called when something came and nothing was being sent.
  void flush_stream() {
    const std::deque<std::string> messages = outlet_->take();
    if (messages.empty()) {
      sending_ = false;
      if (outlet_->ending()) end_stream();
      return;
    }
    sending_ = true;
    std::size_t bytes = 0;
    out_.clear();
    for (const std::string& message : messages) {
      bytes += message.size();
      out_ += inlet_ ? message : chunk(message);
    }
    asio::async_write(stream_, asio::buffer(out_),
                      [self = shared(), bytes](ErrorCode error, std::size_t) {
                        if (error) return self->close();
                        self->outlet_->sent(bytes);
                        self->flush_stream();
                      });
  }

  void start_websocket(const std::string& protocol, std::shared_ptr<Outlet> outlet,
                       std::shared_ptr<Inlet> inlet) {
    outlet_ = std::move(outlet);
    inlet_ = std::move(inlet);
    websocket_.emplace(stream_);
    websocket_->binary(true);
    websocket_->read_message_max(core_->options.max_body_bytes);
    websocket_->set_option(beast::websocket::stream_base::timeout{
        kHandshakeTime, beast::websocket::stream_base::none(), false});
    websocket_->set_option(beast::websocket::stream_base::decorator(
        [protocol](beast::websocket::response_type& response) {
          if (!protocol.empty()) {
            response.set(beast::http::field::sec_websocket_protocol, protocol);
          }
        }));
    sending_ = true;
    websocket_->async_accept(parser_->get(), [self = shared()](ErrorCode error) {
      if (error) return self->close();
      self->read_message();
      self->flush_websocket();
    });
  }

  void flush_websocket() {
    if (messages_.empty()) messages_ = outlet_->take();
    if (messages_.empty()) {
      sending_ = false;
      if (outlet_->ending()) end_websocket();
      return;
    }
    sending_ = true;
    out_ = std::move(messages_.front());
    messages_.pop_front();
    websocket_->async_write(asio::buffer(out_), [self = shared()](ErrorCode error, std::size_t) {
      if (error) return self->close();
      self->outlet_->sent(self->out_.size());
      self->flush_websocket();
    });
  }

  /// The connection speaks another protocol from now on: what passes are bytes.
  void start_upgrade(const Response& head, std::shared_ptr<Outlet> outlet,
                     std::shared_ptr<Inlet> inlet) {
    outlet_ = std::move(outlet);
    inlet_ = std::move(inlet);
    out_ = head_without_body(head);
    asio::async_write(stream_, asio::buffer(out_), [self = shared()](ErrorCode error, std::size_t) {
      if (error) return self->close();
      self->deliver();  // what came behind the request
      self->read_bytes();
      self->flush_stream();
    });
  }

 private:
  std::shared_ptr<Connection> shared() {
    return std::static_pointer_cast<Connection>(shared_from_this());
  }

  /// Something is waiting, and perhaps nothing is on its way.
  void flush_if_idle() {
    if (!stream_.socket().is_open()) return;
    if (inlet_ && !reading_) websocket_ ? read_message() : read_bytes();
    if (!sending_) websocket_ ? flush_websocket() : flush_stream();
  }

  void close_after(Seconds time) {
    timer_.expires_after(time);
    timer_.async_wait([weak = weak_from_this()](ErrorCode error) {
      if (error) return;
      if (auto self = weak.lock()) self->close();
    });
  }

  void finish() {
    // Half-closed first, so that the last answer is not lost to a reset.
    ErrorCode ignored;
    stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
    close();
  }

  void read_head() {
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    parser_->body_limit(core_->options.max_body_bytes);
    close_after(kIdleTime);
    beast::http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared()](ErrorCode error, std::size_t) { self->head_read(error); });
  }

  void head_read(ErrorCode error) {
    if (error) return refuse(error);
    close_after(kBodyTime);
    if (beast::iequals(parser_->get()[beast::http::field::expect], "100-continue")) {
      static const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      asio::async_write(stream_, asio::buffer(kContinue),
                        [self = shared()](ErrorCode failed, std::size_t) {
                          if (failed) return self->close();
                          self->read_body();
                        });
      return;
    }
    read_body();
  }

  void read_body() {
    beast::http::async_read(stream_, buffer_, *parser_,
                            [self = shared()](ErrorCode error, std::size_t) {
                              if (error) return self->refuse(error);
                              self->hand_over();
                            });
  }

  /// The bytes were no acceptable request.
  void refuse(ErrorCode error) {
    keep_alive_ = false;
    if (error == beast::http::error::body_limit) {
      return send_response(plain(413, "the request body is too large\n"));
    }
    const bool unreadable = error.category() == make_error_code(beast::http::error{}).category();
    if (unreadable && error != beast::http::error::end_of_stream) {
      return send_response(plain(400, "the request cannot be read\n"));
    }
    close();
  }

  Request make_request() {
    auto& message = parser_->get();
    Request request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    for (const auto& field : message) {
      request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    request.body = std::move(message.body());
    request.peer_certificate_subject = peer_.common_name;
    request.peer_certificate_organization = peer_.organization;
    request.peer_verified = peer_.verified;
    return request;
  }

  void hand_over() {
    timer_.cancel();
    keep_alive_ = parser_->get().keep_alive();
    Request request = make_request();
    method_ = request.method;
    sending_ = true;
    auto responder = make_responder(shared());
    core_->workers.run([core = core_.get(), request = std::move(request),
                        responder = std::move(responder)]() mutable {
      try {
        core->handler(std::move(request), std::move(responder));
      } catch (const std::exception& error) {
        core->log.error("an HTTP handler threw", {{"what", error.what()}});
      }
    });
  }

  /// Reads on while an answer streams: the only way to learn that the peer has gone.
  void watch_for_end() {
    stream_.async_read_some(buffer_.prepare(1024),
                            [self = shared()](ErrorCode error, std::size_t bytes) {
                              if (error) return self->close();
                              // A pipelined request: kept for later, the peer is known to live.
                              self->buffer_.commit(bytes);
                              constexpr std::size_t kMaxPipelined = 64u << 10;
                              if (self->buffer_.size() < kMaxPipelined) self->watch_for_end();
                            });
  }

  void end_stream() {
    sending_ = true;
    out_ = inlet_ ? std::string_view() : kLastChunk;
    asio::async_write(stream_, asio::buffer(out_),
                      [self = shared()](ErrorCode, std::size_t) { self->finish(); });
  }

  void read_message() {
    reading_ = !inlet_->paused();
    if (!reading_) return;
    websocket_->async_read(buffer_, [self = shared()](ErrorCode error, std::size_t) {
      if (error) return self->close();
      self->deliver();
      self->read_message();
    });
  }

  void read_bytes() {
    reading_ = !inlet_->paused();
    if (!reading_) return;
    stream_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = shared()](ErrorCode error, std::size_t bytes) {
                              if (error) return self->close();
                              self->buffer_.commit(bytes);
                              self->deliver();
                              self->read_bytes();
                            });
  }

  void deliver() {
    const auto data = buffer_.cdata();
    if (data.size() == 0 && !websocket_) return;
    std::string message(static_cast<const char*>(data.data()), data.size());
    buffer_.consume(data.size());
    inlet_->deliver(std::move(message));
  }

  void end_websocket() {
    sending_ = true;
    websocket_->async_close(beast::websocket::close_code::normal,
                            [self = shared()](ErrorCode) { self->close(); });
  }

  std::shared_ptr<Core> core_;
  AnyStream stream_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<WebSocketStream> websocket_;
  std::shared_ptr<Outlet> outlet_;
  std::shared_ptr<Inlet> inlet_;
  std::deque<std::string> messages_;
  std::string out_, body_;
  std::string method_;
  PeerName peer_;
  bool keep_alive_ = false;
  bool sending_ = true;  ///< a write is on its way; begins true: the head goes first
  bool reading_ = true;  ///< of an upgraded connection, which begins when it is accepted
};

}  // namespace

void start_connection(std::shared_ptr<Core> core, Tcp::socket socket) {
  std::make_shared<Connection>(std::move(core), std::move(socket))->start();
}

}  // namespace pgo::http
