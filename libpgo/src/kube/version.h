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
  explicit Version(std::string_view text) : text_(text) {
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number_);
    if (error != std::errc() || at != end) number_ = 0;
  }

  std::string_view text() const { return text_; }
  bool empty() const { return text_.empty(); }
  bool comparable() const { return number_ != 0; }
  /// True only when both are comparable and this one is strictly later, or at least as late.
  bool after(const Version& other) const { return both(other) && number_ > other.number_; }
  bool at_or_after(const Version& other) const { return both(other) && number_ >= other.number_; }

 private:
  bool both(const Version& other) const { return comparable() && other.comparable(); }

  json::String text_;
  std::uint64_t number_ = 0;
};

}  // namespace pgo::kube
