#include "pgo/model/event.h"

#include "pgo/model/names.h"

namespace pgo::model {

using json::Value;

kube::Object kubernetes_event(const EventFacts& facts, TimePoint now) {
  std::string message = facts.event;
  for (const auto& [key, value] : facts.payload) {
    if (!value.empty()) message += " " + key + "=" + value;
  }
  const std::string time = to_rfc3339(now);
  return kube::Object(Value::object(
      {{"apiVersion", "v1"},
       {"kind", "Event"},
       {"metadata", Value::object({{"namespace", facts.ns}, {"generateName", facts.object + "."}})},
       {"involvedObject", Value::object({{"apiVersion", facts.type.api_version()},
                                         {"kind", facts.type.kind},
                                         {"namespace", facts.ns},
                                         {"name", facts.object}})},
       {"reason", facts.event},
       {"message", message},
       {"type", facts.warning ? "Warning" : "Normal"},
       {"count", 1},
       {"firstTimestamp", time},
       {"lastTimestamp", time},
       {"source", Value::object({{"component", fixed::kOperator}})}}));
}

}  // namespace pgo::model
