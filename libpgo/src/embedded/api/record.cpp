#include "embedded/api/record.h"

#include "pgo/base/text.h"

#include <cstring>

namespace pgo::embedded::api {

std::string pack_labels(const json::Value& labels) {
  std::string packed;
  for (const json::Member& label : labels.members()) {
    packed += label.key;
    packed += '\0';
    packed += label.value.as_string();
    packed += '\0';
  }
  return packed;
}

const char* find_label(const std::string& packed, std::string_view key) {
  const char* at = packed.data();
  const char* const end = at + packed.size();
  while (at < end) {
    const std::size_t key_size = std::strlen(at);
    const char* value = at + key_size + 1;
    if (std::string_view(at, key_size) == key) return value;
    at = value + std::strlen(value) + 1;
  }
  return nullptr;
}

std::string field_text(const json::Value& document, std::string_view path) {
  // The core Event names the reporting component's field just "source".
  if (path == "source") path = "source.component";
  const json::Value* value = &document;
  for (const std::string& part : text::split(path, '.')) value = &(*value)[part];
  if (const json::String* string = value->if_string()) return *string;
  return value->is_number() || value->is_bool() ? json::write(*value) : std::string();
}

RecordPtr make_record(const Resource& resource, json::Value& document, std::uint64_t version) {
  json::Value& metadata = document.at_or_add("metadata");
  metadata.set("resourceVersion", std::to_string(version));
  auto record = std::make_shared<Record>();
  record->key = {std::string(metadata["namespace"].as_string()),
                 std::string(metadata["name"].as_string())};
  record->version = version;
  record->text = json::write(document);
  record->text.shrink_to_fit();
  record->labels = pack_labels(metadata["labels"]);
  for (const std::string& field : resource.fields) {
    record->fields += field_text(document, field);
    record->fields += '\0';
  }
  return record;
}

}  // namespace pgo::embedded::api
