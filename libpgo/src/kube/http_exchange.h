#pragma once

#include "kube/line_splitter.h"
#include "pgo/kube/transport.h"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::kube {

/// One exchange with an HTTP server, between the I/O thread that carries it and the caller who
/// waits for it. The virtual functions run on the I/O thread.
class Exchange {
 public:
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

  enum class Flow {
    go_on,
    hold,  ///< the bytes were not taken: offer them again when the caller has made room
    give_up,
  };
  virtual void on_headers(int /*status*/) {}
  virtual Flow on_data(std::string_view bytes) = 0;
  /// The last call. `error` is about the way there, not about the status.
  virtual void on_done(int status, std::string content_type, std::optional<Error> error) = 0;
};

/// A request with its whole answer.
class RequestExchange final : public Exchange {
 public:
  explicit RequestExchange(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  Flow on_data(std::string_view bytes) override;
  void on_done(int status, std::string content_type, std::optional<Error> error) override;

  /// Waits for the answer; false when `stop` came first.
  bool wait(const std::stop_token& stop);
  /// Once, after `wait` returned true.
  Result<Response> take();

 private:
  const std::size_t max_bytes_;
  Response response_;
  bool too_large_ = false;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool done_ = false;
  std::optional<Error> error_;
};

/// A watch: the head is waited for, the lines are collected until they are polled.
class WatchExchange final : public Exchange {
 public:
  WatchExchange(std::size_t max_line_bytes, std::function<void()> on_ready)
      : splitter_(max_line_bytes), on_ready_(std::move(on_ready)) {}

  void on_headers(int status) override;
  Flow on_data(std::string_view bytes) override;
  void on_done(int status, std::string content_type, std::optional<Error> error) override;

  /// Waits for the server's yes or no, at most the request's timeout.
  Result<void> wait(const Request& request);
  /// As WatchStream::poll. Sets `resume` when the flow was held and may go on.
  Result<WatchStream::State> poll(std::vector<std::string>& lines, bool& resume);
  /// After this the callback is never called again.
  void close();

 private:
  void announce();

  std::mutex mutex_;
  std::condition_variable_any changed_;
  LineSplitter splitter_;
  std::vector<std::string> lines_;
  std::size_t backlog_ = 0;  ///< bytes taken since the last poll
  int status_ = 0;
  std::string content_type_, refusal_;
  bool announced_ = false;  ///< the owner knows and has not polled yet
  bool held_ = false;
  bool line_too_long_ = false;
  bool done_ = false;
  std::optional<Error> error_;
  std::mutex ready_mutex_;
  std::function<void()> on_ready_;
};

}  // namespace pgo::kube
