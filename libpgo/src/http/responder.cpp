#include "http/exchange.h"

#include <atomic>
#include <utility>

namespace pgo::http {
namespace {

/// Queues a message and tells the I/O thread when that is needed.
bool send_through(Exchange& exchange, Outlet& outlet, std::string message) {
  switch (outlet.push(std::move(message))) {
    case Outlet::Push::closed:
      return false;
    case Outlet::Push::overflow:
      exchange.drop();
      return false;
    case Outlet::Push::queued:
      return true;
    case Outlet::Push::first:
      return exchange.wake();
  }
  return false;
}

class ChunkStream final : public Stream {
 public:
  ChunkStream(std::shared_ptr<Exchange> exchange, std::shared_ptr<Outlet> outlet)
      : exchange_(std::move(exchange)), outlet_(std::move(outlet)) {}
  ChunkStream(const ChunkStream&) = delete;
  ChunkStream& operator=(const ChunkStream&) = delete;
  ~ChunkStream() override { finish(); }

  bool send(std::string text) override {
    // An empty chunk would end the stream.
    return text.empty() || send_through(*exchange_, *outlet_, std::move(text));
  }
  void close() override { finish(); }
  void on_closed(std::function<void()> callback) override {
    outlet_->on_closed(std::move(callback));
  }

 private:
  void finish() {
    if (outlet_->end()) exchange_->wake();
  }

  std::shared_ptr<Exchange> exchange_;
  std::shared_ptr<Outlet> outlet_;
};

class UpgradedSocket final : public Duplex {
 public:
  UpgradedSocket(std::shared_ptr<Exchange> exchange, std::shared_ptr<Outlet> outlet,
                 std::shared_ptr<Inlet> inlet)
      : exchange_(std::move(exchange)), outlet_(std::move(outlet)), inlet_(std::move(inlet)) {}
  UpgradedSocket(const UpgradedSocket&) = delete;
  UpgradedSocket& operator=(const UpgradedSocket&) = delete;
  ~UpgradedSocket() override { finish(); }

  bool send(std::string message) override {
    return send_through(*exchange_, *outlet_, std::move(message));
  }
  bool crowded() override { return outlet_->crowded(); }
  void on_room(std::function<void()> callback) override { outlet_->on_room(std::move(callback)); }
  void pause(bool paused) override {
    inlet_->pause(paused);
    if (!paused) exchange_->wake();
  }
  void close() override { finish(); }
  void on_message(std::function<void(std::string)> callback) override {
    inlet_->listen(std::move(callback));
  }
  void on_closed(std::function<void()> callback) override {
    outlet_->on_closed(std::move(callback));
  }

 private:
  void finish() {
    if (outlet_->end()) exchange_->wake();
  }

  std::shared_ptr<Exchange> exchange_;
  std::shared_ptr<Outlet> outlet_;
  std::shared_ptr<Inlet> inlet_;
};

class OnceResponder final : public Responder {
 public:
  explicit OnceResponder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  OnceResponder(const OnceResponder&) = delete;
  OnceResponder& operator=(const OnceResponder&) = delete;
  ~OnceResponder() override {
    if (answered_.exchange(true)) return;
    exchange_->respond(
        {.status = 500, .content_type = "text/plain", .headers = {}, .body = "no answer\n"});
  }

  void respond(Response response) override {
    if (!answered_.exchange(true)) exchange_->respond(std::move(response));
  }
  std::shared_ptr<Stream> respond_stream(Response head) override {
    auto outlet = std::make_shared<Outlet>(exchange_->backlog_limit());
    const bool alive =
        !answered_.exchange(true) && exchange_->begin_stream(std::move(head), outlet);
    if (!alive) outlet->closed();
    return std::make_shared<ChunkStream>(exchange_, std::move(outlet));
  }
  std::shared_ptr<Duplex> accept_websocket(std::string subprotocol) override {
    return upgraded([&](const auto& outlet, const auto& inlet) {
      return exchange_->begin_websocket(std::move(subprotocol), outlet, inlet);
    });
  }
  std::shared_ptr<Duplex> accept_upgrade(
      std::string protocol, std::vector<std::pair<std::string, std::string>> headers) override {
    Response head{.status = 101, .content_type = {}, .headers = std::move(headers), .body = {}};
    head.headers.emplace_back("Connection", "Upgrade");
    head.headers.emplace_back("Upgrade", std::move(protocol));
    return upgraded([&](const auto& outlet, const auto& inlet) {
      return exchange_->begin_upgrade(std::move(head), outlet, inlet);
    });
  }

 private:
  template <class Begin>
  std::shared_ptr<Duplex> upgraded(Begin&& begin) {
    auto outlet = std::make_shared<Outlet>(exchange_->backlog_limit());
    auto inlet = std::make_shared<Inlet>();
    if (answered_.exchange(true) || !begin(outlet, inlet)) outlet->closed();
    return std::make_shared<UpgradedSocket>(exchange_, std::move(outlet), std::move(inlet));
  }

  std::shared_ptr<Exchange> exchange_;
  std::atomic<bool> answered_ = false;
};

}  // namespace

std::shared_ptr<Responder> make_responder(std::shared_ptr<Exchange> exchange) {
  return std::make_shared<OnceResponder>(std::move(exchange));
}

}  // namespace pgo::http
