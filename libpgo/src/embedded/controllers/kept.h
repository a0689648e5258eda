#pragma once

#include "embedded/controllers/decision.h"
#include "pgo/json/packer.h"

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
  Kept(json::Packed document, const Seen& object)
      : document_(std::move(document)),
        uid_hash_(std::hash<std::string_view>()(object->uid())),
        object_(object) {}

  /// The object, unpacked unless somebody still holds it.
  Seen object() const;
  /// Whether both are states of one object, and not of two that had its name in turn.
  bool same_object(const Kept& other) const { return uid_hash_ == other.uid_hash_; }
  bool operator==(const Kept& other) const { return document_ == other.document_; }

 private:
  json::Packed document_;
  std::size_t uid_hash_;
  mutable std::weak_ptr<const kube::Object> object_;  ///< of the controllers' one thread
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
  std::array<Seen, 128> held_;
  std::size_t next_ = 0;
};

/// How an object is kept.
enum class Keep {
  whole,     ///< a controller reads it
  pod,       ///< without what only a node reads
  metadata,  ///< only garbage collection does
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
