#include "pgo/json/string.h"

#include <algorithm>
#include <limits>
#include <memory>

namespace pgo::json {

String::String(std::string_view text) {
  if (text.size() <= kInside) {
    if (!text.empty()) std::memcpy(bytes_.data(), text.data(), text.size());
    set_inside(text.size());
    return;
  }
  const auto size = static_cast<std::uint32_t>(
      std::min<std::size_t>(text.size(), std::numeric_limits<std::uint32_t>::max()));
  auto memory = std::make_unique_for_overwrite<char[]>(size);
  std::memcpy(memory.get(), text.data(), size);
  const char* const at = memory.release();
  std::memcpy(bytes_.data(), &at, sizeof at);
  std::memcpy(bytes_.data() + sizeof at, &size, sizeof size);
  bytes_[kInside] = kOutside;
}

void String::free() noexcept { const std::unique_ptr<char[]> last_owner(pointer()); }

}  // namespace pgo::json
