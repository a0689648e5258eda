#pragma once

#include "embedded/api/resource.h"
#include "pgo/base/clock.h"
#include "pgo/json/value.h"

#include <functional>
#include <string>
#include <vector>

/// Which columns `kubectl get` shows for a type.
namespace pgo::embedded::api {

struct Column {
  std::string name{}, type = "string", format{}, description{};
  int priority = 0;  ///< above 0: only with -o wide
};

struct Columns {
  std::vector<Column> list;
  /// One value for each column.
  std::function<json::Value(const Resource&, const json::Value& object, TimePoint now)> cells;
};

Columns columns_of(const Resource& type);

/// The age of a moment as kubectl prints it: "5s", "3m20s", "4h", "12d".
std::string age_of(const json::Value& timestamp, TimePoint now);

}  // namespace pgo::embedded::api
