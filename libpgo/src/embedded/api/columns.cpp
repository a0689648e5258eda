#include "embedded/api/columns.h"

namespace pgo::embedded::api {
namespace {

using json::Value;

Columns plain() {
  return {.list = {{.name = "Name", .format = "name"}, {.name = "Age"}},
          .cells = [](const Resource&, const Value& object, TimePoint now) {
            return Value::array(
                {object["metadata"]["name"], age_of(object["metadata"]["creationTimestamp"], now)});
          }};
}

}  // namespace

std::string age_of(const Value& timestamp, TimePoint now) {
  const auto moment = parse_rfc3339(timestamp.as_string());
  return moment ? to_human(now - *moment) : std::string("<unknown>");
}

Columns columns_of(const Resource&) { return plain(); }

}  // namespace pgo::embedded::api
