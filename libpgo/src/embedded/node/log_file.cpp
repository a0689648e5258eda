#include "embedded/node/log_file.h"

#include "embedded/node/files.h"

namespace pgo::embedded::node {

namespace {
std::string rotated(const std::filesystem::path& path) { return path.string() + ".1"; }

Fd open_log(const std::filesystem::path& path) {
  return Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
}
}  // namespace

Result<LogFile> LogFile::create(std::filesystem::path path, std::size_t limit) {
  LogFile log;
  log.path_ = std::move(path);
  log.limit_ = limit;
  ::unlink(rotated(log.path_).c_str());
  log.file_ = open_log(log.path_);
  if (!log.file_) return fail_errno("create", log.path_.string());
  return log;
}

void LogFile::append(std::string_view text) {
  if (!file_) return;
  if (size_ > 0 && size_ + text.size() > limit_) {
    ::rename(path_.c_str(), rotated(path_).c_str());
    file_ = open_log(path_);
    size_ = 0;
  }
  size_ += text.size();
  while (!text.empty()) {
    ssize_t written = ::write(file_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
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

}  // namespace pgo::embedded::node
