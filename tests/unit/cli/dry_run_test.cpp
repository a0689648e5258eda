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

namespace {

std::string explained(std::string_view cluster, std::string_view code = "ok",
                      std::string_view message = "") {
  return json::write(json::Value::object({{"Cluster", cluster},
                                          {"State", "pgcluster Initialized"},
                                          {"Waits", json::Value::array()},
                                          {"Code", code},
                                          {"Msg", message}}));
}

/// Knows every cluster but "nosuch".
void knows(CliWorld& world) {
  world.server = [](auto&&, auto&& path, auto&&...) {
    const std::string_view cluster = std::string_view(path).substr(9, path.find('?') - 9);
    if (cluster != "nosuch") return cli::RestClient::Answer{200, explained(cluster)};
    return cli::RestClient::Answer{200, explained("", "error", "There is no cluster nosuch.")};
  };
}

}  // namespace

TEST_CASE("explain: one cluster is a document of its own, several are one document") {
  CliWorld world;
  knows(world);
  world.run({"explain", "hippo", "-o", "json"});
  CHECK(world.code == 0);
  CHECK(json::parse(world.out).value()["Cluster"] == "hippo");

  world.run({"explain", "hippo", "rhino", "-o", "json"});
  CHECK(world.code == 0);
  const auto both = json::parse(world.out);
  REQUIRE(both.has_value());
  REQUIRE((*both)["Results"].items().size() == 2);
  CHECK((*both)["Results"][0]["Cluster"] == "hippo");
  CHECK((*both)["Results"][1]["Cluster"] == "rhino");
  CHECK((*both)["Code"] == "ok");

  world.run({"explain", "hippo", "rhino", "-o", "yaml"});
  CHECK(world.out.find("- Cluster: hippo") != std::string::npos);

  world.run({"explain", "hippo", "rhino"});
  CHECK(world.out.find("cluster : hippo") != std::string::npos);
  CHECK(world.out.find("cluster : rhino") != std::string::npos);
}

TEST_CASE("explain: of several clusters one that is not there is told, the others are shown") {
  CliWorld world;
  knows(world);
  world.run({"explain", "nosuch", "hippo", "-o", "json"});
  CHECK(world.code == 1);
  CHECK(world.errors.find("There is no cluster nosuch.") != std::string::npos);
  const auto both = json::parse(world.out);
  REQUIRE(both.has_value());
  CHECK((*both)["Results"][1]["Cluster"] == "hippo");
  CHECK((*both)["Code"] == "error");
  CHECK((*both)["Msg"] == "There is no cluster nosuch.");
}

TEST_CASE("explain: no time is shown where nobody noted it") {
  CliWorld world;
  world.server = [](auto&&...) {
    return cli::RestClient::Answer{
        200, R"({"Cluster":"hippo","State":"s","Waits":[{"Cluster":"hippo","Message":"waiting",)"
             R"("Remedy":"look","Since":"","Detail":"why"}],"Code":"ok","Msg":""})"};
  };
  world.run({"explain", "hippo"});
  CHECK(world.out.find("    why\n    look\n") != std::string::npos);
}
