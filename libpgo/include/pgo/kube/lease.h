#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/kube/client.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace pgo::kube {

struct LeaseOptions {
  std::string ns{};
  std::string name{};      ///< of the Lease object
  std::string identity{};  ///< who we are: unique per process, e.g. the pod's name and a UUID
  Duration duration = std::chrono::seconds(15);  ///< how long a silent leader is believed
  Duration renew_deadline =
      std::chrono::seconds(10);                     ///< when a leader that cannot renew steps down
  Duration retry_period = std::chrono::seconds(2);  ///< between attempts
  /// So many attempts refused with 403, none ever answered otherwise: there is no right to the
  /// Lease and so no election, and a step says leading until there is. 0 = never.
  int refusals_believed = 0;
  /// Whose time the Lease shows, if not that of the clock that judges. Must outlive the lease.
  const Clock* shown_time = nullptr;
};

/// Leader election by a coordination.k8s.io/v1 Lease. At most one of several processes leads, as
/// long as their clocks run at about the same speed; what they show does not matter: another's
/// claim is judged by how long it has not changed on our own clock. That one must not be set while
/// we run (SteadyClock).
///
/// Steppable and single-threaded like the informer. One step makes at most three requests, and they
/// end before a leadership that they do not renew does:
///
///     const auto step = lease.step();
///     if (step.lost) stop_working();            // before anything else
///     if (step.gained) start_working();
///     wakeup.wait_until(step.next, clock, stop);
///     ...
///     lease.release();                          // on an orderly end, so that others need not wait
class Lease {
 public:
  struct Step {
    bool leading = false;
    bool gained = false;  ///< leading since this step
    bool lost = false;    ///< was leading until this step
    TimePoint next{};     ///< call again then
  };

  /// `clock`, `ids` and the client's transport must outlive it.
  Lease(Client client, const Clock& clock, IdSource& ids, Log log, LeaseOptions options);
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

  /// Takes, renews or watches the lease. A failed renewal is tried again until the deadline.
  Step step();
  /// Leading without an election, see `refusals_believed`.
  bool alone() const;
  /// Whether we lead at this moment of the clock: also false when a step came too late.
  bool leading() const;
  /// Who holds the lease as last seen; empty when nobody does or nothing was seen yet.
  const std::string& holder() const;
  /// The last failure while there is trouble.
  const std::optional<Error>& problem() const;
  /// Gives the lease up, so that another may take it at once.
  Result<void> release();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pgo::kube
