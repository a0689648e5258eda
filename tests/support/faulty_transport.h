#pragma once

#include "pgo/kube/transport.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// A transport that fails when told to: the network, the API server and the operator's own death.
namespace pgo::testing {

/// What happens to one call.
enum class Fault {
  none,
  conflict,           ///< answered 409, nothing done
  too_many_requests,  ///< answered 429, nothing done
  server_error,       ///< answered 500, nothing done
  lost_request,       ///< no answer, nothing done
  lost_answer,        ///< no answer, but done
  crash_before,       ///< the process dies: not done, and every later call fails
  crash_after,        ///< the process dies: done, and every later call fails
};
std::string_view to_string(Fault fault);

/// Which calls there are to fail.
struct Call {
  kube::Method method;
  std::string path;
  bool write = false;             ///< changes something; a command in a container counts
  std::size_t ordinal = 0;        ///< of all calls, from 0
  std::size_t write_ordinal = 0;  ///< of the writes, from 0; only for writes
};

/// Passes on to another transport and lets `decide` spoil calls. Single-threaded.
class FaultyTransport final : public kube::Transport {
 public:
  explicit FaultyTransport(kube::Transport& inner) : inner_(&inner) {}
  ~FaultyTransport() override;

  /// Asked before each request; empty: nothing fails.
  std::function<Fault(const Call&)> decide;
  /// Called after each write that reached the store, with its status.
  std::function<void(const Call&, int status, const std::string& body)> written;

  bool dead() const { return dead_; }
  std::size_t calls() const { return calls_; }
  std::size_t writes() const { return writes_; }

  /// Watches deliver nothing until `catch_up`.
  void hold_watches();
  void catch_up();
  bool held() const { return shared_->held; }
  /// Every open watch breaks.
  void drop_watches();

  Result<kube::Response> request(const kube::Request& request) override;
  Result<std::unique_ptr<kube::WatchStream>> watch(const kube::Request& request,
                                                   std::function<void()> on_ready) override;
  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override;

 private:
  class Stream;
  Fault next(Call& call);
  /// The error that takes the place of the call, if any.
  std::optional<Error> before(Fault fault);
  std::optional<Error> after(Fault fault);

  struct Shared {
    bool held = false;
    std::uint64_t generation = 0;  ///< streams of an older one are broken
  };

  kube::Transport* inner_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::vector<std::function<void()>> wakes_;
  std::size_t calls_ = 0, writes_ = 0;
  bool dead_ = false;
};

}  // namespace pgo::testing
