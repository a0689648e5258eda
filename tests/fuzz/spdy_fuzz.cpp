// Frames of a client: cut anywhere they are the same frames, and what cannot be read is refused.
#include "embedded/api/spdy.h"
#include "fuzz/fuzz.h"

using namespace pgo;
namespace spdy = pgo::embedded::api::spdy;

namespace {

/// What was read, as one text that can be compared.
std::string read(std::string_view bytes, std::size_t piece) {
  spdy::Reader reader;
  std::string seen;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto fed = reader.feed(bytes.substr(at, piece), [&](const spdy::Frame& frame) {
      seen += std::to_string(static_cast<int>(frame.kind)) + " " + std::to_string(frame.stream);
      for (const auto& [name, value] : frame.headers) seen += " " + name + "=" + value;
      seen += (frame.last ? " last " : " ") + frame.data + "\n";
    });
    if (fed) continue;
    fuzz::require(!fed.error().message.empty(), "a refusal says why");
    return seen + "refused";
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::view(data, size);
  const std::string whole = read(bytes, size + 1);
  fuzz::require(whole == read(bytes, 1) && whole == read(bytes, 7), "where it is cut is no matter");
  return 0;
}
