#include "pgo/template/legacy.h"

#include "legacy_ast.h"
#include "legacy_functions.h"
#include "pgo/json/parse_merging.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace pgo::templates {

namespace legacy {
namespace {

using json::Value;

// A template comes from an administrator, yet a slip in it must not take the process down.
constexpr std::size_t kMaxOutput = 4u << 20;
constexpr std::size_t kMaxSteps = 200'000;

enum class Target : std::uint8_t { json, text };

/// The output, which knows whether it is inside of a JSON string.
class Output {
 public:
  explicit Output(Target target) : target_(target) {}

  /// Text of the template itself, or a fragment.
  void raw(std::string_view text) {
    text_ += text;
    if (target_ == Target::text) return;
    for (const char c : text) {
      if (escape_) {
        escape_ = false;
      } else if (c == '"') {
        in_string_ = !in_string_;
      } else if (c == '\\' && in_string_) {
        escape_ = true;
      }
    }
  }

  Result<void> operand(const Operand& operand) {
    if (operand.is_fragment || target_ == Target::text) {
      raw(as_text(operand.value));
      return {};
    }
    if (escape_) return fail(Code::invalid_argument, "a value stands behind a backslash");
    if (!in_string_) {
      text_ += operand.value.is_null() ? std::string() : json::write(operand.value);
      return {};
    }
    const std::string quoted = json::write(Value(as_text(operand.value)));
    text_ += std::string_view(quoted).substr(1, quoted.size() - 2);
    return {};
  }

  std::size_t size() const { return text_.size(); }
  std::string take() { return std::move(text_); }

 private:
  Target target_;
  std::string text_;
  bool in_string_ = false;
  bool escape_ = false;
};

/// What the dot or a variable stands for; the root also has the fragments.
struct Scope {
  Value value;
  bool is_root = false;
  bool is_fragment = false;
};

struct Variable {
  std::string name;
  Scope scope;
};

class Renderer {
 public:
  Renderer(const LegacyFields& fields, Target target) : fields_(fields), output_(target) {}

  Result<std::string> run(const std::vector<Node>& nodes) {
    const Scope root{{}, true, false};  // the root is never copied
    PGO_TRY_VOID(block(nodes, root));
    return output_.take();
  }

  std::uint32_t line() const { return line_; }

 private:
  Result<void> block(const std::vector<Node>& nodes, const Scope& dot) {
    const std::size_t outer = variables_.size();
    for (const Node& node : nodes) {
      line_ = node.line;
      if (++steps_ > kMaxSteps || output_.size() > kMaxOutput) {
        return fail(Code::invalid_argument, "the template does not come to an end");
      }
      PGO_TRY_VOID(this->node(node, dot));
    }
    variables_.resize(outer);
    return {};
  }

  Result<void> node(const Node& node, const Scope& dot) {
    if (node.kind == Node::Kind::text) {
      output_.raw(node.text);
      return {};
    }
    PGO_TRY(Scope value, evaluate(node.expression, dot));
    switch (node.kind) {
      case Node::Kind::output:
        if (value.is_root) value.value = fields_.values;
        return output_.operand({std::move(value.value), value.is_fragment});
      case Node::Kind::assign:
        return assign(node, std::move(value));
      case Node::Kind::range:
        return range(node, value, dot);
      default:
        return choose(node, std::move(value), dot);
    }
  }

  Result<void> assign(const Node& node, Scope value) {
    const std::string& name = node.variables.front();
    if (node.declares) {
      variables_.push_back({name, std::move(value)});
      return {};
    }
    Scope* const known = find_variable(name);
    if (known == nullptr) return unknown_variable(name);
    *known = std::move(value);
    return {};
  }

  /// if and with.
  Result<void> choose(const Node& node, const Scope& value, const Scope& dot) {
    const bool holds = value.is_root ? is_true(fields_.values) : is_true(value.value);
    const std::size_t outer = variables_.size();
    if (!node.variables.empty()) variables_.push_back({node.variables.front(), value});
    const bool rebinds = node.kind == Node::Kind::with && holds;
    PGO_TRY_VOID(block(holds ? node.body : node.otherwise, rebinds ? value : dot));
    variables_.resize(outer);
    return {};
  }

  Result<void> range(const Node& node, const Scope& value, const Scope& dot) {
    const Value& over = value.is_root ? fields_.values : value.value;
    if (!over.is_null() && !over.is_array() && !over.is_object()) {
      return fail(Code::invalid_argument, "range takes a list or an object");
    }
    if (!is_true(over)) return block(node.otherwise, dot);
    std::int64_t index = 0;
    for (const Value& item : over.items()) {
      PGO_TRY_VOID(turn(node, Value(index++), item));
    }
    std::vector<const json::Member*> members;
    for (const json::Member& member : over.members()) members.push_back(&member);
    std::ranges::sort(members, {}, &json::Member::key);  // Go visits maps in the order of keys
    for (const json::Member* member : members) {
      PGO_TRY_VOID(turn(node, Value(member->key), member->value));
    }
    return {};
  }

  Result<void> turn(const Node& node, Value key, const Value& item) {
    const std::size_t outer = variables_.size();
    const Scope scope{item, false, false};
    if (node.variables.size() == 2) {
      variables_.push_back({node.variables[0], {std::move(key), false, false}});
    }
    if (!node.variables.empty()) variables_.push_back({node.variables.back(), scope});
    PGO_TRY_VOID(block(node.body, scope));
    variables_.resize(outer);
    return {};
  }

  Scope* find_variable(std::string_view name) {
    const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                    [name](const Variable& one) { return one.name == name; });
    return found == variables_.rend() ? nullptr : &found->scope;
  }

  static std::unexpected<Error> unknown_variable(std::string_view name) {
    return fail(Code::invalid_argument, fmt::format("the variable ${} is not known", name));
  }

  Result<Scope> evaluate(const Expression& expression, const Scope& dot) {
    switch (expression.kind) {
      case Expression::Kind::literal:
        return Scope{expression.literal, false, false};
      case Expression::Kind::dot:
        return walk(dot, expression.path);
      case Expression::Kind::variable: {
        if (expression.variable.empty()) return walk({{}, true, false}, expression.path);
        const Scope* const known = find_variable(expression.variable);
        if (known == nullptr) return unknown_variable(expression.variable);
        return walk(*known, expression.path);
      }
      case Expression::Kind::nested: {
        PGO_TRY(const Scope inner, evaluate(expression.arguments.front(), dot));
        return walk(inner, expression.path);
      }
      case Expression::Kind::call:
        return call_function(expression, dot);
    }
    return Scope();
  }

  /// Follows `.A.B` from where it begins.
  Result<Scope> walk(const Scope& from, const std::vector<std::string>& path) {
    if (path.empty()) return from;
    if (from.is_root && path.size() == 1) {
      const auto fragment = fields_.fragments.find(path.front());
      if (fragment != fields_.fragments.end()) return Scope{Value(fragment->second), false, true};
    }
    const Value* at = from.is_root ? &fields_.values : &from.value;
    for (const std::string& step : path) {
      if (at->is_null()) break;  // below nothing there is nothing
      const json::Object* const object = at->if_object();
      at = object == nullptr ? nullptr : object->find(step);
      if (at == nullptr) {
        return fail(Code::invalid_argument, fmt::format("the field .{} is not known", step));
      }
    }
    return Scope{*at, false, false};
  }

  Result<Scope> call_function(const Expression& call, const Scope& dot) {
    const bool decides =
        call.function == Function::logical_and || call.function == Function::logical_or;
    if (decides && call.arguments.empty()) {
      return fail(Code::invalid_argument, "and and or take one value or more");
    }
    std::vector<Operand> arguments;
    for (const Expression& argument : call.arguments) {
      PGO_TRY(Scope value, evaluate(argument, dot));
      if (value.is_root) value = {fields_.values, false, false};
      const bool last = &argument == &call.arguments.back();
      if (decides && (last || is_true(value.value) == (call.function == Function::logical_or))) {
        return value;
      }
      arguments.push_back({std::move(value.value), value.is_fragment});
    }
    PGO_TRY(Value result, legacy::call(call.function, arguments));
    return Scope{std::move(result), false, false};
  }

  const LegacyFields& fields_;
  Output output_;
  std::vector<Variable> variables_;
  std::uint32_t line_ = 1;
  std::size_t steps_ = 0;
};

Result<std::string> run(const std::string& name, const std::vector<Node>& nodes,
                        const LegacyFields& fields, Target target) {
  Renderer renderer(fields, target);
  auto text = renderer.run(nodes);
  if (text) return text;
  Error error = std::move(text).error();
  error.subject = fmt::format("{}:{}", name, renderer.line());
  return fail(std::move(error));
}

}  // namespace
}  // namespace legacy

struct LegacyTemplate::Program {
  std::string name;
  std::vector<legacy::Node> nodes;
};

LegacyTemplate::LegacyTemplate(std::shared_ptr<const Program> program)
    : program_(std::move(program)) {}

bool LegacyTemplate::recognises(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos &&
         std::string_view("{\",").find(text[first]) != std::string_view::npos;
}

Result<LegacyTemplate> LegacyTemplate::parse(std::string name, std::string_view text) {
  auto nodes = legacy::parse(text);
  if (!nodes) {
    Error error = std::move(nodes).error();
    error.subject = fmt::format("{}:{}", name, error.subject);
    return fail(std::move(error));
  }
  return LegacyTemplate(
      std::make_shared<const Program>(Program{std::move(name), *std::move(nodes)}));
}

Result<json::Value> LegacyTemplate::render(const LegacyFields& fields) const {
  PGO_TRY(const std::string text, render_fragment(fields));
  auto value = json::parse_merging(text);
  if (value && value->is_object()) return value;
  return fail(Code::invalid_argument,
              value ? "the rendered template is no JSON object"
                    : fmt::format("the rendered template is {}", value.error().message),
              program_->name);
}

Result<std::string> LegacyTemplate::render_fragment(const LegacyFields& fields) const {
  return legacy::run(program_->name, program_->nodes, fields, legacy::Target::json);
}

Result<std::string> LegacyTemplate::render_text(const LegacyFields& fields) const {
  return legacy::run(program_->name, program_->nodes, fields, legacy::Target::text);
}

const std::string& LegacyTemplate::name() const { return program_->name; }

}  // namespace pgo::templates
