#include "pgo/json/value.h"

#include <fmt/format.h>
#include <rapidjson/internal/dtoa.h>

#include <algorithm>
#include <cmath>

namespace pgo::json {
namespace {

class Writer {
 public:
  Writer(Style style, Escapes escapes, bool sorted)
      : pretty_(style == Style::pretty), go_(escapes == Escapes::go), sorted_(sorted) {}

  void value(const Value& value) {
    switch (value.type()) {
      case Type::null:
        out_ += "null";
        break;
      case Type::boolean:
        out_ += value.as_bool() ? "true" : "false";
        break;
      case Type::integer: {
        const fmt::format_int digits(value.as_int());
        out_.append(digits.data(), digits.size());
        break;
      }
      case Type::number:
        number(value.as_double());
        break;
      case Type::string:
        string(value.as_string());
        break;
      case Type::array:
        array(value.items());
        break;
      case Type::object:
        object(value.members());
        break;
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void number(double value) {
    if (!std::isfinite(value)) {  // JSON has no word for it
      out_ += "null";
      return;
    }
    char buffer[32];
    out_.append(buffer, rapidjson::internal::dtoa(value, buffer, 324));
  }

  void string(std::string_view text) {
    out_ += '"';
    std::size_t clean = 0;  // start of the run that needs no escape
    for (std::size_t i = 0; i < text.size(); ++i) {
      const std::size_t length = escaped_length(text, i);
      if (length == 0) continue;
      out_.append(text, clean, i - clean);
      escape(text, i, length);
      i += length - 1;
      clean = i + 1;
    }
    out_.append(text, clean);
    out_ += '"';
  }

  /// How many bytes at `i` are written as an escape; 0 = none.
  std::size_t escaped_length(std::string_view text, std::size_t i) const {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == '"' || c == '\\') return 1;
    if (!go_) return 0;
    if (c == '<' || c == '>' || c == '&') return 1;
    const bool separator = c == 0xe2 && i + 2 < text.size() && text[i + 1] == '\x80' &&
                           (text[i + 2] == '\xa8' || text[i + 2] == '\xa9');
    return separator ? 3 : 0;
  }

  void escape(std::string_view text, std::size_t i, std::size_t length) {
    if (length == 3) {
      out_ += text[i + 2] == '\xa8' ? "\\u2028" : "\\u2029";
      return;
    }
    switch (text[i]) {
      case '"':
        out_ += "\\\"";
        return;
      case '\\':
        out_ += "\\\\";
        return;
      case '\n':
        out_ += "\\n";
        return;
      case '\r':
        out_ += "\\r";
        return;
      case '\t':
        out_ += "\\t";
        return;
      default:
        fmt::format_to(std::back_inserter(out_), "\\u{:04x}",
                       static_cast<unsigned>(static_cast<unsigned char>(text[i])));
    }
  }

  void array(const Array& items) {
    if (items.empty()) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    ++depth_;
    for (const Value& item : items) {
      if (&item != &items.front()) out_ += ',';
      new_line();
      value(item);
    }
    --depth_;
    new_line();
    out_ += ']';
  }

  void member(const Member& member, bool first) {
    if (!first) out_ += ',';
    new_line();
    string(member.key);
    out_ += pretty_ ? ": " : ":";
    value(member.value);
  }

  void object(const Object& members) {
    if (members.empty()) {
      out_ += "{}";
      return;
    }
    out_ += '{';
    ++depth_;
    bool first = true;
    if (sorted_) {
      std::vector<const Member*> order;
      order.reserve(members.size());
      for (const Member& one : members) order.push_back(&one);
      std::ranges::sort(order, {}, &Member::key);
      for (const Member* one : order) member(*one, std::exchange(first, false));
    } else {
      for (const Member& one : members) member(one, std::exchange(first, false));
    }
    --depth_;
    new_line();
    out_ += '}';
  }

  void new_line() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }

  bool pretty_;
  bool go_;
  bool sorted_;
  std::size_t depth_ = 0;
  std::string out_;
};

std::string run(const Value& value, Style style, Escapes escapes, bool sorted) {
  Writer writer(style, escapes, sorted);
  writer.value(value);
  return writer.take();
}

}  // namespace

std::string write(const Value& value, Style style, Escapes escapes) {
  return run(value, style, escapes, false);
}

std::string write_sorted(const Value& value, Style style, Escapes escapes) {
  return run(value, style, escapes, true);
}

}  // namespace pgo::json
