#pragma once

#include "pgo/json/value.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// A parsed text/template. Source of the language: the documentation of Go's package text/template.
namespace pgo::templates::legacy {

enum class Function : std::uint8_t {
  logical_and,
  logical_or,
  logical_not,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  len,
  index,
  print,
  printf,
};

/// An operand or a call; a pipeline `a | f b` is the call `f b a`.
struct Expression {
  enum class Kind : std::uint8_t { literal, dot, variable, call, nested };
  Kind kind = Kind::literal;
  json::Value literal;
  std::string variable;           ///< without the $; empty is the root
  std::vector<std::string> path;  ///< fields below the dot, the variable or the nested expression
  Function function = Function::print;
  std::vector<Expression> arguments;  ///< of a call; of `nested` the one in parentheses
};

struct Node {
  enum class Kind : std::uint8_t { text, output, assign, branch, with, range };
  Kind kind = Kind::text;
  std::uint32_t line = 0;
  std::string text;
  Expression expression;
  std::vector<std::string> variables;  ///< declared or set by the action
  bool declares = true;                ///< := and not =
  std::vector<Node> body;
  std::vector<Node> otherwise;
};

/// Errors: `invalid_argument` whose subject is the line.
Result<std::vector<Node>> parse(std::string_view text);

}  // namespace pgo::templates::legacy
