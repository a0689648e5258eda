#include "legacy_ast.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace pgo::templates::legacy {

namespace {

using json::Value;

constexpr std::size_t kMaxNesting = 60;
constexpr std::string_view kBlanks = " \t\r\n";

std::unexpected<Error> fail_at(std::uint32_t line, std::string message) {
  return fail(Code::invalid_argument, std::move(message), std::to_string(line));
}

std::uint32_t count_lines(std::string_view text) {
  return static_cast<std::uint32_t>(std::ranges::count(text, '\n'));
}

struct NamedFunction {
  std::string_view name;
  Function function;
};

constexpr auto kFunctions = std::to_array<NamedFunction>({
    {"and", Function::logical_and},
    {"or", Function::logical_or},
    {"not", Function::logical_not},
    {"eq", Function::eq},
    {"ne", Function::ne},
    {"lt", Function::lt},
    {"le", Function::le},
    {"gt", Function::gt},
    {"ge", Function::ge},
    {"len", Function::len},
    {"index", Function::index},
    {"print", Function::print},
    {"printf", Function::printf},
});

std::optional<Function> function_named(std::string_view name) {
  const auto* const found = std::ranges::find(kFunctions, name, &NamedFunction::name);
  if (found == kFunctions.end()) return std::nullopt;
  return found->function;
}

bool word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// ---- cutting the text into pieces ----

/// Text between actions, or the inside of one action.
struct Piece {
  bool is_action = false;
  std::uint32_t line = 1;
  std::string_view text;
};

/// The end of an action: the "}}" outside of strings and comments.
std::size_t find_close(std::string_view text, std::size_t start) {
  const std::string_view inside = text.substr(start);
  const std::size_t first = inside.find_first_not_of(kBlanks);
  if (first != std::string_view::npos && inside.substr(first).starts_with("/*")) {
    const std::size_t end = text.find("*/", start);
    return end == std::string_view::npos ? end : text.find("}}", end);
  }
  char quote = '\0';
  for (std::size_t i = start; i < text.size(); ++i) {
    if (quote != '\0') {
      if (text[i] == '\\' && quote == '"') {
        ++i;
      } else if (text[i] == quote) {
        quote = '\0';
      }
    } else if (text[i] == '"' || text[i] == '`') {
      quote = text[i];
    } else if (text.compare(i, 2, "}}") == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

Result<std::vector<Piece>> cut(std::string_view text) {
  std::vector<Piece> pieces;
  std::uint32_t line = 1;
  std::size_t at = 0;
  bool trim_next = false;
  while (at <= text.size()) {
    const std::size_t open = std::min(text.find("{{", at), text.size());
    std::string_view plain = text.substr(at, open - at);
    const std::uint32_t plain_line = line;
    line += count_lines(plain);
    const bool trim_left = text.compare(open, 3, "{{-") == 0 && open + 3 < text.size() &&
                           kBlanks.find(text[open + 3]) != std::string_view::npos;
    if (trim_next) plain.remove_prefix(std::min(plain.find_first_not_of(kBlanks), plain.size()));
    if (trim_left) plain = plain.substr(0, plain.find_last_not_of(kBlanks) + 1);
    if (!plain.empty()) pieces.push_back({false, plain_line, plain});
    if (open == text.size()) break;
    const std::size_t start = open + (trim_left ? 3 : 2);
    const std::size_t close = find_close(text, start);
    if (close == std::string_view::npos) return fail_at(line, "an action is not closed by }}");
    std::string_view action = text.substr(start, close - start);
    trim_next = action.size() >= 2 && action.back() == '-' &&
                kBlanks.find(action[action.size() - 2]) != std::string_view::npos;
    if (trim_next) action.remove_suffix(1);
    pieces.push_back({true, line, action});
    line += count_lines(text.substr(open, close - open));
    at = close + 2;
  }
  return pieces;
}

// ---- the inside of an action ----

class ActionParser {
 public:
  ActionParser(std::string_view text, std::uint32_t line) : rest_(text), line_(line) {}

  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }

  /// The word ahead, without taking it; empty when there is none.
  std::string_view peek_word() {
    skip_blanks();
    std::size_t end = 0;
    while (end < rest_.size() && word_char(rest_[end])) ++end;
    return rest_.substr(0, end);
  }
  void take_word() { rest_.remove_prefix(peek_word().size()); }

  bool take(std::string_view token) {
    skip_blanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  /// `$a :=`, `$a =`, `$a, $b :=` in front of a pipeline, if it is there.
  void declaration(Node& node) {
    const std::string_view before = rest_;
    std::vector<std::string> names;
    do {
      if (!take("$")) break;
      names.emplace_back(peek_word());
      take_word();
    } while (take(","));
    const bool declares = take(":=");
    if (!names.empty() && (declares || take("="))) {
      node.variables = std::move(names);
      node.declares = declares;
    } else {
      rest_ = before;
    }
  }

  Result<Expression> pipeline() {
    if (++nesting_ > kMaxNesting) return fail_at(line_, "the parentheses are nested too deeply");
    PGO_TRY(Expression value, command());
    while (take("|")) {
      PGO_TRY(Expression next, command());
      if (next.kind != Expression::Kind::call) {
        return fail_at(line_, "only a function can stand behind |");
      }
      next.arguments.push_back(std::move(value));
      value = std::move(next);
    }
    --nesting_;
    return value;
  }

  Result<void> expect_end() {
    if (at_end()) return {};
    return fail_at(line_, fmt::format("\"{}\" is not understood", rest_));
  }

 private:
  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
  }

  bool operand_ahead() {
    skip_blanks();
    return !rest_.empty() && rest_.front() != ')' && rest_.front() != '|' && rest_.front() != ',';
  }

  /// A function with its arguments, or a single operand.
  Result<Expression> command() {
    const std::string_view word = peek_word();
    const bool is_literal = word == "true" || word == "false" || word == "nil";
    const bool is_name = !word.empty() && std::isdigit(static_cast<unsigned char>(word[0])) == 0;
    if (!is_name || is_literal) {
      PGO_TRY(Expression value, operand());
      if (operand_ahead()) return fail_at(line_, "only a function takes arguments");
      return value;
    }
    const auto function = function_named(word);
    if (!function) return fail_at(line_, fmt::format("\"{}\" is not supported here", word));
    take_word();
    Expression call{.kind = Expression::Kind::call,
                    .literal = {},
                    .variable = {},
                    .path = {},
                    .function = *function,
                    .arguments = {}};
    while (operand_ahead()) {
      PGO_TRY(Expression argument, operand());
      call.arguments.push_back(std::move(argument));
    }
    return call;
  }

  Result<Expression> operand() {
    skip_blanks();
    Expression made;
    if (rest_.empty()) return fail_at(line_, "a value is missing");
    if (take("(")) {
      PGO_TRY(Expression inner, pipeline());
      if (!take(")")) return fail_at(line_, "a parenthesis is not closed");
      made.kind = Expression::Kind::nested;
      made.arguments.push_back(std::move(inner));
      PGO_TRY_VOID(path(made));
      return made;
    }
    if (rest_.front() == '.') {
      made.kind = Expression::Kind::dot;
      if (rest_.size() == 1 || !word_char(rest_[1])) {
        rest_.remove_prefix(1);
        return made;
      }
      PGO_TRY_VOID(path(made));
      return made;
    }
    if (rest_.front() == '$') {
      rest_.remove_prefix(1);
      made.kind = Expression::Kind::variable;
      if (!rest_.empty() && word_char(rest_.front())) {
        made.variable = std::string(peek_word());
        take_word();
      }
      PGO_TRY_VOID(path(made));
      return made;
    }
    PGO_TRY(made.literal, literal());
    return made;
  }

  /// `.A.B` directly behind what it belongs to.
  Result<void> path(Expression& made) {
    while (rest_.starts_with('.')) {
      rest_.remove_prefix(1);
      std::size_t end = 0;
      while (end < rest_.size() && word_char(rest_[end])) ++end;
      if (end == 0) return fail_at(line_, "a field name must follow the dot");
      made.path.emplace_back(rest_.substr(0, end));
      rest_.remove_prefix(end);
    }
    return {};
  }

  Result<Value> literal() {
    if (rest_.front() == '`') {
      const std::size_t end = rest_.find('`', 1);
      if (end == std::string_view::npos) return fail_at(line_, "a string is not closed");
      Value value(rest_.substr(1, end - 1));
      rest_.remove_prefix(end + 1);
      return value;
    }
    std::size_t end = 0;
    if (rest_.front() == '"') {
      for (end = 1; end < rest_.size() && rest_[end] != '"'; ++end) {
        if (rest_[end] == '\\') ++end;
      }
      end = std::min(end + 1, rest_.size());
    } else {
      end = std::min(rest_.find_first_of(" \t\r\n()|,"), rest_.size());
    }
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (text == "nil") return Value();
    auto value = json::parse(text);  // Go's and JSON's literals agree as far as templates need them
    if (!value || value->is_array() || value->is_object() || value->is_null()) {
      return fail_at(line_, fmt::format("\"{}\" is not understood", text));
    }
    return *std::move(value);
  }

  std::string_view rest_;
  std::uint32_t line_;
  std::size_t nesting_ = 0;
};

// ---- blocks ----

class BlockParser {
 public:
  explicit BlockParser(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  Result<std::vector<Node>> all() {
    std::vector<Node> nodes;
    PGO_TRY(const std::string_view stopped, block(nodes));
    if (!stopped.empty()) {
      return fail_at(pieces_[next_ - 1].line, fmt::format("{} without a beginning", stopped));
    }
    return nodes;
  }

 private:
  /// Reads nodes up to an `else` or `end`, which is returned ("" at the end of the text).
  Result<std::string_view> block(std::vector<Node>& nodes) {
    if (++depth_ > kMaxNesting)
      return fail_at(pieces_[next_ - 1].line, "blocks are nested too deeply");
    while (next_ < pieces_.size()) {
      const Piece piece = pieces_[next_++];
      if (!piece.is_action) {
        nodes.push_back(text_node(piece));
        continue;
      }
      ActionParser action(piece.text, piece.line);
      if (action.take("/*")) continue;  // a comment, which ends with the action
      const std::string_view word = action.peek_word();
      if (word == "end" || word == "else") {
        --depth_;
        return word;
      }
      PGO_TRY(Node node, this->node(action, piece, word));
      nodes.push_back(std::move(node));
    }
    --depth_;
    return std::string_view();
  }

  static Node text_node(const Piece& piece) {
    Node node;
    node.line = piece.line;
    node.text = std::string(piece.text);
    return node;
  }

  Result<Node> node(ActionParser& action, const Piece& piece, std::string_view word) {
    Node node;
    node.line = piece.line;
    node.kind = word == "if"      ? Node::Kind::branch
                : word == "with"  ? Node::Kind::with
                : word == "range" ? Node::Kind::range
                                  : Node::Kind::output;
    if (node.kind != Node::Kind::output) action.take_word();
    action.declaration(node);
    PGO_TRY(node.expression, action.pipeline());
    PGO_TRY_VOID(action.expect_end());
    if (node.variables.size() > (node.kind == Node::Kind::range ? 2u : 1u)) {
      return fail_at(piece.line, "too many variables");
    }
    if (node.kind == Node::Kind::output) {
      if (!node.variables.empty()) node.kind = Node::Kind::assign;
      return node;
    }
    PGO_TRY_VOID(bodies(node, piece));
    return node;
  }

  /// The body of a block and what follows its `else`.
  Result<void> bodies(Node& node, const Piece& opened) {
    PGO_TRY(std::string_view stopped, block(node.body));
    if (stopped == "else") {
      const Piece piece = pieces_[next_ - 1];
      ActionParser action(piece.text, piece.line);
      action.take_word();
      const std::string_view word = action.peek_word();
      if (word == "if" || word == "with") {  // `else if` holds the rest and shares its end
        if (++depth_ > kMaxNesting) return fail_at(piece.line, "blocks are nested too deeply");
        PGO_TRY(Node inner, this->node(action, piece, word));
        --depth_;
        node.otherwise.push_back(std::move(inner));
        return {};
      }
      PGO_TRY_VOID(action.expect_end());
      PGO_TRY(stopped, block(node.otherwise));
    }
    if (stopped == "end") return {};
    return fail_at(opened.line,
                   stopped.empty() ? "a block is not closed by end" : "a block has a second else");
  }

  std::vector<Piece> pieces_;
  std::size_t next_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

Result<std::vector<Node>> parse(std::string_view text) {
  PGO_TRY(std::vector<Piece> pieces, cut(text));
  return BlockParser(std::move(pieces)).all();
}

}  // namespace pgo::templates::legacy
