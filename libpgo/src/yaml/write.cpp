#include "pgo/yaml/yaml.h"
#include "scalar.h"

#include <algorithm>
#include <string>
#include <utility>

namespace pgo::yaml {

namespace {

using json::Value;

/// Whether text can stand as a literal block and read back the same.
bool fits_literal_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos) return false;
  // The first line with content sets the indentation, so it must not begin with a blank.
  const std::size_t first = text.find_first_not_of('\n');
  if (first == std::string_view::npos || text[first] == ' ' || text[first] == '\t') return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    // Beyond ASCII lie line breaks that YAML folds (U+0085, U+2028); JSON escapes are safe there.
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte >= 0x7f) return false;
  }
  return true;
}

class Writer {
 public:
  /// A value that follows "key:" or "-", or stands at the root.
  void root(const Value& value) {
    if (value.is_object() && !value.members().empty()) {
      mapping(value.members(), 0);
    } else if (value.is_array() && !value.items().empty()) {
      sequence(value.items(), 0);
    } else {
      scalar(value, 0);
      out_ += '\n';
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void indent(std::size_t level) { out_.append(level * 2, ' '); }

  void mapping(const json::Object& members, std::size_t level, bool first_is_indented = false) {
    for (const json::Member& member : members) {
      if (!std::exchange(first_is_indented, false)) indent(level);
      text(member.key, level, false);
      out_ += ':';
      const Value& value = member.value;
      if (value.is_object() && !value.members().empty()) {
        out_ += '\n';
        mapping(value.members(), level + 1);
      } else if (value.is_array() && !value.items().empty()) {
        out_ += '\n';
        sequence(value.items(), level);
      } else {
        out_ += ' ';
        scalar(value, level);
        out_ += '\n';
      }
    }
  }

  void sequence(const json::Array& items, std::size_t level, bool first_is_indented = false) {
    for (const Value& item : items) {
      if (!std::exchange(first_is_indented, false)) indent(level);
      out_ += "- ";
      if (item.is_object() && !item.members().empty()) {
        mapping(item.members(), level + 1, true);
      } else if (item.is_array() && !item.items().empty()) {
        sequence(item.items(), level + 1, true);
      } else {
        scalar(item, level);
        out_ += '\n';
      }
    }
  }

  void scalar(const Value& value, std::size_t level) {
    if (value.is_string()) {
      text(value.as_string(), level, true);
    } else if (value.is_object()) {
      out_ += "{}";
    } else if (value.is_array()) {
      out_ += "[]";
    } else {
      out_ += json::write(value);
    }
  }

  void text(std::string_view value, std::size_t level, bool block_allowed) {
    if (block_allowed && fits_literal_block(value)) {
      literal(value, level + 1);
    } else if (is_plain_string(value)) {
      out_ += value;
    } else {
      quoted(value);
    }
  }

  /// A JSON string is a double-quoted YAML scalar, but for DEL and the C1 controls, which JSON may
  /// hold bare and YAML may not.
  void quoted(std::string_view value) {
    const std::string written =
        json::write(Value(value), json::Style::compact, json::Escapes::plain);
    for (std::size_t i = 0; i < written.size(); ++i) {
      const auto byte = static_cast<unsigned char>(written[i]);
      if (byte == 0x7f) {
        out_ += "\\x7F";
      } else if (byte == 0xc2 && static_cast<unsigned char>(written[i + 1]) < 0xa0) {
        static constexpr std::string_view kHex = "0123456789ABCDEF";
        const auto low = static_cast<unsigned char>(written[++i]);
        out_ += "\\x";
        out_ += kHex[low >> 4];
        out_ += kHex[low & 15];
      } else if (written.compare(i, 3, "\xe2\x80\xa8") == 0 ||
                 written.compare(i, 3, "\xe2\x80\xa9") == 0) {
        out_ += written[i + 2] == '\xa8' ? "\\L" : "\\P";
        i += 2;
      } else if (written.compare(i, 3, "\xef\xbb\xbf") == 0) {
        out_ += "\\uFEFF";
        i += 2;
      } else if (written.compare(i, 3, "\xef\xbf\xbe") == 0 ||
                 written.compare(i, 3, "\xef\xbf\xbf") == 0) {
        out_ += written[i + 2] == '\xbe' ? "\\uFFFE" : "\\uFFFF";
        i += 2;
      } else {
        out_ += written[i];
      }
    }
  }

  void literal(std::string_view value, std::size_t level) {
    out_ += '|';
    const std::size_t end = value.find_last_not_of('\n') + 1;
    const std::size_t breaks = value.size() - end;
    if (breaks == 0) out_ += '-';
    if (breaks > 1) out_ += '+';
    const std::string_view body = value.substr(0, breaks == 0 ? end : value.size() - 1);
    std::size_t start = 0;
    while (start <= body.size()) {
      const std::size_t stop = std::min(body.find('\n', start), body.size());
      out_ += '\n';
      if (stop > start) indent(level);
      out_ += body.substr(start, stop - start);
      start = stop + 1;
    }
  }

  std::string out_;
};

}  // namespace

std::string write(const Value& value) {
  Writer writer;
  writer.root(value);
  return writer.take();
}

std::string write_all(std::span<const Value> values) {
  std::string out;
  for (const Value& value : values) {
    if (!out.empty()) out += "---\n";
    out += yaml::write(value);
  }
  return out;
}

}  // namespace pgo::yaml
