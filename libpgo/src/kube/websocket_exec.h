#pragma once

#include "kube/url.h"
#include "pgo/kube/http_transport.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace pgo::kube {

/// The two forms of the channel protocol that matter. Only v5 can close stdin alone.
enum class ExecProtocol { v4, v5 };
std::string_view to_string(ExecProtocol protocol);

/// Where an exec goes and as whom.
struct ExecEndpoint {
  Url url;
  const TlsSettings& tls;
  Credentials credentials;
  std::string user_agent;
  std::chrono::milliseconds connect_timeout{10'000};
  std::size_t max_output_bytes = std::size_t{64} << 20;
};

/// Runs a command over a WebSocket of its own; blocks until it has ended. Stops at the request's
/// deadline and on its stop token. A server that does not speak the protocol refuses with HTTP 400
/// or 403, or is `unimplemented`; the command has not run then.
Result<ExecResult> exec_over_websocket(const ExecEndpoint& endpoint, const ExecRequest& request,
                                       ExecProtocol protocol);

/// "/api/v1/namespaces/NS/pods/POD/exec?..." with command and streams.
std::string exec_path(const ExecRequest& request, ExecProtocol protocol);

/// What came over the channels of one exec so far.
class ExecChannels {
 public:
  explicit ExecChannels(std::size_t max_output_bytes) : max_output_bytes_(max_output_bytes) {}

  /// One binary message: the first byte is the channel. Unknown channels are ignored.
  /// `resource_exhausted` when the command writes too much.
  Result<void> message(std::string_view bytes);
  /// Whether the status of the command has come whole.
  bool ended() const;
  /// The result by the Status on the error channel; an Error when there was none or when it says
  /// that the command could not be run.
  Result<ExecResult> finish() &&;

 private:
  std::size_t max_output_bytes_;
  std::string status_;
  ExecResult result_;
};

}  // namespace pgo::kube
