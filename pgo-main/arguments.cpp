#include "command.h"
#include "pgo/base/text.h"

namespace pgo::cli {

const std::string& Arguments::text(std::string_view flag) const {
  static const std::string kEmpty;
  const auto found = flags_.find(flag);
  return found == flags_.end() ? kEmpty : found->second.value;
}

bool Arguments::boolean(std::string_view flag) const { return text(flag) == "true"; }

int Arguments::integer(std::string_view flag) const {
  return static_cast<int>(text::to_int(text(flag)).value_or(0));
}

bool Arguments::given(std::string_view flag) const {
  const auto found = flags_.find(flag);
  return found != flags_.end() && found->second.given;
}

void Arguments::set(std::string_view flag, std::string value, bool given) {
  flags_[std::string(flag)] = Entry{std::move(value), given};
}

}  // namespace pgo::cli
