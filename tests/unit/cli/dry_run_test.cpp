#include "cli_world.h"
#include "commands.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;
using test::CliWorld;

namespace {

constexpr const char* kPlan =
    R"({"Results":["x"],"Steps":[{"Verb":"delete","Kind":"Deployment","Namespace":"team1",)"
    R"("Name":"hippo","Reason":"because","Effect":"stops hippo"}],)"
    R"("Waits":[{"Cluster":"hippo","Reason":"pods_gone","Message":"waiting for pods"}],)"
    R"("Code":"ok","Msg":""})";

}  // namespace

TEST_CASE("dry run: the request goes to a path that other servers do not have; nobody is asked") {
  CliWorld world;
  world.server = [](auto&&...) { return cli::RestClient::Answer{200, kPlan}; };
  world.run({"delete", "cluster", "hippo", "--dry-run"});
  CHECK(world.code == 0);
  CHECK(world.requests == std::vector<std::string>{"POST /dry-run/clustersdelete"});
  CHECK(world.out.find("stops hippo") != std::string::npos);
  CHECK(world.out.find("waiting for pods") != std::string::npos);
  CHECK(world.out.find("Nothing was written.") != std::string::npos);
  CHECK(world.errors.empty());
}

TEST_CASE("dry run: the plan can be had as JSON and YAML") {
  CliWorld world;
  world.server = [](auto&&...) { return cli::RestClient::Answer{200, kPlan}; };
  world.run({"scale", "hippo", "--dry-run", "-o", "json"});
  CHECK(world.code == 0);
  CHECK(json::parse(world.out).value()["Steps"][0]["Name"] == "hippo");
  world.run({"scale", "hippo", "--dry-run", "-o", "yaml"});
  CHECK(world.out.find("Name: hippo") != std::string::npos);
  world.run({"scale", "hippo", "--dry-run", "-o", "tea"});
  CHECK(world.code == 2);
}

TEST_CASE("dry run: a server without it answers 404, and that is a failure") {
  CliWorld world;
  world.server = [](auto&&...) { return cli::RestClient::Answer{404, "no such route"}; };
  world.run({"scale", "hippo", "--dry-run"});
  CHECK(world.code == 1);
}

TEST_CASE("dry run: every command that writes takes it, and none that only asks") {
  for (const cli::Command& command : cli::commands()) {
    CAPTURE(std::string(command.path));
    const bool takes = std::ranges::any_of(
        command.flags, [](const cli::Flag& flag) { return flag.name == "dry-run"; });
    const std::string verb(command.path.substr(0, command.path.find(' ')));
    if (verb == "show" || verb == "status" || verb == "explain" || verb == "version") {
      CHECK_FALSE(takes);
    } else if (command.run && (verb == "create" || verb == "delete" || verb == "scale" ||
                               verb == "scaledown" || verb == "backup" || verb == "failover")) {
      CHECK(takes);
    }
  }
}

TEST_CASE("explain: waits in words, with since and remedy") {
  CliWorld world;
  world.server = [](auto&&...) {
    return cli::RestClient::Answer{
        200, R"({"Cluster":"hippo","Namespace":"team1","State":"pgcluster Processed","Steps":[],)"
             R"("Waits":[{"Cluster":"hippo","Reason":"first_backup","Subject":"Job b",)"
             R"("Since":"2026-01-01T00:00:00Z","Message":"waiting for it","Remedy":"look there",)"
             R"("Detail":""}],"Next":"","Code":"ok","Msg":""})"};
  };
  world.run({"explain", "hippo"});
  CHECK(world.code == 0);
  for (const char* part : {"pgcluster Processed", "waiting for it (Job b)",
                           "since 2026-01-01T00:00:00Z", "look there"}) {
    CHECK(world.out.find(part) != std::string::npos);
  }
  CHECK(world.requests.front() == "GET /explain/hippo?version=4.2.0&namespace=team1");
}
