#pragma once

#include "pgo/base/clock.h"
#include "pgo/plan/action.h"
#include "pgo/plan/view.h"

#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace pgo::engine {

/// The commands that plans started, and how they stand. Each runs on a thread of its own, so that
/// it holds up no plan, neither of its own cluster nor of another; without threads (simulations)
/// `step` runs them one by one. Commands have owners: the key of the cluster. One thread uses this.
class ExecRunner {
 public:
  /// Runs a command to its end, or until a stop is asked for. From any thread.
  using Run = std::function<plan::ExecState(const plan::Exec&, const std::stop_token&)>;
  struct Options {
    int at_once = 64;                 ///< `room` ends there
    Duration stepped{0};              ///< without threads: how long a command seems to run
    std::function<void()> wake = {};  ///< from any thread: `step` has something
  };
  /// `clock` must outlive it.
  ExecRunner(const Clock& clock, Run run, Options options);
  ExecRunner(const ExecRunner&) = delete;
  ExecRunner& operator=(const ExecRunner&) = delete;
  ~ExecRunner();

  /// What the next plan of this owner is to know.
  std::vector<plan::ExecState> known(const std::string& owner) const;
  /// Whether one more may start, beside those that run and `promised` ones that will.
  bool room(std::size_t promised = 0) const;

  /// Starts it, unless one of this id runs.
  void start(const std::string& owner, plan::Exec exec);
  /// Cancels and forgets what is not in `ids`. What cannot be cancelled at once is known until it
  /// has ended.
  void keep_only(const std::string& owner, const std::vector<std::string>& ids);
  /// Cancels and forgets everything whose owner begins so.
  void drop(std::string_view owners);

  /// Something that ended, with its owner: look at that again.
  struct Ended {
    std::string owner;
    plan::ExecState state;
  };
  std::optional<Ended> step();
  /// When `step` has something without being woken.
  TimePoint next() const;

  void use_threads(bool threads) { threads_ = threads; }
  /// Cancels everything and waits for its end, which is prompt where the transport heeds a stop.
  void stop();

 private:
  struct Known {
    plan::Exec exec;
    plan::ExecState state;
    bool wanted = true;
    std::jthread thread{};
  };
  using List = std::list<Known>;

  void run_on_thread(const std::string& owner, Known& known);
  std::optional<Ended> run_stepped();
  std::optional<Ended> take_ended();
  std::optional<Ended> end(const std::string& owner, plan::ExecState state);
  static void cancel(Known& known);
  List::iterator forget(List& list, List::iterator which);

  const Clock* clock_;
  Run run_;
  Options options_;
  bool threads_ = false;
  std::map<std::string, List, std::less<>> known_;  ///< by owner
  std::size_t running_ = 0;
  std::list<Ended> refused_;  ///< for which there was no thread
  std::mutex mutex_;
  std::list<Ended> ended_;  ///< what threads hand back; under `mutex_`
};

}  // namespace pgo::engine
