#pragma once

#include "pgo/base/clock.h"
#include "pgo/kube/object.h"

#include <string>
#include <utility>
#include <vector>

namespace pgo::model {

/// What happened to an object, in the words of 4.2.0's events. Holds no secret.
struct EventFacts {
  kube::ResourceType type;                                     ///< of the object
  std::string ns, object;                                      ///< where it is, its name
  std::string event{};                                         ///< "ApplyPolicy"
  std::vector<std::pair<std::string, std::string>> payload{};  ///< "clustername" -> "hippo"
  bool warning = false;
};

/// The Kubernetes Event that `kubectl describe` shows. Its name is left to the API server.
kube::Object kubernetes_event(const EventFacts& facts, TimePoint now);

}  // namespace pgo::model
