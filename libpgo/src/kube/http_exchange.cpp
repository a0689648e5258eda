#include "kube/http_exchange.h"

#include "pgo/kube/client.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace pgo::kube {
namespace {

/// A slow owner holds up the server instead of filling our memory.
constexpr std::size_t kMaxBacklog = std::size_t{16} << 20;
/// "Without end" must not overflow a time point.
constexpr std::chrono::milliseconds kLongestTimeout = std::chrono::hours(24 * 365);
/// How much of a refusal is kept for its message.
constexpr std::size_t kMaxRefusal = std::size_t{1} << 20;

Error too_large(std::string_view what) {
  return Error{.code = Code::resource_exhausted,
               .message = std::string(what) + " is larger than allowed",
               .subject = {},
               .http_status = 0,
               .reason = {}};
}

}  // namespace

Exchange::Flow RequestExchange::on_data(std::string_view bytes) {
  if (response_.body.size() + bytes.size() > max_bytes_) {
    too_large_ = true;
    return Flow::give_up;
  }
  response_.body += bytes;
  return Flow::go_on;
}

void RequestExchange::on_done(int status, std::string content_type, std::optional<Error> error) {
  {
    const std::lock_guard lock(mutex_);
    response_.status = status;
    response_.content_type = std::move(content_type);
    error_ = too_large_ ? too_large("the answer") : std::move(error);
    done_ = true;
  }
  changed_.notify_all();
}

bool RequestExchange::wait(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  return changed_.wait(lock, stop, [this] { return done_; });
}

Result<Response> RequestExchange::take() {
  if (error_) return fail(*std::move(error_));
  return std::move(response_);
}

void WatchExchange::on_headers(int status) {
  {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  changed_.notify_all();
}

Exchange::Flow WatchExchange::on_data(std::string_view bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (status_ != 200) {
      if (refusal_.size() < kMaxRefusal) refusal_ += bytes;
      return Flow::go_on;
    }
    if (backlog_ > kMaxBacklog) {
      held_ = true;
      return Flow::hold;
    }
    backlog_ += bytes.size();
    if (!splitter_.feed(bytes, lines_)) {
      line_too_long_ = true;
      return Flow::give_up;
    }
    if (lines_.empty() || std::exchange(announced_, true)) return Flow::go_on;
  }
  announce();
  return Flow::go_on;
}

void WatchExchange::on_done(int status, std::string content_type, std::optional<Error> error) {
  {
    const std::lock_guard lock(mutex_);
    if (status != 0) status_ = status;
    content_type_ = std::move(content_type);
    error_ = line_too_long_ ? too_large("a watch event") : std::move(error);
    if (!error_) {
      // A server that ends properly may leave out the last line end; a broken stream may not.
      std::string rest = splitter_.take_rest();
      if (!rest.empty()) lines_.push_back(std::move(rest));
    }
    done_ = true;
  }
  changed_.notify_all();
  announce();
}

Result<void> WatchExchange::wait(const Request& request) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::min(request.timeout, kLongestTimeout);
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, request.stop, deadline, [this] { return done_ || status_ == 200; });
  if (done_ && error_ && lines_.empty()) return fail(*error_);
  if (status_ == 200) return {};
  if (done_) return fail(error_from_response({status_, content_type_, refusal_}, {}));
  if (request.stop.stop_requested()) return fail(Code::cancelled, "cancelled by the caller");
  return fail(Code::deadline_exceeded, "the API server did not answer in time");
}

Result<WatchStream::State> WatchExchange::poll(std::vector<std::string>& lines, bool& resume) {
  const std::lock_guard lock(mutex_);
  std::ranges::move(lines_, std::back_inserter(lines));
  lines_.clear();
  backlog_ = 0;
  announced_ = false;
  resume = std::exchange(held_, false);
  if (!done_) return WatchStream::State::open;
  if (error_) return fail(*error_);
  return WatchStream::State::ended;
}

void WatchExchange::close() {
  const std::lock_guard lock(ready_mutex_);
  on_ready_ = nullptr;
}

void WatchExchange::announce() {
  const std::lock_guard lock(ready_mutex_);
  if (on_ready_) on_ready_();
}

}  // namespace pgo::kube
