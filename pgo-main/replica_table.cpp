#include "replica_table.h"

#include "app.h"

#include <algorithm>

namespace pgo::cli {

void print_replica_table(App& app, const std::string& cluster, std::span<const ReplicaRow> rows,
                         std::string_view none, bool wide) {
  Output& output = app.output();
  output.line();
  output.line("Cluster: " + cluster);
  if (rows.empty()) {
    output.line(std::string(none));
    return;
  }
  const auto line = [&](std::string_view name, std::string_view status, std::string_view node,
                        std::string_view lag, const std::string& timeline) {
    output.line(padded(name, 20) + "\t" + padded(status, 10) + "\t" + padded(node, 10) + "\t" +
                std::string(lag) + (wide ? "\t" + timeline : std::string()));
  };
  line("REPLICA", "STATUS", "NODE", "REPLICATION LAG", "TIMELINE");
  for (const ReplicaRow& row : rows) {
    const std::string number = row.lag < 0 ? "unknown" : std::to_string(row.lag);
    const std::string blank(12 - std::min<std::size_t>(12, number.size()), ' ');
    line(row.name, row.status, (row.preferred ? "*" : "") + row.node, blank + number + " MB",
         std::to_string(row.timeline));
  }
  if (std::ranges::any_of(rows, &ReplicaRow::preferred)) output.line("* preferred node");
}

}  // namespace pgo::cli
