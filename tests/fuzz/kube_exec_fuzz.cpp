// Messages of the exec channels: the first byte of the input cuts the rest.
#include "fuzz/fuzz.h"
#include "kube/websocket_exec.h"

using namespace pgo;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text = fuzz::view(data + 1, size - 1);
  const std::size_t piece = 1 + data[0];
  constexpr std::size_t kLimit = 4096;
  kube::ExecChannels channels(kLimit);
  while (!text.empty() && !channels.ended()) {
    if (!channels.message(text.substr(0, piece))) break;
    text.remove_prefix(std::min(piece, text.size()));
  }
  const bool ended = channels.ended();
  const auto result = std::move(channels).finish();
  fuzz::require(ended || !result, "without a status there is no result");
  if (result) {
    fuzz::require(result->exit_code >= 0 && result->exit_code <= 255, "exit codes are bytes");
    fuzz::require(result->out.size() + result->err.size() <= kLimit, "output is bounded");
  } else {
    fuzz::require(!result.error().message.empty(), "a refusal says why");
  }
  return 0;
}
