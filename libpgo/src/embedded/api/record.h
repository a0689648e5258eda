#pragma once

#include "embedded/api/resource.h"
#include "pgo/json/value.h"
#include "pgo/kube/object.h"
#include "pgo/kube/packed_object.h"

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgo::embedded::api {

/// Names one object within its table; `ns` is empty for cluster-scoped types.
struct Key {
  std::string ns, name;
  auto operator<=>(const Key&) const = default;
};

using DocumentPtr = std::shared_ptr<const kube::Object>;

/// One stored state of one object: the document packed, and only what selecting needs beside it.
/// Immutable; lists, watches and history share it.
class Record {
 public:
  /// `document` comes with its packed text.
  Record(const Resource& resource, const DocumentPtr& document, std::uint64_t version);
  /// The same state of the same object, at another version.
  Record(const Record& like, const DocumentPtr& document, std::uint64_t version);

  std::string_view ns() const { return part(0, name_); }
  std::string_view name() const { return part(name_, labels_); }
  Key key() const { return {std::string(ns()), std::string(name())}; }
  std::uint64_t version() const { return version_; }
  /// See `pack_labels`.
  std::string_view labels() const { return part(labels_, fields_); }
  /// The values of the resource's selectable fields, each ended by a NUL.
  std::string_view fields() const { return part(fields_, end_); }
  /// Compact JSON, resourceVersion included.
  std::string text() const { return packed_->text(); }
  /// What the text says: at hand for some time after the write, read from the text after that.
  DocumentPtr document() const { return kube::PackedObject::object(packed_); }
  std::size_t bytes() const { return sizeof(Record) + end_ + packed_->bytes(); }

 private:
  void keep(std::string_view parts);
  std::string_view part(std::uint32_t from, std::uint32_t to) const {
    return {parts_.get() + from, to - from};
  }

  std::uint64_t version_;
  std::shared_ptr<const kube::PackedObject> packed_;
  /// Namespace, name, labels and fields behind each other: one piece of memory, not four.
  std::unique_ptr<const char[]> parts_;
  std::uint32_t name_, labels_, fields_, end_ = 0;
};

using RecordPtr = std::shared_ptr<const Record>;

/// Orders records by namespace and name.
struct ByKey {
  using is_transparent = void;
  using View = std::pair<std::string_view, std::string_view>;
  static View view(const RecordPtr& record) { return {record->ns(), record->name()}; }
  static View view(const Key& key) { return {key.ns, key.name}; }
  static View view(const View& key) { return key; }
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    return view(a) < view(b);
  }
};

/// Sets metadata.resourceVersion in the document and returns it as compact text.
std::string text_at(std::uint64_t version, json::Value& document);

/// Each label as "key NUL value NUL". Label keys and values never contain NUL.
std::string pack_labels(const json::Value& labels);
/// The value of one packed label, or null.
const char* find_label(std::string_view packed, std::string_view key);
/// The text a field selector compares: strings as they are, numbers and booleans as JSON.
std::string field_text(const json::Value& document, std::string_view path);

}  // namespace pgo::embedded::api
