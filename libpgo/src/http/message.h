#pragma once

#include "pgo/http/server.h"

#include <string>
#include <string_view>

/// The text of HTTP/1.1 answers. Source: RFC 9110, RFC 9112.
namespace pgo::http {

/// Status line and headers of an answer with a known body, blank line included.
std::string head_with_length(const Response& response, std::size_t body_bytes, bool keep_alive);
/// The same for an answer in chunks.
std::string head_chunked(const Response& response);
/// The same for an answer that has no body: 101.
std::string head_without_body(const Response& response);
/// One chunk with its frame. Empty text would end the stream and becomes no bytes at all.
std::string chunk(std::string_view text);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace pgo::http
