#pragma once

#include "pgo/base/clock.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace pgo::engine {

/// One event of 4.2.0's event stream: what happened to which cluster. Never holds a secret.
struct EventRecord {
  std::string type;  ///< "CreateCluster"
  std::vector<std::string> topics;
  std::string ns, user;
  TimePoint time;
  std::vector<std::pair<std::string, std::string>> payload;  ///< "clustername" -> "hippo"
};

/// Receives events; called from any thread, must return at once.
using EventSink = std::function<void(const EventRecord&)>;

}  // namespace pgo::engine
