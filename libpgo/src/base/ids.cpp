#include "pgo/base/ids.h"

#include "pgo/base/text.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <random>
#include <sys/random.h>

namespace pgo {

std::string IdSource::uuid() {
  std::array<unsigned char, 16> bytes{};
  fill(bytes.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kHex[bytes[i] >> 4];
    out += kHex[bytes[i] & 0x0f];
  }
  return out;
}

std::uint64_t IdSource::below(std::uint64_t bound) {
  // Draws above the largest multiple of bound are thrown away, or low results would be likelier.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t draw = 0;
  do {
    fill(&draw, sizeof draw);
  } while (draw >= limit);
  return draw % bound;
}

std::string IdSource::text(std::size_t length, std::string_view alphabet) {
  std::string out(length, '\0');
  for (char& c : out) c = alphabet[below(alphabet.size())];
  return out;
}

void SystemIdSource::fill(void* data, std::size_t size) {
  auto* out = static_cast<unsigned char*>(data);
  while (size > 0) {
    const ssize_t got = getrandom(out, size, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();  // no randomness means no safe password: nothing sensible can follow
    }
    out += got;
    size -= static_cast<std::size_t>(got);
  }
}

struct SeededIdSource::State {
  explicit State(std::uint64_t seed) : engine(seed) {}
  std::mutex mutex;
  std::mt19937_64 engine;
};

SeededIdSource::SeededIdSource(std::uint64_t seed) : state_(std::make_unique<State>(seed)) {}

SeededIdSource::~SeededIdSource() = default;

void SeededIdSource::fill(void* data, std::size_t size) {
  const std::scoped_lock lock(state_->mutex);
  auto* out = static_cast<unsigned char*>(data);
  while (size > 0) {
    const std::uint64_t word = state_->engine();
    const std::size_t take = std::min(size, sizeof word);
    std::memcpy(out, &word, take);
    out += take;
    size -= take;
  }
}

std::string derived_suffix(std::string_view key, std::size_t length) {
  // Finaliser of splitmix64: FNV alone leaves the low bits of similar keys related.
  std::uint64_t hash = text::fnv1a(key);
  std::string out;
  for (std::size_t i = 0; i < length; ++i) {
    hash += 0x9e3779b97f4a7c15ULL;
    std::uint64_t mixed = hash;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    mixed ^= mixed >> 31;
    out += static_cast<char>('a' + mixed % 26);
  }
  return out;
}

}  // namespace pgo
