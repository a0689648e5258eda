#pragma once

#include "embedded/node/files.h"
#include "embedded/node/log_file.h"
#include "embedded/node/sandbox.h"
#include "embedded/node/supervisor.h"
#include "node_fixture.h"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace node_test {

using namespace pgo;
using namespace pgo::embedded::node;
using namespace std::chrono_literals;

/// A supervisor over a folder of its own, able to start one kind of container.
struct World {
  std::string skip_reason = why_not_ordinary_user();  // first: it decides who owns files
  TemporaryFolder folder;
  std::unique_ptr<Supervisor> supervisor;
  Sandbox sandbox;
  Mailbox<bool> started;
  Mailbox<ContainerExit> ended;

  World() {
    if (!skip_reason.empty()) return;
    auto init = install_init(folder.path() / "libexec");
    REQUIRE(init);
    auto made = Supervisor::create({.bwrap = "/usr/bin/bwrap", .init = *init}, {});
    REQUIRE(made);
    supervisor = *std::move(made);
    sandbox.hostname = "hippo-0";
    sandbox.user = "postgres";
    sandbox.uid = sandbox.gid = 26;
    sandbox.init = *init;
    sandbox.private_dir = folder.path() / "private";
    sandbox.names_dir = folder.path() / "names";
    sandbox.env = {{"PATH", "/usr/bin:/bin"}, {"SECRET", "in the environment"}};
    REQUIRE(make_directory(sandbox.names_dir));
    REQUIRE(replace_file(sandbox.names_dir / "hosts", "127.80.0.9 hippo\n", 0644));
  }

  ContainerId launch(std::vector<std::string> program) {
    REQUIRE(prepare_private_dir(sandbox, folder.path(), "127.80.0.7"));
    return supervisor->launch({.options = sandbox_options(sandbox),
                               .program = std::move(program),
                               .log = folder.path() / "log",
                               .started = [this] { started.put(true); },
                               .ended = [this](ContainerExit exit) { ended.put(exit); }});
  }
  ContainerId shell(const std::string& script) { return launch({"/bin/bash", "-c", script}); }
  std::string log() { return read_log(folder.path() / "log", 0).value_or("unreadable"); }

  Result<kube::ExecResult> exec(ContainerId id, std::vector<std::string> command,
                                std::string input = {}, std::chrono::milliseconds timeout = 10s) {
    return supervisor->exec_wait(id,
                                 {.command = std::move(command),
                                  .env = sandbox.env,
                                  .working_dir = "/",
                                  .stdin_data = std::move(input),
                                  .timeout = timeout},
                                 {});
  }
};

}  // namespace node_test

#define NEEDS_USER(world)                      \
  if (!(world).skip_reason.empty()) {          \
    MESSAGE("skipped: ", (world).skip_reason); \
    return;                                    \
  }
