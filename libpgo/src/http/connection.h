#pragma once

#include "http/any_stream.h"
#include "http/workers.h"
#include "pgo/http/server.h"

#include <memory>
#include <mutex>
#include <set>
#include <utility>

namespace pgo::http {

/// A connection as the server sees it.
class Closable : public std::enable_shared_from_this<Closable> {
 public:
  virtual ~Closable() = default;
  /// On the I/O thread: ends everything; open operations come back with an error.
  virtual void close() = 0;
};

/// What all connections share. Lives as long as any of them, or any stream a handler still holds.
struct Core {
  Core(ServerOptions options_, Handler handler_, Log log_)
      : options(std::move(options_)),
        handler(std::move(handler_)),
        log(std::move(log_)),
        tls(boost::asio::ssl::context::tls_server),
        workers(options.workers) {}

  /// Runs on the I/O thread; false once the server has stopped.
  template <class Job>
  bool post(Job&& job) {
    const std::lock_guard lock(mutex);
    if (stopped) return false;
    boost::asio::post(io, std::forward<Job>(job));
    return true;
  }

  ServerOptions options;
  Handler handler;
  Log log;
  boost::asio::io_context io{1};
  boost::asio::ssl::context tls;
  Workers workers;
  std::mutex mutex;  ///< guards what follows
  std::set<Closable*> connections;
  bool stopped = false;
};

/// Serves what was accepted until it ends. On the I/O thread.
void start_connection(std::shared_ptr<Core> core, Tcp::socket socket);

}  // namespace pgo::http
