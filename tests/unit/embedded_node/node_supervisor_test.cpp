#include "embedded/node/container_probes.h"
#include "supervisor_world.h"

#include <atomic>
#include <chrono>

using namespace node_test;

TEST_CASE("supervisor: a program runs as the image's user and its exit code is reported") {
  World world;
  NEEDS_USER(world);
  world.shell("id -un; hostname; getent hosts hippo; echo $SECRET; cat ~/.curlrc; exit 7");
  CHECK(world.started.take());
  auto exit = world.ended.take();
  REQUIRE(exit);
  CHECK(*exit == ContainerExit{7, 0, {}});
  CHECK(world.log() ==
        "postgres\nhippo-0\n127.80.0.9      hippo\nin the environment\n"
        "connect-to = \"127.0.0.1::127.80.0.7:\"\nconnect-to = \"localhost::127.80.0.7:\"\n");
}

TEST_CASE("supervisor: the root of a sandbox and the host's files cannot be written") {
  World world;
  NEEDS_USER(world);
  world.shell(
      "for f in /x /etc/x /usr/x /run/x /var/x; do touch $f 2>/dev/null && echo wrote $f; done;"
      "rm -f /bin 2>/dev/null; ls -d /bin; touch /tmp/x ~/x && echo own folders are writable");
  REQUIRE(world.ended.take());
  CHECK(world.log() == "/bin\nown folders are writable\n");
}

TEST_CASE("supervisor: a program that dies of a signal is told from one that exits") {
  World world;
  NEEDS_USER(world);
  world.shell("kill -SEGV $$");
  auto exit = world.ended.take();
  REQUIRE(exit);
  CHECK(*exit == ContainerExit{139, 11, {}});
}

TEST_CASE("supervisor: a program that does not exist ends with 127 and says so in the log") {
  World world;
  NEEDS_USER(world);
  world.launch({"/no/such/program"});
  auto exit = world.ended.take();
  REQUIRE(exit);
  CHECK(exit->code == 127);
  CHECK(world.log().find("/no/such/program") != std::string::npos);
}

TEST_CASE("supervisor: a sandbox that cannot be made reports bubblewrap's reason") {
  World world;
  NEEDS_USER(world);
  world.sandbox.mounts = {{"/no/such/volume", "/pgdata", false}};
  world.shell("true");
  auto exit = world.ended.take();
  REQUIRE(exit);
  CHECK(exit->failure.find("/no/such/volume") != std::string::npos);
  CHECK(!world.started.take(0ms));
}

TEST_CASE("supervisor: TERM reaches the program, which may end in its own way") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("trap 'echo stopping; exit 3' TERM; echo up; while :; do sleep 0.05; done");
  REQUIRE(world.started.take());
  while (world.log() != "up\n") std::this_thread::yield();
  world.supervisor->terminate(id, 10s);
  auto exit = world.ended.take();
  REQUIRE(exit);
  CHECK(*exit == ContainerExit{3, 0, {}});
  CHECK(world.log() == "up\nstopping\n");
}

TEST_CASE("supervisor: a program that ignores TERM is killed when the grace is over") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("trap '' TERM; echo up; while :; do sleep 1; done");
  REQUIRE(world.started.take());
  while (world.log() != "up\n") std::this_thread::yield();
  world.supervisor->terminate(id, 300ms);
  auto exit = world.ended.take();
  REQUIRE(exit);
  CHECK(*exit == ContainerExit{137, 9, {}});
}

TEST_CASE("supervisor: terminating a container that is still starting ends it") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("sleep 1000");
  world.supervisor->terminate(id, 5s);
  auto exit = world.ended.take(4s);
  REQUIRE(exit);
  CHECK(exit->signal == 15);
}

TEST_CASE("supervisor: the death of process 1 takes all processes and is noticed at once") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("sleep 1000 & sleep 1000");
  REQUIRE(world.started.take());
  auto before = std::chrono::steady_clock::now();
  world.supervisor->terminate(id, 0s);
  auto exit = world.ended.take();
  auto took = std::chrono::steady_clock::now() - before;
  REQUIRE(exit);
  CHECK(exit->signal == 9);
  CHECK(took < 1s);
  MESSAGE("noticed after ", std::chrono::duration_cast<std::chrono::microseconds>(took).count(),
          " us");
}

TEST_CASE("exec: a command runs in the container with its environment and input") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("echo inside > /tmp/file; echo up; sleep 1000");
  REQUIRE(world.started.take());
  while (world.log() != "up\n") std::this_thread::yield();
  auto result =
      world.exec(id, {"bash"}, "cat /tmp/file; echo $SECRET; id -u; hostname; echo no >&2; exit 4");
  REQUIRE(result);
  CHECK(result->exit_code == 4);
  CHECK(result->out == "inside\nin the environment\n26\nhippo-0\n");
  CHECK(result->err == "no\n");
}

TEST_CASE("exec: input larger than a pipe is passed on whole, output too") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("sleep 1000");
  REQUIRE(world.started.take());
  std::string big(3'000'000, 'x');
  auto result = world.exec(id, {"cat"}, big);
  REQUIRE(result);
  CHECK(result->out == big);
  result = world.exec(id, {"true"}, big);
  REQUIRE(result);
  CHECK(result->exit_code == 0);
}

TEST_CASE("exec: a command that takes too long is killed with everything it started") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("sleep 1000");
  REQUIRE(world.started.take());
  auto result = world.exec(id, {"bash", "-c", "sleep 777 & sleep 888"}, {}, 300ms);
  REQUIRE(!result);
  CHECK(result.error().code == Code::deadline_exceeded);
  auto left = world.exec(id, {"bash", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"});
  REQUIRE(left);
  CHECK(left->out.find("sleep 777") == std::string::npos);
  CHECK(left->out.find("sleep 888") == std::string::npos);
}

TEST_CASE("exec: a stop request cancels the command") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("sleep 1000");
  REQUIRE(world.started.take());
  std::stop_source stop;
  std::thread stopper([&] { stop.request_stop(); });
  auto result = world.supervisor->exec_wait(
      id,
      {.command = {"sleep", "500"}, .env = world.sandbox.env, .working_dir = "/", .stdin_data = {}},
      stop.get_token());
  stopper.join();
  REQUIRE(!result);
  CHECK(result.error().code == Code::cancelled);
}

TEST_CASE("exec: into a container that has ended is refused") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("true");
  REQUIRE(world.ended.take());
  auto result = world.exec(id, {"true"});
  REQUIRE(!result);
  CHECK(result.error().code == Code::failed_precondition);
}

TEST_CASE("supervisor: what it started dies with it") {
  World world;
  NEEDS_USER(world);
  world.sandbox.mounts = {{world.folder.path(), "/outside", false}};
  world.shell("echo up; while :; do date +%N > /outside/beat; sleep 0.02; done");
  REQUIRE(world.started.take());
  while (world.log() != "up\n") std::this_thread::yield();
  world.supervisor.reset();
  auto beat = read_file(world.folder.path() / "beat").value_or("");
  std::this_thread::sleep_for(200ms);  // ten beats long
  CHECK(read_file(world.folder.path() / "beat").value_or("") == beat);
}

TEST_CASE("supervisor: goes away while sandboxes start, speak and end") {
  World world;
  NEEDS_USER(world);
  constexpr int kMany = 12;
  for (int i = 0; i < kMany; ++i) world.shell(i % 2 == 0 ? "echo up; sleep 1000" : "echo gone");
  REQUIRE(world.started.take());
  world.supervisor.reset();  // an answer of one of them may be waiting in the same round
}

TEST_CASE("exec probe: its container's end while it runs harms nobody") {
  World world;
  NEEDS_USER(world);
  auto id = world.shell("sleep 1000");
  REQUIRE(world.started.take());
  auto loop = *EventLoop::create("probes-test");
  const auto specification =
      *json::parse(R"({"readinessProbe":{"exec":{"command":["sleep","0.2"]}}})");
  std::atomic<bool> judged = false;
  std::unique_ptr<ContainerProbes> probes;
  loop->call([&] {
    probes = std::make_unique<ContainerProbes>(
        *loop, *world.supervisor, specification,
        ContainerProbes::Target{id, world.sandbox.env, "/", "127.80.0.7"},
        [&](ProbeKind, bool, const std::string&) { judged = true; });
    probes->start();
  });
  CHECK(world.exec(id, {"sleep", "0.1"}));  // by now the probe's command runs
  loop->call([&] { probes.reset(); });
  CHECK(world.exec(id, {"sleep", "0.4"}));  // by now it has ended
  CHECK(!judged);
}
