#include "embedded/node/proxy.h"

#include "embedded/node/event_loop.h"
#include "embedded/node/listeners.h"
#include "embedded/node/proxy_connection.h"

#include <algorithm>
#include <list>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace pgo::embedded::node {

namespace {
constexpr int kBacklog = 512;
constexpr std::chrono::seconds kRetryBind{3};
constexpr std::chrono::milliseconds kNoDescriptors{200};

struct Listener {
  SocketAddress address;
  Fd fd;
  std::vector<SocketAddress> endpoints;
  std::size_t turn = 0;
  std::string problem;  // why it could not be bound, as logged last
};
}  // namespace

struct ServiceProxy::Impl {
  Log log;
  std::unique_ptr<EventLoop> loop;
  // The rest: only on the loop's thread.
  std::map<SocketAddress, std::unique_ptr<Listener>> listeners;
  std::list<std::unique_ptr<ProxyConnection>> connections;
  EventLoop::TimerId retry = 0;

  void apply(Routes routes);
  void bind_missing();
  Result<void> bind(Listener& listener);
  void accept(Listener& listener);
  void start(Listener& listener, Fd client);
};

void ServiceProxy::Impl::apply(Routes routes) {
  std::erase_if(listeners, [&](const auto& entry) {
    if (routes.contains(entry.first)) return false;
    loop->forget(entry.second->fd.get());
    return true;
  });
  for (auto& [address, endpoints] : routes) {
    auto& listener = listeners[address];
    if (!listener) listener = std::make_unique<Listener>(Listener{address, {}, {}, 0, {}});
    listener->endpoints = std::move(endpoints);
  }
  bind_missing();
}

void ServiceProxy::Impl::bind_missing() {
  loop->cancel(std::exchange(retry, 0));
  bool missing = false;
  for (auto& [address, listener] : listeners) {
    if (listener->fd) continue;
    auto bound = bind(*listener);
    if (bound) {
      if (!listener->problem.empty())
        log.info("service address is free now", {{"address", address.text()}});
      listener->problem.clear();
      continue;
    }
    missing = true;
    if (listener->problem == bound.error().message) continue;
    listener->problem = bound.error().message;
    log.error("cannot listen on a service address",
              {{"address", address.text()}, {"problem", listener->problem}});
  }
  if (missing) retry = loop->after(kRetryBind, [this] { bind_missing(); });
}

Result<void> ServiceProxy::Impl::bind(Listener& listener) {
  sockaddr_in address{};
  if (!to_sockaddr(listener.address, &address))
    return fail(Code::invalid_argument, "not an IPv4 address");
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("make", "a socket");
  int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
      ::listen(fd.get(), kBacklog) < 0) {
    int error = errno;
    std::string culprit = error == EADDRINUSE ? wildcard_culprit(listener.address.port) : "";
    if (culprit.empty()) return fail_errno("listen on", listener.address.text(), error);
    return fail(Code::unavailable, "port " + std::to_string(listener.address.port) +
                                       " is taken on every address by " + culprit +
                                       "; stop it or make it listen on 127.0.0.1 only");
  }
  listener.fd = std::move(fd);
  loop->watch(listener.fd.get(), EPOLLIN, [this, &listener](std::uint32_t) { accept(listener); });
  return {};
}

void ServiceProxy::Impl::accept(Listener& listener) {
  for (;;) {
    Fd client(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client) {
      start(listener, std::move(client));
      continue;
    }
    if (errno == ECONNABORTED || errno == EINTR) continue;
    if (errno == EMFILE || errno == ENFILE) {
      // The connection stays queued and would wake this thread without end.
      loop->change(listener.fd.get(), 0);
      loop->after(kNoDescriptors, [this, address = listener.address] {
        auto found = listeners.find(address);
        if (found != listeners.end()) loop->change(found->second->fd.get(), EPOLLIN);
      });
    }
    return;
  }
}

void ServiceProxy::Impl::start(Listener& listener, Fd client) {
  std::vector<SocketAddress> endpoints = listener.endpoints;
  if (!endpoints.empty())
    std::ranges::rotate(endpoints, endpoints.begin() + static_cast<std::ptrdiff_t>(
                                                           listener.turn++ % endpoints.size()));
  auto place = connections.emplace(connections.end());
  *place = std::make_unique<ProxyConnection>(*loop, std::move(client), std::move(endpoints),
                                             [this, place] { connections.erase(place); });
  (*place)->start();
}

ServiceProxy::ServiceProxy(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<ServiceProxy>> ServiceProxy::create(Log log) {
  auto impl = std::make_unique<Impl>();
  impl->log = std::move(log);
  PGO_TRY(impl->loop, EventLoop::create("pgo-proxy"));
  return std::make_unique<ServiceProxy>(std::move(impl));
}

ServiceProxy::~ServiceProxy() {
  impl_->loop->call([this] {
    impl_->loop->forget_all();
    impl_->connections.clear();
    impl_->listeners.clear();
  });
  impl_->loop->stop();
}

void ServiceProxy::set_routes(Routes routes) {
  impl_->loop->post([impl = impl_.get(), routes = std::move(routes)]() mutable {
    impl->apply(std::move(routes));
  });
}

}  // namespace pgo::embedded::node
