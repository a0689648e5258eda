#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/embedded/api_server.h"
#include "pgo/embedded/controllers.h"
#include "pgo/engine/engine.h"
#include "pgo/engine/rehearse.h"
#include "pgo/kube/client.h"
#include "support/faulty_transport.h"
#include "support/stand_in_node.h"

#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// The whole operator in one thread on a virtual clock: API server, Kubernetes' controllers, a
/// stand-in for the node and for Patroni, and the engine behind a transport that fails when told.
namespace pgo::testing {

inline constexpr const char* kNs = "pgouser1";

struct WorldOptions {
  std::uint64_t seed = 1;
  bool watch_invariants = true;
  Duration commands_take{0};  ///< in containers
};

class World {
 public:
  explicit World(WorldOptions options);
  ~World();

  // What people ask for, as the requests of `pgo` write it.

  void create_cluster(const std::string& name, int replicas, bool autofail = true);
  void scale(const std::string& cluster, const std::string& replica);
  void scale_down(const std::string& cluster, const std::string& replica, bool delete_data);
  void delete_cluster(const std::string& cluster, bool delete_data, bool delete_backups);
  /// A schedule of backups; returns the ConfigMap's name.
  std::string schedule(const std::string& cluster, const std::string& type,
                       const std::string& cron);
  /// A schedule of a policy's SQL in the database "userdb"; returns the ConfigMap's name.
  std::string schedule_policy(const std::string& cluster, const std::string& policy,
                              const std::string& cron);
  void delete_schedule(const std::string& name);
  /// A backup on request: its task takes the place of the older one.
  void back_up(const std::string& cluster, const std::string& options);
  void dump(const std::string& cluster);
  void delete_dumps(const std::string& cluster);
  /// True: this pod of a Job fails.
  std::function<bool(const std::string& pod)> pod_fails;
  /// The leader's database stops answering; Patroni promotes another instance; then it heals.
  void fail_leader(const std::string& cluster);
  /// The containers of this pod become ready or unready; nobody else does anything yet.
  void set_ready(const std::string& pod, bool ready);
  void delete_pod(const std::string& pod);

  void create_policy(const std::string& name, const std::string& sql);
  /// How often psql was run, and whether it fails from now on.
  std::size_t sql_runs() const;
  bool sql_fails = false;
  /// Before the cluster is made: the task that says which policies it gets.
  void ask_for_policy(const std::string& cluster, const std::string& policy);
  /// A pgBouncer beside the cluster, or none any more.
  void add_pool(const std::string& cluster);
  void remove_pool(const std::string& cluster);
  void clone(const std::string& source, const std::string& target);
  void cancel_clone(const std::string& target);
  void restore(const std::string& cluster, const std::string& to_pvc);
  /// Pods of Jobs whose name begins so fail from now on.
  void fail_jobs(const std::string& prefix) {
    pod_fails = [prefix](const std::string& pod) { return pod.starts_with(prefix); };
  }
  void fail_over_to(const std::string& cluster, const std::string& target);

  // The course of things.

  /// One step of everybody; time passes when nobody has anything to do. False when nothing will
  /// ever happen again.
  bool step();
  /// Steps until that much time has passed, and not a moment longer.
  void run_for(Duration time);
  /// Steps until `done` holds and nobody has done anything for `quiet`. False at `limit`.
  bool run_until(const std::function<bool()>& done, Duration limit = std::chrono::minutes(30));
  /// Held watches go on once they have been held that long.
  void release_watches_after(Duration time) { release_after_ = time; }
  /// A new operator process on the same store.
  void restart_operator();
  /// A second operator beside the first, without faults; both believe they lead.
  void start_rival();
  /// Time passes without any operator.
  void down_for(Duration time);
  /// What will happen to the operator's calls from now on.
  FaultyTransport& network() { return *network_; }

  /// `ask` on a view of the world, and the plans that follow from it: nothing changes here. What
  /// would be written, request first; `steps` of the answer begin with the request's.
  engine::Rehearsal rehearse(const std::function<void()>& ask);
  /// The operator alone works until it has nothing to do; nobody else moves and no time passes.
  void operator_alone();

  // What is to be seen.

  std::vector<kube::Object> list(const kube::ResourceType& type) const;
  std::optional<kube::Object> get(const kube::ResourceType& type, const std::string& name) const;
  bool initialized(const std::string& cluster) const;
  bool settled(const std::string& cluster, std::size_t instances) const;
  bool gone(const std::string& cluster) const;
  std::string leader(const std::string& cluster) const;
  /// Every object that the operator is answerable for, without what differs from run to run.
  std::string picture() const;
  /// What `pgo explain` tells of the cluster now.
  model::rest::ExplainResponse explain(const std::string& cluster) const;
  /// Writes of the operator so far, over all its lives: "POST /apis/...".
  const std::vector<std::string>& writes() const { return writes_; }
  /// What went against the rules, or empty.
  const std::string& violation() const { return violation_; }
  std::size_t operator_steps() const { return operator_steps_; }
  /// CPU time spent in the operator, its calls to the API server included.
  std::chrono::duration<double, std::milli> operator_time() const {
    return std::chrono::duration<double>(static_cast<double>(operator_ticks_) / CLOCKS_PER_SEC);
  }

  VirtualClock clock;

 private:
  std::unique_ptr<engine::Engine> new_operator(FaultyTransport& network);
  void observe(const Call& call, int status);
  /// pgBackRest locks a repository: at most one backup may run in it.
  void watch_repositories();
  kube::Object stored(const kube::ResourceType& type, const kube::Object& object);

  WorldOptions options_;
  SeededIdSource server_ids_, world_ids_, operator_ids_;
  std::unique_ptr<embedded::ApiServer> server_;
  std::unique_ptr<kube::Transport> door_;
  kube::Client client_;
  std::unique_ptr<embedded::Controllers> controllers_;
  std::unique_ptr<test::StandInNode> node_;
  std::unique_ptr<FaultyTransport> network_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<FaultyTransport> rival_network_;
  std::unique_ptr<engine::Engine> rival_;
  std::set<std::string> may_go_;  ///< names of volumes and secrets that a task asked to remove
  std::vector<std::string> writes_;
  std::string violation_;
  std::size_t operator_steps_ = 0;
  std::clock_t operator_ticks_ = 0;
  std::optional<Duration> release_after_;
  std::optional<TimePoint> end_;  ///< time does not pass beyond it
  std::optional<TimePoint> held_since_;
};

}  // namespace pgo::testing
