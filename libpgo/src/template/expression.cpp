#include "expression.h"

#include "pgo/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace pgo::templates {

namespace {

using json::Value;

std::unexpected<Error> bad(std::string message) {
  return fail(Code::invalid_argument, std::move(message));
}

bool name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool name_char(char c) { return name_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// Reads the inside of one expression from left to right.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
  }
  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }
  char peek() {
    skip_blanks();
    return rest_.empty() ? '\0' : rest_.front();
  }
  bool take(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// A name, or nothing.
  std::string_view name() {
    skip_blanks();
    std::size_t end = 0;
    while (end < rest_.size() && (end == 0 ? name_start(rest_[end]) : name_char(rest_[end]))) ++end;
    return advance(end);
  }
  /// A name directly after a dot.
  std::string_view step() {
    if (!rest_.empty() && !name_start(rest_.front())) return {};
    return name();
  }
  bool take_dot() {
    if (rest_.empty() || rest_.front() != '.') return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// The text of a JSON scalar: a string up to its closing quote, or a run of other characters.
  std::string_view literal() {
    skip_blanks();
    std::size_t end = 0;
    if (rest_.starts_with('"')) {
      for (end = 1; end < rest_.size() && rest_[end] != '"'; ++end) {
        if (rest_[end] == '\\') ++end;
      }
      end = std::min(end + 1, rest_.size());
    } else {
      end = std::min(rest_.find_first_of(" \t|"), rest_.size());
    }
    return advance(end);
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view advance(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
};

Result<Value> scan_literal(Scanner& scanner) {
  const std::string_view text = scanner.literal();
  auto value = json::parse(text);
  if (!value || value->is_array() || value->is_object()) {
    return bad(fmt::format("\"{}\" is neither a .Field nor a literal", text));
  }
  return *std::move(value);
}

Result<void> scan_path(Scanner& scanner, Expression& expression) {
  while (scanner.take_dot()) {
    const std::string_view step = scanner.step();
    if (step.empty()) return bad("a field name must follow the dot");
    expression.path.emplace_back(step);
  }
  return {};
}

Result<void> scan_filter(Scanner& scanner, Expression& expression) {
  const std::string_view name = scanner.name();
  if (name == "keep") {
    expression.keep = true;
  } else if (name == "string") {
    expression.filters.push_back({Filter::Kind::as_string, {}});
  } else if (name == "json") {
    expression.filters.push_back({Filter::Kind::as_json, {}});
  } else if (name == "base64") {
    expression.filters.push_back({Filter::Kind::as_base64, {}});
  } else if (name == "default") {
    PGO_TRY(Value argument, scan_literal(scanner));
    expression.filters.push_back({Filter::Kind::fallback, std::move(argument)});
  } else {
    return bad(
        fmt::format("\"{}\" is no filter; there are keep, string, json, base64 and default", name));
  }
  return {};
}

Result<Expression> parse_expression(std::string_view text) {
  Scanner scanner(text);
  Expression expression;
  if (scanner.at_end()) return bad("an expression is empty");
  if (name_start(scanner.peek())) {
    Scanner ahead = scanner;
    if (ahead.name() == "not") {
      expression.negated = true;
      scanner = ahead;
    }
  }
  if (scanner.peek() == '.') {
    PGO_TRY_VOID(scan_path(scanner, expression));
  } else {
    PGO_TRY(expression.literal, scan_literal(scanner));
  }
  while (scanner.take('|')) PGO_TRY_VOID(scan_filter(scanner, expression));
  if (!scanner.at_end()) {
    return bad(fmt::format("\"{}\" is not understood in an expression", scanner.rest()));
  }
  return expression;
}

/// Where the expression that begins at `start` ends: the "}}" outside of its string literals.
std::size_t find_close(std::string_view scalar, std::size_t start) {
  bool quoted = false;
  for (std::size_t i = start; i < scalar.size(); ++i) {
    if (quoted && scalar[i] == '\\') {
      ++i;
    } else if (scalar[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && scalar.compare(i, 2, "}}") == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

Result<Value> apply(const Filter& filter, Value value, const Expression& expression) {
  switch (filter.kind) {
    case Filter::Kind::as_string: {
      std::string text;
      PGO_TRY_VOID(append_text(text, value, expression));
      return Value(text);
    }
    case Filter::Kind::as_json:
      return Value(json::write(value));
    case Filter::Kind::as_base64: {
      std::string text;
      PGO_TRY_VOID(append_text(text, value, expression));
      return Value(text::base64_encode(text));
    }
    case Filter::Kind::fallback:
      return is_empty(value) ? filter.argument : value;
  }
  return value;
}

/// The field, null below an absent object, or nothing when nobody gave such a field.
const Value* look_up(const Expression& expression, const Value& fields) {
  static const Value kNull;
  const Value* at = &fields;
  for (const std::string& step : expression.path) {
    if (at->is_null()) return &kNull;
    const json::Object* const object = at->if_object();
    at = object == nullptr ? nullptr : object->find(step);
    if (at == nullptr) return nullptr;
  }
  return at;
}

}  // namespace

std::string Expression::path_text() const {
  std::string text;
  for (const std::string& step : path) {
    text += '.';
    text += step;
  }
  return text.empty() ? json::write(literal) : text;
}

bool is_empty(const Value& value) {
  switch (value.type()) {
    case json::Type::null:
      return true;
    case json::Type::string:
      return value.as_string().empty();
    case json::Type::array:
      return value.items().empty();
    case json::Type::object:
      return value.members().empty();
    default:
      return false;
  }
}

bool is_true(const Value& value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_number()) return value.as_double() != 0;
  return !is_empty(value);
}

Result<std::vector<Piece>> split_scalar(std::string_view scalar) {
  std::vector<Piece> pieces;
  std::size_t at = 0;
  while (at < scalar.size()) {
    const std::size_t open = scalar.find("{{", at);
    if (open != at) pieces.emplace_back(std::string(scalar.substr(at, open - at)));
    if (open == std::string_view::npos) break;
    const std::size_t close = find_close(scalar, open + 2);
    if (close == std::string_view::npos) return bad("an expression is not closed by }}");
    PGO_TRY(Expression expression, parse_expression(scalar.substr(open + 2, close - open - 2)));
    pieces.emplace_back(std::move(expression));
    at = close + 2;
  }
  return pieces;
}

Result<Value> evaluate(const Expression& expression, const Value& fields) {
  Value value;
  if (expression.path.empty()) {
    value = expression.literal;
  } else {
    const Value* const found = look_up(expression, fields);
    if (found == nullptr) {
      return bad(fmt::format("the field {} is not known", expression.path_text()));
    }
    value = *found;
  }
  if (expression.negated) value = !is_true(value);
  for (const Filter& filter : expression.filters) {
    PGO_TRY(value, apply(filter, std::move(value), expression));
  }
  return value;
}

Result<void> append_text(std::string& text, const Value& value, const Expression& source) {
  if (const json::String* held = value.if_string()) {
    text += *held;
  } else if (value.is_array() || value.is_object()) {
    return bad(fmt::format("the field {} is an {} and has no place inside text; use | json",
                           source.path_text(), to_string(value.type())));
  } else if (!value.is_null()) {
    text += json::write(value);
  }
  return {};
}

}  // namespace pgo::templates
