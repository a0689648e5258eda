#include "pgo/kube/selector.h"

#include "pgo/base/text.h"

#include <algorithm>
#include <utility>

namespace pgo::kube {
namespace {

using Operator = LabelSelector::Operator;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// The "qualified name" part of a key, and every non-empty value.
bool is_label_name(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  if (!is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) return false;
  return std::ranges::all_of(
      text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

enum class Token { end, word, comma, open, close, equal, not_equal, greater, less, bang };

/// Splits a label selector. A word is anything but blanks and the special characters.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) { advance(); }

  Token token() const { return token_; }
  std::string_view word() const { return word_; }
  std::size_t position() const { return start_; }
  bool is_keyword(std::string_view keyword) const {
    return token_ == Token::word && word_ == keyword;
  }

  void advance() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    start_ = at_;
    if (at_ == text_.size()) {
      token_ = Token::end;
      return;
    }
    switch (text_[at_]) {
      case ',':
        return take(Token::comma, 1);
      case '(':
        return take(Token::open, 1);
      case ')':
        return take(Token::close, 1);
      case '>':
        return take(Token::greater, 1);
      case '<':
        return take(Token::less, 1);
      case '=':
        return take(Token::equal, next_is('=') ? 2 : 1);
      case '!':
        return next_is('=') ? take(Token::not_equal, 2) : take(Token::bang, 1);
      default:
        break;
    }
    while (at_ < text_.size() && !is_blank(text_[at_]) && !is_special(text_[at_])) ++at_;
    word_ = text_.substr(start_, at_ - start_);
    token_ = Token::word;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  static bool is_special(char c) {
    return std::string_view(",()><=!").find(c) != std::string_view::npos;
  }
  bool next_is(char c) const { return at_ + 1 < text_.size() && text_[at_ + 1] == c; }
  void take(Token token, std::size_t size) {
    token_ = token;
    word_ = text_.substr(at_, size);
    at_ += size;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  Token token_ = Token::end;
  std::string_view word_;
};

std::unexpected<Error> syntax_error(const Lexer& lexer, std::string_view expected) {
  std::string message = "label selector: expected ";
  message += expected;
  message += lexer.token() == Token::end ? " at the end" : " at character ";
  if (lexer.token() != Token::end) message += std::to_string(lexer.position() + 1);
  return fail(Code::invalid_argument, std::move(message), "labelSelector");
}

/// What Kubernetes asks of keys, values and their number.
Result<void> validate(const LabelSelector::Requirement& requirement) {
  auto refuse = [&](std::string_view what) {
    std::string message(what);
    message += " in a label selector";
    return fail(Code::invalid_argument, std::move(message), "labelSelector: " + requirement.key);
  };
  if (!is_label_key(requirement.key)) return refuse("invalid label key");
  for (const std::string& value : requirement.values) {
    if (!is_label_value(value)) return refuse("invalid label value");
  }
  switch (requirement.op) {
    case Operator::in:
    case Operator::not_in:
      if (requirement.values.empty()) return refuse("operator without values");
      break;
    case Operator::exists:
    case Operator::does_not_exist:
      if (!requirement.values.empty()) return refuse("operator that takes no values has some");
      break;
    case Operator::greater:
    case Operator::less:
      if (requirement.values.size() != 1 || !text::to_int(requirement.values.front())) {
        return refuse("comparison without one integer");
      }
      break;
  }
  return {};
}

/// "(a,b)"; an absent value between commas is the empty value, as in Kubernetes.
Result<std::vector<std::string>> parse_values(Lexer& lexer) {
  if (lexer.token() != Token::open) return syntax_error(lexer, "'('");
  lexer.advance();
  std::vector<std::string> values;
  bool value_seen = false;
  while (true) {
    switch (lexer.token()) {
      case Token::word:
        if (value_seen) return syntax_error(lexer, "',' or ')'");
        values.emplace_back(lexer.word());
        value_seen = true;
        break;
      case Token::comma:
      case Token::close: {
        if (!value_seen) values.emplace_back();
        value_seen = false;
        const bool done = lexer.token() == Token::close;
        if (!done) break;
        lexer.advance();
        return values;
      }
      default:
        return syntax_error(lexer, "a value, ',' or ')'");
    }
    lexer.advance();
  }
}

Result<LabelSelector::Requirement> parse_requirement(Lexer& lexer) {
  LabelSelector::Requirement result;
  if (lexer.token() == Token::bang) {
    lexer.advance();
    if (lexer.token() != Token::word) return syntax_error(lexer, "a key");
    result.key = lexer.word();
    result.op = Operator::does_not_exist;
    lexer.advance();
    return result;
  }
  if (lexer.token() != Token::word) return syntax_error(lexer, "a key or '!'");
  result.key = lexer.word();
  lexer.advance();
  const Token token = lexer.token();
  if (token == Token::end || token == Token::comma) return result;
  if (lexer.is_keyword("in") || lexer.is_keyword("notin")) {
    result.op = lexer.word() == "in" ? Operator::in : Operator::not_in;
    lexer.advance();
    PGO_TRY(result.values, parse_values(lexer));
    return result;
  }
  switch (token) {
    case Token::equal:
      result.op = Operator::in;
      break;
    case Token::not_equal:
      result.op = Operator::not_in;
      break;
    case Token::greater:
      result.op = Operator::greater;
      break;
    case Token::less:
      result.op = Operator::less;
      break;
    default:
      return syntax_error(lexer, "an operator");
  }
  lexer.advance();
  if (lexer.token() == Token::word) {
    result.values.emplace_back(lexer.word());
    lexer.advance();
  } else {
    result.values.emplace_back();
  }
  return result;
}

std::optional<Operator> operator_named(std::string_view name) {
  if (name == "In") return Operator::in;
  if (name == "NotIn") return Operator::not_in;
  if (name == "Exists") return Operator::exists;
  if (name == "DoesNotExist") return Operator::does_not_exist;
  return std::nullopt;
}

bool contains(const std::vector<std::string>& values, std::string_view value) {
  return std::ranges::find(values, value) != values.end();
}

void append_set(std::string& text, std::string_view keyword,
                const std::vector<std::string>& values) {
  text += keyword;
  text += " (";
  text += text::join(values, ",");
  text += ')';
}

std::string text_of(const LabelSelector::Requirement& requirement) {
  std::string result;
  if (requirement.op == Operator::does_not_exist) result += '!';
  result += requirement.key;
  const bool single = requirement.values.size() == 1;
  switch (requirement.op) {
    case Operator::in:
      if (single) {
        result += "=" + requirement.values.front();
      } else {
        append_set(result, " in", requirement.values);
      }
      break;
    case Operator::not_in:
      if (single) {
        result += "!=" + requirement.values.front();
      } else {
        append_set(result, " notin", requirement.values);
      }
      break;
    case Operator::greater:
      result += ">" + requirement.values.front();
      break;
    case Operator::less:
      result += "<" + requirement.values.front();
      break;
    case Operator::exists:
    case Operator::does_not_exist:
      break;
  }
  return result;
}

}  // namespace

bool is_label_value(std::string_view text) { return text.empty() || is_label_name(text); }

bool is_label_key(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_label_name(text);
  return text::is_dns1123_subdomain(text.substr(0, slash)) && is_label_name(text.substr(slash + 1));
}

bool LabelSelector::Requirement::matches(std::optional<std::string_view> value) const {
  switch (op) {
    case Operator::in:
      return value && contains(values, *value);
    case Operator::not_in:
      return !value || !contains(values, *value);
    case Operator::exists:
      return value.has_value();
    case Operator::does_not_exist:
      return !value;
    case Operator::greater:
    case Operator::less: {
      if (!value || values.empty()) return false;
      const auto have = text::to_int(*value);
      const auto bound = text::to_int(values.front());
      if (!have || !bound) return false;
      return op == Operator::greater ? *have > *bound : *have < *bound;
    }
  }
  return false;
}

LabelSelector LabelSelector::nothing() {
  LabelSelector result;
  result.nothing_ = true;
  return result;
}

Result<LabelSelector> LabelSelector::parse(std::string_view text) {
  LabelSelector result;
  Lexer lexer(text);
  if (lexer.token() == Token::end) return result;
  while (true) {
    PGO_TRY(Requirement requirement, parse_requirement(lexer));
    PGO_TRY_VOID(validate(requirement));
    result.requirements_.push_back(std::move(requirement));
    if (lexer.token() == Token::end) break;
    if (lexer.token() != Token::comma) return syntax_error(lexer, "',' or the end");
    lexer.advance();
  }
  result.sort();
  return result;
}

Result<LabelSelector> LabelSelector::from_json(const json::Value& document) {
  if (document.is_null()) return nothing();
  if (!document.is_object()) {
    return fail(Code::invalid_argument, "a label selector must be an object", "selector");
  }
  LabelSelector result;
  for (const json::Member& member : document["matchLabels"].members()) {
    if (!member.value.is_string()) {
      return fail(Code::invalid_argument, "must be a string",
                  "matchLabels." + std::string(member.key));
    }
    result.requirements_.push_back(
        {member.key, Operator::in, {std::string(member.value.as_string())}});
  }
  for (const json::Value& expression : document["matchExpressions"].items()) {
    const std::optional<Operator> op = operator_named(expression["operator"].as_string());
    if (!op) {
      return fail(Code::invalid_argument, "must be In, NotIn, Exists or DoesNotExist",
                  "matchExpressions.operator");
    }
    Requirement requirement{std::string(expression["key"].as_string()), *op, {}};
    for (const json::Value& value : expression["values"].items()) {
      requirement.values.emplace_back(value.as_string());
    }
    result.requirements_.push_back(std::move(requirement));
  }
  for (const Requirement& requirement : result.requirements_) PGO_TRY_VOID(validate(requirement));
  result.sort();
  return result;
}

LabelSelector LabelSelector::from_labels(const Labels& labels) {
  LabelSelector result;
  for (const auto& [key, value] : labels) {
    result.requirements_.push_back({key, Operator::in, {value}});
  }
  return result;
}

LabelSelector& LabelSelector::require(std::string key, Operator op,
                                      std::vector<std::string> values) {
  requirements_.push_back({std::move(key), op, std::move(values)});
  sort();
  return *this;
}

LabelSelector& LabelSelector::require_equal(std::string key, std::string value) {
  return require(std::move(key), Operator::in, {std::move(value)});
}

void LabelSelector::sort() {
  for (Requirement& requirement : requirements_) {
    std::ranges::sort(requirement.values);
    const auto rest = std::ranges::unique(requirement.values);
    requirement.values.erase(rest.begin(), rest.end());
  }
  std::ranges::stable_sort(requirements_, {}, &Requirement::key);
}

bool LabelSelector::matches(const Labels& labels) const {
  return matches_by([&](const std::string& key) -> std::optional<std::string_view> {
    const auto found = labels.find(key);
    if (found == labels.end()) return std::nullopt;
    return found->second;
  });
}

bool LabelSelector::matches(const Object& object) const {
  return matches_json(object["metadata"]["labels"]);
}

bool LabelSelector::matches_json(const json::Value& labels) const {
  return matches_by([&](const std::string& key) -> std::optional<std::string_view> {
    const json::String* value = labels[key].if_string();
    if (value == nullptr) return std::nullopt;
    return *value;
  });
}

std::optional<std::string_view> LabelSelector::fixed_value(std::string_view key) const {
  for (const Requirement& requirement : requirements_) {
    if (requirement.key == key && requirement.op == Operator::in &&
        requirement.values.size() == 1) {
      return requirement.values.front();
    }
  }
  return std::nullopt;
}

std::string LabelSelector::text() const {
  std::string result;
  for (const Requirement& requirement : requirements_) {
    if (!result.empty()) result += ',';
    result += text_of(requirement);
  }
  return result;
}

}  // namespace pgo::kube
