#include "log_sink.h"

#include <cerrno>
#include <memory>
#include <mutex>
#include <unistd.h>

namespace pgo::daemon {

LogSink stderr_sink(LogFormat format) {
  auto mutex = std::make_shared<std::mutex>();
  return [mutex, format](const LogRecord& record) {
    const std::string line = format == LogFormat::json ? format_json(record) : format_text(record);
    const std::scoped_lock lock(*mutex);
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t written = write(STDERR_FILENO, rest.data(), rest.size());
      if (written < 0 && errno != EINTR) return;
      if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
  };
}

}  // namespace pgo::daemon
