#include "embedded/api/table.h"

#include "embedded/api/columns.h"

namespace pgo::embedded::api {
namespace {

using json::Value;

Value column_document(const Column& column) {
  return Value::object({{"name", column.name},
                        {"type", column.type},
                        {"format", column.format},
                        {"description", column.description},
                        {"priority", column.priority}});
}

Value row_document(const Resource& type, const Columns& columns, const Value& object,
                   bool whole_object, TimePoint now) {
  Value carried = object;
  if (!whole_object) {
    carried = Value::object({{"kind", "PartialObjectMetadata"},
                             {"apiVersion", "meta.k8s.io/v1"},
                             {"metadata", object["metadata"]}});
  }
  return Value::object(
      {{"cells", columns.cells(type, object, now)}, {"object", std::move(carried)}});
}

}  // namespace

bool wants_table(const Call& call) {
  const std::size_t table = call.accept.find("as=Table");
  if (table == std::string::npos) return false;
  // The first acceptable form wins; kubectl lists Table before plain JSON.
  return call.accept.find("application/json,") > table;
}

std::string table_text(const Call& call, const std::vector<RecordPtr>& records,
                       std::uint64_t version, const std::string& next, TimePoint now,
                       bool with_columns) {
  const Columns columns = columns_of(*call.resource);
  Value metadata = Value::object({{"resourceVersion", std::to_string(version)}});
  if (!next.empty()) metadata.set("continue", next);
  Value definitions = Value::array();
  if (with_columns) {
    for (const Column& column : columns.list) definitions.push_back(column_document(column));
  }
  const bool whole = call.query.get("includeObject") == "Object";
  Value rows = Value::array();
  for (const RecordPtr& record : records) {
    if (const auto object = json::parse(record->text())) {
      rows.push_back(row_document(*call.resource, columns, *object, whole, now));
    }
  }
  return json::write(Value::object({{"kind", "Table"},
                                    {"apiVersion", "meta.k8s.io/v1"},
                                    {"metadata", std::move(metadata)},
                                    {"columnDefinitions", std::move(definitions)},
                                    {"rows", std::move(rows)}}));
}

}  // namespace pgo::embedded::api
