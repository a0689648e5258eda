#include "legacy_functions.h"

#include <compare>
#include <optional>
#include <utility>

namespace pgo::templates::legacy {

namespace {

using json::Value;

std::unexpected<Error> bad(std::string message) {
  return fail(Code::invalid_argument, std::move(message));
}

std::optional<std::partial_ordering> order(const Value& a, const Value& b) {
  if (a.is_int() && b.is_int()) return a.as_int() <=> b.as_int();
  if (a.is_number() && b.is_number()) return a.as_double() <=> b.as_double();
  if (a.is_string() && b.is_string()) return a.as_string() <=> b.as_string();
  return std::nullopt;
}

Result<Value> compare(Function function, std::span<const Operand> arguments) {
  if (arguments.size() != 2) return bad("a comparison takes two values");
  const auto found = order(arguments[0].value, arguments[1].value);
  if (!found) return bad("the two values cannot be ordered");
  switch (function) {
    case Function::lt:
      return Value(*found < 0);
    case Function::le:
      return Value(*found <= 0);
    case Function::gt:
      return Value(*found > 0);
    default:
      return Value(*found >= 0);
  }
}

/// `eq a b c` is true when a equals one of the others.
Result<Value> equal(std::span<const Operand> arguments) {
  if (arguments.size() < 2) return bad("eq takes two values or more");
  for (const Operand& other : arguments.subspan(1)) {
    if (arguments[0].value == other.value) return Value(true);
  }
  return Value(false);
}

Result<Value> length(std::span<const Operand> arguments) {
  if (arguments.size() != 1) return bad("len takes one value");
  const Value& value = arguments[0].value;
  if (value.is_string()) return Value(std::uint64_t{value.as_string().size()});
  if (value.is_array()) return Value(std::uint64_t{value.items().size()});
  if (value.is_object()) return Value(std::uint64_t{value.members().size()});
  return bad("len takes a string, a list or an object");
}

Result<Value> index(std::span<const Operand> arguments) {
  if (arguments.empty()) return bad("index takes a list or an object");
  Value at = arguments[0].value;
  for (const Operand& step : arguments.subspan(1)) {
    if (at.is_object() && step.value.is_string()) {
      at = Value(at[step.value.as_string()]);
      continue;
    }
    const std::int64_t position = step.value.as_int(-1);
    if (!at.is_array() || position < 0 || static_cast<std::size_t>(position) >= at.items().size()) {
      return bad("the index is outside of the list");
    }
    at = Value(at[static_cast<std::size_t>(position)]);
  }
  return at;
}

Result<Value> format(std::span<const Operand> arguments) {
  if (arguments.empty() || !arguments[0].value.is_string()) return bad("printf takes a format");
  const std::string_view pattern = arguments[0].value.as_string();
  std::string made;
  std::size_t next = 1;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      made += pattern[i];
      continue;
    }
    const char verb = ++i < pattern.size() ? pattern[i] : '\0';
    if (verb == '%') {
      made += '%';
      continue;
    }
    if (next >= arguments.size()) return bad("printf has fewer values than its format asks for");
    const Value& value = arguments[next++].value;
    const bool fits = verb == 'v' || (verb == 's' && value.is_string()) ||
                      (verb == 'q' && value.is_string()) || (verb == 'd' && value.is_int()) ||
                      (verb == 't' && value.is_bool());
    if (!fits) return bad("printf knows %s %d %v %q %t %% for values of their type");
    made += verb == 'q' ? json::write(value) : as_text(value);
  }
  if (next != arguments.size()) return bad("printf has more values than its format asks for");
  return Value(made);
}

/// Go's Sprint: a blank between two operands when neither is a string.
Value print(std::span<const Operand> arguments) {
  std::string made;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0 && !arguments[i - 1].value.is_string() && !arguments[i].value.is_string()) {
      made += ' ';
    }
    made += as_text(arguments[i].value);
  }
  return Value(made);
}

}  // namespace

bool is_true(const Value& value) {
  switch (value.type()) {
    case json::Type::null:
      return false;
    case json::Type::boolean:
      return value.as_bool();
    case json::Type::integer:
    case json::Type::number:
      return value.as_double() != 0;
    case json::Type::string:
      return !value.as_string().empty();
    case json::Type::array:
      return !value.items().empty();
    case json::Type::object:
      return !value.members().empty();
  }
  return false;
}

std::string as_text(const Value& value) {
  if (const json::String* text = value.if_string()) return *text;
  return value.is_null() ? std::string() : json::write(value);
}

Result<Value> call(Function function, std::span<const Operand> arguments) {
  switch (function) {
    case Function::logical_not:
      if (arguments.size() != 1) return bad("not takes one value");
      return Value(!is_true(arguments[0].value));
    case Function::eq:
      return equal(arguments);
    case Function::ne:
      if (arguments.size() != 2) return bad("ne takes two values");
      return Value(!(arguments[0].value == arguments[1].value));
    case Function::lt:
    case Function::le:
    case Function::gt:
    case Function::ge:
      return compare(function, arguments);
    case Function::len:
      return length(arguments);
    case Function::index:
      return index(arguments);
    case Function::print:
      return print(arguments);
    case Function::printf:
      return format(arguments);
    case Function::logical_and:
    case Function::logical_or:
      break;
  }
  return bad("the function cannot be called here");
}

}  // namespace pgo::templates::legacy
