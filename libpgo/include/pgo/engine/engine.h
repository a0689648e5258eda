#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/error.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/engine/events.h"
#include "pgo/kube/client.h"
#include "pgo/plan/cluster.h"
#include "pgo/plan/reason.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

/// Observe, plan, act: informers, a queue of clusters, and the hands that carry plans out. What is
/// to be done is decided by `plan` alone.
namespace pgo::engine {

/// A key pair for a backup repository, in the forms that ssh reads.
struct SshKeys {
  std::string private_key;     ///< PEM
  std::string authorized_key;  ///< one line of authorized_keys
};
using KeyMaker = std::function<Result<SshKeys>()>;

struct Options {
  std::string installation = "devtest";  ///< owner of namespaces: label pgo-installation-name
  std::string operator_namespace = "pgo";
  /// Namespaces to make or take over at the start (NAMESPACE of 4.2.0). Watched are all that carry
  /// this installation's labels.
  std::vector<std::string> namespaces;
  plan::Settings settings;  ///< what it points to must outlive the engine
  EventSink events;         ///< may be empty
  KeyMaker make_keys;       ///< empty: drawn from the system
  int workers = 4;          ///< threads of `run` that carry out plans
  /// Commands in containers, SQL mostly, that run at once, on threads of their own.
  int execs_at_once = 64;
  Duration stepped_exec{0};  ///< how long a command seems to run where `step` is called
  int password_length = 24;
  /// Make service accounts and roles in owned namespaces.
  bool install_rbac = true;
};

/// What a step did.
struct Step {
  bool progressed = false;            ///< something was done: stepping again at once may do more
  TimePoint next = TimePoint::max();  ///< look again then, even when nothing wakes the engine
};

/// How one cluster stands, for people.
struct ClusterStatus {
  std::vector<plan::Condition> conditions;
  std::optional<Error> error;  ///< of the last attempt to act, when it failed
  std::string failed;          ///< the action that failed
};

/// Figures since the start, for metrics and benchmarks.
struct Counters {
  std::uint64_t steps = 0, plans = 0, actions = 0, failures = 0;
};

/// The operator. Either call `step` again and again from one thread (simulations), or `run` once.
class Engine {
 public:
  /// Transport of `client`, `clock` and `ids` must outlive the engine.
  Engine(kube::Client client, const Clock& clock, IdSource& ids, Log log, Options options);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  /// Does one piece of work: one step of one informer, the plan of one cluster with its actions, or
  /// one command.
  Step step();
  /// Works until a stop is asked for; plans that act do so on `workers` threads, one cluster at a
  /// time each, so that a slow cluster delays no other. Commands that they start in containers run
  /// beside them, and are cancelled at the end.
  void run(std::stop_token stop);

  /// All caches of all owned namespaces have been filled.
  bool synced() const;
  /// Nothing to do until something changes or time passes.
  bool idle() const;

  /// Plans only while leading (true from the start); caches stay warm meanwhile, commands are
  /// cancelled. Thread safe.
  void set_leading(bool leading);

  /// Thread safe. Nullopt for a cluster that was never planned.
  std::optional<ClusterStatus> status(const std::string& ns, const std::string& cluster) const;
  Counters counters() const;  ///< thread safe

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pgo::engine
