#pragma once

#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace pgo::json {

/// The text of a key or value in 16 bytes, half of std::string: documents are mostly short words.
/// Up to 15 bytes lie inside, more in memory of exactly their size. Assigned as a whole, never
/// changed in place. Longer than 4 GiB - 1 is cut; a parser's limits are far below.
class String {
 public:
  String() noexcept { set_inside(0); }
  String(std::string_view text);
  String(const char* text) : String(std::string_view(text)) {}
  String(const std::string& text) : String(std::string_view(text)) {}
  String(const String& other) : String(other.view()) {}
  String(String&& other) noexcept : bytes_(other.bytes_) { other.set_inside(0); }
  String& operator=(const String& other) { return *this = String(other); }
  String& operator=(String&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~String() {
    if (outside()) free();
  }

  bool empty() const noexcept { return size() == 0; }
  std::size_t size() const noexcept {
    return outside() ? outside_size() : kInside - static_cast<unsigned char>(bytes_[kInside]);
  }
  const char* data() const noexcept { return outside() ? pointer() : bytes_.data(); }
  bool starts_with(std::string_view front) const noexcept { return view().starts_with(front); }
  std::string_view view() const noexcept { return {data(), size()}; }
  operator std::string_view() const noexcept { return view(); }
  operator std::string() const { return std::string(view()); }

  template <std::convertible_to<std::string_view> Text>
  bool operator==(const Text& other) const noexcept {
    return view() == std::string_view(other);
  }
  friend auto operator<=>(const String& a, const String& b) noexcept {
    return a.view() <=> b.view();
  }

 private:
  static constexpr std::size_t kInside = 15;
  static constexpr char kOutside = '\x7f';

  bool outside() const noexcept { return bytes_[kInside] == kOutside; }
  /// The last byte says how many of the others are free.
  void set_inside(std::size_t size) noexcept {
    bytes_[kInside] = static_cast<char>(kInside - size);
  }
  char* pointer() const noexcept {
    char* at = nullptr;
    std::memcpy(&at, bytes_.data(), sizeof at);
    return at;
  }
  std::uint32_t outside_size() const noexcept {
    std::uint32_t size = 0;
    std::memcpy(&size, bytes_.data() + sizeof(char*), sizeof size);
    return size;
  }
  void free() noexcept;

  alignas(char*) std::array<char, kInside + 1> bytes_{};
};

}  // namespace pgo::json
