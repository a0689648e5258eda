#pragma once

#include "embedded/node/event_loop.h"
#include "embedded/node/fd.h"
#include "embedded/node/proxy.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pgo::embedded::node {

/// One forwarded connection. Holds a buffer only while one side is slower than the other, so idle
/// connections cost little. All calls from the loop's thread.
class ProxyConnection {
 public:
  /// `endpoints` in the order in which they are tried. `done` is called once, when both sides are
  /// closed; it may destroy this.
  ProxyConnection(EventLoop& loop, Fd client, std::vector<SocketAddress> endpoints,
                  std::function<void()> done);
  ProxyConnection(const ProxyConnection&) = delete;
  ProxyConnection& operator=(const ProxyConnection&) = delete;
  ~ProxyConnection();

  /// After construction; may call `done`.
  void start();

 private:
  // Bytes flow from one side to the other.
  struct Flow {
    Fd* from = nullptr;
    Fd* to = nullptr;
    std::string pending;  // read and not yet written
    bool ended = false;   // `from` has sent its end
    bool closed = false;  // and that was passed on
  };

  void connect_next();
  void on_connected(std::uint32_t events);
  void begin();
  void on_event(const Fd& side, std::uint32_t events);
  bool pump(Flow& flow);
  bool flush(Flow& flow);
  void update_interest();
  void reset();

  EventLoop& loop_;
  Fd client_;
  Fd server_;
  std::vector<SocketAddress> endpoints_;
  std::size_t next_ = 0;
  std::function<void()> done_;
  EventLoop::TimerId timer_ = 0;
  Flow up_;
  Flow down_;
};

/// The socket address structure of `address`; false when the text is no IPv4 address.
bool to_sockaddr(const SocketAddress& address, void* into);

}  // namespace pgo::embedded::node
