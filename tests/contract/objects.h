#pragma once

#include "pgo/json/value.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Comparing our objects with those that 4.2.0 made.
namespace pgo::contract {

/// One recorded command: what it created and deleted.
struct GoldenCase {
  struct Item {
    std::string kind;  ///< plural: "deployments"
    std::string name;
    json::Value object;
  };
  /// One value of an object that was there before and stayed.
  struct Change {
    std::string kind, name, path;
    json::Value before, after;
  };
  std::string name, command;
  json::Value request;  ///< body of the request, or null
  std::vector<Item> created;
  std::vector<Item> deleted;
  std::vector<Change> changed;
  std::vector<std::string> before;

  /// The object of that kind and name, or null.
  const json::Value* find(std::string_view kind, std::string_view name) const;
  /// All of one kind.
  std::vector<const Item*> all(std::string_view kind) const;
};

/// Reads `golden/NAME.json`; the tests run in this folder. Stops the test when it cannot.
GoldenCase load_case(const std::string& name);
json::Value load_json(const std::string& path);

/// Removes what the API server fills in by itself, brings values that can be written in several
/// ways into one form, and replaces secret values by "drawn". Both sides of a comparison go
/// through it, so that a difference is always one of substance.
json::Value normalise(std::string_view kind, json::Value object);

struct Difference {
  std::string kind, name, path, theirs, ours;
  std::string text() const;
};

/// Where two normalised objects differ. Items of lists are matched by mountPath or name; their
/// order counts for nothing.
void compare(std::string_view kind, std::string_view name, const json::Value& theirs,
             const json::Value& ours, std::vector<Difference>& into);

/// The list of intended differences (differences.md), and which of its rows were met.
class Intended {
 public:
  /// Reads the rows of the tables: "| D1 | jobs | spec.backoffLimit | ... |".
  static Intended load(const std::string& path);

  /// True, and remembered, when a row allows the difference. "*" in a row's path stands for
  /// anything.
  bool allows(const Difference& difference);
  /// Rows whose number begins with `letter` that no difference met.
  std::vector<std::string> unmet(char letter) const;
  std::size_t size() const { return rows_.size(); }

 private:
  struct Row {
    std::string number, kind, path;
    bool met = false;
  };
  std::vector<Row> rows_;
};

/// "a*b" matches "aXYb".
bool matches(std::string_view pattern, std::string_view text);

}  // namespace pgo::contract
