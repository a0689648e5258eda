#include "embedded/node/pod_status.h"

#include <doctest/doctest.h>

using namespace pgo;
using namespace pgo::embedded::node;
using Phase = ContainerState::Phase;

namespace {

const TimePoint kNow = *parse_rfc3339("2020-01-02T03:04:05Z");

ContainerState container(Phase phase, int exit_code = 0, bool final = false) {
  ContainerState state;
  state.name = "database";
  state.phase = phase;
  state.exit_code = exit_code;
  state.final = final;
  state.ready = state.started = phase == Phase::running;
  return state;
}

struct Pod {
  std::vector<ContainerState> init, main;
  kube::Object object;

  json::Value status(bool failed = false) const {
    std::vector<const ContainerState*> i, m;
    for (const auto& c : init) i.push_back(&c);
    for (const auto& c : main) m.push_back(&c);
    return pod_status(object,
                      {.init = i,
                       .main = m,
                       .pod_ip = "127.80.9.2",
                       .host_ip = "127.0.0.1",
                       .start_time = kNow,
                       .reason = {},
                       .message = {},
                       .failed = failed},
                      kNow);
  }
  std::string phase(bool failed = false) const {
    return std::string(status(failed)["phase"].as_string());
  }
};

}  // namespace

TEST_CASE("status: the phase follows the containers") {
  CHECK(Pod{{}, {container(Phase::waiting)}, {}}.phase() == "Pending");
  CHECK(Pod{{}, {container(Phase::running)}, {}}.phase() == "Running");
  CHECK(Pod{{container(Phase::running)}, {container(Phase::waiting)}, {}}.phase() == "Pending");
  CHECK(Pod{{container(Phase::terminated, 0, true)}, {container(Phase::running)}, {}}.phase() ==
        "Running");
  auto done = container(Phase::terminated, 0, true);
  auto broken = container(Phase::terminated, 1, true);
  CHECK(Pod{{}, {done, done}, {}}.phase() == "Succeeded");
  CHECK(Pod{{}, {done, broken}, {}}.phase() == "Failed");
  CHECK(Pod{{}, {done, container(Phase::running)}, {}}.phase() == "Running");
  CHECK(Pod{{broken}, {container(Phase::waiting)}, {}}.phase(true) == "Failed");
  // Between two runs the pod is still running.
  auto again = container(Phase::waiting);
  again.last_state = json::Value::object({{"terminated", json::Value::object()}});
  CHECK(Pod{{}, {again}, {}}.phase() == "Running");
}

TEST_CASE("status: a pod is ready only when every container is") {
  Pod pod{{}, {container(Phase::running), container(Phase::running)}, {}};
  CHECK(condition_status(pod.status(), "Ready") == "True");
  pod.main[1].ready = false;
  CHECK(condition_status(pod.status(), "Ready") == "False");
  CHECK(condition_status(pod.status(), "Initialized") == "True");
  CHECK(condition_status(pod.status(), "PodScheduled") == "True");
}

TEST_CASE("status: a condition keeps its time while it does not change, others' conditions stay") {
  Pod pod{{}, {container(Phase::running)}, {}};
  pod.object = kube::Object(*json::parse(R"({"status":{"conditions":[
    {"type":"Ready","status":"True","lastTransitionTime":"2019-01-01T00:00:00Z"},
    {"type":"ContainersReady","status":"False","lastTransitionTime":"2019-01-01T00:00:00Z"},
    {"type":"example.com/mine","status":"True"}]}})"));
  auto time_of = [status = pod.status()](std::string_view type) {
    for (const json::Value& condition : status["conditions"].items())
      if (condition["type"].as_string() == type)
        return std::string(condition["lastTransitionTime"].as_string("none"));
    return std::string("absent");
  };
  CHECK(time_of("Ready") == "2019-01-01T00:00:00Z");
  CHECK(time_of("ContainersReady") == "2020-01-02T03:04:05Z");
  CHECK(time_of("example.com/mine") == "none");
}

TEST_CASE("status: a container says how its run and the one before ended") {
  auto state = container(Phase::terminated, 137, true);
  state.signal = 9;
  state.reason = "Error";
  state.restart_count = 2;
  state.finished_at = kNow;
  auto status = Pod{{}, {state}, {}}.status()["containerStatuses"][std::size_t{0}];
  CHECK(status["restartCount"].as_int() == 2);
  CHECK(status["state"]["terminated"]["exitCode"].as_int() == 137);
  CHECK(status["state"]["terminated"]["signal"].as_int() == 9);
  CHECK(status["state"]["terminated"]["finishedAt"].as_string() == "2020-01-02T03:04:05Z");
  CHECK(status["ready"].as_bool(true) == false);
}
