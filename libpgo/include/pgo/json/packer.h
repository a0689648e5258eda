#pragma once

#include "pgo/json/value.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pgo::json {

/// A text in little memory. Immutable; may be read from any thread, and outlives its packer.
class Packed {
 public:
  Packed() = default;

  /// The text as it was packed.
  std::string text() const;
  /// What the text says; null where it was no JSON document.
  Value value() const;
  bool empty() const { return size_ == 0; }
  /// Whether the texts are equal.
  bool operator==(const Packed& other) const;
  /// How much memory it takes, without what it shares with others of its packer.
  std::size_t bytes() const { return sizeof(Packed) + stored_; }

 private:
  friend class Packer;
  class Dictionary;

  std::shared_ptr<const Dictionary> dictionary_;  ///< null: stored as it is
  std::unique_ptr<const char[]> data_;
  std::uint32_t stored_ = 0, size_ = 0;
};

/// Packs many similar texts, such as the pods of a thousand clusters: what they have in common is
/// kept once. The first few are kept as they are; from then on a sample of what went before serves
/// as dictionary, and is taken anew as the number grows. Used by one thread at a time. A text of
/// 4 GiB or more is cut.
class Packer {
 public:
  /// What packing and unpacking work with, some hundred kilobytes, for all packers of one owner.
  /// Thread safe.
  class Scratch;
  static std::shared_ptr<Scratch> make_scratch();

  explicit Packer(std::shared_ptr<Scratch> scratch);
  Packer(Packer&&) noexcept;
  Packer& operator=(Packer&&) noexcept;
  ~Packer();

  Packed pack(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pgo::json
