#include "pgo/manifests/render.h"

#include "files.h"
#include "pgo/base/text.h"
#include "pgo/template/legacy.h"
#include "pgo/template/structural.h"
#include "pgo/yaml/yaml.h"

#include <algorithm>
#include <set>
#include <utility>

namespace pgo::manifests {
namespace {

constexpr std::string_view kSource = "pgo-config: ";

/// A file that is a text in Go's template language, and what it may refer to, with harmless values.
struct TextFile {
  std::string_view name;
  json::Object fields;
  bool yaml = false;
};

const TextFile* text_file(std::string_view name) {
  static const TextFile kTexts[] = {{.name = "postgres-ha.yaml",
                                     .fields = {{"ArchiveTimeout", "60"},
                                                {"LogMinDurationStatement", "0"},
                                                {"LogStatement", "none"}},
                                     .yaml = true},
                                    {.name = "pgbouncer.ini",
                                     .fields = {{"PG_PRIMARY_SERVICE_NAME", "hippo"},
                                                {"PG_PORT", "5432"},
                                                {"PG_USERNAME", "pgbouncer"}}},
                                    {.name = "pgbouncer_hba.conf", .fields = {}}};
  const auto* found = std::ranges::find(kTexts, name, &TextFile::name);
  return found == std::end(kTexts) ? nullptr : found;
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

/// Whether a text template can be filled in, and gives YAML again where it must, is tried.
Result<templates::LegacyTemplate> parse_text(const TextFile& file, const std::string& name,
                                             std::string_view text) {
  PGO_TRY(auto made, templates::LegacyTemplate::parse(name, text));
  PGO_TRY(const auto rendered, made.render_text({.values = file.fields, .fragments = {}}));
  if (!file.yaml) return made;
  if (auto parsed = yaml::parse(rendered); !parsed) {
    Error error = std::move(parsed).error();
    error.subject = name;
    return fail(std::move(error));
  }
  return made;
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
  std::map<std::string, templates::LegacyTemplate, std::less<>> texts;
  std::vector<std::string> skipped;
};

Result<Renderer> Renderer::load(const std::map<std::string, std::string>& overrides) {
  auto set = std::make_shared<Set>();
  for (const auto& file : template_files()) {
    const TextFile* const as_text = text_file(file.name);
    if (as_text == nullptr && !file.name.ends_with(".yaml")) continue;
    const auto found = overrides.find(std::string(file.name));
    const bool replaced = found != overrides.end() && !found->second.empty();
    const std::string_view text = replaced ? std::string_view(found->second) : file.text;
    const std::string name =
        (replaced ? std::string(kSource) : std::string()) + std::string(file.name);
    if (as_text != nullptr) {
      PGO_TRY(auto parsed, parse_text(*as_text, name, text));
      set->texts.emplace(file.name, std::move(parsed));
      continue;
    }
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
  json::Object values;
  for (const auto& [name, value] : fields) values.set(name, value);
  return it->second.render_text({.values = std::move(values), .fragments = {}});
}

}  // namespace pgo::manifests
