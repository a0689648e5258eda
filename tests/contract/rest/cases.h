#pragma once

#include "pgo/json/value.h"

#include <string>
#include <string_view>
#include <vector>

namespace pgo::test {

/// One command recorded from 4.2.0: its requests, answers, what it printed, what the apiserver
/// wrote. Sentences are replaced by "*".
struct RecordedCase {
  std::string name;
  json::Value document;

  std::string_view command() const { return document["command"].as_string(); }
  const json::Array& exchanges() const { return document["exchanges"].items(); }
  const json::Array& writes() const { return document["writes"].items(); }
  const json::Array& stdout_lines() const { return document["stdout"].items(); }
};

/// The cases whose name begins with `prefix`, from the folder "cases".
std::vector<RecordedCase> recorded_cases(std::string_view prefix);
RecordedCase recorded_case(std::string_view name);

/// `text` with ids, times and generated four-letter suffixes replaced, as they differ in each run.
std::string without_chance(std::string_view text);

/// Where two documents differ ("/spec/user: a, not b"), or empty. An empty list, an empty object
/// and null are the same; "*" in `recorded` stands for any text; members of `ignored` are skipped
/// wherever they are.
std::string difference(const json::Value& recorded, const json::Value& ours,
                       const std::vector<std::string_view>& ignored = {});

}  // namespace pgo::test
