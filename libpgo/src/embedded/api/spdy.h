#pragma once

#include "pgo/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The frames of SPDY/3.1 as far as `kubectl exec` before 1.31 speaks them. No flow control: client
/// and server of Kubernetes have none, neither sends WINDOW_UPDATE nor waits for it.
/// Source: SPDY Protocol, Draft 3.1.
namespace pgo::embedded::api::spdy {

using Headers = std::vector<std::pair<std::string, std::string>>;

enum class Kind { open, data, reset, ping, other };

struct Frame {
  Kind kind = Kind::other;
  std::uint32_t stream = 0;  ///< of a ping: its number
  bool last = false;         ///< the sender sends no more on this stream
  Headers headers;           ///< of `open`; names in lower case
  std::string data;          ///< of `data`
};

/// Takes frames out of the bytes of a client. The blocks of headers are one compressed stream, so
/// each connection has a reader of its own.
class Reader {
 public:
  Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader();
  /// Hands each frame that is whole to `take`. `invalid_argument`: these are no frames of SPDY/3,
  /// or more than a frame may hold; nothing after that can be read.
  Result<void> feed(std::string_view bytes, const std::function<void(Frame)>& take);

 private:
  class Inflater;
  Result<Frame> control(std::uint16_t type, std::uint8_t flags, std::string_view payload);

  std::unique_ptr<Inflater> inflater_;
  std::string pending_;
};

/// Makes the frames of a server.
class Writer {
 public:
  Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();
  /// The stream is accepted.
  std::string accept(std::uint32_t stream);
  /// The stream is not.
  static std::string refuse(std::uint32_t stream);
  /// Text of any size, in as many frames as it takes; `last` ends the stream.
  static std::string data(std::uint32_t stream, std::string_view text, bool last = false);
  static std::string ping(std::uint32_t number);

 private:
  class Deflater;
  std::unique_ptr<Deflater> deflater_;
};

}  // namespace pgo::embedded::api::spdy
