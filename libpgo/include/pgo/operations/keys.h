#pragma once

#include "pgo/base/result.h"

#include <cstddef>
#include <memory>
#include <string>

namespace pgo::operations {

/// Where the 2048-bit RSA keys of new repositories come from. Thread safe.
class KeySource {
 public:
  KeySource() = default;
  KeySource(const KeySource&) = delete;
  KeySource& operator=(const KeySource&) = delete;
  virtual ~KeySource() = default;
  /// A private key as PEM that nobody else gets.
  virtual Result<std::string> take() = 0;
};

/// Makes each key when it is asked for (some 0.2 s of one core).
class FreshKeySource final : public KeySource {
 public:
  Result<std::string> take() override;
};

/// Keeps `size` keys ready, made one by one by a thread of its own, so that a request seldom waits
/// for one. Falls back to making one on the spot.
class KeyPool final : public KeySource {
 public:
  explicit KeyPool(std::size_t size);
  ~KeyPool() override;
  Result<std::string> take() override;
  std::size_t ready() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgo::operations
