#pragma once

#include "world.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::testing {

/// One thing that people ask for, from the request to its end.
struct Workflow {
  std::string name;
  std::function<void(World&)> prepare;  ///< undisturbed
  std::function<void(World&)> ask;
  std::function<bool(const World&)> done;
};

/// All of them. Each capability brings its own in CAPABILITY_workflows.cpp.
const std::vector<Workflow>& workflows();
const Workflow& workflow_named(std::string_view name);

void add_backup_workflows(std::vector<Workflow>& workflows);
void add_clone_workflows(std::vector<Workflow>& workflows);
void add_cluster_workflows(std::vector<Workflow>& workflows);
void add_failover_workflows(std::vector<Workflow>& workflows);
void add_restore_workflows(std::vector<Workflow>& workflows);
void add_schedule_workflows(std::vector<Workflow>& workflows);
void add_pgbouncer_workflows(std::vector<Workflow>& workflows);
void add_policy_workflows(std::vector<Workflow>& workflows);

/// Preparation that most workflows need: a settled cluster "hippo" with so many replicas.
void created(World& world, int replicas);

/// What a run came to.
struct Run {
  std::string picture;
  std::size_t calls = 0, writes = 0;  ///< of the operator, from the request on
  double milliseconds = 0;            ///< of CPU in the operator, from the request on
};

/// Runs the workflow in a new world; `disturb` is called before the request. Checks that it comes
/// to its end and breaks no rule.
Run run(const Workflow& workflow, const std::string& what,
        const std::function<void(World&)>& disturb);

/// Every place is tried in optimised builds or with PGO_THOROUGH set; elsewhere (sanitizers) every
/// fifth, beginning at a place that differs from workflow to workflow.
std::size_t first_place(const Workflow& workflow);
std::size_t stride();

/// The fault strikes the call (or write) with this number, counted from now.
void strike(World& world, bool writes_only, std::size_t number, Fault fault);

}  // namespace pgo::testing
