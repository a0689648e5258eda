#include "pgo/http/server.h"

#include "http/connection.h"
#include "http/listener_owner.h"
#include "http/tls.h"
#include "pgo/base/text.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <thread>

namespace pgo::http {
namespace {

namespace asio = boost::asio;

class BeastServer final : public Server {
 public:
  explicit BeastServer(std::shared_ptr<Core> core) : core_(std::move(core)), acceptor_(core_->io) {}
  BeastServer(const BeastServer&) = delete;
  BeastServer& operator=(const BeastServer&) = delete;
  ~BeastServer() override { stop(); }

  Result<void> listen() {
    const ServerOptions& options = core_->options;
    ErrorCode error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) {
      return fail(Code::invalid_argument, "\"" + options.address + "\" is not an IP address");
    }
    acceptor_.open(address.is_v6() ? Tcp::v6() : Tcp::v4(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind({address, options.port}, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(Code::unavailable,
                  bind_problem(options.address, options.port, error == asio::error::address_in_use,
                               error.message()));
    }
    port_ = acceptor_.local_endpoint(error).port();
    accept();
    thread_ = std::jthread([core = core_] {
      const auto work = asio::make_work_guard(core->io);
      core->io.run();
    });
    return {};
  }

  std::uint16_t port() const override { return port_; }

  void stop() override {
    {
      const std::lock_guard lock(core_->mutex);
      if (std::exchange(core_->stopped, true)) return;
    }
    // Handlers that run may still be waiting for their peers: those go first.
    asio::post(core_->io, [this] {
      ErrorCode ignored;
      acceptor_.close(ignored);
      close_all();
    });
    core_->workers.stop();
    asio::post(core_->io, [this] { close_all(); });
    asio::post(core_->io, [core = core_] { core->io.stop(); });
    if (thread_.joinable()) thread_.join();
    // What was cancelled still holds its connection until its handler has run.
    core_->io.restart();
    core_->io.poll();
  }

 private:
  void close_all() {
    std::vector<std::shared_ptr<Closable>> held;
    {
      const std::lock_guard lock(core_->mutex);
      for (Closable* connection : core_->connections) {
        if (auto shared = connection->weak_from_this().lock()) held.push_back(std::move(shared));
      }
    }
    for (const auto& connection : held) connection->close();
  }

  void accept() {
    acceptor_.async_accept([this](ErrorCode error, Tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (!error) {
        start_connection(core_, std::move(socket));
        return accept();
      }
      // Out of file descriptors: leave the others a moment instead of spinning.
      core_->log.warn("cannot accept a connection", {{"error", error.message()}});
      retry_.expires_after(std::chrono::milliseconds(100));
      retry_.async_wait([this](ErrorCode cancelled) {
        if (!cancelled && acceptor_.is_open()) accept();
      });
    });
  }

  std::shared_ptr<Core> core_;
  Tcp::acceptor acceptor_;
  asio::steady_timer retry_{core_->io};
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (text::equals_ignore_case(key, name)) return value;
  }
  return {};
}

bool Request::header_lists(std::string_view name, std::string_view value) const {
  return std::ranges::any_of(headers, [&](const auto& header) {
    if (!text::equals_ignore_case(header.first, name)) return false;
    return std::ranges::any_of(text::split_list(header.second), [&](const std::string& each) {
      return text::equals_ignore_case(each, value);
    });
  });
}

Result<std::unique_ptr<Server>> serve(ServerOptions options, Handler handler, Log log) {
  auto core = std::make_shared<Core>(std::move(options), std::move(handler), log.named("http"));
  if (core->options.tls) {
    PGO_TRY_VOID(configure_tls(core->tls.native_handle(), core->options.tls_options));
  }
  auto server = std::make_unique<BeastServer>(std::move(core));
  PGO_TRY_VOID(server->listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace pgo::http
