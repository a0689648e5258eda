#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pgo::cli {

class App;

/// One replica as `failover --query` and `scaledown --query` list it.
struct ReplicaRow {
  std::string name, status, node;
  int lag = 0;  ///< MB; below 0 unknown
  int timeline = 0;
  bool preferred = false;  ///< its node is one that pgo.yaml prefers
};

/// The table of 4.2.0, or the sentence `none` without rows; `wide` adds the timeline.
void print_replica_table(App& app, const std::string& cluster, std::span<const ReplicaRow> rows,
                         std::string_view none, bool wide);

}  // namespace pgo::cli
