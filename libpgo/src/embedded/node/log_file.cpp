#include "embedded/node/log_file.h"

#include "embedded/node/files.h"

#include <algorithm>
#include <sys/stat.h>
#include <utility>

namespace pgo::embedded::node {

namespace {
std::string rotated(const std::filesystem::path& path) { return path.string() + ".1"; }

Fd open_log(const std::filesystem::path& path) {
  return Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
}

/// Adds what `file` holds after `skip` bytes to `text`, and takes off `skip` what was skipped.
Result<void> add_from(const Fd& file, std::uint64_t& skip, std::string& text) {
  if (!file) return {};
  struct stat status{};
  if (::fstat(file.get(), &status) < 0) return fail_errno("look at", "a log");
  const std::uint64_t start = std::min(skip, static_cast<std::uint64_t>(status.st_size));
  skip -= start;
  char block[16384];
  for (auto at = static_cast<off_t>(start);;) {
    const ssize_t count = ::pread(file.get(), block, sizeof block, at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("read", "a log");
    if (count == 0) return {};
    text.append(block, static_cast<std::size_t>(count));
    at += count;
  }
}

}  // namespace

Result<LogFile> LogFile::create(std::filesystem::path path, std::size_t limit,
                                std::shared_ptr<LogRotation> rotation) {
  LogFile log;
  log.path_ = std::move(path);
  log.limit_ = limit;
  log.rotation_ = rotation ? std::move(rotation) : std::make_shared<LogRotation>();
  ::unlink(rotated(log.path_).c_str());
  log.file_ = open_log(log.path_);
  if (!log.file_) return fail_errno("create", log.path_.string());
  return log;
}

void LogFile::rotate() {
  const std::lock_guard lock(rotation_->mutex);
  ::rename(path_.c_str(), rotated(path_).c_str());
  file_ = open_log(path_);
  rotation_->dropped += older_size_;
  older_size_ = size_;
  size_ = 0;
}

void LogFile::append(std::string_view text) {
  if (!file_) return;
  if (size_ > 0 && size_ + text.size() > limit_) rotate();
  while (!text.empty()) {
    ssize_t written = ::write(file_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
    size_ += static_cast<std::size_t>(written);
  }
}

std::string_view last_lines(std::string_view text, int lines) {
  if (lines <= 0 || text.empty()) return text;
  std::size_t at = text.size() - 1;  // the newline that ends the last line starts no new one
  for (; lines > 0; --lines) {
    at = at == 0 ? text.npos : text.rfind('\n', at - 1);
    if (at == text.npos) return text;
  }
  return text.substr(at + 1);
}

Result<std::string> read_log(const std::filesystem::path& path, int tail_lines) {
  auto newer = read_file(path);
  if (!newer && newer.error().code == Code::not_found) return std::string();
  if (!newer) return newer;
  std::string_view tail = last_lines(*newer, tail_lines);
  if (tail_lines > 0 && tail.size() < newer->size()) return std::string(tail);
  auto older = read_file(rotated(path));
  if (!older) return newer;  // never rotated
  *older += *newer;
  return std::string(last_lines(*older, tail_lines));
}

Result<LogRange> read_log_since(const std::filesystem::path& path, LogRotation& rotation,
                                std::uint64_t from) {
  Fd older, newer;
  std::uint64_t start = 0;
  {
    const std::lock_guard lock(rotation.mutex);
    older = Fd(::open(rotated(path).c_str(), O_RDONLY | O_CLOEXEC));
    newer = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    start = rotation.dropped;
  }
  LogRange range{.text = {}, .end = std::max(from, start)};
  std::uint64_t skip = range.end - start;
  PGO_TRY_VOID(add_from(older, skip, range.text));
  PGO_TRY_VOID(add_from(newer, skip, range.text));
  range.end += range.text.size();
  return range;
}

}  // namespace pgo::embedded::node
