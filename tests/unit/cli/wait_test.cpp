#include "wait.h"

#include "cli_world.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;
using test::CliWorld;
namespace rest = model::rest;

namespace {

rest::ShowClusterPod pod(std::string type, bool ready) {
  rest::ShowClusterPod made;
  made.name = "hippo-pod";
  made.phase = "Running";
  made.type = std::move(type);
  made.ready = ready;
  made.ready_status = ready ? "1/1" : "0/1";
  return made;
}

rest::ShowClusterDetail cluster(std::string state, std::string replicas,
                                std::vector<rest::ShowClusterPod> pods) {
  rest::ShowClusterDetail detail;
  detail.cluster.metadata.name = "hippo";
  detail.cluster.status.state = std::move(state);
  detail.cluster.spec.replicas = std::move(replicas);
  detail.pods = std::move(pods);
  return detail;
}

std::string body_of(const rest::ShowClusterDetail& detail) {
  rest::ShowClusterResponse response;
  response.results.push_back(detail);
  response.status.code = "ok";
  return json::write(json::encode(response));
}

const rest::ShowWorkflowDetail kSubmitted{"hippo", {{"task submitted", "2026-11-22T00:00:00Z"}}};
const rest::ShowWorkflowDetail kCompleted{
    "hippo",
    {{"task submitted", "2026-11-22T00:00:00Z"}, {"task completed", "2026-11-22T00:00:04Z"}}};

/// A server whose cluster gets ready step by step, one step per look.
void play(CliWorld& world, std::vector<rest::ShowClusterDetail> looks) {
  world.server = [looks = std::move(looks), next = std::size_t{0}](
                     const std::string&, const std::string& path,
                     const std::string&) mutable -> Result<cli::RestClient::Answer> {
    if (path == "/clusters") {
      return cli::RestClient::Answer{
          200,
          R"({"results":["created Pgcluster hippo","workflow id wf-1"],"status":{"Code":"ok","Msg":""}})"};
    }
    if (path.starts_with("/workflow/wf-1")) {
      rest::ShowWorkflowResponse response;
      response.results = next > 2 ? kCompleted : kSubmitted;
      response.status.code = "ok";
      return cli::RestClient::Answer{200, json::write(json::encode(response))};
    }
    const auto& look = looks[std::min(next++, looks.size() - 1)];
    return cli::RestClient::Answer{200, body_of(look)};
  };
}

std::vector<rest::ShowClusterDetail> life() {
  return {cluster("pgcluster Created", "1", {}),
          cluster("pgcluster Processed", "1", {pod("unknown", false)}),
          cluster("pgcluster Processed", "1", {pod("primary", true)}),
          cluster("pgcluster Initialized", "1", {pod("primary", true)}),
          cluster("pgcluster Initialized", "1", {pod("primary", true), pod("replica", true)})};
}

}  // namespace

TEST_CASE("wait: each stage of a new cluster has its condition, the last has none") {
  const auto text = [](const rest::ShowClusterDetail& detail,
                       const rest::ShowWorkflowDetail& workflow) {
    return cli::waiting_for(detail, workflow).value_or("nothing");
  };
  CHECK(text(cluster("pgcluster Created", "0", {}), kSubmitted).find("operator") !=
        std::string::npos);
  CHECK(text(cluster("pgcluster Processed", "0", {}), kSubmitted).find("pod") != std::string::npos);
  CHECK(text(cluster("pgcluster Processed", "0", {pod("unknown", false)}), kSubmitted)
            .find("hippo-pod") != std::string::npos);
  CHECK(
      text(cluster("pgcluster Processed", "0", {pod("primary", false)}), kSubmitted).find("0/1") !=
      std::string::npos);
  CHECK(text(cluster("pgcluster Processed", "0", {pod("primary", true)}), kSubmitted)
            .find("operator") != std::string::npos);
  CHECK(text(cluster("pgcluster Processed", "0", {pod("primary", true)}), kCompleted)
            .find("backup") != std::string::npos);
  CHECK(text(cluster("pgcluster Initialized", "2",
                     {pod("primary", true), pod("replica", true), pod("replica", false)}),
             kCompleted)
            .find("1 of 2") != std::string::npos);
  CHECK(text(cluster("pgcluster Initialized", "0", {pod("primary", true)}), kCompleted) ==
        "nothing");
  // A workflow that was cleaned up does not hold anybody up.
  CHECK(text(cluster("pgcluster Initialized", "0", {pod("primary", true)}), {}) == "nothing");
}

TEST_CASE("wait: the pod that is named is the one that is to lead") {
  const auto named = [](std::vector<rest::ShowClusterPod> pods) {
    return cli::waiting_for(cluster("pgcluster Processed", "0", std::move(pods)), kSubmitted)
        .value_or("nothing");
  };
  const auto called = [](rest::ShowClusterPod one, std::string name, std::string phase) {
    one.name = std::move(name);
    one.phase = std::move(phase);
    return one;
  };
  const auto done = called(pod("unknown", false), "backup-hippo-pgdump", "Succeeded");
  const auto replica = called(pod("replica", true), "hippo-abcd-pod", "Running");
  CHECK(named({done, replica, pod("unknown", false)}).find("hippo-pod") != std::string::npos);
  CHECK(named({done, replica, pod("primary", false)}).find("hippo-pod") != std::string::npos);
  CHECK(named({done, replica}).find("hippo-abcd-pod") != std::string::npos);
  CHECK(named({done}) == "the pod of the primary");
}

TEST_CASE("wait: a pipe gets one line per condition and a last one") {
  CliWorld world;
  play(world, life());
  world.run({"create", "cluster", "hippo", "--replica-count=1", "--wait"});
  CHECK(world.code == 0);
  CHECK(world.out.find('\r') == std::string::npos);
  CHECK(std::ranges::count(world.out, '\n') == 2 + 5);
  CHECK(world.out.find("cluster hippo is ready") != std::string::npos);
  CHECK(world.pauses > 0);
}

TEST_CASE("wait: a terminal gets one line that changes and tells since when") {
  CliWorld world;
  world.traits.interactive = true;
  auto looks = life();
  looks.insert(looks.begin() + 3, 12, looks[3]);
  play(world, looks);
  world.run({"create", "cluster", "hippo", "--replica-count=1", "--wait"});
  CHECK(world.code == 0);
  CHECK(world.out.find("\r\x1b[K") != std::string::npos);
  CHECK(world.out.find("3s") != std::string::npos);
  CHECK(std::ranges::count(world.out, '\n') == 2 + 1);
}

TEST_CASE("wait: gives up in time, with exit 1, naming what was waited for") {
  CliWorld world;
  play(world, {cluster("pgcluster Processed", "0", {pod("primary", false)})});
  world.run({"create", "cluster", "hippo", "--wait", "--wait-timeout=5"});
  CHECK(world.code == 1);
  CHECK(world.errors.find("hippo-pod") != std::string::npos);
}

TEST_CASE("wait: a cluster that vanishes ends the wait") {
  CliWorld world;
  world.server = [](const std::string&, const std::string& path, const std::string&) {
    return cli::RestClient::Answer{
        200,
        path == "/clusters"
            ? R"({"results":["created Pgcluster hippo","workflow id wf-1"],"status":{"Code":"ok","Msg":""}})"
            : R"({"Results":[],"Code":"ok","Msg":""})"};
  };
  world.run({"create", "cluster", "hippo", "--wait"});
  CHECK(world.code == 1);
  CHECK(world.errors.find("gone") != std::string::npos);
}

TEST_CASE("show workflow: one that is under way tells what it waits for, a finished one does not") {
  for (const bool finished : {false, true}) {
    CliWorld world;
    world.server = [&](const std::string&, const std::string& path, const std::string&) {
      if (path == "/showclusters") {
        return cli::RestClient::Answer{
            200, body_of(cluster("pgcluster Processed", "0", {pod("unknown", false)}))};
      }
      rest::ShowWorkflowResponse response;
      response.results = finished ? kCompleted : kSubmitted;
      response.results.parameters["pg-cluster"] = "hippo";
      response.results.parameters["workflowid"] = "wf-1";
      response.status.code = "ok";
      return cli::RestClient::Answer{200, json::write(json::encode(response))};
    };
    world.run({"show", "workflow", "wf-1"});
    CHECK(world.code == 0);
    CHECK((world.out.find("waiting for") != std::string::npos) == !finished);
    CHECK(world.requests.size() == (finished ? 1U : 2U));
  }
}

TEST_CASE("waiting: after a restore the replicas that there are count, not those once asked for") {
  const rest::ShowWorkflowDetail restored{"hippo",
                                          {{"task submitted", "2026-11-22T00:00:00Z"},
                                           {"restored Primary created", "2026-11-22T00:01:00Z"}}};
  auto detail = cluster("pgcluster Initialized", "1", {pod("primary", true)});
  CHECK_FALSE(cli::waiting_for(detail, restored).has_value());
  detail.replicas.emplace_back();
  CHECK(cli::waiting_for(detail, restored).has_value());
}
