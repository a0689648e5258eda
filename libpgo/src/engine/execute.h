#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/base/log.h"
#include "pgo/engine/engine.h"
#include "pgo/engine/events.h"
#include "pgo/kube/client.h"
#include "pgo/plan/action.h"
#include "pgo/plan/view.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

/// The hands of the engine: the only place where a plan touches the world.
namespace pgo::engine {

/// What came of a list of actions.
struct Outcome {
  struct Answer {
    kube::ResourceType type;
    kube::Object object;
  };
  std::vector<Answer> answers;    ///< stored objects, for the caches
  std::vector<plan::Exec> execs;  ///< commands to start now, whatever became of later actions
  std::optional<Error> error;     ///< of the first action that failed; the later ones were not done
  std::string failed;             ///< that action as text
};

class Executor {
 public:
  /// Everything referred to must outlive the executor. Thread safe.
  Executor(kube::Client client, const Clock& clock, IdSource& ids, Log log, EventSink events,
           KeyMaker make_keys, int password_length);

  /// Does the actions in order and stops at the first failure. Commands are handed back.
  Outcome execute(const std::string& ns, const std::string& cluster,
                  const std::vector<plan::Action>& actions) const;

  /// Runs a command to its end, its time's end, or a stop request.
  plan::ExecState run(const plan::Exec& exec, const std::stop_token& stop = {}) const;

 private:
  struct Run;

  kube::Client client_;
  const Clock* clock_;
  IdSource* ids_;
  Log log_;
  EventSink events_;
  KeyMaker make_keys_;
  int password_length_;
};

}  // namespace pgo::engine
