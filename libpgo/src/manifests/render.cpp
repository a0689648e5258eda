#include "pgo/manifests/render.h"

#include "files.h"
#include "pgo/base/text.h"
#include "pgo/template/structural.h"
#include "pgo/yaml/yaml.h"

#include <algorithm>
#include <set>
#include <utility>

namespace pgo::manifests {
namespace {

constexpr std::string_view kPostgresHa = "postgres-ha.yaml";
constexpr std::string_view kPostgresHaLocal = "postgres-ha.local.yaml";
constexpr std::string_view kSource = "pgo-config: ";

bool is_text(std::string_view file) { return file == kPostgresHa || file == kPostgresHaLocal; }

/// Calls `field(name)` for each `{{ .Name }}` of a text and appends what it answers.
template <typename Field>
Result<std::string> substitute(std::string_view file, std::string_view text, const Field& field) {
  std::string out;
  std::size_t line = 1;
  while (!text.empty()) {
    const auto open = text.find("{{");
    const auto plain = text.substr(0, open);
    out += plain;
    line += static_cast<std::size_t>(std::ranges::count(plain, '\n'));
    if (open == std::string_view::npos) break;
    const auto close = text.find("}}", open);
    const auto subject = std::string(file) + ":" + std::to_string(line);
    if (close == std::string_view::npos) {
      return fail(Code::invalid_argument, "an expression is not closed by }}", subject);
    }
    const auto inner = text::trim(text.substr(open + 2, close - open - 2));
    if (!inner.starts_with('.')) {
      return fail(Code::invalid_argument, "only {{ .Field }} can be used here", subject);
    }
    auto value = field(inner.substr(1));
    if (!value) return fail(Code::invalid_argument, std::move(value).error().message, subject);
    out += *value;
    text.remove_prefix(close + 2);
  }
  return out;
}

std::set<std::string, std::less<>> fields_of_text(std::string_view text) {
  std::set<std::string, std::less<>> names;
  // Built-in files are well formed; a test renders each of them.
  (void)substitute("", text, [&](std::string_view name) -> Result<std::string> {
    names.emplace(name);
    return std::string();
  });
  return names;
}

std::string list_of(const std::set<std::string, std::less<>>& names) {
  return text::join({names.begin(), names.end()}, ", ");
}

Result<void> check_fields(std::string_view file, const std::vector<std::string>& used,
                          const std::set<std::string, std::less<>>& known) {
  for (const auto& name : used) {
    if (known.contains(name)) continue;
    return fail(Code::invalid_argument, "refers to ." + name + ", but has only " + list_of(known),
                std::string(kSource) + std::string(file));
  }
  return {};
}

/// A text template must give YAML again; whether it does is tried with harmless values.
Result<void> check_text(std::string_view file, std::string_view text,
                        const std::set<std::string, std::less<>>& known) {
  const std::string source = std::string(kSource) + std::string(file);
  auto rendered = substitute(source, text, [&](std::string_view name) -> Result<std::string> {
    if (known.contains(name)) return std::string("0");
    return fail(Code::invalid_argument,
                "refers to ." + std::string(name) + ", but has only " + list_of(known));
  });
  PGO_TRY_VOID(rendered);
  if (auto parsed = yaml::parse(*rendered); !parsed) {
    Error error = std::move(parsed).error();
    error.subject = source;
    return fail(std::move(error));
  }
  return {};
}

}  // namespace

const EmbeddedFile* find_file(std::string_view name) {
  for (const auto& file : template_files()) {
    if (file.name == name) return &file;
  }
  return nullptr;
}

std::optional<std::string_view> template_file(std::string_view name) {
  const auto* file = find_file(name);
  if (!file) return std::nullopt;
  return file->text;
}

struct Renderer::Set {
  std::map<std::string, templates::Template, std::less<>> templates;
  std::map<std::string, std::string, std::less<>> texts;
  std::vector<std::string> skipped;
};

Result<Renderer> Renderer::load(const std::map<std::string, std::string>& overrides) {
  auto set = std::make_shared<Set>();
  for (const auto& file : template_files()) {
    if (!file.name.ends_with(".yaml")) continue;
    const auto found = overrides.find(std::string(file.name));
    const bool replaced = found != overrides.end() && !found->second.empty();
    const std::string_view text = replaced ? std::string_view(found->second) : file.text;
    if (is_text(file.name)) {
      if (replaced) PGO_TRY_VOID(check_text(file.name, text, fields_of_text(file.text)));
      set->texts.emplace(file.name, text);
      continue;
    }
    const std::string name =
        (replaced ? std::string(kSource) : std::string()) + std::string(file.name);
    PGO_TRY(auto parsed, templates::Template::parse(name, text));
    if (replaced) {
      PGO_TRY(const auto original, templates::Template::parse(std::string(file.name), file.text));
      const auto names = original.field_names();
      PGO_TRY_VOID(check_fields(file.name, parsed.field_names(), {names.begin(), names.end()}));
    }
    set->templates.emplace(file.name, std::move(parsed));
  }
  for (const auto& [key, text] : overrides) {
    if (text.empty() || !key.ends_with(".json")) continue;
    const std::string ours = key.substr(0, key.size() - 4) + "yaml";
    if (set->templates.contains(ours)) set->skipped.push_back(key);
  }
  return Renderer(std::move(set));
}

const Renderer& Renderer::built_in() {
  // A broken built-in template fails the tests of this component; rendering then says "unknown".
  static const Renderer renderer = load().value_or(Renderer(std::make_shared<Set>()));
  return renderer;
}

std::map<std::string, std::string> Renderer::local_node_overrides() {
  return {{std::string(kPostgresHa), std::string(template_file(kPostgresHaLocal).value_or(""))}};
}

const std::vector<std::string>& Renderer::skipped() const { return set_->skipped; }

Result<json::Value> Renderer::render(std::string_view file, const json::Value& fields) const {
  const auto it = set_->templates.find(file);
  if (it == set_->templates.end()) {
    return fail(Code::internal, "no such template", std::string(file));
  }
  return it->second.render(fields);
}

Result<kube::Object> Renderer::object(std::string_view file, const json::Value& fields) const {
  PGO_TRY(auto value, render(file, fields));
  kube::Object object(std::move(value));
  if (object.name().empty() || object.kind().empty()) {
    return fail(Code::invalid_argument, "does not give an object with a kind and a name",
                std::string(file));
  }
  return object;
}

Result<std::string> Renderer::text(std::string_view file,
                                   const std::map<std::string, std::string>& fields) const {
  const auto it = set_->texts.find(file);
  if (it == set_->texts.end()) {
    return fail(Code::internal, "no such text template", std::string(file));
  }
  return substitute(file, it->second, [&](std::string_view name) -> Result<std::string> {
    const auto found = fields.find(std::string(name));
    if (found == fields.end()) {
      return fail(Code::invalid_argument, "has no field ." + std::string(name));
    }
    return found->second;
  });
}

}  // namespace pgo::manifests
