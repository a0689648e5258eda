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
    if (generation_ != shared_->generation) {
      return fail(Code::unavailable, "injected: the watch broke");
    }
    if (shared_->held) return State::open;
    return inner_->poll(lines);
  }

 private:
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

Result<kube::Response> FaultyTransport::request(const kube::Request& request) {
  if (dead_) return fail(Code::cancelled, "injected: the process is dead");
  Call call{request.method, request.path, request.method != kube::Method::get, calls_++, 0};
  if (call.write) call.write_ordinal = writes_++;
  const Fault fault = decide ? decide(call) : Fault::none;
  switch (fault) {
    case Fault::conflict:
      return answer(409, "Conflict");
    case Fault::server_error:
      return answer(500, "InternalError");
    case Fault::lost_request:
      return fail(Code::deadline_exceeded, "injected: the request was lost");
    case Fault::crash_before:
      dead_ = true;
      return fail(Code::cancelled, "injected: the process died");
    default:
      break;
  }
  auto response = inner_->request(request);
  if (call.write && response && written) written(call, response->status, request.body);
  if (fault == Fault::lost_answer) {
    return fail(Code::deadline_exceeded, "injected: the answer was lost");
  }
  if (fault == Fault::crash_after) {
    dead_ = true;
    return fail(Code::cancelled, "injected: the process died");
  }
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
  return inner_->exec(request);
}

}  // namespace pgo::testing
