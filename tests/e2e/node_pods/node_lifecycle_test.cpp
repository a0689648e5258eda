#include "node_world.h"

using namespace node_test;
using namespace std::chrono_literals;

TEST_CASE("node: registers itself as ready, with a lease") {
  NodeWorld world;
  NEEDS_USER(world);
  CHECK(NodeWorld::eventually([&] {
    auto node = world.client->get(kube::types::kNode, {}, "local");
    auto lease = world.client->get(kube::types::kLease, "kube-node-lease", "local");
    if (!node || !lease) return false;
    for (const json::Value& condition : (*node)["status"]["conditions"].items())
      if (condition["type"].as_string() == "Ready" && condition["status"].as_string() == "True")
        return node->label("kubernetes.io/hostname") == "local";
    return false;
  }));
}

TEST_CASE("pod: a job's container runs once and the pod succeeds") {
  NodeWorld world;
  NEEDS_USER(world);
  auto pod = NodeWorld::shell_pod("once", "echo hello from $HOSTNAME; echo $POD_IP");
  NodeWorld::spec(pod).set("restartPolicy", "Never");
  world.create_pod(pod);
  REQUIRE(NodeWorld::eventually([&] { return world.phase("once") == "Succeeded"; }));
  auto status = world.status("once");
  CHECK(world.log_of("once") ==
        "hello from once\n" + std::string(status["podIP"].as_string()) + "\n");
  const auto& state = status["containerStatuses"][std::size_t{0}]["state"]["terminated"];
  CHECK(state["exitCode"].as_int(-1) == 0);
  CHECK(state["reason"].as_string() == "Completed");
  CHECK(status["podIP"].as_string().starts_with("127.80.1."));
}

TEST_CASE("pod: a failing container of a pod that is never restarted makes the pod fail") {
  NodeWorld world;
  NEEDS_USER(world);
  auto pod = NodeWorld::shell_pod("broken", "exit 5");
  NodeWorld::spec(pod).set("restartPolicy", "Never");
  world.create_pod(pod);
  REQUIRE(NodeWorld::eventually([&] { return world.phase("broken") == "Failed"; }));
  CHECK(
      world.status("broken").pointer("/containerStatuses/0/state/terminated/exitCode")->as_int() ==
      5);
}

TEST_CASE("pod: init containers run in order before the others and share volumes") {
  NodeWorld world;
  NEEDS_USER(world);
  auto pod = NodeWorld::shell_pod("ordered", "cat /shared/list; sleep 1000");
  auto mount =
      json::Value::array({json::Value::object({{"name", "shared"}, {"mountPath", "/shared"}})});
  NodeWorld::main_container(pod).set("volumeMounts", mount);
  auto init = json::Value::array();
  for (const char* name : {"first", "second"}) {
    auto step =
        NodeWorld::container(name, "sleep 0.2; echo " + std::string(name) + " >> /shared/list");
    step.set("volumeMounts", mount);
    init.push_back(step);
  }
  NodeWorld::spec(pod).set("initContainers", init);
  NodeWorld::spec(pod).set("volumes",
                           json::Value::array({json::Value::object(
                               {{"name", "shared"}, {"emptyDir", json::Value::object()}})}));
  world.create_pod(pod);
  REQUIRE(NodeWorld::eventually([&] { return world.ready("ordered"); }));
  CHECK(NodeWorld::eventually([&] { return world.log_of("ordered") == "first\nsecond\n"; }));
}

TEST_CASE("pod: a container that ends is started again, at once the first time, then later") {
  NodeWorld world;
  NEEDS_USER(world);
  world.create_pod(NodeWorld::shell_pod("again", "echo run; sleep 0.1; exit 3"));
  REQUIRE(NodeWorld::eventually([&] {
    return world.status("again")["containerStatuses"][std::size_t{0}]["restartCount"].as_int() == 2;
  }));
  auto container = world.status("again")["containerStatuses"][std::size_t{0}];
  CHECK(container["state"]["waiting"]["reason"].as_string() == "CrashLoopBackOff");
  CHECK(container["lastState"]["terminated"]["exitCode"].as_int() == 3);
  CHECK(world.log_of("again", "main", true) == "run\n");
}

TEST_CASE("pod: the death of a container is reported and repaired within a moment") {
  NodeWorld world;
  NEEDS_USER(world);
  world.create_pod(NodeWorld::shell_pod("mortal", "sleep 1000"));
  REQUIRE(NodeWorld::eventually([&] { return world.ready("mortal"); }));
  std::string ip(world.status("mortal")["podIP"].as_string());
  auto before = std::chrono::steady_clock::now();
  (void)world.exec("mortal", "kill -9 $(pgrep sleep)");
  REQUIRE(NodeWorld::eventually([&] {
    auto container = world.status("mortal")["containerStatuses"][std::size_t{0}];
    return container["restartCount"].as_int() == 1 && container["ready"].as_bool();
  }));
  auto took = std::chrono::steady_clock::now() - before;
  CHECK(took < 2s);
  MESSAGE("running again after ",
          std::chrono::duration_cast<std::chrono::milliseconds>(took).count(), " ms");
  CHECK(world.status("mortal")["podIP"].as_string() == ip);
  CHECK(world
            .status(
                "mortal")["containerStatuses"][std::size_t{0}]["lastState"]["terminated"]["signal"]
            .as_int() == 9);
}

TEST_CASE("pod: deletion gives the program its grace, then the object and its folder go") {
  NodeWorld world;
  NEEDS_USER(world);
  auto pod = world.create_pod(NodeWorld::shell_pod(
      "leaving", "trap 'sleep 0.5; exit 0' TERM; echo up; while :; do sleep 0.05; done"));
  REQUIRE(NodeWorld::eventually([&] { return world.log_of("leaving") == "up\n"; }));
  auto folder = world.state_dir() / "pods" / pod.uid();
  CHECK(std::filesystem::exists(folder));
  auto before = std::chrono::steady_clock::now();
  REQUIRE(world.client->remove(kube::types::kPod, "demo", "leaving"));
  CHECK(world.status("leaving").is_object());
  REQUIRE(NodeWorld::eventually([&] { return world.status("leaving").is_null(); }));
  auto took = std::chrono::steady_clock::now() - before;
  CHECK(took > 400ms);
  CHECK(took < 3s);
  CHECK(!std::filesystem::exists(folder));
}

TEST_CASE("pod: an image that the node does not have is named in the status") {
  NodeWorld world;
  NEEDS_USER(world);
  auto expect = [&](const char* name, const char* image, const char* part) {
    auto pod = NodeWorld::shell_pod(name, "true");
    NodeWorld::main_container(pod).set("image", image);
    world.create_pod(pod);
    CHECK(NodeWorld::eventually([&] {
      auto waiting = world.status(name)["containerStatuses"][std::size_t{0}]["state"]["waiting"];
      return waiting["reason"].as_string() == "ImagePullBackOff" &&
             waiting["message"].as_string().find(part) != std::string_view::npos;
    }));
  };
  expect("unknown", "registry.example/who/knows:1", "no image knows");
  expect("nofolder", "unpacked", "no image folder");
  expect("nopackage", "needy:3", "apt-get install no-such-package");
}

TEST_CASE(
    "probes: a pod is ready as soon as its readiness probe says so, not when the delay is over") {
  NodeWorld world;
  NEEDS_USER(world);
  auto pod = NodeWorld::shell_pod("probed", "sleep 0.6; touch /tmp/ready; sleep 1000");
  auto command = json::Value::array({"cat", "/tmp/ready"});
  NodeWorld::main_container(pod).set(
      "readinessProbe", json::Value::object({{"exec", json::Value::object({{"command", command}})},
                                             {"initialDelaySeconds", 15},
                                             {"periodSeconds", 1},
                                             {"failureThreshold", 2}}));
  world.create_pod(pod);
  REQUIRE(NodeWorld::eventually([&] { return world.phase("probed") == "Running"; }));
  CHECK(!world.ready("probed"));
  REQUIRE(NodeWorld::eventually([&] { return world.ready("probed"); }, 5s));
  REQUIRE(world.exec("probed", "rm /tmp/ready"));
  CHECK(NodeWorld::eventually([&] { return !world.ready("probed"); }, 6s));
}

TEST_CASE("probes: a container whose liveness probe fails is restarted") {
  NodeWorld world;
  NEEDS_USER(world);
  auto pod = NodeWorld::shell_pod("stuck", "sleep 1000");
  auto command = json::Value::array({"false"});
  NodeWorld::main_container(pod).set(
      "livenessProbe", json::Value::object({{"exec", json::Value::object({{"command", command}})},
                                            {"periodSeconds", 1},
                                            {"failureThreshold", 1}}));
  world.create_pod(pod);
  REQUIRE(NodeWorld::eventually([&] {
    return world.status("stuck")["containerStatuses"][std::size_t{0}]["restartCount"].as_int() > 0;
  }));
  auto last = world.status("stuck")["containerStatuses"][std::size_t{0}]["lastState"]["terminated"];
  CHECK(last["message"].as_string().find("Liveness") == 0);
}

TEST_CASE("restart of the node: pods run again in place, with address and one more restart") {
  NodeWorld world;
  NEEDS_USER(world);
  auto job = NodeWorld::shell_pod("done", "echo result");
  NodeWorld::spec(job).set("restartPolicy", "Never");
  world.create_pod(job);
  auto pod = world.create_pod(NodeWorld::shell_pod(
      "steady", "trap 'echo clean end; exit 0' TERM; echo up; while :; do sleep 0.05; done"));
  // A container is ready when it has started, which may be before its trap is set.
  REQUIRE(NodeWorld::eventually([&] {
    return world.ready("steady") && world.log_of("steady") == "up\n" &&
           world.phase("done") == "Succeeded";
  }));
  std::string ip(world.status("steady")["podIP"].as_string());
  world.restart_node(5s);
  REQUIRE(NodeWorld::eventually([&] {
    auto container = world.status("steady")["containerStatuses"][std::size_t{0}];
    return container["ready"].as_bool() && container["restartCount"].as_int() == 1;
  }));
  CHECK(world.status("steady")["podIP"].as_string() == ip);
  CHECK(world.log_of("steady", "main", true) == "up\nclean end\n");
  CHECK(world.phase("done") == "Succeeded");
  CHECK(world.log_of("done") == "result\n");
}

TEST_CASE("hold: a pod that is held down stays down until it is released") {
  NodeWorld world;
  NEEDS_USER(world);
  world.create_pod(NodeWorld::shell_pod("held-1", "sleep 1000"));
  REQUIRE(NodeWorld::eventually([&] { return world.ready("held-1"); }));
  world.node->hold("demo", "held-");
  REQUIRE(NodeWorld::eventually([&] {
    auto waiting = world.status("held-1")["containerStatuses"][std::size_t{0}]["state"]["waiting"];
    return waiting["reason"].as_string() == "Held";
  }));
  world.node->release("demo", "held-");
  CHECK(NodeWorld::eventually([&] { return world.ready("held-1"); }));
}

TEST_CASE("hold: an annotation does it too") {
  NodeWorld world;
  NEEDS_USER(world);
  world.create_pod(NodeWorld::shell_pod("marked", "sleep 1000"));
  REQUIRE(NodeWorld::eventually([&] { return world.ready("marked"); }));
  auto annotate = [&](json::Value value) {
    auto annotations = json::Value::object({{embedded::kHoldAnnotation, std::move(value)}});
    auto metadata = json::Value::object({{"annotations", annotations}});
    return world.client
        ->patch(kube::types::kPod, "demo", "marked", kube::PatchType::merge,
                json::Value::object({{"metadata", metadata}}))
        .has_value();
  };
  REQUIRE(annotate("true"));
  REQUIRE(NodeWorld::eventually([&] {
    auto waiting = world.status("marked")["containerStatuses"][std::size_t{0}]["state"]["waiting"];
    return waiting["reason"].as_string() == "Held";
  }));
  REQUIRE(annotate(nullptr));
  CHECK(NodeWorld::eventually([&] { return world.ready("marked"); }));
}

TEST_CASE("exec: finds the container, passes input, refuses unknown pods") {
  NodeWorld world;
  NEEDS_USER(world);
  auto pod = NodeWorld::shell_pod("worker", "sleep 1000");
  NodeWorld::main_container(pod).set(
      "env", json::Value::array({json::Value::object({{"name", "A"}, {"value", "1"}}),
                                 json::Value::object({{"name", "B"}, {"value", "$(A)2"}})}));
  world.create_pod(pod);
  REQUIRE(NodeWorld::eventually([&] { return world.ready("worker"); }));
  auto result = world.exec("worker", "cat; echo $B", "typed ");
  REQUIRE(result);
  CHECK(result->out == "typed 12\n");
  auto refused = world.exec("nobody", "true");
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::not_found);
}
