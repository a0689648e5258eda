#include "operations/kept.h"

#include <algorithm>
#include <string>
#include <utility>

namespace pgo::operations {
namespace {

std::unique_ptr<const char[]> found_by(const Listed& object) {
  std::string text(object.name());
  text += '\0';
  if (const auto cluster = object.cluster()) {
    text += '=';
    text += *cluster;
  }
  auto copy = std::make_unique_for_overwrite<char[]>(text.size() + 1);
  std::copy_n(text.c_str(), text.size() + 1, copy.get());
  return copy;
}

}  // namespace

Kept::Kept(const Listed& object, Packed packed)
    : packed_(std::move(packed)), found_by_(found_by(object)) {}

std::optional<std::string_view> Kept::cluster() const {
  const char* const at = found_by_.get() + name().size() + 1;
  if (*at != '=') return std::nullopt;
  return at + 1;
}

ObjectPtr Kept::object() const { return kube::PackedObject::object(packed_); }

}  // namespace pgo::operations
