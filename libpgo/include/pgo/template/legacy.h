#pragma once

#include "pgo/json/value.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace pgo::templates {

/// What a template of 4.2.0 is filled with.
struct LegacyFields {
  /// An object. Inside a JSON string a value is escaped; outside of one it is written as JSON, a
  /// string with its quotes. So no value can change the structure around it.
  json::Value values = json::Object();
  /// Pieces of JSON text that go in as they are ("DeploymentLabels": `"a": "b", "c": "d"`). They
  /// must come from write() or render_fragment(), never from a user.
  std::map<std::string, std::string, std::less<>> fragments;
};

/// A template file of a 4.2.0 installation that its owner has changed: Go's text/template over
/// JSON. The part of that language that is understood: fields, variables, if / else if / else /
/// with / range / end, pipelines, parentheses, comments, trim markers, and the functions and, or,
/// not, eq, ne, lt, le, gt, ge, len, index, print, printf. Everything else is refused when the file
/// is read.
///
/// A value type, cheap to copy; const calls are thread safe.
class LegacyTemplate {
 public:
  /// Whether a file is one of 4.2.0's and not a structural template: its first character that is no
  /// blank is one of { " , (structural templates are written in block style).
  static bool recognises(std::string_view text);

  /// Errors: `invalid_argument` with subject "name:line".
  static Result<LegacyTemplate> parse(std::string name, std::string_view text);

  /// The object a template makes. A key that appears twice in the text merges, as in Go's decoder:
  /// objects member by member, of anything else the later one stays (4.2.0's own template writes
  /// "resources" twice).
  /// Errors: `invalid_argument` with subject "name:line" for an unknown field, or with subject
  /// "name" when the result is no JSON. Values are never in the message.
  Result<json::Value> render(const LegacyFields& fields) const;
  /// The text of a template that makes a part of an object (affinity.json, collect.json), escaped
  /// like an object; for LegacyFields::fragments.
  Result<std::string> render_fragment(const LegacyFields& fields) const;
  /// A template that is no JSON at all (pgbouncer.ini, postgres-ha.yaml): nothing is escaped.
  Result<std::string> render_text(const LegacyFields& fields) const;

  const std::string& name() const;

 private:
  struct Program;
  explicit LegacyTemplate(std::shared_ptr<const Program> program);
  std::shared_ptr<const Program> program_;
};

}  // namespace pgo::templates
