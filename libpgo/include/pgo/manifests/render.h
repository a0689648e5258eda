#pragma once

#include "pgo/base/result.h"
#include "pgo/json/value.h"
#include "pgo/kube/object.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Kubernetes objects of a cluster, rendered from the YAML templates of `src/manifests/templates`.
/// All functions of this component are pure: no I/O, no clock, no randomness.
namespace pgo::manifests {

/// The templates, each parsed once. A value type, cheap to copy; const calls are thread safe.
class Renderer {
 public:
  /// The built-in templates with some of them replaced: file name -> text, as the data of the
  /// ConfigMap `pgo-config` holds them; an empty text replaces nothing. Keys that are no template
  /// (pgo.yaml, users.txt) are left alone.
  /// Errors: `invalid_argument` with the subject "pgo-config: FILE" or "FILE:LINE" when a
  /// replacement does not parse or refers to a field that its object does not have.
  static Result<Renderer> load(const std::map<std::string, std::string>& overrides = {});

  /// The built-in templates alone.
  static const Renderer& built_in();

  /// Keys of `overrides` that hold a text template of 4.2.0, which is not rendered by this
  /// version; the built-in template stands in.
  const std::vector<std::string>& skipped() const;

  /// Fills in one template; `file` is its name with ".yaml".
  Result<json::Value> render(std::string_view file, const json::Value& fields) const;
  /// As above, for a file that is a whole object.
  Result<kube::Object> object(std::string_view file, const json::Value& fields) const;
  /// Fills in a file that is a text ("postgres-ha.yaml", "pgbouncer.ini") in Go's template
  /// language, so that one of 4.2.0 can be used as it is.
  Result<std::string> text(std::string_view file,
                           const std::map<std::string, std::string>& fields) const;

 private:
  struct Set;
  explicit Renderer(std::shared_ptr<const Set> set) : set_(std::move(set)) {}
  std::shared_ptr<const Set> set_;
};

}  // namespace pgo::manifests
