#include "support/faulty_transport.h"

#include <utility>

namespace pgo::testing {
namespace {

kube::Response answer(int status, std::string_view reason) {
  kube::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":"injected",)"
                  R"("reason":")" +
                  std::string(reason) + R"(","code":)" + std::to_string(status) + "}";
  return response;
}

}  // namespace

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "none";
    case Fault::conflict:
      return "conflict";
    case Fault::too_many_requests:
      return "too_many_requests";
    case Fault::server_error:
      return "server_error";
    case Fault::lost_request:
      return "lost_request";
    case Fault::lost_answer:
      return "lost_answer";
    case Fault::crash_before:
      return "crash_before";
    case Fault::crash_after:
      return "crash_after";
  }
  return "unknown";
}

class FaultyTransport::Stream final : public kube::WatchStream {
 public:
  Stream(std::unique_ptr<kube::WatchStream> inner, std::shared_ptr<const Shared> shared)
      : inner_(std::move(inner)), shared_(std::move(shared)), generation_(shared_->generation) {}

  Result<State> poll(std::vector<std::string>& lines) override {
    return unless_disturbed([&] { return inner_->poll(lines); });
  }
  Result<State> poll_events(std::vector<kube::WatchEvent>& events) override {
    return unless_disturbed([&] { return inner_->poll_events(events); });
  }

 private:
  template <typename Poll>
  Result<State> unless_disturbed(Poll poll) {
    if (generation_ != shared_->generation) {
      return fail(Code::unavailable, "injected: the watch broke");
    }
    if (shared_->held) return State::open;
    return poll();
  }

  std::unique_ptr<kube::WatchStream> inner_;
  std::shared_ptr<const Shared> shared_;
  std::uint64_t generation_;
};

FaultyTransport::~FaultyTransport() = default;

void FaultyTransport::hold_watches() { shared_->held = true; }

void FaultyTransport::catch_up() {
  shared_->held = false;
  for (const auto& wake : wakes_) wake();
}

void FaultyTransport::drop_watches() {
  ++shared_->generation;
  // Waking may open new watches, which add to the list.
  const auto wakes = std::exchange(wakes_, {});
  for (const auto& wake : wakes) wake();
}

Fault FaultyTransport::next(Call& call) {
  call.ordinal = calls_++;
  if (call.write) call.write_ordinal = writes_++;
  return decide ? decide(call) : Fault::none;
}

std::optional<Error> FaultyTransport::before(Fault fault) {
  if (fault == Fault::lost_request) {
    return Error{.code = Code::deadline_exceeded, .message = "injected: the request was lost"};
  }
  if (fault != Fault::crash_before) return std::nullopt;
  dead_ = true;
  return Error{.code = Code::cancelled, .message = "injected: the process died"};
}

std::optional<Error> FaultyTransport::after(Fault fault) {
  if (fault == Fault::lost_answer) {
    return Error{.code = Code::deadline_exceeded, .message = "injected: the answer was lost"};
  }
  if (fault != Fault::crash_after) return std::nullopt;
  dead_ = true;
  return Error{.code = Code::cancelled, .message = "injected: the process died"};
}

Result<kube::Response> FaultyTransport::request(const kube::Request& request) {
  if (dead_) return fail(Code::cancelled, "injected: the process is dead");
  Call call{request.method, request.path, request.method != kube::Method::get};
  const Fault fault = next(call);
  if (fault == Fault::conflict) return answer(409, "Conflict");
  if (fault == Fault::too_many_requests) return answer(429, "TooManyRequests");
  if (fault == Fault::server_error) return answer(500, "InternalError");
  if (auto error = before(fault)) return fail(*std::move(error));
  auto response = inner_->request(request);
  if (call.write && response && written) written(call, response->status, request.body);
  if (auto error = after(fault)) return fail(*std::move(error));
  return response;
}

Result<std::unique_ptr<kube::WatchStream>> FaultyTransport::watch(const kube::Request& request,
                                                                  std::function<void()> on_ready) {
  if (dead_) return fail(Code::cancelled, "injected: the process is dead");
  if (on_ready) wakes_.push_back(on_ready);
  PGO_TRY(auto stream, inner_->watch(request, std::move(on_ready)));
  return std::make_unique<Stream>(std::move(stream), shared_);
}

Result<kube::ExecResult> FaultyTransport::exec(const kube::ExecRequest& request) {
  if (dead_) return fail(Code::cancelled, "injected: the process is dead");
  Call call{kube::Method::post, "/exec/" + request.ns + "/" + request.pod, true};
  const Fault fault = next(call);
  if (fault == Fault::conflict || fault == Fault::too_many_requests) {
    return fail(Code::failed_precondition, "injected: the container is not running");
  }
  if (fault == Fault::server_error) {
    return fail(Code::unavailable, "injected: no command can be run");
  }
  if (auto error = before(fault)) return fail(*std::move(error));
  auto result = inner_->exec(request);
  if (auto error = after(fault)) return fail(*std::move(error));
  return result;
}

}  // namespace pgo::testing
