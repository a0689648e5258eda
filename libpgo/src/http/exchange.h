#pragma once

#include "http/mailbox.h"
#include "pgo/http/server.h"

#include <cstddef>
#include <memory>
#include <string>

namespace pgo::http {

/// One request that waits for its answer, as other threads see its connection. Every call returns
/// at once and is carried out on the I/O thread; false once the server has stopped.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual bool respond(Response response) = 0;
  virtual bool begin_stream(Response head, std::shared_ptr<Outlet> outlet) = 0;
  virtual bool begin_websocket(std::string protocol, std::shared_ptr<Outlet> outlet,
                               std::shared_ptr<Inlet> inlet) = 0;
  /// `head` is sent, then bytes pass both ways.
  virtual bool begin_upgrade(Response head, std::shared_ptr<Outlet> outlet,
                             std::shared_ptr<Inlet> inlet) = 0;
  /// Something was queued in the outlet, or it was ended.
  virtual bool wake() = 0;
  /// Cuts the connection.
  virtual bool drop() = 0;
  /// The most bytes an outlet may hold.
  virtual std::size_t backlog_limit() const = 0;
};

/// The public face of an exchange; answers 500 when it is destroyed without an answer.
std::shared_ptr<Responder> make_responder(std::shared_ptr<Exchange> exchange);

}  // namespace pgo::http
