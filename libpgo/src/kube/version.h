#pragma once

#include "pgo/json/string.h"

#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace pgo::kube {

/// A resourceVersion. Servers that follow Kubernetes hand out growing integers; zero stands for one
/// that is not comparable.
class Version {
 public:
  Version() = default;
  explicit Version(std::string_view text) : text_(text) {}

  std::string_view text() const { return text_; }
  bool empty() const { return text_.empty(); }
  bool comparable() const { return number() != 0; }
  /// True only when both are comparable and this one is strictly later, or at least as late.
  bool after(const Version& other) const {
    const std::uint64_t mine = number(), theirs = other.number();
    return mine != 0 && theirs != 0 && mine > theirs;
  }
  bool at_or_after(const Version& other) const {
    const std::uint64_t mine = number(), theirs = other.number();
    return mine != 0 && theirs != 0 && mine >= theirs;
  }

 private:
  /// Read from the text each time: there is one of these for every object that is held.
  std::uint64_t number() const {
    std::uint64_t number = 0;
    const char* const end = text_.data() + text_.size();
    const auto [at, error] = std::from_chars(text_.data(), end, number);
    return error == std::errc() && at == end ? number : 0;
  }

  json::String text_;
};

}  // namespace pgo::kube
