#include "pgo/kube/transport.h"

#include <utility>

namespace pgo::kube {

Result<WatchStream::State> WatchStream::poll_events(std::vector<WatchEvent>& events) {
  std::vector<std::string> lines;
  const Result<State> state = poll(lines);
  events.reserve(events.size() + lines.size());
  for (std::string& line : lines) events.push_back({.line = std::move(line)});
  return state;
}

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::delete_:
      return "DELETE";
  }
  return "GET";
}

}  // namespace pgo::kube
