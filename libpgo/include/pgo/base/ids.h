#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pgo {

/// Where randomness comes from: the operating system in production, a seed in simulations.
class IdSource {
 public:
  IdSource() = default;
  IdSource(const IdSource&) = delete;
  IdSource& operator=(const IdSource&) = delete;
  virtual ~IdSource() = default;
  /// Fills `size` bytes. Thread safe.
  virtual void fill(void* data, std::size_t size) = 0;

  /// A version 4 UUID (RFC 9562) in lower case.
  std::string uuid();
  /// `length` characters drawn evenly from `alphabet` (1 to 256 characters).
  std::string text(std::size_t length, std::string_view alphabet);
  /// An even draw from [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
};

/// getrandom(2). Fit for passwords and keys.
class SystemIdSource final : public IdSource {
 public:
  void fill(void* data, std::size_t size) override;
};

/// Repeats the same sequence for the same seed. Never for secrets in production.
class SeededIdSource final : public IdSource {
 public:
  explicit SeededIdSource(std::uint64_t seed);
  ~SeededIdSource() override;
  void fill(void* data, std::size_t size) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A name suffix of `length` letters a-z that depends on `key` alone, so that a repeated attempt
/// makes the same name. 4.2.0 drew four random letters instead.
std::string derived_suffix(std::string_view key, std::size_t length = 4);

}  // namespace pgo
