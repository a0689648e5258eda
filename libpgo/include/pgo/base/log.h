#pragma once

#include "pgo/base/clock.h"

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgo {

enum class Level { debug, info, warn, error };
std::string_view to_string(Level level);

/// One key and value of a record. Values must never be secrets.
struct LogField {
  std::string_view key;
  std::string value;
};

/// One log record: a constant message, and what varies as fields.
struct LogRecord {
  TimePoint time;
  Level level = Level::info;
  std::string_view component;  ///< "engine", "embedded.node", ...
  std::string_view message;
  std::span<const LogField> fields;
};

/// Receives records; called from any thread, must not block for long and must not call back.
using LogSink = std::function<void(const LogRecord&)>;

/// A cheap handle that components hold by value. A default one drops everything.
class Log {
 public:
  Log() = default;
  Log(LogSink sink, const Clock& clock, Level least = Level::info);

  /// The same sink under another component name (a string literal).
  Log named(std::string_view component) const;
  bool enabled(Level level) const { return sink_ && level >= least_; }

  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void warn(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) const;

 private:
  void write(Level level, std::string_view message, std::initializer_list<LogField> fields) const;

  LogSink sink_;
  const Clock* clock_ = nullptr;
  Level least_ = Level::info;
  std::string_view component_;
};

/// "2020-01-02T03:04:05.123Z INFO  engine: message key=value" with a newline; values with blanks
/// are quoted.
std::string format_text(const LogRecord& record);
/// One JSON object on one line with time, level, component, message and the fields.
std::string format_json(const LogRecord& record);

}  // namespace pgo
