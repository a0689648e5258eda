#include "unit/embedded_controllers/small_cluster.h"

using namespace pgo;
using namespace pgo::test;
using namespace std::chrono_literals;
namespace types = kube::types;

namespace {

/// A Deployment of one database instance of a scope.
std::string instance(std::string_view name) {
  std::string text = deployment(name, 1);
  auto at = text.rfind(R"({"labels":{)");
  text.insert(at + 11, R"("pgo-pg-database":"true","crunchy-pgha-scope":"hippo",)");
  return text;
}

std::vector<kube::Object> with_role(SmallCluster& world, std::string_view role) {
  return world.list(types::kPod, "default", "crunchy-pgha-scope=hippo,role=" + std::string(role));
}

}  // namespace

TEST_SUITE("stand-in node") {
  TEST_CASE("pods are ready after the delay, and not before") {
    StandInOptions options;
    options.ready_after = 5s;
    SmallCluster world(options);
    world.create(types::kDeployment, "default", deployment("web", 1));
    world.pass(4s);
    CHECK(world.list(types::kPod, "default").at(0)["status"]["phase"].as_string() == "Pending");
    world.pass(2s);
    CHECK(world.list(types::kPod, "default").at(0)["status"]["phase"].as_string() == "Running");
  }

  TEST_CASE("the first member of a scope leads, the others follow") {
    SmallCluster world;
    world.create(types::kDeployment, "default", instance("hippo"));
    world.pass(5s);
    REQUIRE(with_role(world, "master").size() == 1);
    auto leader = world.get(types::kConfigMap, "default", "hippo-leader");
    CHECK(leader.annotation("leader") == with_role(world, "master")[0].name());
    CHECK(leader.annotation("transitions") == "0");
    CHECK(leader.label("crunchy-pgha-scope") == "hippo");
    auto config = world.get(types::kConfigMap, "default", "hippo-config");
    for (const char* key : {"config", "history", "initialize"}) {
      CHECK(!config.annotation(key).empty());
    }
    world.create(types::kDeployment, "default", instance("hippo-abcd"));
    world.pass(5s);
    CHECK(with_role(world, "master").size() == 1);
    CHECK(with_role(world, "replica").size() == 1);
  }

  TEST_CASE("a leader that is gone or sick is followed by another member after a while") {
    StandInOptions options;
    options.fails_over_after = 3s;
    SmallCluster world(options);
    world.create(types::kDeployment, "default", instance("hippo"));
    world.create(types::kDeployment, "default", instance("hippo-abcd"));
    world.pass(5s);
    std::string first(with_role(world, "master").at(0).name());
    std::string second(with_role(world, "replica").at(0).name());
    REQUIRE(world.node->set_ready("default", first, false));
    world.pass(2s);
    CHECK(world.get(types::kPod, "default", second).label("role") == "replica");
    world.pass(2s);
    CHECK(world.get(types::kPod, "default", second).label("role") == "master");
    REQUIRE(world.node->set_ready("default", first, true));
    world.pass(2s);
    CHECK(world.get(types::kPod, "default", first).label("role") == "replica");
    CHECK(world.get(types::kConfigMap, "default", "hippo-leader").annotation("transitions") == "1");
    REQUIRE(world.client.remove(types::kPod, "default", second));
    world.pass(5s);
    CHECK(world.get(types::kPod, "default", first).label("role") == "master");
    CHECK(with_role(world, "master").size() == 1);
    CHECK(with_role(world, "replica").size() == 1);
  }

  TEST_CASE("commands are recorded and answered") {
    StandInOptions options;
    options.on_exec = [](const kube::ExecRequest& request) -> Result<kube::ExecResult> {
      return kube::ExecResult{.exit_code = 3, .out = request.command.at(0), .err = {}};
    };
    SmallCluster world(options);
    world.server->set_container_runtime(world.node.get());
    world.create(types::kDeployment, "default", deployment("web", 1));
    world.pass(5s);
    kube::ExecRequest request;
    request.ns = "default";
    request.pod = world.list(types::kPod, "default").at(0).name();
    request.container = "main";
    request.command = {"bash"};
    request.stdin_data = "select 1";
    auto answer = world.client.exec(request);
    REQUIRE(answer);
    CHECK(answer->exit_code == 3);
    CHECK(answer->out == "bash");
    REQUIRE(world.node->execs().size() == 1);
    CHECK(world.node->execs()[0].stdin_data == "select 1");
  }
}
