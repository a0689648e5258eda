#include "embedded/node/probe.h"

#include <doctest/doctest.h>

using namespace pgo;
using namespace pgo::embedded::node;
using namespace std::chrono_literals;

namespace {
const EventLoop::Steady::time_point kStart{1000s};

ProbeSpec spec(std::chrono::seconds delay, std::chrono::seconds period, int failures = 3) {
  ProbeSpec result;
  result.initial_delay = delay;
  result.period = period;
  result.failure_threshold = failures;
  return result;
}
}  // namespace

TEST_CASE("probe: readiness is tried at once and often, until it first succeeds") {
  ProbeVerdict verdict(ProbeKind::readiness, spec(15s, 10s), kStart);
  CHECK(verdict.next_try() == kStart);
  auto now = kStart;
  int tries = 0;
  for (; now < kStart + 5s; ++tries) {
    now = verdict.next_try();
    CHECK(!verdict.result(false, now));  // early failures mean nothing
    CHECK(verdict.next_try() > now);
    CHECK(verdict.next_try() <= now + 1s);
  }
  CHECK(tries >= 5);
  now = verdict.next_try();
  CHECK(verdict.result(true, now) == true);
  CHECK(verdict.next_try() > now + 1s);  // from here on as declared
  CHECK(verdict.next_try() <= now + 10s);
}

TEST_CASE("probe: a ready container is unready after as many failures as declared") {
  ProbeVerdict verdict(ProbeKind::readiness, spec(0s, 10s, 2), kStart);
  CHECK(verdict.result(true, kStart) == true);
  CHECK(!verdict.result(true, kStart + 10s));
  CHECK(!verdict.result(false, kStart + 20s));
  CHECK(verdict.result(false, kStart + 30s) == false);
  CHECK(verdict.next_try() == kStart + 40s);
  CHECK(verdict.result(true, kStart + 40s) == true);
}

TEST_CASE("probe: liveness honours its delay and period, and fails at its threshold") {
  ProbeVerdict verdict(ProbeKind::liveness, spec(30s, 15s, 3), kStart);
  CHECK(verdict.next_try() == kStart + 30s);
  CHECK(!verdict.result(false, kStart + 30s));
  CHECK(verdict.next_try() == kStart + 45s);
  CHECK(!verdict.result(false, kStart + 45s));
  CHECK(verdict.result(false, kStart + 60s) == false);
}

TEST_CASE("probe: a startup probe fails by its declared schedule, though it is tried more often") {
  ProbeVerdict verdict(ProbeKind::startup, spec(0s, 2s, 2), kStart);
  auto failed_at = kStart;
  for (int i = 0; i < 50; ++i) {
    auto now = verdict.next_try();
    if (verdict.result(false, now) == false) {
      failed_at = now;
      break;
    }
  }
  CHECK(failed_at >= kStart + 2s);
  CHECK(failed_at <= kStart + 4s);
}

TEST_CASE("probe: is read with Kubernetes' defaults, ports by name, https as a connection") {
  auto container = *json::parse(R"({"ports":[{"name":"rest","containerPort":8009}]})");
  auto read = [&](const char* text) {
    return parse_probe(*json::parse(text), container, "127.80.9.2");
  };
  auto http = read(R"({"httpGet":{"path":"health","port":"rest"}})");
  REQUIRE(http);
  CHECK(http->action == ProbeSpec::Action::http);
  CHECK(http->address.text() == "127.80.9.2:8009");
  CHECK(http->path == "/health");
  CHECK(http->period == 10s);
  CHECK(http->timeout == 1s);
  CHECK(http->failure_threshold == 3);
  CHECK(read(R"({"httpGet":{"port":1,"scheme":"HTTPS"}})")->action == ProbeSpec::Action::tcp);
  CHECK(read(R"({"tcpSocket":{"port":5432,"host":"127.0.0.1"}})")->address.ip == "127.0.0.1");
  CHECK(read(R"({"exec":{"command":["a","b"]}})")->command.size() == 2);
  CHECK(!read(R"({"tcpSocket":{"port":"unknown"}})"));
  CHECK(!read(R"({"exec":{}})"));
  CHECK(!read(R"({})"));
}
