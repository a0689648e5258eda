#include "pgo/model/schedule.h"

#include "pgo/json/codec.h"
#include "pgo/model/labels.h"

namespace pgo::model {

std::string_view schedule_text(const kube::Object& config_map) {
  const json::Object& data = config_map["data"].members();
  return data.size() == 1 ? data.begin()->value.as_string() : std::string_view();
}

Result<Schedule> Schedule::parse(std::string_view text) {
  PGO_TRY(const json::Value document, json::parse(text));
  return json::decode<Schedule>(document, json::Mode::lenient);
}

Result<Schedule> Schedule::from(const kube::Object& config_map) {
  const std::string_view text = schedule_text(config_map);
  if (text.empty()) {
    return fail(Code::invalid_argument, "a schedule's ConfigMap holds exactly one text",
                config_map.text());
  }
  auto schedule = parse(text);
  if (schedule) return schedule;
  return fail(std::move(schedule).error().with_context("reading " + config_map.text()));
}

kube::Object Schedule::object() const {
  kube::Object map(kube::types::kConfigMap, ns, name);
  map.set_label(label::kScheduler, kTrue);
  map.set_label(label::kCluster, cluster);
  map.document().set("data", json::Value::object({{name, json::write(json::encode(*this))}}));
  return map;
}

}  // namespace pgo::model
