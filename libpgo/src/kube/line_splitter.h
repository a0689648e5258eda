#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::kube {

/// Cuts a stream of bytes into lines, however the network has cut it into pieces. Works on bytes:
/// a UTF-8 sequence never contains a newline, so none is ever torn.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  /// Appends the lines that are complete now, without line ends and without empty ones.
  /// False when a line is longer than allowed: the stream is of no more use.
  bool feed(std::string_view bytes, std::vector<std::string>& lines);
  /// What came after the last line end, or empty.
  std::string take_rest();

 private:
  std::size_t max_line_bytes_;
  std::string rest_;
};

}  // namespace pgo::kube
