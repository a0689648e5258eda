#pragma once

#include "output.h"
#include "pgo/model/messages/plan.h"

namespace pgo::cli {

/// One line for each step, what it does to a running cluster marked.
void print_steps(Output& output, const std::vector<model::rest::PlanStep>& steps);
/// What is waited for, since when where that is known, and what ends it.
void print_waits(Output& output, const std::vector<model::rest::PlanWait>& waits, bool with_remedy);
/// Steps, and what is waited for after them.
void print_stage(Output& output, const std::vector<model::rest::PlanStep>& steps,
                 const std::vector<model::rest::PlanWait>& waits);

}  // namespace pgo::cli
