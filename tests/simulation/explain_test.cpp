#include "workflows.h"

#include <doctest/doctest.h>

#include <algorithm>

// What `pgo explain` tells while a cluster does not work; the operator itself stays as it is.
using namespace pgo;
using namespace pgo::testing;
using std::chrono::minutes;

namespace {

bool tells(const World& world, std::string_view reason, std::string_view subject = {}) {
  const auto explained = world.explain("hippo");
  return std::ranges::any_of(explained.waits, [&](const model::rest::PlanWait& wait) {
    return wait.reason == reason && wait.subject == subject;
  });
}

bool content(const World& world) {
  const auto explained = world.explain("hippo");
  return explained.waits.empty() && explained.steps.empty();
}

}  // namespace

TEST_CASE("simulation: a primary that is down is told, and the operator writes nothing for it") {
  World world({.seed = 1});
  created(world, 0);
  world.run_for(minutes(5));
  CHECK(content(world));
  const std::string leader = world.leader("hippo");
  const std::size_t before = world.writes().size();
  world.set_ready(leader, false);
  world.run_for(minutes(60));
  CHECK(tells(world, "primary_ready"));
  CHECK(tells(world, "instance_ready", "hippo"));
  CHECK(world.writes().size() == before);
  world.set_ready(leader, true);
  CHECK(world.run_until([&] { return content(world); }));
}

TEST_CASE("simulation: readiness that comes and goes is told each time and writes nothing") {
  World world({.seed = 2});
  created(world, 1);
  world.run_for(minutes(5));
  const auto pods = world.list(kube::types::kPod);
  const auto replica = std::ranges::find_if(
      pods, [](const kube::Object& pod) { return pod.label("role") == "replica"; });
  REQUIRE(replica != pods.end());
  const std::string instance(replica->label("deployment-name"));
  const std::size_t before = world.writes().size();
  for (int i = 0; i < 20; ++i) {
    world.set_ready(std::string(replica->name()), false);
    world.run_for(minutes(1));
    CHECK(tells(world, "instance_ready", instance));
    CHECK_FALSE(tells(world, "primary_ready"));
    world.set_ready(std::string(replica->name()), true);
    world.run_for(minutes(1));
    CHECK(content(world));
  }
  CHECK(world.writes().size() == before);
}

TEST_CASE("simulation: from the deletion of the primary's pod to its end something is told") {
  World world({.seed = 3});
  created(world, 0);
  world.run_for(minutes(5));
  world.delete_pod(world.leader("hippo"));
  std::size_t looks = 0;
  for (; world.leader("hippo").empty() && looks < 10'000; ++looks) {
    CHECK_FALSE(content(world));
    world.step();
  }
  CHECK(looks > 0);
  CHECK(world.run_until([&] { return content(world); }));
}

TEST_CASE("simulation: a replica that was asked for is waited for until it is ready") {
  World world({.seed = 4});
  created(world, 0);
  world.run_for(minutes(5));
  world.scale("hippo", "hippo-abcd");
  const auto runs = [&] {
    const auto pods = world.list(kube::types::kPod);
    return std::ranges::any_of(pods, [](const kube::Object& pod) {
      return pod.label("deployment-name") == "hippo-abcd" && pod.label("role") == "replica";
    });
  };
  std::size_t looks = 0;
  for (; !runs() && looks < 10'000; ++looks) {
    CHECK_FALSE(content(world));
    world.step();
  }
  CHECK(looks > 0);
  CHECK(world.run_until([&] { return content(world); }));
}

TEST_CASE("simulation: the state tells of a clone and of a removal under way") {
  World world({.seed = 5});
  created(world, 0);
  world.clone("hippo", "twin");
  CHECK(world.explain("twin").state == "being cloned from hippo");
  CHECK(world.run_until([&] { return world.initialized("twin"); }));
  CHECK(world.explain("twin").state == "pgcluster Initialized");
  world.delete_cluster("twin", true, true);
  std::size_t looks = 0;
  for (; !world.gone("twin") && looks < 10'000; ++looks) {
    CHECK(world.explain("twin").state == "being removed");
    world.step();
  }
  CHECK(looks > 0);
  CHECK(world.gone("twin"));
}

TEST_CASE("simulation: the failures of a backup's Job are counted for whoever asks") {
  World world({.seed = 6});
  created(world, 0);
  world.fail_jobs("backrest-backup-hippo");
  world.back_up("hippo", "--type=full");
  const auto told = [&] {
    const auto explained = world.explain("hippo");
    return std::ranges::any_of(explained.waits, [](const model::rest::PlanWait& wait) {
      return wait.reason == "backup" && wait.detail.find("failed so far: 2") != std::string::npos &&
             wait.remedy.find("-l job-name=backrest-backup-hippo") != std::string::npos;
    });
  };
  // Its last failure ends the task, so this is to be seen on the way only.
  for (int i = 0; i < 20'000 && !told(); ++i) world.step();
  CHECK(told());
}
