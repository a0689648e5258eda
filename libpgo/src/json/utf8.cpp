#include "utf8.h"

#include <cstdint>
#include <cstring>

namespace pgo::json {

namespace {

bool follows(unsigned char byte, unsigned char low = 0x80, unsigned char high = 0xbf) {
  return byte >= low && byte <= high;
}

/// The length of the sequence at `at`, 0 when it is malformed. Source: Unicode, table 3-7.
std::size_t sequence(const unsigned char* at, std::size_t left) {
  const unsigned char lead = at[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return left >= 2 && follows(at[1]) ? 2 : 0;
  if (lead < 0xf0) {
    const unsigned char low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned char high = lead == 0xed ? 0x9f : 0xbf;
    return left >= 3 && follows(at[1], low, high) && follows(at[2]) ? 3 : 0;
  }
  const unsigned char low = lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xf4 ? 0x8f : 0xbf;
  return left >= 4 && follows(at[1], low, high) && follows(at[2]) && follows(at[3]) ? 4 : 0;
}

}  // namespace

std::size_t find_bad_utf8(std::string_view text) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t i = 0;
  while (i < text.size()) {
    std::uint64_t word = 0;
    if (i + sizeof word <= text.size()) {  // most text is ASCII, taken eight bytes at a time
      std::memcpy(&word, bytes + i, sizeof word);
      if ((word & 0x8080808080808080u) == 0) {
        i += sizeof word;
        continue;
      }
    }
    const std::size_t length = sequence(bytes + i, text.size() - i);
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

}  // namespace pgo::json
