#pragma once

#include "pgo/base/clock.h"
#include "pgo/kube/informer.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pgo::test {

struct StandInPod;

/// Patroni's part in one place for all scopes: it elects, writes `<scope>-config` and
/// `<scope>-leader`, and labels its members with their role. What it knows it reads from the pods
/// and the ConfigMaps. Source: the ConfigMaps and labels Patroni writes with Kubernetes as its DCS.
class StandInPatroni {
 public:
  StandInPatroni(kube::Client client, const Clock& clock, Duration fails_over_after)
      : client_(client), clock_(clock), fails_over_after_(fails_over_after) {}

  struct Step {
    bool progressed = false;
    TimePoint next = TimePoint::max();
    std::optional<Error> error;
  };
  /// Something about a member of this scope changed.
  void look_at(const kube::ObjectKey& scope) { due_.insert(scope); }
  Step step(kube::Informer<StandInPod>& pods);
  /// What a POST to /failover does: the candidate takes the lead over. Any thread, no state.
  static Result<void> hand_over(kube::Client client, const Clock& clock, const std::string& ns,
                                const std::string& candidate);
  /// The index key under which the members of a scope are found.
  static std::string members_key(std::string_view ns, std::string_view scope);

 private:
  using Members = std::vector<std::shared_ptr<const StandInPod>>;

  enum class Outcome { rests, waits, acted };
  Result<Outcome> run_scope(const kube::ObjectKey& scope, const Members& members, Step& step);
  Result<void> label(const StandInPod& pod, std::string_view role);
  Result<void> lead(const kube::ObjectKey& scope, const StandInPod& pod);
  Result<void> keep_config(const kube::ObjectKey& scope);

  kube::Client client_;
  const Clock& clock_;
  Duration fails_over_after_;
  kube::Informer<StandInPod>* pods_ = nullptr;
  std::set<kube::ObjectKey> due_;
  std::map<kube::ObjectKey, TimePoint> leaderless_;
};

}  // namespace pgo::test
