#include "pgo/http/server.h"

#include "pgo/base/clock.h"
#include "pgo/crypto/certificate.h"

#include <curl/curl.h>
#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace pgo::http {
namespace {

constexpr const char* kAddress = "127.78.1.1";

/// A flag that threads wait for, with a limit that only a failure reaches.
class Signal {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

std::unique_ptr<Server> plain_server(Handler handler, ServerOptions options = {}) {
  options.address = kAddress;
  options.tls = false;
  auto server = serve(std::move(options), std::move(handler), Log());
  REQUIRE_MESSAGE(server.has_value(), (server ? "" : server.error().message));
  return *std::move(server);
}

/// One TCP connection that speaks text.
class Socket {
 public:
  explicit Socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, kAddress, &address.sin_addr);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(fd_); }

  void send(const std::string& text) const {
    REQUIRE(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  /// Reads until `end` has come, or everything when it never comes.
  std::string read_until(const std::string& end) {
    char block[4096];
    while (seen_.find(end) == std::string::npos) {
      const ssize_t count = ::recv(fd_, block, sizeof block, 0);
      if (count <= 0) break;
      seen_.append(block, static_cast<std::size_t>(count));
    }
    const std::size_t at = seen_.find(end);
    const std::size_t size = at == std::string::npos ? seen_.size() : at + end.size();
    std::string text = seen_.substr(0, size);
    seen_.erase(0, size);
    return text;
  }

 private:
  int fd_;
  std::string seen_;
};

Handler echo() {
  return [](const Request& request, const std::shared_ptr<Responder>& responder) {
    responder->respond({.status = 200,
                        .content_type = "text/plain",
                        .headers = {{"X-Method", request.method}},
                        .body = request.target + " " + request.body});
  };
}

/// No part of it is like another.
std::string large_body() {
  std::string body;
  for (int i = 0; body.size() < (3u << 20); ++i) body += std::to_string(i) + ",";
  return body + ".end";
}

TEST_SUITE("http.server") {
  TEST_CASE("server: answers one request after another on one connection") {
    const auto server = plain_server(echo());
    Socket socket(server->port());
    for (const char* body : {"one", "two"}) {
      socket.send(std::string("POST /p?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n") +
                  body);
      const std::string answer = socket.read_until(body);
      CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
      CHECK(answer.find("X-Method: POST\r\n") != std::string::npos);
      CHECK(answer.ends_with(std::string("/p?q=1 ") + body));
    }
  }

  TEST_CASE("server: an answer of megabytes arrives whole, and a HEAD after it brings no body") {
    const std::string large = large_body();
    const auto server = plain_server([&](const Request&, const auto& responder) {
      responder->respond(
          {.status = 200, .content_type = "text/plain", .headers = {}, .body = large});
    });
    Socket socket(server->port());
    for (const char* method : {"GET", "HEAD", "GET"}) {
      const bool head_only = std::string_view(method) == "HEAD";
      socket.send(method + std::string(" / HTTP/1.1\r\nHost: x\r\n\r\n"));
      const std::string head = socket.read_until("\r\n\r\n");
      CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
      CHECK(head.find("Content-Length: " + std::to_string(large.size())) != std::string::npos);
      if (!head_only) CHECK(socket.read_until(".end") == large);
    }
  }

  TEST_CASE("server: a body beyond the limit is 413 and the handler never sees it") {
    bool called = false;
    ServerOptions options;
    options.max_body_bytes = 10;
    const auto server =
        plain_server([&called](const Request&, const auto&) { called = true; }, std::move(options));
    Socket socket(server->port());
    socket.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
    CHECK(socket.read_until("\r\n").starts_with("HTTP/1.1 413"));
    CHECK(!called);
  }

  TEST_CASE("server: what is no HTTP is 400") {
    const auto server = plain_server(echo());
    Socket socket(server->port());
    socket.send("nonsense\r\n\r\n");
    CHECK(socket.read_until("\r\n").starts_with("HTTP/1.1 400"));
  }

  TEST_CASE("server: a handler that forgets to answer gives 500") {
    const auto server = plain_server([](const Request&, const auto&) {});
    Socket socket(server->port());
    socket.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(socket.read_until("\r\n").starts_with("HTTP/1.1 500"));
  }

  TEST_CASE("stream: the head comes at once, each message is one chunk, close ends it properly") {
    std::shared_ptr<Stream> stream;
    Signal started;
    const auto server = plain_server([&](const Request&, const std::shared_ptr<Responder>& r) {
      stream = r->respond_stream({});
      started.set();
    });
    Socket socket(server->port());
    socket.send("GET /watch HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(started.wait());
    CHECK(socket.read_until("\r\n\r\n").find("Transfer-Encoding: chunked") != std::string::npos);
    CHECK(stream->send("{\"type\":\"ADDED\"}\n"));
    CHECK(socket.read_until("\n\r\n") == "11\r\n{\"type\":\"ADDED\"}\n\r\n");
    stream->close();
    CHECK(socket.read_until("0\r\n\r\n") == "0\r\n\r\n");
    CHECK(!stream->send("late"));
  }

  TEST_CASE("stream: the owner learns that the peer has gone") {
    Signal started;
    Signal closed;
    std::shared_ptr<Stream> stream;
    const auto server = plain_server([&](const Request&, const std::shared_ptr<Responder>& r) {
      stream = r->respond_stream({});
      stream->on_closed([&closed] { closed.set(); });
      started.set();
    });
    {
      Socket socket(server->port());
      socket.send("GET /watch HTTP/1.1\r\nHost: x\r\n\r\n");
      REQUIRE(started.wait());
      socket.read_until("\r\n\r\n");
    }
    CHECK(closed.wait());
    CHECK(!stream->send("x"));
  }

  TEST_CASE("stream: a reader that does not read is dropped at the backlog limit") {
    Signal closed;
    ServerOptions options;
    options.max_stream_backlog = 1u << 20;
    const auto server = plain_server(
        [&](const Request&, const std::shared_ptr<Responder>& r) {
          const auto stream = r->respond_stream({});
          stream->on_closed([&closed] { closed.set(); });
          while (stream->send(std::string(100'000, 'x'))) {
          }
        },
        std::move(options));
    Socket socket(server->port());
    socket.send("GET /watch HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(closed.wait());
  }

  TEST_CASE("upgrade: bytes pass both ways, what comes with the request among them") {
    std::shared_ptr<Duplex> duplex;
    Signal gone;
    const auto server = plain_server([&](const Request& request, const auto& responder) {
      CHECK(request.header_lists("upgrade", "other/2"));
      CHECK(request.header_lists("X-Versions", "B"));
      CHECK_FALSE(request.header_lists("X-Versions", "c"));
      duplex = responder->accept_upgrade("other/2", {{"X-Version", "b"}});
      duplex->on_closed([&] { gone.set(); });
      duplex->on_message([&](const std::string& bytes) { duplex->send("<" + bytes + ">"); });
    });
    {
      Socket socket(server->port());
      socket.send(
          "POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: other/2\r\n"
          "X-Versions: a\r\nX-Versions: b, d\r\nContent-Length: 0\r\n\r\nearly");
      const std::string head = socket.read_until("\r\n\r\n");
      CHECK(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
      CHECK(head.find("Upgrade: other/2\r\n") != std::string::npos);
      CHECK(head.find("X-Version: b\r\n") != std::string::npos);
      CHECK(head.find("chunked") == std::string::npos);
      CHECK(socket.read_until(">") == "<early>");
      socket.send("late");
      CHECK(socket.read_until(">") == "<late>");
    }
    CHECK(gone.wait());
  }

  TEST_CASE("upgrade: a paused peer waits, and the owner's end is the connection's") {
    std::shared_ptr<Duplex> duplex;
    Signal accepted;
    std::mutex mutex;
    std::condition_variable came;
    std::string seen;
    int messages = 0;
    const auto server = plain_server([&](const Request&, const auto& responder) {
      duplex = responder->accept_upgrade("other/2", {});
      accepted.set();
    });
    Socket socket(server->port());
    socket.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: other/2\r\n\r\n");
    socket.read_until("\r\n\r\n");
    REQUIRE(accepted.wait());
    duplex->on_message([&](const std::string& bytes) {
      duplex->pause(true);
      const std::lock_guard lock(mutex);
      seen += bytes;
      ++messages;
      came.notify_all();
    });
    // More than is read at once: after each part the owner has to ask for the next.
    socket.send(std::string(200'000, 'x') + "end");
    std::unique_lock lock(mutex);
    for (int asked = 1; !seen.ends_with("end"); ++asked) {
      REQUIRE(came.wait_for(lock, std::chrono::seconds(20), [&] { return messages >= asked; }));
      lock.unlock();
      duplex->pause(false);
      lock.lock();
    }
    lock.unlock();
    CHECK(messages > 1);
    CHECK(seen.size() == 200'003);
    duplex->send("bye");
    duplex->close();
    CHECK(socket.read_until("nothing more") == "bye");
  }

  TEST_CASE("server: a handler that blocks does not hold up the others") {
    Signal release;
    const auto server = plain_server([&](const Request& request, const auto& responder) {
      if (request.target == "/slow") CHECK(release.wait());
      responder->respond({});
    });
    Socket slow(server->port());
    slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    Socket quick(server->port());
    quick.send("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(quick.read_until("\r\n").starts_with("HTTP/1.1 200"));
    release.set();
    CHECK(slow.read_until("\r\n").starts_with("HTTP/1.1 200"));
  }

  TEST_CASE("stop: open streams are closed and their owners told") {
    Signal started;
    Signal closed;
    std::shared_ptr<Stream> stream;
    const auto server = plain_server([&](const Request&, const std::shared_ptr<Responder>& r) {
      stream = r->respond_stream({});
      stream->on_closed([&closed] { closed.set(); });
      started.set();
    });
    Socket socket(server->port());
    socket.send("GET /watch HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(started.wait());
    server->stop();
    CHECK(closed.wait());
    CHECK(!stream->send("x"));
  }

  TEST_CASE("serve: an address in use is named together with the one who holds it") {
    const auto server = plain_server(echo());
    ServerOptions options;
    options.address = kAddress;
    options.port = server->port();
    options.tls = false;
    const auto second = serve(options, echo(), Log());
    REQUIRE(!second.has_value());
    CHECK(second.error().code == Code::unavailable);
    const std::string where = std::string(kAddress) + ":" + std::to_string(server->port());
    CHECK(second.error().message.find(where) != std::string::npos);
    CHECK(second.error().message.find("pid " + std::to_string(::getpid())) != std::string::npos);
  }

  TEST_CASE("serve: a key that is not the certificate's is refused") {
    ServerOptions options;
    options.address = kAddress;
    options.tls_options = {.certificate_pem = "no", .key_pem = "no", .client_ca_pem = {}};
    const auto server = serve(options, echo(), Log());
    REQUIRE(!server.has_value());
    CHECK(server.error().code == Code::invalid_argument);
  }
}

/// CURL_SSLVERSION_TLSv1_1 | CURL_SSLVERSION_MAX_TLSv1_1, which do not add up as enumerators.
constexpr long kOnlyTls11 = 5 | (5L << 16);

struct TlsWorld {
  TlsWorld() {
    const TimePoint start = SystemClock().now() - std::chrono::hours(1);
    authority = crypto::make_authority({.common_name = "ca", .not_before = start}).value();
    server = crypto::issue_certificate(
                 authority, {.common_name = "s", .ip_addresses = {kAddress}, .not_before = start})
                 .value();
    client = crypto::issue_certificate(
                 authority, {.common_name = "joe", .organization = "team", .not_before = start})
                 .value();
  }
  crypto::CertificatePair authority, server, client;
};

std::size_t append(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

/// GET over TLS; the body, or curl's error.
std::string get_over_tls(std::uint16_t port, const TlsWorld& world, bool with_certificate,
                         long tls_version = CURL_SSLVERSION_TLSv1_2) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  const std::string url = "https://" + std::string(kAddress) + ":" + std::to_string(port) + "/who";
  std::string body;
  const auto blob = [](const std::string& text) {
    return curl_blob{.data = const_cast<char*>(text.data()), .len = text.size(), .flags = 1};
  };
  const curl_blob authority = blob(world.authority.certificate_pem);
  const curl_blob certificate = blob(world.client.certificate_pem);
  const curl_blob key = blob(world.client.key_pem);
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_SSLVERSION, tls_version);
  curl_easy_setopt(curl.get(), CURLOPT_CAINFO_BLOB, &authority);
  if (with_certificate) {
    curl_easy_setopt(curl.get(), CURLOPT_SSLCERT_BLOB, &certificate);
    curl_easy_setopt(curl.get(), CURLOPT_SSLKEY_BLOB, &key);
  }
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode result = curl_easy_perform(curl.get());
  return result == CURLE_OK ? body : curl_easy_strerror(result);
}

TEST_SUITE("http.tls") {
  TEST_CASE("tls: an answer of megabytes arrives whole") {
    const TlsWorld world;
    const std::string large = large_body();
    ServerOptions options;
    options.address = kAddress;
    options.tls_options = {.certificate_pem = world.server.certificate_pem,
                           .key_pem = world.server.key_pem,
                           .client_ca_pem = {}};
    const auto server =
        serve(
            options,
            [&](const Request&, const auto& responder) {
              responder->respond(
                  {.status = 200, .content_type = "text/plain", .headers = {}, .body = large});
            },
            Log())
            .value();
    CHECK(get_over_tls(server->port(), world, false) == large);
  }

  TEST_CASE("tls: a client certificate is optional, and its names reach the handler") {
    const TlsWorld world;
    ServerOptions options;
    options.address = kAddress;
    options.tls_options = {.certificate_pem = world.server.certificate_pem,
                           .key_pem = world.server.key_pem,
                           .client_ca_pem = world.authority.certificate_pem};
    const auto server =
        serve(
            options,
            [](const Request& request, const auto& responder) {
              responder->respond({.status = 200,
                                  .content_type = "text/plain",
                                  .headers = {},
                                  .body = "<" + request.peer_certificate_subject + "/" +
                                          request.peer_certificate_organization + ">"});
            },
            Log())
            .value();
    CHECK(get_over_tls(server->port(), world, false) == "</>");
    CHECK(get_over_tls(server->port(), world, true) == "<joe/team>");
    TlsWorld stranger;
    stranger.authority = world.authority;
    CHECK(get_over_tls(server->port(), stranger, true) != "<joe/team>");
    CHECK(get_over_tls(server->port(), world, false, kOnlyTls11) != "</>");
  }
}

}  // namespace
}  // namespace pgo::http
