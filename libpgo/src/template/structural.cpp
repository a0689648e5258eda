#include "pgo/template/structural.h"

#include "expression.h"
#include "pgo/yaml/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace pgo::templates {

namespace {

using json::Value;

constexpr std::string_view kWhen = "$when";
constexpr std::string_view kMerge = "$merge";

struct Member;

/// One compiled node. A part of the document without expressions stays a plain value.
struct Node {
  enum class Kind : std::uint8_t { literal, expression, text, list, mapping };
  Kind kind = Kind::literal;
  std::uint32_t line = 0;
  Value literal;
  std::vector<Piece> pieces;  // text; of an expression the only one
  std::vector<Node> items;    // list
  std::vector<Member> members;
};

struct Member {
  enum class Role : std::uint8_t { plain, when, merge };
  Role role = Role::plain;
  std::string key;          // when the key has no expression
  std::vector<Piece> name;  // otherwise
  Node value;
};

const Expression& only_expression(const Node& node) { return std::get<Expression>(node.pieces[0]); }

// ---- compiling ----

class Compiler {
 public:
  explicit Compiler(const std::string& name) : name_(name) {}

  Result<Node> node(const Value& value, const yaml::Place& place) const {
    Node made;
    made.line = place.line;
    if (value.is_string()) {
      PGO_TRY_VOID(scalar(value, made));
    } else if (value.is_array()) {
      PGO_TRY_VOID(list(value, place, made));
    } else if (value.is_object()) {
      PGO_TRY_VOID(mapping(value, place, made));
    } else {
      made.literal = value;
    }
    return made;
  }

 private:
  std::unexpected<Error> located(Error error, std::uint32_t line) const {
    error.subject = fmt::format("{}:{}", name_, line);
    return fail(std::move(error));
  }

  Result<void> scalar(const Value& value, Node& made) const {
    auto pieces = split_scalar(value.as_string());
    if (!pieces) return located(std::move(pieces).error(), made.line);
    const bool has_expression = std::ranges::any_of(
        *pieces, [](const Piece& piece) { return std::holds_alternative<Expression>(piece); });
    if (!has_expression) {
      made.literal = value;
      return {};
    }
    made.kind = pieces->size() == 1 ? Node::Kind::expression : Node::Kind::text;
    made.pieces = *std::move(pieces);
    return {};
  }

  Result<void> list(const Value& value, const yaml::Place& place, Node& made) const {
    bool all_literal = true;
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      PGO_TRY(Node item, node(value.items()[i], place.children[i]));
      all_literal = all_literal && item.kind == Node::Kind::literal;
      made.items.push_back(std::move(item));
    }
    if (all_literal) {
      made.items.clear();
      made.literal = value;
    } else {
      made.kind = Node::Kind::list;
    }
    return {};
  }

  Result<void> mapping(const Value& value, const yaml::Place& place, Node& made) const {
    bool all_literal = true;
    std::size_t i = 0;
    for (const json::Member& member : value.members()) {
      PGO_TRY(Member compiled, this->member(member, place.children[i++]));
      all_literal = all_literal && compiled.role == Member::Role::plain && compiled.name.empty() &&
                    compiled.value.kind == Node::Kind::literal;
      made.members.push_back(std::move(compiled));
    }
    if (all_literal) {
      made.members.clear();
      made.literal = value;
    } else {
      made.kind = Node::Kind::mapping;
    }
    return {};
  }

  Result<Member> member(const json::Member& source, const yaml::Place& place) const {
    Member made;
    PGO_TRY(made.value, node(source.value, place));
    if (source.key == kWhen) {
      made.role = Member::Role::when;
    } else if (source.key == kMerge) {
      made.role = Member::Role::merge;
    } else if (source.key.view().find("{{") == std::string::npos) {
      made.key = source.key;
      return made;
    } else {
      auto pieces = split_scalar(source.key);
      if (!pieces) return located(std::move(pieces).error(), place.line);
      made.name = *std::move(pieces);
      return made;
    }
    const bool fits = made.value.kind == Node::Kind::expression ||
                      (made.role == Member::Role::merge && made.value.kind == Node::Kind::list);
    if (fits) return made;
    return located({.code = Code::invalid_argument,
                    .message = fmt::format("{} takes one expression", source.key),
                    .subject = {},
                    .http_status = 0,
                    .reason = {}},
                   place.line);
  }

  const std::string& name_;
};

// ---- rendering ----

/// Nothing in place of a value: the key or item is to be removed.
using Rendered = std::optional<Value>;

class Renderer {
 public:
  Renderer(const std::string& name, const Value& fields) : name_(name), fields_(fields) {}

  Result<Rendered> node(const Node& node) const {
    switch (node.kind) {
      case Node::Kind::literal:
        return Rendered(node.literal);
      case Node::Kind::expression:
        return expression(node);
      case Node::Kind::text: {
        PGO_TRY(std::string text, this->text(node.pieces, node.line));
        if (text.empty() && !kept(node.pieces)) return Rendered();
        return Rendered(Value(text));
      }
      case Node::Kind::list:
        return list(node);
      case Node::Kind::mapping:
        return mapping(node);
    }
    return Rendered();
  }

 private:
  std::unexpected<Error> located(Error error, std::uint32_t line) const {
    error.subject = fmt::format("{}:{}", name_, line);
    return fail(std::move(error));
  }

  static bool kept(const std::vector<Piece>& pieces) {
    return std::ranges::any_of(pieces, [](const Piece& piece) {
      const auto* const expression = std::get_if<Expression>(&piece);
      return expression != nullptr && expression->keep;
    });
  }

  Result<Value> value_of(const Node& node) const {
    auto value = evaluate(only_expression(node), fields_);
    if (!value) return located(std::move(value).error(), node.line);
    return value;
  }

  Result<Rendered> expression(const Node& node) const {
    PGO_TRY(Value value, value_of(node));
    if (is_empty(value) && !only_expression(node).keep) return Rendered();
    return Rendered(std::move(value));
  }

  Result<std::string> text(const std::vector<Piece>& pieces, std::uint32_t line) const {
    std::string made;
    for (const Piece& piece : pieces) {
      if (const auto* const fixed = std::get_if<std::string>(&piece)) {
        made += *fixed;
        continue;
      }
      const auto& expression = std::get<Expression>(piece);
      auto value = evaluate(expression, fields_);
      if (!value) return located(std::move(value).error(), line);
      auto appended = append_text(made, *value, expression);
      if (!appended) return located(std::move(appended).error(), line);
    }
    return made;
  }

  Result<Rendered> list(const Node& node) const {
    json::Array items;
    items.reserve(node.items.size());
    for (const Node& item : node.items) {
      PGO_TRY(Rendered made, this->node(item));
      if (!made) continue;
      const bool splice =
          item.kind == Node::Kind::expression && made->is_array() && !only_expression(item).keep;
      if (!splice) {
        items.push_back(*std::move(made));
        continue;
      }
      for (Value& one : *made->if_array()) items.push_back(std::move(one));
    }
    if (items.empty()) return Rendered();
    return Rendered(Value(std::move(items)));
  }

  Result<Rendered> mapping(const Node& node) const {
    json::Object members;
    for (const Member& member : node.members) {
      if (member.role == Member::Role::when) {
        PGO_TRY(const Value condition, value_of(member.value));
        if (!is_true(condition)) return Rendered();
      } else if (member.role == Member::Role::merge) {
        PGO_TRY_VOID(merge(member.value, members));
      } else {
        PGO_TRY_VOID(plain(member, members));
      }
    }
    if (members.empty()) return Rendered();
    return Rendered(Value(std::move(members)));
  }

  Result<void> plain(const Member& member, json::Object& members) const {
    PGO_TRY(Rendered made, node(member.value));
    if (!made) return {};
    if (member.name.empty()) {
      members.set(member.key, *std::move(made));
      return {};
    }
    PGO_TRY(const std::string key, text(member.name, member.value.line));
    if (!key.empty()) members.set(key, *std::move(made));
    return {};
  }

  /// Members of objects, without touching those that are there.
  Result<void> merge(const Node& source, json::Object& members) const {
    PGO_TRY(Rendered made, node(source));
    if (!made) return {};
    if (made->is_object()) {
      add_missing(*made, members);
      return {};
    }
    for (const Value& one : made->items()) {
      if (!one.is_object()) return merge_fails(source.line);
      add_missing(one, members);
    }
    return made->is_array() ? Result<void>() : merge_fails(source.line);
  }

  Result<void> merge_fails(std::uint32_t line) const {
    return located({.code = Code::invalid_argument,
                    .message = fmt::format("{} takes an object, or a list of them", kMerge),
                    .subject = {},
                    .http_status = 0,
                    .reason = {}},
                   line);
  }

  static void add_missing(const Value& from, json::Object& members) {
    for (const json::Member& member : from.members()) {
      if (!members.contains(member.key)) members.set(member.key, member.value);
    }
  }

  const std::string& name_;
  const Value& fields_;
};

void collect_paths(const std::vector<Piece>& pieces, std::vector<std::string>& paths) {
  for (const Piece& piece : pieces) {
    const auto* const expression = std::get_if<Expression>(&piece);
    if (expression != nullptr && !expression->path.empty()) {
      paths.push_back(expression->path_text().substr(1));
    }
  }
}

void collect_paths(const Node& node, std::vector<std::string>& paths) {
  collect_paths(node.pieces, paths);
  for (const Node& item : node.items) collect_paths(item, paths);
  for (const Member& member : node.members) {
    collect_paths(member.name, paths);
    collect_paths(member.value, paths);
  }
}

}  // namespace

struct Template::Program {
  std::string name;
  Node root;
};

Template::Template(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

Result<Template> Template::parse(std::string name, std::string_view text) {
  auto document = yaml::parse_document(text);
  if (!document) {
    Error error = std::move(document).error();
    error.subject = std::move(name);
    // A bare {{ .Field }} is a mapping to YAML, and the message about that leads nowhere.
    if (error.message.find("a key must be a scalar") != std::string::npos) {
      error.message += "; write expressions in quotes";
    }
    return fail(std::move(error));
  }
  PGO_TRY(Node root, Compiler(name).node(document->value, document->place));
  return Template(std::make_shared<const Program>(Program{std::move(name), std::move(root)}));
}

Result<Value> Template::render(const Value& fields) const {
  PGO_TRY(Rendered made, Renderer(program_->name, fields).node(program_->root));
  if (made) return *std::move(made);
  // Nothing was left of the document; a mapping stays a mapping.
  return program_->root.kind == Node::Kind::list ? Value(json::Array()) : Value(json::Object());
}

const std::string& Template::name() const { return program_->name; }

std::vector<std::string> Template::field_names() const {
  std::vector<std::string> paths;
  collect_paths(program_->root, paths);
  std::ranges::sort(paths);
  const auto repeated = std::ranges::unique(paths);
  paths.erase(repeated.begin(), repeated.end());
  return paths;
}

}  // namespace pgo::templates
