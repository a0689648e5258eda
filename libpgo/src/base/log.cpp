#include "pgo/base/log.h"

#include <fmt/format.h>

namespace pgo {

std::string_view to_string(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "info";
}

Log::Log(LogSink sink, const Clock& clock, Level least)
    : sink_(std::move(sink)), clock_(&clock), least_(least) {}

Log Log::named(std::string_view component) const {
  Log other = *this;
  other.component_ = component;
  return other;
}

void Log::debug(std::string_view message, std::initializer_list<LogField> fields) const {
  write(Level::debug, message, fields);
}
void Log::info(std::string_view message, std::initializer_list<LogField> fields) const {
  write(Level::info, message, fields);
}
void Log::warn(std::string_view message, std::initializer_list<LogField> fields) const {
  write(Level::warn, message, fields);
}
void Log::error(std::string_view message, std::initializer_list<LogField> fields) const {
  write(Level::error, message, fields);
}

void Log::write(Level level, std::string_view message,
                std::initializer_list<LogField> fields) const {
  if (!enabled(level)) return;
  sink_(LogRecord{.time = clock_->now(),
                  .level = level,
                  .component = component_,
                  .message = message,
                  .fields = std::span<const LogField>(fields.begin(), fields.size())});
}

namespace {

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

bool needs_quotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \t\n\"=") != std::string_view::npos;
}

}  // namespace

std::string format_text(const LogRecord& record) {
  std::string time = to_rfc3339_micro(record.time);
  time.replace(time.size() - 4, 4, "Z");  // milliseconds are enough to read along
  std::string level(to_string(record.level));
  for (char& c : level) c = static_cast<char>(c - 'a' + 'A');
  std::string out = fmt::format("{} {:<5} ", time, level);
  if (!record.component.empty()) out += fmt::format("{}: ", record.component);
  out += record.message;
  for (const LogField& field : record.fields) {
    out += fmt::format(" {}=", field.key);
    if (needs_quotes(field.value)) {
      append_json_string(out, field.value);
    } else {
      out += field.value;
    }
  }
  out += '\n';
  return out;
}

std::string format_json(const LogRecord& record) {
  std::string out = "{\"time\":";
  append_json_string(out, to_rfc3339_micro(record.time));
  const auto member = [&out](std::string_view key, std::string_view value) {
    out += ',';
    append_json_string(out, key);
    out += ':';
    append_json_string(out, value);
  };
  member("level", to_string(record.level));
  if (!record.component.empty()) member("component", record.component);
  member("message", record.message);
  for (const LogField& field : record.fields) member(field.key, field.value);
  out += "}\n";
  return out;
}

}  // namespace pgo
