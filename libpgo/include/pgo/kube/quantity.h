#pragma once

#include "pgo/base/result.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgo::kube {

/// A Kubernetes resource quantity: "500m", "1Gi", "1.5", "2e3". Precise to a billionth, finer parts
/// are rounded away from zero; magnitudes above 2^63-1 are capped. A value type.
/// Source: Kubernetes API reference, "Quantity".
class Quantity {
 public:
  /// How it was written, which decides how it is printed.
  enum class Format { decimal_si, binary_si, decimal_exponent };

  /// Zero.
  Quantity() = default;
  /// `invalid_argument` for anything but a number with a known suffix.
  static Result<Quantity> parse(std::string_view text);
  static Quantity whole(std::int64_t value, Format format = Format::decimal_si);
  static Quantity milli(std::int64_t thousandths);

  /// Whole units (bytes of memory and storage, cores of CPU), rounded away from zero.
  std::int64_t value() const;
  /// Thousandths (millicores), rounded away from zero, capped.
  std::int64_t milli_value() const;
  bool is_zero() const { return units_ == 0 && nanos_ == 0; }
  Format format() const { return format_; }

  /// The one canonical text: no fraction, the largest suffix that keeps the value exact.
  std::string text() const;

  /// Capped at 2^63-1; the format is the left side's unless that is zero.
  Quantity operator+(const Quantity& other) const;

  /// By value: 1Gi equals 1024Mi.
  std::strong_ordering operator<=>(const Quantity& other) const;
  bool operator==(const Quantity& other) const {
    return units_ == other.units_ && nanos_ == other.nanos_;
  }

 private:
  std::int64_t units_ = 0;
  std::int32_t nanos_ = 0;  ///< billionths beside `units_`, of the same sign
  Format format_ = Format::decimal_si;
};

}  // namespace pgo::kube
