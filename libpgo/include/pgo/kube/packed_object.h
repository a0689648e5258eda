#pragma once

#include "pgo/json/packer.h"
#include "pgo/kube/object.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

namespace pgo::kube {

/// An object that rests in little memory, and is unpacked at most once at a time: who asks for it
/// while another still holds what he was given gets the same. Thread safe.
class PackedObject {
 public:
  /// `packed` is the text of what `document` says. The object knows where it is packed.
  static std::shared_ptr<const Object> make(json::Value document, json::Packed packed);

  /// The object, from `self`.
  static std::shared_ptr<const Object> object(const std::shared_ptr<const PackedObject>& self);
  std::string text() const { return packed_.text(); }
  std::size_t bytes() const { return sizeof(PackedObject) + packed_.bytes() - sizeof packed_; }
  /// Whether the texts are equal.
  bool operator==(const PackedObject& other) const { return packed_ == other.packed_; }

  /// For `make`.
  explicit PackedObject(json::Packed packed) : packed_(std::move(packed)) {}

 private:
  std::shared_ptr<const Object> held() const;
  void hold(const std::shared_ptr<const Object>& object) const;

  json::Packed packed_;
  /// Guards `object_`, for the few instructions that it takes to copy a pointer.
  mutable std::atomic_flag busy_;
  mutable std::weak_ptr<const Object> object_;
};

}  // namespace pgo::kube
