#pragma once

#include "embedded/controllers/decision.h"
#include "pgo/json/packer.h"
#include "pgo/kube/packed_object.h"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

namespace pgo::embedded::controllers {

/// An observed object that rests: its document is packed, and read again when somebody asks. A
/// thousand clusters are some sixty thousand objects, of which a few are looked at at a time.
class Kept {
 public:
  /// `object` is packed. `told`: a hash of all that is to be compared of it, 0 for everything.
  Kept(const Seen& object, std::size_t told)
      : packed_(object->packed()),
        uid_hash_(std::hash<std::string_view>()(object->uid())),
        told_(told) {}

  /// The object, unpacked unless somebody still holds it.
  Seen object() const { return kube::PackedObject::object(packed_); }
  /// Whether both are states of one object, and not of two that had its name in turn.
  bool same_object(const Kept& other) const { return uid_hash_ == other.uid_hash_; }
  bool operator==(const Kept& other) const {
    if (told_ != 0 || packed_ == other.packed_) return told_ == other.told_;
    return *packed_ == *other.packed_;
  }

 private:
  std::shared_ptr<const kube::PackedObject> packed_;
  std::size_t uid_hash_, told_;
};

/// Holds the objects that were used last, so that they need not be unpacked for each look.
class Recent {
 public:
  const std::shared_ptr<json::Packer::Scratch>& scratch() const { return scratch_; }
  void hold(Seen object) {
    held_[next_] = std::move(object);
    next_ = (next_ + 1) % held_.size();
  }

 private:
  std::shared_ptr<json::Packer::Scratch> scratch_ = json::Packer::make_scratch();
  std::array<Seen, 1024> held_;
  std::size_t next_ = 0;
};

/// What is kept of an object. What comes packed from its source is kept as that, whole: it takes no
/// memory then.
enum class Keep {
  whole,     ///< a controller reads it
  pod,       ///< what only a node reads may be left out
  metadata,  ///< only garbage collection reads it; changes of the rest are none
};

/// Keeps the objects of one type.
class Keeper {
 public:
  Keeper(Keep what, std::shared_ptr<Recent> recent)
      : what_(what), packer_(recent->scratch()), recent_(std::move(recent)) {}

  Kept keep(const Seen& object);
  Seen take_out(const Kept& kept) const;

 private:
  Keep what_;
  json::Packer packer_;
  std::shared_ptr<Recent> recent_;
};

}  // namespace pgo::embedded::controllers
