#include "pgo/kube/wakeup.h"
#include "unit/embedded_controllers/small_cluster.h"

#include <utility>

using namespace pgo;
using namespace pgo::test;
using namespace std::chrono_literals;
namespace types = kube::types;

TEST_SUITE("embedded.controllers.runner") {
  TEST_CASE("runner: works in its own thread, rests when nothing changes, stops when told") {
    SystemClock clock;
    SystemIdSource ids;
    auto server = embedded::ApiServer::create({}, clock, ids, {});
    REQUIRE(server);
    auto door = (*server)->transport(embedded::Identity::admin());
    kube::Client client(*door);
    auto runner = std::make_unique<embedded::ControllersRunner>(*door, clock, ids, Log{});

    kube::Wakeup wakeup;
    StandInOptions options;
    options.ready_after = 10ms;
    options.on_ready = wakeup.callback();
    StandInNode node(*door, clock, ids, options);
    auto wait_until = [&](const std::function<bool()>& done) {
      TimePoint limit = clock.now() + 20s;
      while (!done() && clock.now() < limit) {
        auto stepped = node.step();
        TimePoint soon = clock.now() + 20ms;
        if (!stepped.progressed) wakeup.wait_until(std::min(stepped.next, soon), clock, {});
      }
      return done();
    };
    auto document = json::parse(deployment("web", 2));
    REQUIRE(document);
    kube::Object web(*std::move(document));
    web.document().set("apiVersion", "apps/v1");
    web.document().set("kind", "Deployment");
    web.document().at_or_add("metadata").set("namespace", "default");
    REQUIRE(client.create(types::kDeployment, web));
    CHECK(wait_until([&] {
      auto now = client.get(types::kDeployment, "default", "web");
      return now && (*now)["status"]["availableReplicas"].as_int() == 2;
    }));

    // Whatever follows the last status is done soon; then the version stands still.
    std::uint64_t version = 0;
    CHECK(wait_until([&] {
      std::uint64_t before = std::exchange(version, (*server)->version());
      return before == version;
    }));
    runner.reset();
    REQUIRE(client.remove(types::kPod, "default",
                          client.list(types::kPod, "default")->items.at(0).name()));
    CHECK(wait_until([&] { return client.list(types::kPod, "default")->items.size() == 1; }));

    // A new one takes over where the old one ended.
    embedded::ControllersRunner next(*door, clock, ids, Log{});
    CHECK(wait_until([&] { return client.list(types::kPod, "default")->items.size() == 2; }));
  }
}
