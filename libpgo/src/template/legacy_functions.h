#pragma once

#include "legacy_ast.h"

#include <span>
#include <string>

/// Values and functions of text/template, over JSON values.
namespace pgo::templates::legacy {

/// A value, or a fragment of JSON text that goes into the output as it is.
struct Operand {
  json::Value value;
  bool is_fragment = false;
};

/// Go's truth: not false, zero, empty or nil.
bool is_true(const json::Value& value);
/// As print shows it; lists and objects as JSON.
std::string as_text(const json::Value& value);
/// Calls any function but `and` and `or`, which the caller does because they decide early.
/// Errors: `invalid_argument` without subject and without values.
Result<json::Value> call(Function function, std::span<const Operand> arguments);

}  // namespace pgo::templates::legacy
