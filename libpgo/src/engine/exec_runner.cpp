#include "exec_runner.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace pgo::engine {

ExecRunner::ExecRunner(const Clock& clock, Run run, Options options)
    : clock_(&clock), run_(std::move(run)), options_(std::move(options)) {}

ExecRunner::~ExecRunner() { stop(); }

std::vector<plan::ExecState> ExecRunner::known(const std::string& owner) const {
  std::vector<plan::ExecState> states;
  const auto found = known_.find(owner);
  if (found == known_.end()) return states;
  for (const Known& known : found->second) states.push_back(known.state);
  return states;
}

bool ExecRunner::room(std::size_t promised) const {
  return running_ + promised < static_cast<std::size_t>(options_.at_once);
}

void ExecRunner::start(const std::string& owner, plan::Exec exec) {
  List& list = known_[owner];
  const auto same =
      std::ranges::find_if(list, [&](const Known& one) { return one.state.id == exec.id; });
  if (same != list.end()) {
    same->wanted = true;
    if (same->state.running()) return;
    list.erase(same);
  }
  plan::ExecState state{.id = exec.id, .pod = exec.pod, .started = clock_->now()};
  Known& known = list.emplace_back(Known{.exec = std::move(exec), .state = std::move(state)});
  ++running_;
  if (threads_) run_on_thread(owner, known);
}

void ExecRunner::run_on_thread(const std::string& owner, Known& known) {
  try {
    known.thread = std::jthread([this, owner, exec = known.exec](const std::stop_token& stop) {
      plan::ExecState state = run_(exec, stop);
      {
        const std::scoped_lock lock(mutex_);
        ended_.push_back({owner, std::move(state)});
      }
      if (options_.wake) options_.wake();
    });
  } catch (const std::system_error& error) {
    --running_;
    known.state.outcome = plan::ExecState::Outcome::never_ran;
    known.state.ended = clock_->now();
    known.state.why = std::string("there is no thread to run it on: ") + error.what();
    refused_.push_back({owner, known.state});
  }
}

void ExecRunner::cancel(Known& known) {
  known.wanted = false;
  known.thread.request_stop();
}

ExecRunner::List::iterator ExecRunner::forget(List& list, List::iterator which) {
  if (which->state.running()) --running_;
  return list.erase(which);
}

void ExecRunner::keep_only(const std::string& owner, const std::vector<std::string>& ids) {
  const auto found = known_.find(owner);
  if (found == known_.end()) return;
  List& list = found->second;
  for (auto it = list.begin(); it != list.end();) {
    if (std::ranges::find(ids, it->state.id) != ids.end()) {
      it->wanted = true;
      ++it;
    } else if (it->thread.joinable()) {
      cancel(*it++);
    } else {
      it = forget(list, it);
    }
  }
  if (list.empty()) known_.erase(found);
}

void ExecRunner::drop(std::string_view owners) {
  std::vector<std::string> those;
  for (auto it = known_.lower_bound(owners); it != known_.end(); ++it) {
    if (!it->first.starts_with(owners)) break;
    those.push_back(it->first);
  }
  for (const std::string& owner : those) keep_only(owner, {});
}

std::optional<ExecRunner::Ended> ExecRunner::step() {
  if (!refused_.empty()) {
    Ended refused = std::move(refused_.front());
    refused_.pop_front();
    return refused;
  }
  if (auto ended = take_ended()) return ended;
  return threads_ ? std::nullopt : run_stepped();
}

std::optional<ExecRunner::Ended> ExecRunner::take_ended() {
  Ended back;
  {
    const std::scoped_lock lock(mutex_);
    if (ended_.empty()) return std::nullopt;
    back = std::move(ended_.front());
    ended_.pop_front();
  }
  return end(back.owner, std::move(back.state));
}

std::optional<ExecRunner::Ended> ExecRunner::run_stepped() {
  for (auto& [owner, list] : known_) {
    for (Known& known : list) {
      if (!known.state.running() || known.thread.joinable()) continue;
      if (known.state.started + options_.stepped > clock_->now()) continue;
      return end(std::string(owner), run_(known.exec, {}));
    }
  }
  return std::nullopt;
}

std::optional<ExecRunner::Ended> ExecRunner::end(const std::string& owner, plan::ExecState state) {
  const auto found = known_.find(owner);
  if (found == known_.end()) return Ended{owner, std::move(state)};
  List& list = found->second;
  const auto known =
      std::ranges::find_if(list, [&](const Known& one) { return one.state.id == state.id; });
  if (known == list.end()) return Ended{owner, std::move(state)};
  --running_;
  if (known->thread.joinable()) known->thread.join();  // it has handed in its result
  state.started = known->state.started;
  known->state = state;
  if (!known->wanted) list.erase(known);
  if (list.empty()) known_.erase(found);
  return Ended{owner, std::move(state)};
}

TimePoint ExecRunner::next() const {
  TimePoint next = TimePoint::max();
  if (threads_) return next;
  for (const auto& [owner, list] : known_) {
    for (const Known& known : list) {
      if (known.state.running()) next = std::min(next, known.state.started + options_.stepped);
    }
  }
  return next;
}

void ExecRunner::stop() {
  for (auto& [owner, list] : known_) {
    for (Known& known : list) known.thread.request_stop();
  }
  known_.clear();  // joins
  refused_.clear();
  running_ = 0;
  const std::scoped_lock lock(mutex_);
  ended_.clear();
}

}  // namespace pgo::engine
