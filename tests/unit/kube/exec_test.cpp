#include "kube/websocket_exec.h"
#include "pgo/base/text.h"
#include "unit/kube/https_fixture.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

namespace pgo::kube {
namespace {

using namespace std::chrono_literals;
using test::HttpsFixture;

std::string frame(char channel, std::string_view data) {
  return std::string(1, channel) + std::string(data);
}

constexpr std::string_view kSuccess = R"({"kind":"Status","status":"Success"})";
constexpr std::string_view kExit3 =
    R"({"kind":"Status","status":"Failure","reason":"NonZeroExitCode","message":"x",)"
    R"("details":{"causes":[{"reason":"ExitCode","message":"3"}]}})";

ExecRequest request(std::string stdin_data = {}) {
  return {.ns = "pgo",
          .pod = "hippo",
          .container = "database",
          .command = {"psql", "-c", "select 1"},
          .stdin_data = std::move(stdin_data)};
}

}  // namespace

TEST_SUITE("kube.exec") {
  TEST_CASE("exec channels: output is collected and the status gives the exit code") {
    ExecChannels channels(1000);
    for (const std::string& message : {frame(1, ""), frame(2, ""), frame(1, "ab"), frame(2, "e"),
                                       frame(1, "c"), frame(7, "?"), std::string()}) {
      REQUIRE(channels.message(message));
    }
    CHECK_FALSE(channels.ended());
    REQUIRE(channels.message(frame(3, kExit3)));
    CHECK(channels.ended());
    const auto result = std::move(channels).finish();
    REQUIRE(result);
    CHECK(result->exit_code == 3);
    CHECK(result->out == "abc");
    CHECK(result->err == "e");
  }

  TEST_CASE("exec channels: a status in two pieces is waited for") {
    ExecChannels channels(1000);
    REQUIRE(channels.message(frame(3, kSuccess.substr(0, 10))));
    CHECK_FALSE(channels.ended());
    REQUIRE(channels.message(frame(3, kSuccess.substr(10))));
    CHECK(channels.ended());
    CHECK(std::move(channels).finish()->exit_code == 0);
  }

  TEST_CASE("exec channels: no status, a refusal and too much output are errors") {
    CHECK(ExecChannels(10).finish().error().code == Code::unavailable);
    ExecChannels refused(1000);
    REQUIRE(refused.message(
        frame(3, R"({"kind":"Status","status":"Failure","reason":"InternalError","code":500,)"
                 R"("message":"no such file"})")));
    const auto result = std::move(refused).finish();
    REQUIRE_FALSE(result);
    CHECK(result.error().message == "no such file");
    ExecChannels small(3);
    CHECK(small.message(frame(1, "1234")).error().code == Code::resource_exhausted);
  }

  TEST_CASE("exec: output, errors and exit code come back over a WebSocket") {
    std::string target, protocol, token;
    const HttpsFixture f([&](http::Request asked, std::shared_ptr<http::Responder> responder) {
      target = asked.target;
      protocol = asked.header("sec-websocket-protocol");
      token = asked.header("authorization");
      const auto socket = responder->accept_websocket("v4.channel.k8s.io");
      socket->send(frame(1, "hello "));
      socket->send(frame(2, "oops"));
      socket->send(frame(1, std::string(200'000, 'x')));
      socket->send(frame(3, kExit3));
      socket->close();
    });
    auto options = f.options();
    options.auth = token_auth("t0ken");
    const auto result = f.transport(options)->exec(request());
    REQUIRE_MESSAGE(result, result.error().text());
    CHECK(result->exit_code == 3);
    CHECK(result->out == "hello " + std::string(200'000, 'x'));
    CHECK(result->err == "oops");
    CHECK(target ==
          "/api/v1/namespaces/pgo/pods/hippo/exec?container=database&stdout=true&stderr=true"
          "&command=psql&command=-c&command=select%201");
    CHECK(protocol == "v4.channel.k8s.io");
    CHECK(token == "Bearer t0ken");
  }

  TEST_CASE("exec: input arrives whole and in order, then its end") {
    std::string target;
    const std::string input(100'000, 'i');
    const HttpsFixture f([&](http::Request asked, std::shared_ptr<http::Responder> responder) {
      target = asked.target;
      CHECK(asked.header("sec-websocket-protocol") == "v5.channel.k8s.io");
      const auto socket = responder->accept_websocket("v5.channel.k8s.io");
      auto received = std::make_shared<std::string>();
      socket->on_message([socket, received](const std::string& message) {
        if (message.front() == 0) received->append(message, 1);
        if (message != std::string("\xff\0", 2)) return;
        socket->send(frame(1, *received));
        socket->send(frame(3, kSuccess));
      });
    });
    const auto result = f.transport()->exec(request(input));
    REQUIRE_MESSAGE(result, result.error().text());
    CHECK(result->out == input);
    CHECK(target.find("stdin=true") != std::string::npos);
    CHECK(target.find("stderr=true&command=psql&") != std::string::npos);
  }

  TEST_CASE("exec: a server that knows v4 alone gets the length of the input with the command") {
    std::vector<std::string> targets;
    const std::string input = "select 1";
    const HttpsFixture f([&](http::Request asked, std::shared_ptr<http::Responder> responder) {
      targets.push_back(asked.target);
      if (asked.header("sec-websocket-protocol") != "v4.channel.k8s.io") {
        return responder->respond(test::http_answer(403, "{}"));
      }
      const auto socket = responder->accept_websocket("v4.channel.k8s.io");
      auto received = std::make_shared<std::string>();
      socket->on_message([socket, received, size = input.size()](const std::string& message) {
        received->append(message, 1);
        if (received->size() < size) return;
        socket->send(frame(1, *received));
        socket->send(frame(3, kSuccess));
      });
    });
    const auto transport = f.transport();
    for (int i = 0; i < 2; ++i) {
      const auto result = transport->exec(request(input));
      REQUIRE_MESSAGE(result, result.error().text());
      CHECK(result->out == input);
    }
    REQUIRE(targets.size() == 3);  // what the first exec has learned serves the second
    CHECK(targets[1].find("command=sh&command=-c&") != std::string::npos);
    CHECK(targets[1].find("command=8&command=psql") != std::string::npos);
  }

  TEST_CASE("exec: a refusal keeps its status and message") {
    const HttpsFixture f([](http::Request, std::shared_ptr<http::Responder> responder) {
      responder->respond(test::http_answer(403,
                                           R"({"kind":"Status","reason":"Forbidden","code":403,)"
                                           R"("message":"not for you"})"));
    });
    const auto result = f.transport()->exec(request());
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Code::permission_denied);
    CHECK(result.error().message == "not for you");
    CHECK(result.error().http_status == 403);
  }

  TEST_CASE("exec: deadline and stop request end a command that hangs") {
    std::vector<std::shared_ptr<http::Duplex>> kept;
    std::stop_source stop;
    std::atomic<bool> stop_now = false;
    const HttpsFixture f([&](http::Request, std::shared_ptr<http::Responder> responder) {
      kept.push_back(responder->accept_websocket("v4.channel.k8s.io"));
      if (stop_now) stop.request_stop();
    });
    const auto transport = f.transport();
    ExecRequest late = request();
    late.timeout = 200ms;
    CHECK(transport->exec(late).error().code == Code::deadline_exceeded);
    stop_now = true;
    ExecRequest stopped = request();
    stopped.stop = stop.get_token();
    CHECK(transport->exec(stopped).error().code == Code::cancelled);
  }

  TEST_CASE("exec: a server of another authority gets neither token nor command") {
    std::atomic<bool> asked = false;
    const HttpsFixture f([&](http::Request, std::shared_ptr<http::Responder> responder) {
      asked = true;
      responder->respond({});
    });
    auto options = f.options();
    options.tls.ca_pem =
        crypto::make_authority({.common_name = "o", .not_before = SystemClock().now() - 1h})
            ->certificate_pem;
    CHECK(f.transport(options)->exec(request()).error().code == Code::unavailable);
    CHECK_FALSE(asked);
  }

  TEST_CASE("exec: the connection ending without a status is not a success") {
    const HttpsFixture f([](http::Request, std::shared_ptr<http::Responder> responder) {
      const auto socket = responder->accept_websocket("v4.channel.k8s.io");
      socket->send(frame(1, "half"));
      socket->close();
    });
    const auto result = f.transport()->exec(request());
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Code::unavailable);
  }
}

}  // namespace pgo::kube
