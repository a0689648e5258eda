#pragma once

#include <algorithm>
#include <chrono>

namespace pgo::embedded::node {

/// When a container is started again: at once the first time, then after 10 s, 20 s, ... 5 min;
/// from the beginning again after a run of 10 minutes. Source: Kubernetes, "Pod Lifecycle".
class RestartBackoff {
 public:
  /// `lasted`: how long the run that ended took. Returns how long to wait now.
  std::chrono::seconds next(std::chrono::nanoseconds lasted) {
    if (lasted >= kForget) delay_ = std::chrono::seconds(0);
    auto now = delay_;
    delay_ = delay_.count() == 0 ? kFirst : std::min(delay_ * 2, kLongest);
    return now;
  }

 private:
  static constexpr std::chrono::seconds kFirst{10};
  static constexpr std::chrono::seconds kLongest{300};
  static constexpr std::chrono::minutes kForget{10};
  std::chrono::seconds delay_{0};
};

}  // namespace pgo::embedded::node
