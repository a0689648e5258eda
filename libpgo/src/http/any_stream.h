#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/role.hpp>

#include <memory>
#include <optional>
#include <utility>

/// A TCP connection with or without TLS as one type, so that Beast's templates are compiled once.
namespace pgo::http {

using Tcp = boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;

class AnyStream {
 public:
  using executor_type = Tcp::socket::executor_type;
  using lowest_layer_type = Tcp::socket::lowest_layer_type;

  AnyStream(Tcp::socket socket, boost::asio::ssl::context* tls) {
    if (tls != nullptr) {
      secure_ = std::make_unique<boost::asio::ssl::stream<Tcp::socket>>(std::move(socket), *tls);
    } else {
      plain_.emplace(std::move(socket));
    }
  }

  bool secure() const { return secure_ != nullptr; }
  boost::asio::ssl::stream<Tcp::socket>& tls() { return *secure_; }
  Tcp::socket& socket() { return secure_ ? secure_->next_layer() : *plain_; }
  lowest_layer_type& lowest_layer() { return socket().lowest_layer(); }
  executor_type get_executor() { return socket().get_executor(); }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (secure_) {
      secure_->async_read_some(buffers, std::forward<Handler>(handler));
    } else {
      plain_->async_read_some(buffers, std::forward<Handler>(handler));
    }
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (secure_) {
      secure_->async_write_some(buffers, std::forward<Handler>(handler));
    } else {
      plain_->async_write_some(buffers, std::forward<Handler>(handler));
    }
  }

 private:
  std::unique_ptr<boost::asio::ssl::stream<Tcp::socket>> secure_;
  std::optional<Tcp::socket> plain_;
};

// Found by Beast's WebSocket when a session ends: the connection carries nothing afterwards.
inline void teardown(boost::beast::role_type, AnyStream& stream, ErrorCode& error) {
  stream.socket().close(error);
}
inline void beast_close_socket(AnyStream& stream) {
  ErrorCode ignored;
  stream.socket().close(ignored);
}
template <class Handler>
void async_teardown(boost::beast::role_type, AnyStream& stream, Handler&& handler) {
  ErrorCode error;
  stream.socket().shutdown(Tcp::socket::shutdown_both, error);
  boost::asio::post(stream.get_executor(),
                    [handler = std::forward<Handler>(handler)]() mutable { handler(ErrorCode()); });
}

}  // namespace pgo::http
