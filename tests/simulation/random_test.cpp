#include "pgo/base/text.h"
#include "world.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <string>

// Random orders and random faults over many seeds: a fixed number of steps of the operator, every
// one of them followed by a look at the rules.
//
//     PGO_SEED=17 simulation_test -tc="*random*"     repeats one seed
//     PGO_FIRST_SEED=1000 PGO_STEPS=5000000 simulation_test -tc="*random*"  goes on elsewhere
using namespace pgo;
using namespace pgo::testing;

namespace {

namespace types = kube::types;

#ifdef NDEBUG
constexpr std::uint64_t kSteps = 100'000;
#else
constexpr std::uint64_t kSteps = 20'000;  // sanitizers are slow
#endif

std::uint64_t number_from(const char* variable, std::uint64_t fallback) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return fallback;
  return static_cast<std::uint64_t>(
      text::to_int(text).value_or(static_cast<std::int64_t>(fallback)));
}

/// The network of one seed: most calls pass.
std::function<Fault(const Call&)> bad_luck(IdSource& ids, const bool& on) {
  return [&ids, &on](const Call& call) {
    if (!on || ids.below(40) != 0) return Fault::none;
    switch (ids.below(6)) {
      case 0:
        return call.write ? Fault::conflict : Fault::server_error;
      case 1:
        return Fault::server_error;
      case 2:
        return Fault::lost_request;
      case 3:
        return Fault::lost_answer;
      case 4:
        return Fault::crash_before;
      default:
        return Fault::crash_after;
    }
  };
}

/// One life of a cluster: made, scaled, failed over, shrunk, removed, with trouble all the way.
class Life {
 public:
  explicit Life(std::uint64_t seed) : seed_(seed), ids_(seed * 7 + 5), world_({.seed = seed}) {
    world_.network().decide = bad_luck(ids_, trouble_);
  }

  std::size_t live() {
    world_.create_cluster("hippo", static_cast<int>(ids_.below(2)), ids_.below(4) != 0);
    stir(400);
    if (ids_.below(2) == 0 && world_.get(types::kPgCluster, "hippo")) {
      world_.scale("hippo", "hippo-abcd");
      stir(200);
    }
    end_of("making", [&] { return world_.initialized("hippo"); });
    if (ids_.below(2) == 0) {
      trouble_ = true;
      if (instances() > 1) world_.fail_leader("hippo");
      stir(150);
      end_of("failing over", [&] { return world_.initialized("hippo"); });
    }
    if (world_.get(types::kPgReplica, "hippo-abcd") && ids_.below(2) == 0) {
      trouble_ = true;
      world_.scale_down("hippo", "hippo-abcd", ids_.below(2) == 0);
      stir(150);
      end_of("scaling down", [&] { return no_open_removal(); });
    }
    trouble_ = true;
    world_.delete_cluster("hippo", ids_.below(2) == 0, ids_.below(2) == 0);
    stir(150);
    end_of("removing", [&] { return world_.gone("hippo"); });
    return world_.operator_steps();
  }

 private:
  std::size_t instances() const {
    std::size_t count = 0;
    for (const kube::Object& one : world_.list(types::kDeployment)) {
      if (one.label("pgo-pg-database") == "true") ++count;
    }
    return count;
  }

  bool no_open_removal() const { return !world_.get(types::kPgTask, "hippo-abcd-rmdata"); }

  void stir(std::size_t steps) {
    for (std::size_t i = 0; i < steps; ++i) {
      if (trouble_) {
        const std::uint64_t luck = ids_.below(300);
        if (luck == 0) world_.network().drop_watches();
        if (luck == 1) world_.network().hold_watches();
        if (luck > 290) world_.network().catch_up();
      }
      world_.step();
      keep_rules();
    }
  }

  /// The trouble ends, and everything comes to rest where it should, then nothing is written.
  void end_of(const char* what, const std::function<bool()>& done) {
    trouble_ = false;
    world_.network().catch_up();
    const bool ended = world_.run_until(done);
    if (!ended) MESSAGE(world_.picture());
    REQUIRE_MESSAGE(ended, "seed ", seed_, ": ", what, " does not end; ", again());
    keep_rules();
    std::size_t primaries = 0;
    for (const kube::Object& one : world_.list(types::kDeployment)) {
      if (one.label("service-name") == "hippo") ++primaries;
    }
    REQUIRE_MESSAGE(primaries <= 1, "seed ", seed_, ": two primaries; ", again());
  }

  void keep_rules() {
    if (world_.violation().empty()) return;
    FAIL("seed " << seed_ << ": " << world_.violation() << "; " << again());
  }

  std::string again() const {
    return "again: PGO_SEED=" + std::to_string(seed_) + " simulation_test -tc=\"*random*\"";
  }

  std::uint64_t seed_;
  SeededIdSource ids_;
  bool trouble_ = true;
  World world_;
};

}  // namespace

TEST_CASE("simulation: random faults over many seeds break no rule") {
  const std::uint64_t only = number_from("PGO_SEED", 0);
  const std::uint64_t enough = only != 0 ? 1 : number_from("PGO_STEPS", kSteps);
  std::uint64_t steps = 0, seeds = 0;
  const std::clock_t start = std::clock();
  for (std::uint64_t seed = only != 0 ? only : number_from("PGO_FIRST_SEED", 1); steps < enough;
       ++seed, ++seeds) {
    steps += Life(seed).live();
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  MESSAGE(steps << " steps of the operator over " << seeds << " seeds, "
                << static_cast<double>(steps) / seconds << " a second, whole world included");
}
