#pragma once

#include "embedded/node/fd.h"
#include "pgo/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace pgo::embedded::node {

/// How much of a log is no longer kept. Locked while its files change their names, so that who
/// opens both files knows what they hold.
struct LogRotation {
  std::mutex mutex;
  std::uint64_t dropped = 0;
};

/// The captured output of one run of a container: a file that is renamed to FILE.1 when it has
/// grown to the limit, so at most twice the limit is kept. One writer.
class LogFile {
 public:
  static constexpr std::size_t kLimit = 10u << 20;

  /// Starts anew; an existing file and its rotation are dropped.
  static Result<LogFile> create(std::filesystem::path path, std::size_t limit = kLimit,
                                std::shared_ptr<LogRotation> rotation = {});
  LogFile() = default;

  /// Errors (a full disk) are ignored: a container must not stop because its log cannot be kept.
  void append(std::string_view text);

 private:
  void rotate();

  std::filesystem::path path_;
  Fd file_;
  std::size_t size_ = 0;
  std::size_t older_size_ = 0;  ///< of what was renamed
  std::shared_ptr<LogRotation> rotation_;
  std::size_t limit_ = kLimit;
};

/// What is kept of the log at `path`, rotation included; `tail_lines` 0 = all. A missing file reads
/// as empty. Any thread.
Result<std::string> read_log(const std::filesystem::path& path, int tail_lines);

struct LogRange {
  std::string text;
  std::uint64_t end = 0;  ///< of the text, counted from the first byte that was ever written
};
/// What is kept after the first `from` bytes that were written to the log at `path`. Any thread.
Result<LogRange> read_log_since(const std::filesystem::path& path, LogRotation& rotation,
                                std::uint64_t from);

/// The last `lines` lines of `text` (a last line without newline counts).
std::string_view last_lines(std::string_view text, int lines);

}  // namespace pgo::embedded::node
