#include "pgo/base/text.h"
#include "pgo/model/names.h"
#include "workflows.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>

// "The plan printed equals the writes then made": random requests in random states of a cluster,
// rehearsed first and then made, with the operator alone at work.
using namespace pgo;
using namespace pgo::testing;

namespace {

namespace types = kube::types;

using Steps = std::vector<std::string>;

/// "delete Deployment hippo".
Steps steps_of(const engine::Rehearsal& rehearsal) {
  Steps steps;
  for (const auto& step : rehearsal.steps) {
    if (step.verb == "run") continue;  // commands are no writes of the API
    std::string text = step.verb + " " + step.kind + " " + step.name;
    if (step.verb == "patch") text += " " + json::write_sorted(step.change);
    steps.push_back(std::move(text));
  }
  return steps;
}

std::string kind_of(std::string_view plural) {
  for (const kube::ResourceType* type :
       {&types::kPgCluster, &types::kPgReplica, &types::kPgTask, &types::kDeployment,
        &types::kService, &types::kPersistentVolumeClaim, &types::kSecret, &types::kConfigMap,
        &types::kJob, &types::kPod, &types::kEvent}) {
    if (type->plural == plural) return std::string(type->kind);
  }
  return std::string(plural);
}

/// Records what is written from now on, in the words of steps.
class Recorder {
 public:
  explicit Recorder(World& world) : world_(world), before_(world.network().written) {
    world_.network().written = [this](const Call& call, int status, const std::string& body) {
      before_(call, status, body);
      if (status < 400) add(call, body);
    };
  }
  ~Recorder() { world_.network().written = before_; }
  const Steps& steps() const { return steps_; }

 private:
  void add(const Call& call, const std::string& body) {
    const std::vector<std::string> parts = text::split(call.path, '/');
    const auto document = json::parse(body);
    REQUIRE(document.has_value());
    const bool create = call.method == kube::Method::post;
    const std::string kind = kind_of(parts[parts.size() - (create ? 1 : 2)]);
    if (kind == "Event") return;
    const std::string name =
        create ? std::string((*document)["metadata"]["name"].as_string()) : parts.back();
    std::string text = (create                                 ? "create "
                        : call.method == kube::Method::delete_ ? "delete "
                                                               : "patch ") +
                       kind + " " + name;
    if (call.method == kube::Method::patch) text += " " + json::write_sorted(*document);
    steps_.push_back(std::move(text));
  }

  World& world_;
  std::function<void(const Call&, int, const std::string&)> before_;
  Steps steps_;
};

/// One random thing that people ask for, if it can be asked for now.
std::function<void()> any_request(World& world, SeededIdSource& ids) {
  const bool schedule = world.get(types::kConfigMap, "hippo-pgbackrest-diff").has_value();
  const bool replica = world.get(types::kPgReplica, "hippo-abcd").has_value();
  switch (ids.below(5)) {
    case 0:
      if (!replica) return [&world] { world.scale("hippo", "hippo-abcd"); };
      if (world.get(types::kPgTask, "hippo-abcd-rmdata")) return {};
      return [&world, data = ids.below(2) == 0] { world.scale_down("hippo", "hippo-abcd", data); };
    case 1:
      if (schedule) return [&world] { world.delete_schedule("hippo-pgbackrest-diff"); };
      return [&world] { world.schedule("hippo", "diff", "* * * * *"); };
    case 2:
      if (world.get(types::kPgTask, "hippo-rmdata")) return {};
      return [&world, data = ids.below(2) == 0, backups = ids.below(2) == 0] {
        world.delete_cluster("hippo", data, backups);
      };
    case 3:
      if (world.get(types::kPgCluster, "other")) return {};
      return [&world] { world.create_cluster("other", 0); };
    default:
      return {};
  }
}

/// A request's own writes come first in the rehearsal; the operator's follow.
Steps after_request(const Steps& all, std::size_t of_request) {
  REQUIRE(all.size() >= of_request);
  return Steps(all.begin() + static_cast<std::ptrdiff_t>(of_request), all.end());
}

/// A line each. The UID of an object that is yet to be made cannot be known.
std::string without_uids(const Steps& steps) {
  constexpr std::size_t kLength = 36;
  std::string text = text::join(steps, "\n");
  const auto is_uid = [&](std::size_t at) {
    const std::string_view one = std::string_view(text).substr(at, kLength);
    return one.size() == kLength && one[8] == '-' && one[13] == '-' && one[18] == '-' &&
           one[23] == '-' && one.find_first_not_of("0123456789abcdef-") == one.npos;
  };
  for (std::size_t at = text.find('-'); at != text.npos; at = text.find('-', at + 1)) {
    if (at >= 8 && is_uid(at - 8)) text.replace(at - 8, kLength, "UID");
  }
  return text;
}

std::size_t count_of_request(const engine::Rehearsal& rehearsal) {
  std::size_t count = 0;
  for (const auto& step : rehearsal.steps) count += step.reason == "the request" ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("simulation: the plan of a dry run equals the writes then made") {
  std::size_t compared = 0, steps = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    CAPTURE(seed);
    SeededIdSource ids(seed);
    World world({.seed = seed});
    world.create_cluster("hippo", static_cast<int>(ids.below(2)));
    for (int request = 0; request < 4; ++request) {
      for (std::uint64_t left = ids.below(600); left > 0; --left) world.step();
      // The engine may have been left in the middle of something; that is not the request's.
      world.operator_alone();
      const auto ask = any_request(world, ids);
      if (!ask) continue;
      const std::uint64_t version = world.list(types::kPgTask).size();
      const engine::Rehearsal rehearsal = world.rehearse(ask);
      CHECK(world.list(types::kPgTask).size() == version);
      const Recorder recorder(world);
      ask();
      world.operator_alone();
      const Steps planned = after_request(steps_of(rehearsal), count_of_request(rehearsal));
      CHECK(without_uids(planned) == without_uids(recorder.steps()));
      ++compared;
      steps += planned.size();
    }
  }
  MESSAGE(compared << " requests, " << steps << " writes");
  CHECK(compared > 100);
  CHECK(steps > 500);
}

TEST_CASE("simulation: a dry run tells what a removal stops and destroys, and changes nothing") {
  World world({.seed = 1});
  created(world, 1);
  const std::string before = world.picture();
  const auto rehearsal = world.rehearse([&] { world.delete_cluster("hippo", true, true); });
  CHECK(world.picture() == before);
  std::vector<std::string> effects;
  for (const auto& step : rehearsal.steps) {
    if (!step.effect.empty()) effects.push_back(step.effect);
    if (step.kind == "Secret") CHECK(step.change.is_null());
  }
  CHECK(std::ranges::find(effects, "stops hippo") != effects.end());
  for (const auto& stage : rehearsal.later) {
    for (const auto& step : stage.steps) effects.push_back(step.effect);
  }
  for (const auto* volume : {"hippo", "hippo-pgbr-repo"}) {
    CHECK(std::ranges::find(effects, "destroys the data in " + std::string(volume)) !=
          effects.end());
  }
  REQUIRE_FALSE(rehearsal.waits.empty());
  CHECK(rehearsal.waits.front().cluster == "hippo");
  CHECK_FALSE(rehearsal.waits.front().message.empty());
}

namespace {

/// A name that ends in letters which follow from the UID of something yet to be made.
std::string without_letters(const std::string& step) { return step.substr(0, step.rfind('-')); }

/// Creations and deletions, each once: what is patched depends on the order of events.
std::string made_and_gone(const Steps& steps) {
  std::map<std::string, std::string> replicas;  // made here, with a name for each
  std::set<std::string> found;
  const auto name_of = [](const std::string& step) { return step.substr(step.rfind(' ') + 1); };
  for (const std::string& step : steps) {
    if (step.starts_with("create Pgreplica ")) replicas[name_of(step)] = {};
  }
  std::size_t count = 0;
  for (auto& [name, number] : replicas) number = "replica-" + std::to_string(++count);
  for (const std::string& step : steps) {
    if (step.starts_with("patch ")) continue;
    const auto replica = replicas.find(name_of(step));
    if (step.find("Job backup-") != step.npos) {
      found.insert(without_letters(step));
    } else if (replica != replicas.end()) {
      found.insert(without_letters(step) + " " + replica->second);
    } else {
      found.insert(step);
    }
  }
  return text::join({found.begin(), found.end()}, "\n");
}

Steps all_steps(engine::Rehearsal rehearsal) {
  for (auto& stage : rehearsal.later) {
    std::ranges::move(stage.steps, std::back_inserter(rehearsal.steps));
  }
  return after_request(steps_of(rehearsal), count_of_request(rehearsal));
}

/// What a plan cannot know: that something will fail, what the clock will bring, and what people
/// ask for meanwhile.
bool foreseeable(const Workflow& workflow) {
  return std::ranges::none_of(std::array{"fails", "fire", "cancelled"}, [&](const char* word) {
    return workflow.name.find(word) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("simulation: what a dry run says to follow is what is made and deleted then") {
  std::size_t compared = 0;
  for (const Workflow& workflow : workflows()) {
    CAPTURE(workflow.name);
    if (!foreseeable(workflow)) continue;
    World world({.seed = 1});
    workflow.prepare(world);
    const auto rehearsal = world.rehearse([&] { workflow.ask(world); });
    if (rehearsal.steps.empty()) continue;  // nobody asked: a leader died
    const Recorder recorder(world);
    workflow.ask(world);
    REQUIRE(world.run_until([&] { return workflow.done(world); }));
    CHECK(made_and_gone(all_steps(rehearsal)) == made_and_gone(recorder.steps()));
    ++compared;
  }
  MESSAGE(compared << " workflows");
  CHECK(compared > 10);
}
