#include "embedded/api/spdy.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>
#include <zlib.h>

namespace pgo::embedded::api::spdy {
namespace {

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

/// What kubectl 1.20.2 sent for `kubectl exec -i POD -- cat`, given "through\n".
const std::string kConversation = from_hex(
    "80030001000000290000000100000000000078f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a68000000"
    "00ffff800300010000001700000003000000000000c22e555c92929907000000ffff800300010000001900000005"
    "000000000000c22ac5565c92925f5a02000000ffff800300010000001500000007000000000000c229975a540400"
    "0000ffff00000003000000087468726f7567680a0000000301000000800300030000000800000001000000058003"
    "00030000000800000003000000058003000300000008000000050000000580030003000000080000000700000005"
    "80030007000000080000000000000000");

/// A stream with a block of headers, packed without the dictionary.
std::string stream_of(const std::string& block) {
  std::string packed(4096, '\0');
  z_stream deflater{};
  REQUIRE(deflateInit(&deflater, Z_DEFAULT_COMPRESSION) == Z_OK);
  deflater.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
  deflater.avail_in = static_cast<uInt>(block.size());
  deflater.next_out = reinterpret_cast<Bytef*>(packed.data());
  deflater.avail_out = static_cast<uInt>(packed.size());
  CHECK(deflate(&deflater, Z_SYNC_FLUSH) == Z_OK);
  packed.resize(packed.size() - deflater.avail_out);
  deflateEnd(&deflater);
  const std::size_t length = 10 + packed.size();
  std::string frame = from_hex("8003000100");
  frame += {'\0', static_cast<char>(length >> 8), static_cast<char>(length & 0xff)};
  return frame + from_hex("00000001000000000000") + packed;
}

std::vector<Frame> frames_of(std::string_view bytes, std::size_t piece) {
  Reader reader;
  std::vector<Frame> frames;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    const auto fed = reader.feed(bytes.substr(0, piece),
                                 [&](Frame frame) { frames.push_back(std::move(frame)); });
    REQUIRE_MESSAGE(fed.has_value(), (fed ? "" : fed.error().message));
  }
  return frames;
}

std::string refusal_of(std::string_view bytes) {
  Reader reader;
  const auto fed = reader.feed(bytes, [](const Frame&) {});
  return fed ? "" : fed.error().message;
}

TEST_SUITE("embedded.spdy") {
  TEST_CASE("spdy: what kubectl 1.20 sends is read, wherever it is cut") {
    for (const std::size_t piece : {1u, 7u, 41u, 4096u}) {
      const std::vector<Frame> frames = frames_of(kConversation, piece);
      REQUIRE(frames.size() == 11);
      const char* types[] = {"error", "stdin", "stdout", "stderr"};
      for (std::uint32_t i = 0; i < 4; ++i) {
        CHECK(frames[i].kind == Kind::open);
        CHECK(frames[i].stream == 2 * i + 1);
        CHECK_FALSE(frames[i].last);
        CHECK(frames[i].headers == Headers{{"streamtype", types[i]}});
        CHECK(frames[i + 6].kind == Kind::reset);
        CHECK(frames[i + 6].stream == 2 * i + 1);
      }
      CHECK(frames[4].kind == Kind::data);
      CHECK(frames[4].stream == 3);
      CHECK(frames[4].data == "through\n");
      CHECK_FALSE(frames[4].last);
      CHECK(frames[5].last);
      CHECK(frames[10].kind == Kind::other);
    }
  }

  TEST_CASE("spdy: compression begins with the dictionary of draft 3") {
    Writer writer;
    const std::string first = writer.accept(1), second = writer.accept(3);
    CHECK(first.substr(0, 4) == from_hex("80030002"));
    CHECK(first.substr(8, 4) == from_hex("00000001"));
    // zlib's head, then the checksum of the dictionary.
    CHECK(first.substr(12, 6) == from_hex("78bbe3c6a7c2"));
    // The second block goes on where the first ended.
    CHECK(second.size() < first.size());
  }

  TEST_CASE("spdy: headers that a server sends are read by a client") {
    Writer writer;
    // The order of compression is that of sending.
    std::string bytes = writer.accept(1);
    bytes += writer.accept(3);
    const std::vector<Frame> frames = frames_of(bytes, 5);
    REQUIRE(frames.size() == 2);
    for (const Frame& frame : frames) {
      CHECK(frame.kind == Kind::other);
      CHECK(frame.headers.empty());
    }
  }

  TEST_CASE("spdy: text of any size comes back, the last frame alone ends the stream") {
    const std::string large((1u << 24) + 5, 'x');
    const std::vector<Frame> frames =
        frames_of(Writer::data(5, large, true) + Writer::data(5, "", true), 1u << 20);
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].data + frames[1].data == large);
    CHECK_FALSE(frames[0].last);
    CHECK(frames[1].last);
    CHECK(frames[2].data.empty());
    CHECK(frames[2].last);
  }

  TEST_CASE("spdy: a ping has a number, a refused stream its own") {
    const std::vector<Frame> frames = frames_of(Writer::ping(7) + Writer::refuse(9), 100);
    REQUIRE(frames.size() == 2);
    CHECK(frames[0].kind == Kind::ping);
    CHECK(frames[0].stream == 7);
    CHECK(frames[1].kind == Kind::reset);
    CHECK(frames[1].stream == 9);
  }

  TEST_CASE("spdy: what cannot be read is refused") {
    CHECK(refusal_of(from_hex("8002000100000000")).find("version") != std::string::npos);
    CHECK(refusal_of(from_hex("8003000100ffffff")).find("too long") != std::string::npos);
    CHECK(refusal_of(from_hex("800300010000000200ff")).find("too short") != std::string::npos);
    CHECK(refusal_of(from_hex("80030003000000020001")).find("too short") != std::string::npos);
    // The first frame is a stream with one header: no zlib, another dictionary, and a block that
    // promises two headers.
    const std::string first = kConversation.substr(0, 49);
    CHECK(refusal_of(first).empty());
    std::string bytes = first;
    bytes[18] = '\0';
    CHECK(refusal_of(bytes).find("headers") != std::string::npos);
    bytes = first;
    bytes[20] = 'x';
    CHECK(refusal_of(bytes).find("headers") != std::string::npos);
    CHECK(refusal_of(stream_of(std::string("\0\0\0\2\0\0\0\1a\0\0\0\1b", 14))).find("headers") !=
          std::string::npos);
    CHECK(refusal_of(stream_of(std::string("\0\0\0\1\0\0\0\1a\0\0\0\1b", 14))).empty());
  }

  TEST_CASE("spdy: headers that unpack to very much are refused") {
    CHECK(refusal_of(stream_of(std::string(256u << 10, '\0'))).find("headers") !=
          std::string::npos);
  }
}

}  // namespace
}  // namespace pgo::embedded::api::spdy
