#include "pgo/kube/quantity.h"

#include "pgo/base/text.h"

#include <array>
#include <limits>
#include <optional>
#include <utility>

namespace pgo::kube {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr Wide kNano = 1'000'000'000;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr Wide kCap = static_cast<Wide>(kMax) * kNano;

struct DecimalSuffix {
  std::string_view text;
  int exponent;
};
constexpr std::array<DecimalSuffix, 10> kDecimal{{{"n", -9},
                                                  {"u", -6},
                                                  {"m", -3},
                                                  {"", 0},
                                                  {"k", 3},
                                                  {"M", 6},
                                                  {"G", 9},
                                                  {"T", 12},
                                                  {"P", 15},
                                                  {"E", 18}}};
constexpr std::array<std::string_view, 7> kBinary{"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The digits of a number and where its decimal point stands, counted from the left.
struct Digits {
  std::string text;
  std::int64_t point = 0;
};

/// The integer part of the digits after moving the point, rounded up, capped.
Wide scaled(const Digits& digits, std::int64_t shift) {
  const std::int64_t point = digits.point + shift;
  Wide result = 0;
  const auto size = static_cast<std::int64_t>(digits.text.size());
  for (std::int64_t i = 0; i < point; ++i) {
    if (i >= size && result == 0) return 0;
    const Wide digit =
        i < size ? static_cast<Wide>(digits.text[static_cast<std::size_t>(i)] - '0') : 0;
    result = result * 10 + digit;
    if (result > kCap) return kCap;
  }
  const auto rest = static_cast<std::size_t>(point < 0 ? 0 : point);
  const bool fraction =
      rest < digits.text.size() && digits.text.find_first_not_of('0', rest) != std::string::npos;
  return fraction ? result + 1 : result;
}

/// As `scaled`, in billionths, times 1024^power.
Wide scaled_binary(const Digits& digits, int power) {
  const Wide factor = Wide{1} << (10 * power);
  const Wide units =
      scaled({digits.text.substr(0, static_cast<std::size_t>(digits.point)), digits.point}, 0);
  if (units > kCap / kNano / factor) return kCap;
  // Eighteen decimals times 2^60 still fit 128 bits; what is finer only rounds up.
  constexpr std::size_t kPlaces = 18;
  std::string fraction = digits.text.substr(static_cast<std::size_t>(digits.point));
  const bool finer =
      fraction.find_first_not_of('0', kPlaces) != std::string::npos && fraction.size() > kPlaces;
  fraction.resize(kPlaces, '0');
  Wide scale = 1;
  Wide part = 0;
  for (char c : fraction) {
    part = part * 10 + static_cast<Wide>(c - '0');
    scale *= 10;
  }
  part *= factor;
  const Wide rest = part % scale * kNano;
  Wide result = units * factor * kNano + part / scale * kNano + rest / scale;
  if (rest % scale != 0 || finer) ++result;
  return result > kCap ? kCap : result;
}

std::unexpected<Error> invalid(std::string_view text) {
  std::string shown(text.substr(0, 64));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return fail(Code::invalid_argument, "not a quantity, such as 500m, 1.5, 10Gi", std::move(shown));
}

std::string print(Wide value) {
  if (value == 0) return "0";
  std::string result;
  for (; value != 0; value /= 10) {
    result.insert(result.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
  }
  return result;
}

std::int64_t signed_value(Wide magnitude, bool negative) {
  const std::int64_t value =
      magnitude > static_cast<Wide>(kMax) ? kMax : static_cast<std::int64_t>(magnitude);
  return negative ? -value : value;
}

Wide magnitude_of(std::int64_t units, std::int32_t nanos) {
  const Wide whole = units < 0 ? -static_cast<Wide>(units) : static_cast<Wide>(units);
  return whole * kNano + static_cast<Wide>(nanos < 0 ? -nanos : nanos);
}

/// Digits with at most one point, at least one digit; moves `text` behind them.
std::optional<Digits> take_digits(std::string_view& text) {
  Digits result;
  bool point = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    if (is_digit(text[i])) {
      result.text += text[i];
    } else if (text[i] == '.' && !point) {
      point = true;
      result.point = static_cast<std::int64_t>(result.text.size());
    } else {
      break;
    }
  }
  if (result.text.empty()) return std::nullopt;
  if (!point) result.point = static_cast<std::int64_t>(result.text.size());
  text.remove_prefix(i);
  return result;
}

struct Scale {
  Quantity::Format format = Quantity::Format::decimal_si;
  int power = 0;  ///< of ten, or of 1024 for binary_si
};

std::optional<Scale> scale_of(std::string_view suffix) {
  for (const DecimalSuffix& known : kDecimal) {
    if (suffix == known.text) return Scale{Quantity::Format::decimal_si, known.exponent};
  }
  for (std::size_t i = 1; i < kBinary.size(); ++i) {
    if (suffix == kBinary[i]) return Scale{Quantity::Format::binary_si, static_cast<int>(i)};
  }
  if (suffix.front() != 'e' && suffix.front() != 'E') return std::nullopt;
  suffix.remove_prefix(1);
  bool negative = false;
  if (!suffix.empty() && (suffix.front() == '+' || suffix.front() == '-')) {
    negative = suffix.front() == '-';
    suffix.remove_prefix(1);
  }
  if (suffix.empty() || !is_digit(suffix.front())) return std::nullopt;
  const std::optional<std::int64_t> exponent = text::to_int(suffix);
  if (!exponent || *exponent > 1000) return std::nullopt;
  return Scale{Quantity::Format::decimal_exponent,
               static_cast<int>(negative ? -*exponent : *exponent)};
}

}  // namespace

Result<Quantity> Quantity::parse(std::string_view text) {
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) {
    negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  const std::optional<Digits> digits = take_digits(rest);
  if (!digits) return invalid(text);
  const std::optional<Scale> scale = scale_of(rest);
  if (!scale) return invalid(text);

  const bool binary = scale->format == Format::binary_si;
  const Wide nanos =
      binary ? scaled_binary(*digits, scale->power) : scaled(*digits, scale->power + 9);
  const Wide capped = nanos > kCap ? kCap : nanos;
  Quantity result;
  result.units_ = signed_value(capped / kNano, negative);
  result.nanos_ = static_cast<std::int32_t>(signed_value(capped % kNano, negative));
  // Less than one byte cannot be written in powers of 1024.
  result.format_ = binary && capped < kNano && capped != 0 ? Format::decimal_si : scale->format;
  return result;
}

Quantity Quantity::whole(std::int64_t value, Format format) {
  Quantity result;
  result.units_ = value == std::numeric_limits<std::int64_t>::min() ? -kMax : value;
  result.format_ = format;
  return result;
}

Quantity Quantity::milli(std::int64_t thousandths) {
  Quantity result;
  result.units_ = thousandths / 1000;
  result.nanos_ = static_cast<std::int32_t>(thousandths % 1000 * 1'000'000);
  return result;
}

std::int64_t Quantity::value() const {
  if (nanos_ > 0) return units_ == kMax ? kMax : units_ + 1;
  if (nanos_ < 0) return units_ == -kMax ? -kMax : units_ - 1;
  return units_;
}

std::int64_t Quantity::milli_value() const {
  constexpr Wide kMicro = 1'000'000;
  const bool negative = units_ < 0 || nanos_ < 0;
  return signed_value((magnitude_of(units_, nanos_) + kMicro - 1) / kMicro, negative);
}

std::string Quantity::text() const {
  if (is_zero()) return "0";
  Wide magnitude = magnitude_of(units_, nanos_);
  const std::string sign = units_ < 0 || nanos_ < 0 ? "-" : "";
  if (format_ == Format::binary_si && magnitude >= 1024 * kNano) {
    Wide whole = (magnitude + kNano - 1) / kNano;
    std::size_t power = 0;
    for (; whole % 1024 == 0 && power + 1 < kBinary.size(); whole /= 1024) ++power;
    return sign + print(whole) + std::string(kBinary[power]);
  }
  std::size_t place = 0;
  for (; magnitude % 1000 == 0 && place + 1 < kDecimal.size(); magnitude /= 1000) ++place;
  std::string result = sign + print(magnitude);
  if (format_ == Format::decimal_exponent) {
    const int exponent = kDecimal[place].exponent;
    if (exponent != 0) result += "e" + std::to_string(exponent);
    return result;
  }
  result += kDecimal[place].text;
  return result;
}

Quantity Quantity::operator+(const Quantity& other) const {
  __extension__ typedef __int128 Signed;
  const Signed sum = (static_cast<Signed>(units_) + other.units_) * static_cast<Signed>(kNano) +
                     nanos_ + other.nanos_;
  Wide magnitude = static_cast<Wide>(sum < 0 ? -sum : sum);
  if (magnitude > kCap) magnitude = kCap;
  Quantity result;
  result.units_ = signed_value(magnitude / kNano, sum < 0);
  result.nanos_ = static_cast<std::int32_t>(signed_value(magnitude % kNano, sum < 0));
  result.format_ = is_zero() ? other.format_ : format_;
  return result;
}

std::strong_ordering Quantity::operator<=>(const Quantity& other) const {
  if (const auto order = units_ <=> other.units_; order != 0) return order;
  return nanos_ <=> other.nanos_;
}

}  // namespace pgo::kube
