#include "embedded/api/exec_conversation.h"
#include "embedded/api/spdy.h"

#include <doctest/doctest.h>

#include <string>

namespace pgo::embedded::api {
namespace {

/// A client that is wherever the test is.
class Client final : public http::Duplex {
 public:
  bool send(std::string message) override {
    heard += message;
    return !closed;
  }
  bool crowded() override { return false; }
  void on_room(std::function<void()>) override {}
  void pause(bool) override {}
  void close() override { closed = true; }
  void on_message(std::function<void(std::string)> callback) override {
    says = std::move(callback);
  }
  void on_closed(std::function<void()>) override {}

  std::function<void(std::string)> says;
  std::string heard;
  bool closed = false;
};

class Accepting final : public http::Responder {
 public:
  Accepting() = default;
  Accepting(const Accepting&) = delete;
  Accepting& operator=(const Accepting&) = delete;
  /// As a connection that has ended it calls nobody any more.
  ~Accepting() override { client->says = nullptr; }

  void respond(http::Response) override {}
  std::shared_ptr<http::Stream> respond_stream(http::Response) override { return nullptr; }
  std::shared_ptr<http::Duplex> accept_websocket(std::string) override { return nullptr; }
  std::shared_ptr<http::Duplex> accept_upgrade(
      std::string, std::vector<std::pair<std::string, std::string>>) override {
    return client;
  }

  std::shared_ptr<Client> client = std::make_shared<Client>();
};

std::shared_ptr<ExecConversation> converse(Accepting& server) {
  http::Request request;
  request.headers = {{"Upgrade", "SPDY/3.1"}, {"X-Stream-Protocol-Version", "v4.channel.k8s.io"}};
  return accept_spdy_exec(request, server, {.input = true, .out = true, .err = true});
}

TEST_SUITE("embedded.spdy") {
  TEST_CASE(
      "spdy exec: a client that sends no SPDY is sent away, and its command told that it has "
      "gone") {
    Accepting server;
    const auto conversation = converse(server);
    bool gone = false;
    conversation->listen([&] { gone = true; });
    server.client->says(spdy::Writer::ping(3));
    CHECK(server.client->heard == spdy::Writer::ping(3));
    CHECK_FALSE(gone);
    server.client->says("\x80\x02 this is another version");
    CHECK(gone);
    CHECK(server.client->closed);
    CHECK(conversation->take_input().ended);
  }

  TEST_CASE("spdy exec: a client without SPDY or our protocol is not accepted") {
    Accepting server;
    http::Request request;
    CHECK(accept_spdy_exec(request, server, {}) == nullptr);
    request.headers = {{"Upgrade", "SPDY/3.1"}, {"X-Stream-Protocol-Version", "channel.k8s.io"}};
    CHECK(accept_spdy_exec(request, server, {}) == nullptr);
  }
}

}  // namespace
}  // namespace pgo::embedded::api
