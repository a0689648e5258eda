#include "kube/websocket_exec.h"

#include "pgo/kube/client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace pgo::kube {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;

/// One exec from the look-up of the host to the status of the command, all on the caller's thread.
/// Every step starts the next; whatever goes wrong first is kept and closes the socket, which makes
/// all that is under way end. A step that had just succeeded then must not start another.
class Session {
 public:
  Session(const ExecEndpoint& endpoint, const ExecRequest& request, ExecProtocol protocol)
      : endpoint_(endpoint),
        request_(request),
        protocol_(protocol),
        channels_(endpoint.max_output_bytes) {}

  Result<ExecResult> run() {
    PGO_TRY_VOID(set_up_tls());
    stream_.emplace(io_, tls_);
    auto& lower = stream_->next_layer();
    const std::string& name =
        endpoint_.tls.server_name.empty() ? endpoint_.url.host : endpoint_.tls.server_name;
    // An address is no server name in the sense of TLS.
    ErrorCode not_an_address;
    (void)net::ip::make_address(name, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(lower.native_handle(), name.c_str());
    if (!endpoint_.tls.insecure) {
      lower.set_verify_callback(net::ssl::host_name_verification(name));
    }

    // "Without end" must not overflow a time point.
    deadline_.expires_after(
        std::min<std::chrono::milliseconds>(request_.timeout, std::chrono::hours(24 * 365)));
    deadline_.async_wait([this](const ErrorCode& error) {
      if (!error) give_up(Code::deadline_exceeded, "the command did not end in time");
    });
    connect_deadline_.expires_after(std::min(endpoint_.connect_timeout, request_.timeout));
    connect_deadline_.async_wait([this](const ErrorCode& error) {
      if (!error) give_up(Code::unavailable, "cannot connect to the API server in time");
    });
    const std::stop_callback on_stop(request_.stop, [this] {
      net::post(io_, [this] { give_up(Code::cancelled, "cancelled by the caller"); });
    });
    resolve();
    io_.run();
    if (error_) return fail(*std::move(error_));
    return std::move(channels_).finish();
  }

 private:
  using Stream = websocket::stream<beast::ssl_stream<tcp::socket>, false>;

  Result<void> set_up_tls() {
    const TlsSettings& settings = endpoint_.tls;
    ErrorCode error;
    tls_.set_options(net::ssl::context::default_workarounds | net::ssl::context::no_tlsv1 |
                         net::ssl::context::no_tlsv1_1,
                     error);
    if (settings.insecure) {
      tls_.set_verify_mode(net::ssl::verify_none, error);
    } else {
      tls_.set_verify_mode(net::ssl::verify_peer, error);
      if (settings.ca_pem.empty()) {
        tls_.set_default_verify_paths(error);
      } else {
        tls_.add_certificate_authority(net::buffer(settings.ca_pem), error);
      }
      if (error) return fail(Code::invalid_argument, "unusable certificate authority");
    }
    const Credentials& own = endpoint_.credentials;
    const bool fetched = !own.certificate_pem.empty();
    const std::string& certificate = fetched ? own.certificate_pem : settings.certificate_pem;
    const std::string& key = fetched ? own.key_pem : settings.key_pem;
    if (certificate.empty()) return {};
    tls_.use_certificate_chain(net::buffer(certificate), error);
    if (!error) tls_.use_private_key(net::buffer(key), net::ssl::context::pem, error);
    if (error) return fail(Code::invalid_argument, "unusable client certificate or key");
    return {};
  }

  void resolve() {
    resolver_.async_resolve(
        endpoint_.url.host, endpoint_.url.port,
        [this](const ErrorCode& error, const tcp::resolver::results_type& found) {
          if (closed_) return;
          if (error) return broken("cannot find the API server", error);
          connect(found);
        });
  }

  void connect(const tcp::resolver::results_type& where) {
    net::async_connect(beast::get_lowest_layer(*stream_), where,
                       [this](const ErrorCode& error, const tcp::endpoint&) {
                         if (closed_) return close();
                         if (error) return broken("cannot connect to the API server", error);
                         beast::get_lowest_layer(*stream_).set_option(tcp::no_delay(true));
                         tls_handshake();
                       });
  }

  void tls_handshake() {
    stream_->next_layer().async_handshake(
        net::ssl::stream_base::client, [this](const ErrorCode& error) {
          if (closed_) return;
          if (error) return broken("TLS with the API server failed", error);
          upgrade();
        });
  }

  void upgrade() {
    stream_->read_message_max(endpoint_.max_output_bytes);
    stream_->set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
      request.set("Sec-WebSocket-Protocol", to_string(protocol_));
      request.set("User-Agent", endpoint_.user_agent);
      if (!endpoint_.credentials.authorization.empty()) {
        request.set("Authorization", endpoint_.credentials.authorization);
      }
    }));
    stream_->async_handshake(answer_, endpoint_.url.authority(),
                             endpoint_.url.prefix + exec_path(request_, protocol_),
                             [this](const ErrorCode& error) {
                               if (closed_) return;
                               if (error == websocket::error::upgrade_declined) return declined();
                               if (error)
                                 return broken("the API server did not open the channel", error);
                               connect_deadline_.cancel();
                               stream_->binary(true);
                               write_stdin();
                               read();
                             });
  }

  void declined() {
    const auto content_type = answer_["Content-Type"];
    error_ =
        error_from_response({static_cast<int>(answer_.result_int()),
                             std::string(content_type.data(), content_type.size()), answer_.body()},
                            {});
    // A refusal with a good status is a server that knows nothing of WebSockets.
    if (answer_.result_int() < 400) error_->code = Code::unimplemented;
    close();
  }

  void write_stdin() {
    constexpr std::size_t kPiece = 32 * 1024;
    constexpr char kStdin = 0;
    constexpr char kClose = static_cast<char>(255);
    const std::string& data = request_.stdin_data;
    if (input_ended_) return;
    if (written_ == data.size()) {
      input_ended_ = true;
      if (data.empty() || protocol_ == ExecProtocol::v4) return;
      piece_.assign({kClose, kStdin});
    } else {
      const std::size_t size = std::min(kPiece, data.size() - written_);
      piece_.assign(1, kStdin);
      piece_.append(data, written_, size);
      written_ += size;
    }
    stream_->async_write(net::buffer(piece_), [this](const ErrorCode& error, std::size_t) {
      // A command that ends early closes the channel; its status says what happened.
      if (!error && !closed_) write_stdin();
    });
  }

  void read() {
    stream_->async_read(buffer_, [this](const ErrorCode& error, std::size_t) {
      if (closed_) return;
      if (error) {
        if (error == websocket::error::closed || channels_.ended()) return close();
        return broken("the channel to the command broke", error);
      }
      const auto data = buffer_.data();
      const Result<void> taken =
          channels_.message({static_cast<const char*>(data.data()), data.size()});
      buffer_.consume(buffer_.size());
      if (!taken) {
        give_up(taken.error().code, taken.error().message);
      } else if (channels_.ended()) {
        close();
      } else {
        read();
      }
    });
  }

  void broken(std::string_view what, const ErrorCode& error) {
    give_up(Code::unavailable, std::string(what) + ": " + error.message());
  }

  void give_up(Code code, std::string message) {
    if (!error_ && !closed_) {
      error_ = Error{.code = code,
                     .message = std::move(message),
                     .subject = endpoint_.url.authority(),
                     .http_status = 0,
                     .reason = {}};
    }
    close();
  }

  void close() {
    closed_ = true;
    ErrorCode ignored;
    resolver_.cancel();
    deadline_.cancel();
    connect_deadline_.cancel();
    beast::get_lowest_layer(*stream_).close(ignored);
  }

  const ExecEndpoint& endpoint_;
  const ExecRequest& request_;
  const ExecProtocol protocol_;
  net::io_context io_{1};
  net::ssl::context tls_{net::ssl::context::tls_client};
  tcp::resolver resolver_{io_};
  net::steady_timer deadline_{io_};
  net::steady_timer connect_deadline_{io_};
  std::optional<Stream> stream_;
  websocket::response_type answer_;
  beast::flat_buffer buffer_;
  std::string piece_;
  std::size_t written_ = 0;
  bool input_ended_ = false;
  ExecChannels channels_;
  std::optional<Error> error_;
  bool closed_ = false;
};

}  // namespace

Result<ExecResult> exec_over_websocket(const ExecEndpoint& endpoint, const ExecRequest& request,
                                       ExecProtocol protocol) {
  if (request.stop.stop_requested()) return fail(Code::cancelled, "cancelled by the caller");
  if (!endpoint.url.tls) {
    return fail(Code::unimplemented, "commands run over https only", endpoint.url.authority());
  }
  Session session(endpoint, request, protocol);
  return session.run();
}

}  // namespace pgo::kube
