#pragma once

#include "pgo/base/clock.h"
#include "pgo/plan/plan.h"
#include "pgo/plan/view.h"

#include <memory>
#include <string>

namespace pgo::model {
struct Config;
}
namespace pgo::manifests {
class Renderer;
}

namespace pgo::plan {

/// What does not change while the operator runs.
struct Settings {
  const model::Config* config = nullptr;          ///< pgo.yaml
  const manifests::Renderer* renderer = nullptr;  ///< the object templates
};

/// Everything there is to do now for one cluster. Pure: the same view and time give the same plan.
Plan plan_cluster(const ClusterView& view, const Settings& settings, TimePoint now);

}  // namespace pgo::plan
