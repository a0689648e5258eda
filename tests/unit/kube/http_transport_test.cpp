#include "pgo/kube/http_transport.h"

#include "pgo/kube/wakeup.h"
#include "unit/kube/https_fixture.h"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace pgo::kube {
namespace {

using namespace std::chrono_literals;
using test::HttpsFixture;
using test::Pki;

/// Answers with what it saw.
void echo(const http::Request& request, http::Responder& responder) {
  http::Response response;
  response.body = request.method + " " + request.target + "\n" +
                  std::string(request.header("authorization")) + "\n" +
                  std::string(request.header("content-type")) + "\n" +
                  std::string(request.header("accept")) + "\n" + request.peer_certificate_subject +
                  "\n" + request.body;
  responder.respond(std::move(response));
}

http::Handler echo_handler() {
  return [](http::Request request, std::shared_ptr<http::Responder> responder) {
    echo(request, *responder);
  };
}

/// Hands the stream of every watch to the test.
struct WatchServer {
  std::promise<std::shared_ptr<http::Stream>> opened;
  http::Handler handler() {
    return [this](http::Request, std::shared_ptr<http::Responder> responder) {
      opened.set_value(responder->respond_stream({}));
    };
  }
};

/// Polls until something came or the stream ended, woken by on_ready.
struct Poller {
  Wakeup wakeup;
  SystemClock clock;
  std::vector<std::string> lines;
  Result<WatchStream::State> wait(WatchStream& stream, std::size_t wanted) {
    while (true) {
      const auto state = stream.poll(lines);
      if (!state || *state == WatchStream::State::ended || lines.size() >= wanted) return state;
      if (!wakeup.wait_until(clock.now() + 10s, clock, {})) return fail(Code::internal, "no wake");
    }
  }
};

/// A plain HTTP server that answers the first request and, of the second on the same connection,
/// reads everything and hangs up.
class HangUpServer {
 public:
  HangUpServer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  ~HangUpServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  std::uint16_t port = 0;
  std::atomic<int> requests = 0;

 private:
  void serve() {
    while (true) {
      const int connection = ::accept(socket_, nullptr, nullptr);
      if (connection < 0) return;
      bool first = true;
      while (read_request(connection)) {
        ++requests;
        if (!std::exchange(first, false)) break;
        constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        (void)!::write(connection, kAnswer.data(), kAnswer.size());
      }
      ::close(connection);
    }
  }
  static bool read_request(int connection) {
    std::string text;
    while (!text.ends_with("END")) {
      char byte = 0;
      if (::read(connection, &byte, 1) != 1) return false;
      text += byte;
    }
    return true;
  }
  int socket_;
  std::jthread thread_;
};

}  // namespace

TEST_SUITE("kube.http_transport") {
  TEST_CASE("http transport: a request carries method, path, body, types and token") {
    const HttpsFixture f(echo_handler());
    auto options = f.options();
    options.auth = token_auth("t0ken");
    const auto transport = f.transport(options);
    const auto response = transport->request({.method = Method::patch,
                                              .path = "/api/v1/pods?a=b%20c",
                                              .content_type = "application/merge-patch+json",
                                              .body = "{}"});
    REQUIRE_MESSAGE(response, response.error().text());
    CHECK(response->status == 200);
    CHECK(response->content_type == "application/json");
    CHECK(response->body ==
          "PATCH /api/v1/pods?a=b%20c\nBearer t0ken\napplication/merge-patch+json\n"
          "application/json\n\n{}");
    for (const Method method : {Method::get, Method::post, Method::put, Method::delete_}) {
      const std::string body = method == Method::get ? "" : std::string(100'000, 'x');
      const auto answer = transport->request({.method = method, .path = "/x", .body = body});
      REQUIRE(answer);
      CHECK(answer->body.starts_with(std::string(to_string(method)) + " /x\n"));
      CHECK(answer->body.ends_with("\n" + body));
    }
    const auto bare = transport->request({.method = Method::delete_, .path = "/x"});
    REQUIRE(bare);
    CHECK(bare->body.starts_with("DELETE /x\n"));
  }

  TEST_CASE("http transport: the path prefix of the server is kept") {
    const HttpsFixture f(echo_handler());
    auto options = f.options();
    options.server += "/k8s/cluster/";
    const auto response = f.transport(options)->request({.path = "/api"});
    REQUIRE(response);
    CHECK(response->body.starts_with("GET /k8s/cluster/api\n"));
  }

  TEST_CASE("http transport: a failing status is an answer") {
    const HttpsFixture f([](http::Request, std::shared_ptr<http::Responder> responder) {
      responder->respond(test::http_answer(404, "{}"));
    });
    const auto response = f.transport()->request({.path = "/"});
    REQUIRE(response);
    CHECK(response->status == 404);
  }

  TEST_CASE("http transport: many threads share it") {
    const HttpsFixture f(echo_handler());
    const auto transport = f.transport();
    std::atomic<int> good = 0;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; i < 25; ++i) {
            const std::string path = "/" + std::to_string(t) + "/" + std::to_string(i);
            const auto response = transport->request({.path = path});
            if (response && response->body.starts_with("GET " + path + "\n")) ++good;
          }
        });
      }
    }
    CHECK(good == 200);
  }

  TEST_CASE("http transport: a client certificate shows who we are") {
    const HttpsFixture f(echo_handler());
    auto options = f.options();
    options.tls.certificate_pem = Pki::get().client.certificate_pem;
    options.tls.key_pem = Pki::get().client.key_pem;
    const auto response = f.transport(options)->request({.path = "/"});
    REQUIRE_MESSAGE(response, response.error().text());
    CHECK(response->body.find("\nalice\n") != std::string::npos);
  }

  TEST_CASE("http transport: a server of another authority or name is refused") {
    const HttpsFixture f(echo_handler());
    auto options = f.options();
    const auto other =
        crypto::make_authority({.common_name = "other", .not_before = SystemClock().now() - 1h});
    options.tls.ca_pem = other->certificate_pem;
    const auto refused = f.transport(options)->request({.path = "/"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unavailable);
    CHECK(refused.error().message.find("certificate") != std::string::npos);

    options = f.options();
    options.tls.server_name = "api.test";
    CHECK(f.transport(options)->request({.path = "/"}));
    options.tls.server_name = "elsewhere.test";
    CHECK_FALSE(f.transport(options)->request({.path = "/"}));
    options.tls.insecure = true;
    CHECK(f.transport(options)->request({.path = "/"}));
  }

  TEST_CASE("http transport: bad settings are refused at once") {
    auto refused = [](HttpTransportOptions options) {
      const auto made = HttpTransport::create(std::move(options), Log());
      return !made && made.error().code == Code::invalid_argument;
    };
    CHECK(refused({.server = "ftp://x"}));
    CHECK(refused({.server = "https://user:pass@x"}));
    CHECK(refused({.server = "https://"}));
    CHECK(refused({.server = "https://x:99999"}));
    CHECK(refused({.server = "http://example.com", .auth = token_auth("t")}));
    CHECK(refused({.server = "https://x", .tls = {.ca_pem = "/a/file"}}));
    CHECK(refused({.server = "https://x", .tls = {.key_pem = "-----BEGIN K"}}));
    CHECK_FALSE(refused({.server = "https://[::1]:6443"}));
  }

  TEST_CASE("http transport: nobody there is unavailable, no answer is a missed deadline") {
    const auto nobody = HttpTransport::create({.server = "http://127.0.0.1:1"}, Log());
    CHECK((*nobody)->request({.path = "/"}).error().code == Code::unavailable);

    std::vector<std::shared_ptr<http::Responder>> kept;
    const HttpsFixture f([&](http::Request request, std::shared_ptr<http::Responder> responder) {
      if (request.target == "/connect") return echo(request, *responder);
      kept.push_back(std::move(responder));
    });
    const auto transport = f.transport();
    REQUIRE(transport->request({.path = "/connect"}));  // a slow machine must not time out in TLS
    const auto late = transport->request({.path = "/", .timeout = 100ms});
    REQUIRE_FALSE(late);
    CHECK(late.error().code == Code::deadline_exceeded);
  }

  TEST_CASE("http transport: a stop request ends a waiting call at once") {
    std::promise<std::shared_ptr<http::Responder>> arrived;
    const HttpsFixture f([&](http::Request, std::shared_ptr<http::Responder> responder) {
      arrived.set_value(std::move(responder));
    });
    const auto transport = f.transport();
    std::stop_source stop;
    std::jthread stopper([&] {
      arrived.get_future().wait();
      stop.request_stop();
    });
    const auto response = transport->request({.path = "/", .stop = stop.get_token()});
    REQUIRE_FALSE(response);
    CHECK(response.error().code == Code::cancelled);
  }

  TEST_CASE("http transport: an answer larger than allowed is refused") {
    const HttpsFixture f([](http::Request, std::shared_ptr<http::Responder> responder) {
      responder->respond(test::http_answer(200, std::string(5000, 'x')));
    });
    auto options = f.options();
    options.max_response_bytes = 4000;
    CHECK(f.transport(options)->request({.path = "/"}).error().code == Code::resource_exhausted);
  }

  TEST_CASE("http transport: a write on a connection that dies is reported, not repeated") {
    HangUpServer server;
    const auto made =
        HttpTransport::create({.server = "http://127.0.0.1:" + std::to_string(server.port)}, Log());
    const Request write{.method = Method::post, .path = "/", .body = "END"};
    REQUIRE((*made)->request(write));
    const auto second = (*made)->request(write);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::unavailable);
    CHECK(server.requests == 2);
  }

  TEST_CASE("http transport: a watch pushes whole lines however they are cut") {
    WatchServer server;
    const HttpsFixture f(server.handler());
    const auto transport = f.transport();
    Poller poller;
    const auto stream = transport->watch({.path = "/w?watch=true"}, poller.wakeup.callback());
    REQUIRE_MESSAGE(stream, stream.error().text());
    const auto sender = server.opened.get_future().get();
    std::vector<std::string> none;
    CHECK(*(*stream)->poll(none) == WatchStream::State::open);
    CHECK(none.empty());
    for (const char* piece : {"{\"a\":\"\xc3", "\xa4\"}\n{\"b\"", ":1}\r\n\n{\"c\":2}\n"}) {
      REQUIRE(sender->send(piece));
    }
    REQUIRE(poller.wait(**stream, 3));
    CHECK(poller.lines ==
          std::vector<std::string>{"{\"a\":\"\xc3\xa4\"}", "{\"b\":1}", "{\"c\":2}"});
    sender->close();
    poller.lines.clear();
    const auto end = poller.wait(**stream, 1);
    REQUIRE(end);
    CHECK(*end == WatchStream::State::ended);
  }

  TEST_CASE("http transport: a watch that the server refuses is an error with its status") {
    const HttpsFixture f([](http::Request, std::shared_ptr<http::Responder> responder) {
      responder->respond(test::http_answer(410, R"({"kind":"Status","reason":"Expired"})"));
    });
    const auto stream = f.transport()->watch({.path = "/w"}, {});
    REQUIRE_FALSE(stream);
    CHECK(stream.error().code == Code::expired);
    CHECK(stream.error().http_status == 410);
  }

  TEST_CASE("http transport: a watch whose server vanishes breaks") {
    WatchServer server;
    HttpsFixture f(server.handler());
    const auto transport = f.transport();
    Poller poller;
    const auto stream = transport->watch({.path = "/w"}, poller.wakeup.callback());
    REQUIRE(stream);
    const auto sender = server.opened.get_future().get();
    REQUIRE(sender->send("{\"torn"));
    f.server->stop();
    const auto end = poller.wait(**stream, 1);
    REQUIRE_FALSE(end);
    CHECK(end.error().code == Code::unavailable);
    CHECK(poller.lines.empty());
  }

  TEST_CASE("http transport: an open watch does not hold up requests, nor outlives its transport") {
    WatchServer server;
    const HttpsFixture f([&](http::Request request, std::shared_ptr<http::Responder> responder) {
      if (request.target == "/w") {
        server.opened.set_value(responder->respond_stream({}));
      } else {
        echo(request, *responder);
      }
    });
    auto transport = f.transport();
    Poller poller;
    const auto stream = transport->watch({.path = "/w"}, poller.wakeup.callback());
    REQUIRE(stream);
    CHECK(transport->request({.path = "/"}));
    transport.reset();
    const auto end = poller.wait(**stream, 1);
    REQUIRE_FALSE(end);
    CHECK(end.error().code == Code::cancelled);
  }

  TEST_CASE("http transport: a slow reader of a watch gets everything, held up but not lost") {
    WatchServer server;
    const HttpsFixture f(server.handler());
    const auto transport = f.transport();
    Poller poller;
    const auto stream = transport->watch({.path = "/w"}, poller.wakeup.callback());
    REQUIRE(stream);
    const auto sender = server.opened.get_future().get();
    constexpr std::size_t kLines = 600;
    for (std::size_t i = 0; i < kLines; ++i) {
      REQUIRE(sender->send(std::string(std::size_t{64} << 10, 'x') + "\n"));
    }
    sender->close();
    while (true) {
      const auto state = poller.wait(**stream, kLines + 1);
      REQUIRE(state);
      if (*state == WatchStream::State::ended) break;
    }
    CHECK(poller.lines.size() == kLines);
  }

  TEST_CASE("http transport: a token file is read again when it changes") {
    const HttpsFixture f(echo_handler());
    const auto file =
        std::filesystem::temp_directory_path() / ("pgo-token-" + std::to_string(::getpid()));
    auto write = [&](std::string_view token) { std::ofstream(file) << token << "\n"; };
    write("one");
    auto options = f.options();
    options.auth = token_file_auth(file);
    const auto transport = f.transport(options);
    CHECK(transport->request({.path = "/"})->body.find("Bearer one\n") != std::string::npos);
    write("second");
    CHECK(transport->request({.path = "/"})->body.find("Bearer second\n") != std::string::npos);
    std::filesystem::remove(file);
    CHECK(transport->request({.path = "/"})->body.find("Bearer second\n") != std::string::npos);
    const auto missing = token_file_auth(file)->credentials();
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == Code::unauthenticated);
  }
}

}  // namespace pgo::kube
