#include "embedded/api/record.h"

#include "pgo/base/text.h"

#include <cstring>
#include <memory>
#include <utility>

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

const char* find_label(std::string_view packed, std::string_view key) {
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

std::string text_at(std::uint64_t version, json::Value& document) {
  document.at_or_add("metadata").set("resourceVersion", std::to_string(version));
  return json::write(document);
}

Record::Record(const Resource& resource, const DocumentPtr& document, std::uint64_t version)
    : version_(version), packed_(document->packed()) {
  const json::Value& metadata = (*document)["metadata"];
  std::string parts(metadata["namespace"].as_string());
  const auto here = [&parts] { return static_cast<std::uint32_t>(parts.size()); };
  name_ = here();
  parts += metadata["name"].as_string();
  labels_ = here();
  parts += pack_labels(metadata["labels"]);
  fields_ = here();
  for (const std::string& field : resource.fields) {
    parts += field_text(document->document(), field);
    parts += '\0';
  }
  keep(parts);
}

Record::Record(const Record& like, const DocumentPtr& document, std::uint64_t version)
    : version_(version),
      packed_(document->packed()),
      name_(like.name_),
      labels_(like.labels_),
      fields_(like.fields_) {
  keep(like.part(0, like.end_));
}

void Record::keep(std::string_view parts) {
  end_ = static_cast<std::uint32_t>(parts.size());
  auto copy = std::make_unique_for_overwrite<char[]>(parts.size());
  std::memcpy(copy.get(), parts.data(), parts.size());
  parts_ = std::move(copy);
}

}  // namespace pgo::embedded::api
