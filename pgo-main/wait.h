#pragma once

#include "pgo/base/result.h"
#include "pgo/model/messages/clusters.h"
#include "pgo/model/messages/workflow.h"

#include <chrono>
#include <optional>
#include <string>

namespace pgo::cli {

class App;

/// What a new cluster is waiting for, told from its objects alone; nothing when it is complete:
/// primary ready, first full backup made, all asked replicas ready.
std::optional<std::string> waiting_for(const model::rest::ShowClusterDetail& cluster,
                                       const model::rest::ShowWorkflowDetail& workflow);

/// Follows a new cluster until nothing is waited for, telling what is and since when: one line that
/// changes on a terminal, a line per condition elsewhere. `deadline_exceeded` after `timeout`.
Result<void> wait_for_cluster(App& app, const std::string& cluster, const std::string& workflow_id,
                              std::chrono::seconds timeout);

/// Follows the failover that was just asked for until it has ended. A refusal with the
/// reason when the target does not lead then, `deadline_exceeded` after `timeout`.
Result<void> wait_for_failover(App& app, const std::string& cluster, const std::string& target,
                               std::chrono::seconds timeout);
/// Follows a clone that was just asked for until its cluster is ready. `failed_precondition` with
/// the reason when it fails.
Result<void> wait_for_clone(App& app, const std::string& target, const std::string& workflow_id,
                            std::chrono::seconds timeout);

/// Follows a restore in place until the cluster is ready again, likewise.
Result<void> wait_for_restore(App& app, const std::string& cluster, const std::string& workflow_id,
                              std::chrono::seconds timeout);

}  // namespace pgo::cli
