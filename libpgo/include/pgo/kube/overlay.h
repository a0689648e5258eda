#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/json/value.h"
#include "pgo/kube/object.h"
#include "pgo/kube/transport.h"

#include <memory>
#include <string>
#include <vector>

namespace pgo::kube {

/// A copy-on-write view of another API: reads see what is there with the changes made so far;
/// writes change only the view and are kept in order. Nothing reaches the other API but GETs.
/// Behaves as the API server does where plans and requests can tell: 404, 409 for names, UIDs and
/// versions, finalizers. It knows no controllers: objects that others would make or change stay as
/// they are.
///
/// Commands are not run: each counts as a success that printed nothing. One that only reads
/// (`ExecRequest::reads_only`) is run, and is none of the writes.
class OverlayTransport final : public Transport {
 public:
  /// One write, or one command.
  struct Write {
    Method method = Method::get;  ///< get: a command
    std::string kind, ns, name;
    Labels labels;     ///< of the object afterwards, or before it went
    json::Value body;  ///< what was sent: the object, the patch, or the command's words
  };

  /// All must outlive it.
  OverlayTransport(Transport& inner, const Clock& clock, IdSource& ids);
  ~OverlayTransport() override;

  Result<Response> request(const Request& request) override;
  /// Delivers what is written through this transport from now on; what others write, never.
  Result<std::unique_ptr<WatchStream>> watch(const Request& request,
                                             std::function<void()> on_ready) override;
  Result<ExecResult> exec(const ExecRequest& request) override;

  /// Successful writes so far.
  std::vector<Write> writes() const;

 private:
  struct Core;
  class Stream;
  std::shared_ptr<Core> core_;
};

}  // namespace pgo::kube
