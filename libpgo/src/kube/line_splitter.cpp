#include "kube/line_splitter.h"

#include <utility>

namespace pgo::kube {

bool LineSplitter::feed(std::string_view bytes, std::vector<std::string>& lines) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (rest_.size() + part.size() > max_line_bytes_) return false;
    rest_ += part;
    if (end == std::string_view::npos) return true;
    bytes.remove_prefix(end + 1);
    std::string line = take_rest();
    if (!line.empty()) lines.push_back(std::move(line));
  }
  return true;
}

std::string LineSplitter::take_rest() {
  std::string line = std::exchange(rest_, {});
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace pgo::kube
