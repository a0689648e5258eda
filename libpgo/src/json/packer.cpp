#include "pgo/json/packer.h"

#include <cstring>
#include <mutex>
#include <utility>
#include <zstd.h>

namespace pgo::json {
namespace {

/// The texts are short: what can be saved is in the dictionary, and higher levels gain little.
constexpr int kLevel = 1;
constexpr std::size_t kDictionaryBytes = 32u << 10;
/// A dictionary for few texts takes more than it saves.
constexpr std::size_t kFirstSample = 64;
/// A sample is taken again when there are so many times more texts.
constexpr std::size_t kGrowth = 8;
/// Texts that follow each other are often about one object; a sample should see more than that.
constexpr std::size_t kStride = 5;

template <auto Free>
struct Freeing {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Freeing<Free>>;

std::unique_ptr<const char[]> copy_of(const char* data, std::size_t size) {
  auto copy = std::make_unique_for_overwrite<char[]>(size);
  std::memcpy(copy.get(), data, size);
  return copy;
}

}  // namespace

class Packer::Scratch {
 public:
  std::size_t pack(std::string& into, std::string_view text, const ZSTD_CDict* dictionary) {
    const std::lock_guard lock(pack_mutex_);
    into.resize(ZSTD_compressBound(text.size()));
    return ZSTD_compress_usingCDict(in_.get(), into.data(), into.size(), text.data(), text.size(),
                                    dictionary);
  }
  /// A sample has no tables to be read: using it as it is costs nothing.
  void unpack(std::string& into, std::string_view packed, std::string_view sample) {
    const std::lock_guard lock(unpack_mutex_);
    ZSTD_decompress_usingDict(out_.get(), into.data(), into.size(), packed.data(), packed.size(),
                              sample.data(), sample.size());
  }

 private:
  // Each is held for a few microseconds at a time.
  std::mutex pack_mutex_, unpack_mutex_;
  Owned<ZSTD_CCtx, ZSTD_freeCCtx> in_{ZSTD_createCCtx()};
  Owned<ZSTD_DCtx, ZSTD_freeDCtx> out_{ZSTD_createDCtx()};
};

class Packed::Dictionary {
 public:
  Dictionary(std::string sample, std::shared_ptr<Packer::Scratch> scratch)
      : sample_(std::move(sample)), scratch_(std::move(scratch)) {}

  std::string unpack(std::string_view packed, std::size_t size) const {
    std::string text(size, '\0');
    scratch_->unpack(text, packed, sample_);
    return text;
  }

 private:
  std::string sample_;
  std::shared_ptr<Packer::Scratch> scratch_;
};

std::string Packed::text() const {
  if (dictionary_) return dictionary_->unpack({data_.get(), stored_}, size_);
  return {data_.get(), size_};
}

Value Packed::value() const {
  auto parsed = parse(text());
  return parsed ? *std::move(parsed) : Value();
}

bool Packed::operator==(const Packed& other) const {
  if (size_ != other.size_) return false;
  if (size_ == 0) return true;
  // The same text packed with the same dictionary gives the same bytes.
  if (dictionary_ == other.dictionary_) {
    return stored_ == other.stored_ && std::memcmp(data_.get(), other.data_.get(), stored_) == 0;
  }
  return text() == other.text();
}

struct Packer::State {
  explicit State(std::shared_ptr<Scratch> the_scratch) : scratch(std::move(the_scratch)) {}

  std::shared_ptr<Scratch> scratch;
  Owned<ZSTD_CDict, ZSTD_freeCDict> in;
  std::shared_ptr<const Packed::Dictionary> out;
  std::string buffer;
  std::string sample;
  std::size_t count = 0;
  std::size_t sample_at = kFirstSample;

  void observe(std::string_view text);
  void change_dictionary();
};

/// Gathers a sample once enough texts have been seen since the last one.
void Packer::State::observe(std::string_view text) {
  ++count;
  if (count < sample_at || count % kStride != 0) return;
  sample.append(text.substr(0, kDictionaryBytes - sample.size()));
  if (sample.size() == kDictionaryBytes) change_dictionary();
}

void Packer::State::change_dictionary() {
  in.reset(ZSTD_createCDict(sample.data(), sample.size(), kLevel));
  sample.shrink_to_fit();
  out = std::make_shared<const Packed::Dictionary>(std::exchange(sample, {}), scratch);
  sample_at = count * kGrowth;
}

std::shared_ptr<Packer::Scratch> Packer::make_scratch() { return std::make_shared<Scratch>(); }

Packer::Packer(std::shared_ptr<Scratch> scratch)
    : state_(std::make_unique<State>(std::move(scratch))) {}
Packer::Packer(Packer&&) noexcept = default;
Packer& Packer::operator=(Packer&&) noexcept = default;
Packer::~Packer() = default;

Packed Packer::pack(std::string_view text) {
  State& state = *state_;
  text = text.substr(0, UINT32_MAX);
  state.observe(text);
  Packed packed;
  packed.size_ = static_cast<std::uint32_t>(text.size());
  if (state.out) {
    const std::size_t stored = state.scratch->pack(state.buffer, text, state.in.get());
    if (ZSTD_isError(stored) == 0 && stored < text.size()) {
      packed.dictionary_ = state.out;
      packed.data_ = copy_of(state.buffer.data(), stored);
      packed.stored_ = static_cast<std::uint32_t>(stored);
      return packed;
    }
  }
  packed.data_ = copy_of(text.data(), text.size());
  packed.stored_ = packed.size_;
  return packed;
}

}  // namespace pgo::json
