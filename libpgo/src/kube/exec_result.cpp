#include "pgo/kube/exec_result.h"

#include "pgo/base/text.h"

#include <algorithm>
#include <string_view>

namespace pgo::kube {

std::string failure_text(const ExecResult& result) {
  constexpr std::size_t kLongest = 500;
  std::string_view text = text::trim(result.err).empty() ? result.out : result.err;
  text = text::trim(text);
  text = text.substr(text.find_last_of('\n') + 1);
  std::string line(text.substr(0, kLongest));
  std::ranges::replace_if(line, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  // A character that was cut in two is no UTF-8 any more.
  while (!line.empty() && text.size() > kLongest && (line.back() & 0x80) != 0) line.pop_back();
  return line.empty() ? "the command ended with status " + std::to_string(result.exit_code) : line;
}

bool never_began(const Error& error) {
  switch (error.code) {
    case Code::not_found:
    case Code::invalid_argument:
    case Code::failed_precondition:
    case Code::unauthenticated:
    case Code::permission_denied:
    case Code::unimplemented:
      return true;
    default:
      return false;
  }
}

}  // namespace pgo::kube
