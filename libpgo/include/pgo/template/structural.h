#pragma once

#include "pgo/json/value.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Structural templates: docs/templates.md is the page for people who write them.
namespace pgo::templates {

/// A YAML document whose scalars may hold expressions, compiled once and rendered many times.
///
///     replicas: "{{ .Replicas }}"             # one expression: the typed value of the field
///     name: "{{ .Name }}-repo"                # text around it: a string
///     args: ["{{ .Args }}", "--last"]         # a list splices into the surrounding list
///     resources: "{{ .Resources }}"           # null, "", [] and {} remove the key
///     labels: "{{ .Labels | keep }}"          # ... unless it says keep
///     port: "{{ .Port | string }}"            # as text; also: json, base64
///     metadata: {$merge: "{{ .Meta }}"}       # the members of an object, into this mapping
///     - $when: "{{ .Metrics }}"               # this mapping only when the field is set
///       name: collect
///
/// A value type, cheap to copy; const calls are thread safe.
class Template {
 public:
  /// `name` is what errors call it (the file name).
  /// Errors: `invalid_argument` with subject "name:line".
  static Result<Template> parse(std::string name, std::string_view text);

  /// Fills in the template. `fields` is an object.
  /// Errors: `invalid_argument` with subject "name:line" when a field is unknown or does not fit
  /// where it stands (a list inside text). Values of fields are never in the message.
  Result<json::Value> render(const json::Value& fields) const;

  const std::string& name() const;
  /// The paths of all fields it refers to, sorted, each once: "Name", "Storage.Size".
  std::vector<std::string> field_names() const;

 private:
  struct Program;
  explicit Template(std::shared_ptr<const Program> program);
  std::shared_ptr<const Program> program_;
};

}  // namespace pgo::templates
