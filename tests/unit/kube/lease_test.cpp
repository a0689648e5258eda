#include "pgo/kube/lease.h"

#include "pgo/embedded/api_server.h"

#include <doctest/doctest.h>

#include <functional>
#include <utility>

namespace pgo::kube {
namespace {

using namespace std::chrono_literals;

/// Lets the tests break the way to the server.
class Door final : public Transport {
 public:
  explicit Door(std::unique_ptr<Transport> behind) : behind_(std::move(behind)) {}
  Result<Response> request(const Request& request) override {
    ++requests;
    if (before) before(request);
    if (refused) {
      return Response{.status = 403, .body = R"({"kind":"Status","reason":"Forbidden"})"};
    }
    if (closed) return fail(Code::unavailable, "the way is closed");
    return behind_->request(request);
  }
  Result<std::unique_ptr<WatchStream>> watch(const Request& request,
                                             std::function<void()> on_ready) override {
    return behind_->watch(request, std::move(on_ready));
  }
  Result<ExecResult> exec(const ExecRequest& request) override { return behind_->exec(request); }
  bool closed = false;
  bool refused = false;
  std::function<void(const Request&)> before;
  int requests = 0;

 private:
  std::unique_ptr<Transport> behind_;
};

struct World {
  World() {
    auto made = embedded::ApiServer::create({}, clock, ids, Log());
    REQUIRE(made);
    server = *std::move(made);
  }
  VirtualClock clock{TimePoint{} + std::chrono::years(50)};
  SeededIdSource ids{1};
  std::unique_ptr<embedded::ApiServer> server;
};

/// One process with a clock of its own, which may show anything but runs at the same speed.
struct Candidate {
  Candidate(World& world, std::string identity, Duration skew = {})
      : clock(world.clock.now() + skew),
        door(world.server->transport(embedded::Identity::admin())),
        lease(Client(door), clock, ids, Log(),
              {.ns = "default",
               .name = "pgo",
               .identity = std::move(identity),
               .refusals_believed = 3,
               .shown_time = &world.clock}) {}
  VirtualClock clock;
  SeededIdSource ids{2};
  Door door;
  Lease lease;
};

void advance(World& world, Duration by, std::initializer_list<Candidate*> candidates) {
  world.clock.advance(by);
  for (Candidate* candidate : candidates) candidate->clock.advance(by);
}

}  // namespace

TEST_SUITE("kube.lease") {
  TEST_CASE("lease: the first candidate leads and keeps leading, the second waits") {
    World world;
    Candidate a(world, "a");
    Candidate b(world, "b");
    CHECK(a.lease.step().gained);
    for (int i = 0; i < 30; ++i) {
      CHECK(a.lease.step().leading);
      CHECK_FALSE(b.lease.step().leading);
      advance(world, 2s, {&a, &b});
    }
    CHECK(b.lease.holder() == "a");
    const auto stored = Client(a.door).get(types::kLease, "default", "pgo");
    REQUIRE(stored);
    CHECK((*stored)["spec"]["holderIdentity"].as_string() == "a");
    CHECK((*stored)["spec"]["leaseDurationSeconds"].as_int() == 15);
    CHECK(parse_rfc3339((*stored)["spec"]["renewTime"].as_string()));
    CHECK((*stored)["spec"]["leaseTransitions"].as_int() == 0);
  }

  TEST_CASE("lease: a renewal costs one request") {
    World world;
    Candidate a(world, "a");
    a.lease.step();
    a.door.requests = 0;
    advance(world, 2s, {&a});
    a.lease.step();
    CHECK(a.door.requests == 1);
  }

  TEST_CASE("lease: a silent leader is replaced after its duration, and never two lead") {
    for (const Duration skew : {Duration(0), Duration(24h), Duration(-24h)}) {
      World world;
      Candidate a(world, "a");
      Candidate b(world, "b", skew);
      REQUIRE(a.lease.step().gained);
      REQUIRE_FALSE(b.lease.step().leading);
      a.door.closed = true;
      Duration taken{};
      for (int i = 0; i < 60 && !b.lease.leading(); ++i) {
        advance(world, 500ms, {&a, &b});
        taken += 500ms;
        a.lease.step();
        b.lease.step();
        CHECK_FALSE((a.lease.leading() && b.lease.leading()));
      }
      CHECK(b.lease.leading());
      CHECK(taken >= 15s);
      CHECK(taken <= 16s);
      a.door.closed = false;
      CHECK_FALSE(a.lease.step().leading);
      CHECK(a.lease.holder() == "b");
    }
  }

  TEST_CASE("lease: a leader that cannot renew steps down at the deadline and says so") {
    World world;
    Candidate a(world, "a");
    REQUIRE(a.lease.step().gained);
    a.door.closed = true;
    advance(world, 9s, {&a});
    auto step = a.lease.step();
    CHECK(step.leading);
    CHECK(a.lease.problem());
    CHECK(step.next <= a.clock.now() + 1s);
    advance(world, 1s, {&a});
    CHECK_FALSE(a.lease.leading());  // also without a step
    step = a.lease.step();
    CHECK(step.lost);
    CHECK_FALSE(step.leading);
    a.door.closed = false;
    CHECK(a.lease.step().gained);
    CHECK_FALSE(a.lease.problem());
  }

  TEST_CASE("lease: a leader that was held up for too long loses before it leads again") {
    World world;
    Candidate a(world, "a");
    REQUIRE(a.lease.step().gained);
    advance(world, 60s, {&a});
    const auto step = a.lease.step();
    CHECK(step.lost);
    CHECK_FALSE(step.leading);
    CHECK(step.next == a.clock.now());
    CHECK(a.lease.step().gained);
  }

  TEST_CASE("lease: a released lease is taken at once") {
    World world;
    Candidate a(world, "a");
    Candidate b(world, "b");
    REQUIRE(a.lease.step().gained);
    REQUIRE_FALSE(b.lease.step().leading);
    REQUIRE(a.lease.release());
    CHECK_FALSE(a.lease.leading());
    CHECK(b.lease.step().gained);
    CHECK(b.lease.holder() == "b");
    const auto stored = Client(b.door).get(types::kLease, "default", "pgo");
    CHECK((*stored)["spec"]["leaseTransitions"].as_int() == 1);
  }

  TEST_CASE("lease: a leader whose lease another has taken steps down at once") {
    World world;
    Candidate a(world, "a");
    REQUIRE(a.lease.step().gained);
    const Client client(a.door);
    auto stored = client.get(types::kLease, "default", "pgo");
    REQUIRE(stored);
    stored->document().at_or_add("spec").set("holderIdentity", "thief");
    REQUIRE(client.update(types::kLease, *stored));
    advance(world, 2s, {&a});
    const auto step = a.lease.step();
    CHECK(step.lost);
    CHECK(a.lease.holder() == "thief");
  }

  TEST_CASE("lease: a foreign annotation or a deleted lease does not end the leadership") {
    World world;
    Candidate a(world, "a");
    REQUIRE(a.lease.step().gained);
    const Client client(a.door);
    REQUIRE(client.patch(types::kLease, "default", "pgo", PatchType::merge,
                         *json::parse(R"({"metadata":{"annotations":{"x":"y"}}})")));
    advance(world, 2s, {&a});
    CHECK(a.lease.step().leading);
    advance(world, 2s, {&a});
    CHECK(a.lease.step().leading);
    CHECK_FALSE(a.lease.problem());
    REQUIRE(client.remove(types::kLease, "default", "pgo"));
    advance(world, 2s, {&a});
    CHECK(a.lease.step().leading);
    advance(world, 2s, {&a});
    CHECK(a.lease.step().leading);
    CHECK(client.get(types::kLease, "default", "pgo"));
  }

  // client-go's LeaderElector gives its renewals the renew deadline as their context.
  TEST_CASE("lease: a leader whose packets are lost knows at its deadline that it is none") {
    World world;
    Candidate a(world, "a");
    Candidate b(world, "b");
    REQUIRE(a.lease.step().gained);
    REQUIRE_FALSE(b.lease.step().leading);
    const TimePoint renewed = a.clock.now();
    advance(world, 2s, {&a, &b});
    a.door.closed = true;
    a.door.before = [&](const Request& request) { advance(world, request.timeout, {&a, &b}); };
    CHECK(a.lease.step().lost);
    CHECK(a.clock.now() == renewed + 10s);
    CHECK_FALSE(b.lease.step().leading);
    // One who waits for the lease is not held up for longer either.
    const TimePoint begun = a.clock.now();
    CHECK_FALSE(a.lease.step().leading);
    CHECK(a.clock.now() == begun + 10s);
  }

  TEST_CASE("lease: a claim counts from the answer that shows it, not from the question") {
    World world;
    Candidate a(world, "a");
    Candidate b(world, "b");
    REQUIRE(a.lease.step().gained);
    bool first = true;
    b.door.before = [&](const Request&) {
      if (!std::exchange(first, false)) return;
      advance(world, 8s, {&a, &b});
      CHECK(a.lease.step().leading);
    };
    CHECK_FALSE(b.lease.step().leading);
    advance(world, 9s, {&a, &b});
    CHECK(a.lease.leading());
    CHECK_FALSE(b.lease.step().leading);
  }

  TEST_CASE("lease: one refusal is no reason to lead, nor are many after an answer") {
    World world;
    Candidate a(world, "a");
    Candidate b(world, "b");
    REQUIRE(a.lease.step().gained);
    b.door.refused = true;
    for (int i = 0; i < 2; ++i) CHECK_FALSE(b.lease.step().leading);
    b.door.refused = false;
    CHECK_FALSE(b.lease.step().leading);
    b.door.refused = true;
    for (int i = 0; i < 20; ++i) {
      advance(world, 2s, {&a, &b});
      REQUIRE(a.lease.step().leading);
      CHECK_FALSE(b.lease.step().leading);
    }
    CHECK(b.lease.problem()->code == Code::permission_denied);
  }

  TEST_CASE("lease: without a right to it one leads alone, until there is an election") {
    World world;
    Candidate a(world, "a");
    Candidate b(world, "b");
    b.door.refused = true;
    for (int i = 0; i < 2; ++i) CHECK_FALSE(b.lease.step().leading);
    const auto third = b.lease.step();
    CHECK(third.gained);
    CHECK(b.lease.alone());
    CHECK(b.lease.leading());
    CHECK_FALSE(b.lease.step().gained);
    b.door.refused = false;
    REQUIRE(a.lease.step().gained);
    const auto seen = b.lease.step();
    CHECK(seen.lost);
    CHECK_FALSE(b.lease.alone());
    CHECK(b.lease.holder() == "a");
  }

  TEST_CASE("lease: what it shows is the time of the day, what it judges by is not") {
    World world;
    Candidate a(world, "a", Duration(-24h));
    REQUIRE(a.lease.step().gained);
    const auto stored = Client(a.door).get(types::kLease, "default", "pgo");
    REQUIRE(stored);
    CHECK((*stored)["spec"]["renewTime"].as_string() == to_rfc3339_micro(world.clock.now()));
  }
}

}  // namespace pgo::kube
