#include "embedded/api/spdy.h"

#include <algorithm>
#include <array>
#include <optional>
#include <zlib.h>

namespace pgo::embedded::api::spdy {
namespace {

constexpr std::uint16_t kVersion = 3;
constexpr std::uint16_t kSynStream = 1, kSynReply = 2, kRstStream = 3, kPing = 6, kHeaders = 8;
constexpr std::uint8_t kFin = 1;
constexpr std::uint32_t kRefusedStream = 3;
constexpr std::size_t kHeadBytes = 8;
constexpr std::size_t kMostFrame = (1u << 24) - 1;
/// A stream of kubectl has two headers.
constexpr std::size_t kMostControl = 64u << 10, kMostHeaders = 64u << 10;

std::uint32_t number(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  }
  return value;
}

void append(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
}

std::string control_frame(std::uint16_t type, std::string_view payload) {
  std::string frame;
  append(frame, (0x8000u | kVersion) << 16 | type);
  append(frame, static_cast<std::uint32_t>(payload.size()));  // no flags
  frame += payload;
  return frame;
}

std::string words(std::initializer_list<std::uint32_t> values) {
  std::string bytes;
  for (const std::uint32_t value : values) append(bytes, value);
  return bytes;
}

/// What both sides prime their compression with: names and values with their lengths, then text.
std::string make_dictionary() {
  constexpr std::string_view kWords[] = {
      // Names of headers.
      "options", "head", "post", "put", "delete", "trace", "accept", "accept-charset",
      "accept-encoding", "accept-language", "accept-ranges", "age", "allow", "authorization",
      "cache-control", "connection", "content-base", "content-encoding", "content-language",
      "content-length", "content-location", "content-md5", "content-range", "content-type", "date",
      "etag", "expect", "expires", "from", "host", "if-match", "if-modified-since", "if-none-match",
      "if-range", "if-unmodified-since", "last-modified", "location", "max-forwards", "pragma",
      "proxy-authenticate", "proxy-authorization", "range", "referer", "retry-after", "server",
      "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "vary", "via", "warning",
      "www-authenticate",
      // Names of SPDY, with values.
      "method", "get", "status", "200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie",
      "keep-alive", "origin"};
  std::string dictionary;
  for (const std::string_view word : kWords) {
    append(dictionary, static_cast<std::uint32_t>(word.size()));
    dictionary += word;
  }
  dictionary +=
      "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
      "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request"
      "401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented"
      "503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 "
      "Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,"
      "application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age="
      "gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";
  return dictionary;
}

const std::string& dictionary() {
  static const std::string kDictionary = make_dictionary();
  return kDictionary;
}

const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

std::unexpected<Error> malformed(std::string what) {
  return fail(Code::invalid_argument, "a SPDY/3 connection cannot be read: " + std::move(what));
}

/// The pairs of a block that is no longer compressed.
std::optional<Headers> pairs(std::string_view block) {
  std::size_t at = 0;
  const auto next_number = [&]() -> std::optional<std::uint32_t> {
    if (block.size() - at < 4) return std::nullopt;
    at += 4;
    return number(block, at - 4);
  };
  const auto next_text = [&]() -> std::optional<std::string> {
    const auto size = next_number();
    if (!size || block.size() - at < *size) return std::nullopt;
    at += *size;
    return std::string(block.substr(at - *size, *size));
  };
  const auto count = next_number();
  if (!count) return std::nullopt;
  Headers headers;
  for (std::uint32_t i = 0; i < *count; ++i) {
    auto name = next_text();
    auto value = next_text();
    if (!name || !value) return std::nullopt;
    headers.emplace_back(std::move(*name), std::move(*value));
  }
  return headers;
}

}  // namespace

class Reader::Inflater {
 public:
  Inflater() { ready_ = inflateInit(&stream_) == Z_OK; }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  std::optional<std::string> inflate_all(std::string_view compressed) {
    if (!ready_) return std::nullopt;
    // The type of the field comes from a C that knew no const; zlib does not write there.
    stream_.next_in = const_cast<Bytef*>(bytes_of(compressed));
    stream_.avail_in = static_cast<uInt>(compressed.size());
    std::string text;
    std::array<char, 4096> room;
    while (true) {
      stream_.next_out = reinterpret_cast<Bytef*>(room.data());
      stream_.avail_out = room.size();
      int status = inflate(&stream_, Z_SYNC_FLUSH);
      if (status == Z_NEED_DICT) {
        status = inflateSetDictionary(&stream_, bytes_of(dictionary()),
                                      static_cast<uInt>(dictionary().size()));
        if (status == Z_OK) continue;
      }
      text.append(room.data(), room.size() - stream_.avail_out);
      if (text.size() > kMostHeaders) return std::nullopt;
      const bool all = stream_.avail_in == 0 && stream_.avail_out > 0;
      if (all && (status == Z_OK || status == Z_BUF_ERROR)) return text;
      if (status != Z_OK) return std::nullopt;
    }
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

class Writer::Deflater {
 public:
  Deflater() {
    ready_ = deflateInit(&stream_, Z_DEFAULT_COMPRESSION) == Z_OK &&
             deflateSetDictionary(&stream_, bytes_of(dictionary()),
                                  static_cast<uInt>(dictionary().size())) == Z_OK;
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { deflateEnd(&stream_); }

  std::string deflate_all(std::string_view text) {
    std::string compressed;
    if (!ready_) return compressed;
    stream_.next_in = const_cast<Bytef*>(bytes_of(text));
    stream_.avail_in = static_cast<uInt>(text.size());
    std::array<char, 512> room;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(room.data());
      stream_.avail_out = room.size();
      deflate(&stream_, Z_SYNC_FLUSH);
      compressed.append(room.data(), room.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return compressed;
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

Reader::Reader() : inflater_(std::make_unique<Inflater>()) {}
Reader::~Reader() = default;

Result<void> Reader::feed(std::string_view bytes, const std::function<void(Frame)>& take) {
  pending_ += bytes;
  std::string_view rest = pending_;
  while (rest.size() >= kHeadBytes) {
    const std::uint32_t head = number(rest, 0), sizes = number(rest, 4);
    const std::size_t length = sizes & kMostFrame;
    const auto flags = static_cast<std::uint8_t>(sizes >> 24);
    const bool is_control = (head & 0x80000000u) != 0;
    if (is_control && (head >> 16 & 0x7fff) != kVersion) return malformed("another version");
    if (is_control && length > kMostControl) return malformed("too long a control frame");
    if (rest.size() - kHeadBytes < length) break;
    const std::string_view payload = rest.substr(kHeadBytes, length);
    if (is_control) {
      PGO_TRY(Frame frame, control(static_cast<std::uint16_t>(head & 0xffff), flags, payload));
      take(std::move(frame));
    } else {
      take({.kind = Kind::data,
            .stream = head,
            .last = (flags & kFin) != 0,
            .headers = {},
            .data = std::string(payload)});
    }
    rest.remove_prefix(kHeadBytes + length);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return {};
}

Result<Frame> Reader::control(std::uint16_t type, std::uint8_t flags, std::string_view payload) {
  Frame frame;
  const bool opens = type == kSynStream;
  // Whatever has headers is read: all of them are one compressed stream.
  const bool has_headers = opens || type == kSynReply || type == kHeaders;
  if (!has_headers && type != kRstStream && type != kPing) return frame;
  const std::size_t fixed = opens ? 10 : 4;
  if (payload.size() < fixed) return malformed("too short a control frame");
  frame.stream = number(payload, 0);
  if (type == kRstStream) frame.kind = Kind::reset;
  if (type == kPing) frame.kind = Kind::ping;
  if (!has_headers) return frame;
  frame.stream &= 0x7fffffffu;
  frame.last = (flags & kFin) != 0;
  const auto block = inflater_->inflate_all(payload.substr(fixed));
  auto headers = block ? pairs(*block) : std::nullopt;
  if (!headers) return malformed("unreadable headers");
  if (opens) frame.kind = Kind::open;
  frame.headers = std::move(*headers);
  return frame;
}

Writer::Writer() : deflater_(std::make_unique<Deflater>()) {}
Writer::~Writer() = default;

std::string Writer::accept(std::uint32_t stream) {
  return control_frame(kSynReply, words({stream}) + deflater_->deflate_all(words({0})));
}

std::string Writer::refuse(std::uint32_t stream) {
  return control_frame(kRstStream, words({stream, kRefusedStream}));
}

std::string Writer::data(std::uint32_t stream, std::string_view text, bool last) {
  std::string frames;
  do {
    const std::string_view part = text.substr(0, kMostFrame);
    text.remove_prefix(part.size());
    append(frames, stream);
    append(frames, static_cast<std::uint32_t>(part.size()) | (last && text.empty() ? 1u << 24 : 0));
    frames += part;
  } while (!text.empty());
  return frames;
}

std::string Writer::ping(std::uint32_t number) { return control_frame(kPing, words({number})); }

}  // namespace pgo::embedded::api::spdy
