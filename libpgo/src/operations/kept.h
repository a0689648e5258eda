#pragma once

#include "pgo/kube/packed_object.h"
#include "pgo/operations/reader.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace pgo::operations {

/// What is held of an object, by the thousand: what requests look at, packed, and beside it, in one
/// piece of memory, only by what it is found.
class Kept final : public Listed {
 public:
  using Packed = std::shared_ptr<const kube::PackedObject>;

  /// `packed` is what requests look at of `object`.
  Kept(const Listed& object, Packed packed);
  Kept(Kept&& other) noexcept
      : packed_(std::move(other.packed_)), found_by_(std::move(other.found_by_)) {}

  std::string_view name() const override { return found_by_.get(); }
  std::optional<std::string_view> cluster() const override;
  ObjectPtr object() const override;
  bool operator==(const Kept& other) const {
    return packed_ == other.packed_ || *packed_ == *other.packed_;
  }

 private:
  Packed packed_;
  /// "name NUL = cluster NUL", or "name NUL NUL" without the label.
  std::unique_ptr<const char[]> found_by_;
};

}  // namespace pgo::operations
