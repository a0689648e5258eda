#pragma once

#include "embedded/api/resource.h"
#include "pgo/json/value.h"

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::embedded::api {

/// Names one object within its table; `ns` is empty for cluster-scoped types.
struct Key {
  std::string ns, name;
  auto operator<=>(const Key&) const = default;
};

/// One stored state of one object: the document as compact text, and only what selecting needs
/// beside it. Immutable; lists, watches and history share it.
struct Record {
  Key key;
  std::uint64_t version = 0;
  std::string text;    ///< compact JSON, resourceVersion included
  std::string labels;  ///< packed, see `pack_labels`
  std::string fields;  ///< values of the resource's selectable fields, each ended by a NUL

  std::size_t bytes() const {
    return sizeof(Record) + text.size() + labels.size() + fields.size() + key.ns.size() +
           key.name.size();
  }
};

using RecordPtr = std::shared_ptr<const Record>;

/// Builds the record of `document` at `version`; sets metadata.resourceVersion in the document.
RecordPtr make_record(const Resource& resource, json::Value& document, std::uint64_t version);

/// Each label as "key NUL value NUL". Label keys and values never contain NUL.
std::string pack_labels(const json::Value& labels);
/// The value of one packed label, or null.
const char* find_label(const std::string& packed, std::string_view key);
/// The text a field selector compares: strings as they are, numbers and booleans as JSON.
std::string field_text(const json::Value& document, std::string_view path);

}  // namespace pgo::embedded::api
