#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/kube/client.h"
#include "pgo/kube/overlay.h"
#include "pgo/model/messages/plan.h"
#include "pgo/plan/cluster.h"

#include <set>
#include <string>
#include <vector>

/// Plans that are looked at and not carried out. Both functions list the namespace once; they block
/// for as long as the API takes, and share nothing, so any thread may call them.
namespace pgo::engine {

/// What is needed to plan without an engine. All of it must outlive the call.
struct Stage {
  const Clock& clock;
  IdSource& ids;
  plan::Settings settings;
};

/// What would be done, and for what would be waited then.
struct Rehearsal {
  std::vector<model::rest::PlanStep> steps;
  std::vector<model::rest::PlanWait> waits;
  /// What follows, each time the waits before are over, if nothing goes wrong.
  std::vector<model::rest::PlanStage> later;
};

/// Plans `clusters` of `ns` again and again and carries the plans out in `view`, until nothing is
/// left that could be done without the world moving. Begins with the writes that `view` holds
/// already: those of the request. Then lets the world move as it would if all went well, and goes
/// on. Errors: what a read or an action failed with.
Result<Rehearsal> rehearse(kube::OverlayTransport& view, const Stage& stage, const std::string& ns,
                           const std::set<std::string>& clusters);

/// The plan of one cluster as it stands now. `not_found` when there is neither a pgcluster nor
/// anything left to do for one.
Result<model::rest::ExplainResponse> explain(kube::Client client, const Stage& stage,
                                             const std::string& ns, const std::string& cluster);

/// The clusters that writes of a request are about.
std::set<std::string> clusters_of(const std::vector<kube::OverlayTransport::Write>& writes);

}  // namespace pgo::engine
