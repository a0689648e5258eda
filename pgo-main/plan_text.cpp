#include "plan_text.h"

namespace pgo::cli {

void print_steps(Output& output, const std::vector<model::rest::PlanStep>& steps) {
  Table table({"STEP", "OBJECT", "WHY", "EFFECT"});
  for (const model::rest::PlanStep& step : steps) {
    table.add({step.verb, step.kind + " " + step.name, step.reason,
               step.effect.empty() ? "-" : step.effect});
  }
  output.write(table.text());
}

void print_waits(Output& output, const std::vector<model::rest::PlanWait>& waits,
                 bool with_remedy) {
  for (const model::rest::PlanWait& wait : waits) {
    output.line("  " + wait.message + (wait.subject.empty() ? "" : " (" + wait.subject + ")"));
    if (!wait.detail.empty()) output.line("    " + wait.detail);
    if (!with_remedy) continue;
    if (!wait.since.empty()) output.line("    since " + wait.since);
    if (!wait.remedy.empty()) output.line("    " + wait.remedy);
  }
}

void print_stage(Output& output, const std::vector<model::rest::PlanStep>& steps,
                 const std::vector<model::rest::PlanWait>& waits) {
  print_steps(output, steps);
  if (!waits.empty()) output.line("Then it waits:");
  print_waits(output, waits, /*with_remedy=*/false);
}

}  // namespace pgo::cli
