#pragma once

#include "pgo/base/result.h"
#include "pgo/json/value.h"
#include "pgo/kube/object.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::kube {

/// A label selector, in the text form of `labelSelector=` and in the JSON form of
/// metav1.LabelSelector. A value type. Source: Kubernetes, "Labels and Selectors".
class LabelSelector {
 public:
  enum class Operator { in, not_in, exists, does_not_exist, greater, less };

  struct Requirement {
    std::string key{};
    Operator op = Operator::exists;
    std::vector<std::string> values{};  ///< sorted, each once
    bool operator==(const Requirement&) const = default;
    /// Whether an object whose label `key` has this value (nothing: which has no such label) is
    /// taken.
    bool matches(std::optional<std::string_view> value) const;
  };

  /// Selects everything.
  LabelSelector() = default;
  /// Selects nothing, as an absent metav1.LabelSelector does.
  static LabelSelector nothing();

  /// "a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1". Empty text selects everything.
  /// `invalid_argument` with the position for bad syntax, keys or values.
  static Result<LabelSelector> parse(std::string_view text);
  /// {"matchLabels": {...}, "matchExpressions": [...]}; null selects nothing, {} everything.
  static Result<LabelSelector> from_json(const json::Value& document);
  /// All of `labels`, as in a Service's or ReplicationController's plain map. Not validated.
  static LabelSelector from_labels(const Labels& labels);
  /// Pieces for building one by hand; not validated.
  LabelSelector& require(std::string key, Operator op, std::vector<std::string> values = {});
  LabelSelector& require_equal(std::string key, std::string value);

  bool matches(const Labels& labels) const;
  /// As above without copying the labels out.
  bool matches(const Object& object) const;
  /// `labels`: a JSON object of strings, or null.
  bool matches_json(const json::Value& labels) const;
  /// `lookup(key)` gives the value of a label as std::optional<std::string_view>, however the
  /// labels are held.
  template <class Lookup>
  bool matches_by(const Lookup& lookup) const {
    return !nothing_ && std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
      return requirement.matches(lookup(requirement.key));
    });
  }

  bool selects_everything() const { return !nothing_ && requirements_.empty(); }
  bool selects_nothing() const { return nothing_; }
  const std::vector<Requirement>& requirements() const { return requirements_; }
  /// The value that `key` must equal for a match, when the selector fixes one: for index look-ups.
  std::optional<std::string_view> fixed_value(std::string_view key) const;

  /// The canonical text, sorted by key, that `parse` reads back. Empty for everything and nothing.
  std::string text() const;

  bool operator==(const LabelSelector&) const = default;

 private:
  void sort();

  std::vector<Requirement> requirements_;
  bool nothing_ = false;
};

/// A field selector: "metadata.name=x,status.phase!=Running". A value type.
/// Source: Kubernetes, "Field Selectors".
class FieldSelector {
 public:
  struct Requirement {
    std::string path{};  ///< "status.phase"
    std::string value{};
    bool equal = true;  ///< false: must differ
    bool operator==(const Requirement&) const = default;
  };

  /// Selects everything.
  FieldSelector() = default;
  /// Terms with =, == and !=; "\\", "\," and "\=" stand for themselves in values.
  /// `invalid_argument` naming the term. Which fields a type supports is the server's business.
  static Result<FieldSelector> parse(std::string_view text);
  FieldSelector& require(std::string path, std::string value, bool equal = true);

  /// Compares with the members of the document under each dotted path; an absent member is "".
  bool matches(const Object& object) const;

  bool selects_everything() const { return requirements_.empty(); }
  const std::vector<Requirement>& requirements() const { return requirements_; }
  /// The value that `path` must equal, when the selector fixes one.
  std::optional<std::string_view> fixed_value(std::string_view path) const;
  /// The text that `parse` reads back.
  std::string text() const;

  bool operator==(const FieldSelector&) const = default;

 private:
  std::vector<Requirement> requirements_;
};

/// A label key: an optional DNS subdomain and '/', then at most 63 letters, digits, '-', '_', '.'.
bool is_label_key(std::string_view text);
/// A label value: empty, or as the name part of a key.
bool is_label_value(std::string_view text);

}  // namespace pgo::kube
