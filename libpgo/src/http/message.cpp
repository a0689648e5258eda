#include "http/message.h"

#include <charconv>

namespace pgo::http {
namespace {

std::string_view phrase(int status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

/// A value that holds a line break could start a header of its own.
void add_header(std::string& head, std::string_view name, std::string_view value) {
  if (value.find_first_of("\r\n") != std::string_view::npos) return;
  head += name;
  head += ": ";
  head += value;
  head += "\r\n";
}

std::string start(const Response& response) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += phrase(response.status);
  head += "\r\n";
  if (!response.content_type.empty()) add_header(head, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) add_header(head, name, value);
  return head;
}

}  // namespace

std::string head_with_length(const Response& response, std::size_t body_bytes, bool keep_alive) {
  std::string head = start(response);
  add_header(head, "Content-Length", std::to_string(body_bytes));
  if (!keep_alive) add_header(head, "Connection", "close");
  head += "\r\n";
  return head;
}

std::string head_chunked(const Response& response) {
  std::string head = start(response);
  add_header(head, "Transfer-Encoding", "chunked");
  head += "\r\n";
  return head;
}

std::string head_without_body(const Response& response) { return start(response) + "\r\n"; }

std::string chunk(std::string_view text) {
  std::string framed;
  if (text.empty()) return framed;
  char size[20];
  const auto end = std::to_chars(size, size + sizeof size, text.size(), 16).ptr;
  framed.reserve(text.size() + 24);
  framed.append(size, end);
  framed += "\r\n";
  framed += text;
  framed += "\r\n";
  return framed;
}

}  // namespace pgo::http
