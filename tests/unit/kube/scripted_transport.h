#pragma once

#include "pgo/kube/transport.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pgo::kube::test {

/// What a scripted watch hands out; the test keeps one end.
struct WatchScript {
  std::vector<std::string> lines;
  bool ended = false;
  bool broken = false;
  bool closed = false;
  std::function<void()> on_ready;
  std::string path;
};

/// Answers with what the test queued, in order, and keeps what was asked.
class ScriptedTransport final : public Transport {
 public:
  void answer(int status, std::string body, std::string content_type = "application/json") {
    answers_.push_back(Response{status, std::move(content_type), std::move(body)});
  }
  void answer_error(Error error) { answers_.push_back(fail(std::move(error))); }
  void refuse_watch(Error error) { refusals_.push_back(std::move(error)); }

  Result<Response> request(const Request& request) override {
    requests.push_back(request);
    if (on_request) on_request();
    if (answers_.empty()) return fail(Code::unavailable, "nothing is scripted");
    Result<Response> result = std::move(answers_.front());
    answers_.pop_front();
    return result;
  }

  Result<std::unique_ptr<WatchStream>> watch(const Request& request,
                                             std::function<void()> on_ready) override {
    if (!refusals_.empty()) {
      Error error = std::move(refusals_.front());
      refusals_.pop_front();
      return fail(std::move(error));
    }
    auto script = std::make_shared<WatchScript>();
    script->on_ready = std::move(on_ready);
    script->path = request.path;
    watches.push_back(script);
    return std::unique_ptr<WatchStream>(std::make_unique<Stream>(std::move(script)));
  }

  Result<ExecResult> exec(const ExecRequest& request) override {
    execs.push_back(request);
    return ExecResult{0, "out", "err"};
  }

  std::function<void()> on_request;
  std::vector<Request> requests;
  std::vector<ExecRequest> execs;
  std::vector<std::shared_ptr<WatchScript>> watches;

 private:
  class Stream final : public WatchStream {
   public:
    explicit Stream(std::shared_ptr<WatchScript> script) : script_(std::move(script)) {}
    ~Stream() override { script_->closed = true; }
    Result<State> poll(std::vector<std::string>& lines) override {
      for (std::string& line : script_->lines) lines.push_back(std::move(line));
      script_->lines.clear();
      if (script_->broken) return fail(Code::unavailable, "connection reset");
      return script_->ended ? State::ended : State::open;
    }

   private:
    std::shared_ptr<WatchScript> script_;
  };

  std::deque<Result<Response>> answers_;
  std::deque<Error> refusals_;
};

}  // namespace pgo::kube::test
