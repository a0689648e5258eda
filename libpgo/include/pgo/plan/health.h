#pragma once

#include "pgo/plan/reason.h"
#include "pgo/plan/view.h"

#include <string>
#include <vector>

/// How a cluster is, for people. Readiness comes and goes, so nothing of this is part of a plan,
/// stored or waited for: it costs no write, and no command ends later for it.
namespace pgo::plan {

/// What does not work although no plan waits for it: an initialised cluster without a ready
/// primary or repository, and each instance that is not ready. Empty for a cluster on its way out.
std::vector<Condition> ailments(const ClusterView& view);

/// How far the cluster is: the state of its pgcluster, unless an open task says more, such as
/// "being removed". In words also where there is no pgcluster.
std::string state_in_words(const ClusterView& view);

}  // namespace pgo::plan
