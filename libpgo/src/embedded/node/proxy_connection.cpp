#include "embedded/node/proxy_connection.h"

#include <arpa/inet.h>
#include <chrono>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace pgo::embedded::node {

namespace {

constexpr std::chrono::seconds kConnectTimeout{5};
constexpr std::size_t kBlock = 65536;

void no_delay(const Fd& fd) {
  int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// The next close sends a reset instead of an orderly end.
void close_hard(const Fd& fd) {
  linger hard{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

}  // namespace

bool to_sockaddr(const SocketAddress& address, void* into) {
  auto* target = static_cast<sockaddr_in*>(into);
  *target = {};
  target->sin_family = AF_INET;
  target->sin_port = htons(address.port);
  return ::inet_pton(AF_INET, address.ip.c_str(), &target->sin_addr) == 1;
}

ProxyConnection::ProxyConnection(EventLoop& loop, Fd client, std::vector<SocketAddress> endpoints,
                                 std::function<void()> done)
    : loop_(loop),
      client_(std::move(client)),
      endpoints_(std::move(endpoints)),
      done_(std::move(done)) {
  up_ = {&client_, &server_, {}, false, false};
  down_ = {&server_, &client_, {}, false, false};
}

ProxyConnection::~ProxyConnection() {
  loop_.cancel(timer_);
  loop_.forget(client_.get());
  loop_.forget(server_.get());
}

void ProxyConnection::start() { connect_next(); }

void ProxyConnection::connect_next() {
  while (next_ < endpoints_.size()) {
    const SocketAddress& endpoint = endpoints_[next_++];
    sockaddr_in address{};
    if (!to_sockaddr(endpoint, &address)) continue;
    server_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!server_) break;
    no_delay(server_);
    if (::connect(server_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
      return begin();
    if (errno != EINPROGRESS) continue;
    loop_.watch(server_.get(), EPOLLOUT, [this](std::uint32_t events) { on_connected(events); });
    timer_ = loop_.after(kConnectTimeout, [this] { on_connected(EPOLLERR); });
    return;
  }
  reset();
}

void ProxyConnection::on_connected(std::uint32_t events) {
  loop_.cancel(timer_);
  loop_.forget(server_.get());
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(server_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0 || (events & EPOLLERR) != 0) return connect_next();
  begin();
}

void ProxyConnection::begin() {
  no_delay(client_);
  loop_.watch(client_.get(), EPOLLIN, [this](std::uint32_t e) { on_event(client_, e); });
  loop_.watch(server_.get(), EPOLLIN, [this](std::uint32_t e) { on_event(server_, e); });
}

void ProxyConnection::on_event(const Fd& side, std::uint32_t events) {
  if ((events & EPOLLERR) != 0) return reset();
  Flow& reading = &side == &client_ ? up_ : down_;
  Flow& writing = &side == &client_ ? down_ : up_;
  if ((events & EPOLLOUT) != 0 && !flush(writing)) return reset();
  if ((events & (EPOLLIN | EPOLLHUP)) != 0 && !pump(reading)) return reset();
  if (up_.closed && down_.closed) {
    auto done = std::move(done_);
    return done();
  }
  update_interest();
}

// False when the connection broke.
bool ProxyConnection::pump(Flow& flow) {
  char block[kBlock];
  while (flow.pending.empty() && !flow.ended) {
    ssize_t count = ::recv(flow.from->get(), block, sizeof block, 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) {
      flow.ended = true;
      break;
    }
    ssize_t sent = ::send(flow.to->get(), block, static_cast<std::size_t>(count), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    sent = std::max<ssize_t>(sent, 0);
    flow.pending.assign(block + sent, static_cast<std::size_t>(count - sent));
    if (count < static_cast<ssize_t>(sizeof block)) break;  // let others have a turn
  }
  return flush(flow);
}

bool ProxyConnection::flush(Flow& flow) {
  while (!flow.pending.empty()) {
    ssize_t sent = ::send(flow.to->get(), flow.pending.data(), flow.pending.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    flow.pending.erase(0, static_cast<std::size_t>(sent));
  }
  if (flow.pending.capacity() > kBlock) flow.pending.shrink_to_fit();
  if (!flow.ended || flow.closed) return true;
  flow.closed = true;
  ::shutdown(flow.to->get(), SHUT_WR);
  return true;
}

void ProxyConnection::update_interest() {
  auto interest = [](const Flow& reading, const Flow& writing) {
    std::uint32_t events = 0;
    if (!reading.ended && reading.pending.empty()) events |= EPOLLIN;
    if (!writing.pending.empty()) events |= EPOLLOUT;
    return events;
  };
  loop_.change(client_.get(), interest(up_, down_));
  loop_.change(server_.get(), interest(down_, up_));
}

void ProxyConnection::reset() {
  if (client_) close_hard(client_);
  if (server_) close_hard(server_);
  auto done = std::move(done_);
  done();
}

}  // namespace pgo::embedded::node
