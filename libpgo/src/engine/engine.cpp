#include "pgo/engine/engine.h"

#include "caches.h"
#include "exec_runner.h"
#include "execute.h"
#include "namespaces.h"
#include "pgo/crypto/keys.h"
#include "pgo/kube/wakeup.h"
#include "pgo/kube/work_queue.h"
#include "pgo/model/names.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace pgo::engine {
namespace {

namespace types = kube::types;

Result<SshKeys> draw_keys() {
  PGO_TRY(std::string key, crypto::make_ssh_key());
  PGO_TRY(std::string line, crypto::ssh_public_key(key));
  return SshKeys{std::move(key), std::move(line)};
}

/// Keys of the queue: "ns/cluster"; "ns/" stands for the namespace itself.
std::string queue_key(std::string_view ns, std::string_view cluster) {
  return std::string(ns) + "/" + std::string(cluster);
}

struct Target {
  std::string ns, cluster;
};

Target target_of(const std::string& key) {
  const std::size_t slash = key.find('/');
  return {key.substr(0, slash), key.substr(slash + 1)};
}

std::string owned_selector(const std::string& installation) {
  return std::string(model::label::kVendor) + "=" + std::string(model::label::kVendorValue) + "," +
         std::string(model::label::kInstallation) + "=" + installation;
}

}  // namespace

struct Engine::State {
  /// A plan on its way to the hands, and back with what came of it.
  struct Work {
    std::string key;
    std::vector<plan::Action> actions;
    Outcome outcome;
    std::string failure_event;
    std::size_t execs = 0;  ///< commands among the actions
  };

  kube::Client client;
  const Clock& clock;
  IdSource& ids;
  Log log;
  Options options;
  Executor executor;
  kube::Wakeup wakeup;
  ExecRunner execs;
  kube::WorkQueue queue;
  Source namespace_source;
  kube::Informer<NamespaceView> namespaces;
  std::map<std::string, std::unique_ptr<NamespaceCaches>, std::less<>> caches;
  std::set<std::string> unsynced;  ///< namespaces whose caches fill
  std::set<std::string> ended;     ///< namespaces that are gone, to be dropped
  std::set<std::string> waiting;   ///< keys that wait for leadership
  bool prepared = false;           ///< the configured namespaces were made or taken over
  TimePoint prepare_at{};
  std::atomic<bool> leading{true};

  mutable std::mutex status_mutex;
  std::map<std::string, ClusterStatus> status;
  std::atomic<std::uint64_t> steps{0}, plans{0}, actions{0}, failures{0};

  // Only while `run` runs.
  std::mutex work_mutex;
  std::condition_variable_any work_ready;
  std::deque<Work> to_do;
  std::deque<Work> done;
  bool threaded = false, stopping = false;
  std::size_t promised = 0;  ///< commands of plans that are being carried out

  State(kube::Client the_client, const Clock& the_clock, IdSource& the_ids, Log the_log,
        Options the_options)
      : client(the_client),
        clock(the_clock),
        ids(the_ids),
        log(the_log.named("engine")),
        options(std::move(the_options)),
        executor(client, clock, ids, log, options.events,
                 options.make_keys ? options.make_keys : KeyMaker(draw_keys),
                 options.password_length),
        execs(clock,
              [this](const plan::Exec& exec, const std::stop_token& stop) {
                return executor.run(exec, stop);
              },
              {.at_once = options.execs_at_once,
               .stepped = options.stepped_exec,
               .wake = wakeup.callback()}),
        queue(clock, ids, queue_options()),
        namespaces(client, clock, ids, log, types::kNamespace, "",
                   {.label_selector = owned_selector(options.installation),
                    .field_selector = {},
                    .limit = 0,
                    .continue_token = {},
                    .resource_version = {}},
                   informer_options()) {
    namespace_source.step = [this] { return namespaces.step(); };
    namespaces.on_change(
        [this](const kube::ObjectKey& key, const NamespaceView*, const NamespaceView* is) {
          if (is != nullptr && !is->deleting) {
            queue.add(queue_key(key.name, ""));
          } else if (is == nullptr) {
            ended.insert(key.name);
          }
        });
  }

  kube::WorkQueue::Options queue_options() {
    kube::WorkQueue::Options result;
    result.on_ready = wakeup.callback();
    return result;
  }

  kube::InformerOptions informer_options() {
    kube::InformerOptions result;
    result.on_ready = [ready = namespace_source.ready, wake = wakeup.callback()] {
      ready->store(true);
      wake();
    };
    return result;
  }

  Step step();
  bool step_source(Source& source, TimePoint now);
  bool step_informers(TimePoint now);
  bool prepare(TimePoint now);
  void watch(const std::string& ns);
  void now_synced(TimePoint now);
  bool take_key();
  void look_at(const std::string& key);
  void finish(Work work);
  void tell_of_failure(const Work& work);
  void record(const std::string& key, const plan::Plan& plan);
  TimePoint next_time() const;
  void hand_out(Work work);
  bool collect();
  bool step_execs();
  void work(std::stop_token stop);
};

bool Engine::State::step_source(Source& source, TimePoint now) {
  if (!source.ready->exchange(false) && source.next > now) return false;
  const kube::InformerStep did = source.step();
  source.next = did.next;
  if (did.progressed) source.ready->store(true);
  return did.progressed;
}

bool Engine::State::step_informers(TimePoint now) {
  if (step_source(namespace_source, now)) return true;
  for (auto& [ns, cache] : caches) {
    for (Source& source : cache->sources()) {
      if (!step_source(source, now)) continue;
      if (!unsynced.empty()) now_synced(now);
      return true;
    }
  }
  return false;
}

/// Everything that was seen while the caches filled is looked at once they are full.
void Engine::State::now_synced(TimePoint) {
  for (auto it = unsynced.begin(); it != unsynced.end();) {
    const auto found = caches.find(*it);
    if (found == caches.end()) {
      it = unsynced.erase(it);
      continue;
    }
    if (!found->second->synced()) {
      ++it;
      continue;
    }
    log.info("watching namespace", {{"namespace", *it}});
    for (const std::string& cluster : found->second->clusters()) {
      queue.add(queue_key(*it, cluster));
    }
    it = unsynced.erase(it);
  }
}

/// Makes or takes over the namespaces that the configuration names (contract 3.2).
bool Engine::State::prepare(TimePoint now) {
  if (prepared || prepare_at > now || !leading) return false;
  for (const std::string& ns : options.namespaces) {
    const auto claimed = claim_namespace(client, ns, options.installation);
    if (claimed) continue;
    log.warn("a namespace cannot be used", {{"namespace", ns}, {"error", claimed.error().text()}});
    if (retryable(claimed.error().code) || claimed.error().code == Code::conflict) {
      prepare_at = now + std::chrono::seconds(1);
      return true;
    }
  }
  prepared = true;
  return true;
}

void Engine::State::watch(const std::string& ns) {
  if (caches.contains(ns)) return;
  NamespaceCaches::Surroundings with{
      .client = client,
      .clock = &clock,
      .ids = &ids,
      .log = log,
      .wake = wakeup.callback(),
      .dirty = [this, ns](const std::string& cluster) { queue.add(queue_key(ns, cluster)); }};
  caches.emplace(ns, std::make_unique<NamespaceCaches>(ns, with));
  unsynced.insert(ns);
}

Step Engine::State::step() {
  const TimePoint now = clock.now();
  steps.fetch_add(1, std::memory_order_relaxed);
  if (prepare(now) || collect() || step_execs() || step_informers(now)) return {true, now};
  if (!ended.empty()) {
    for (const std::string& ns : ended) {
      execs.drop(queue_key(ns, ""));
      caches.erase(ns);
      unsynced.erase(ns);
    }
    ended.clear();
    return {true, now};
  }
  if (leading && !waiting.empty()) {
    for (const std::string& key : waiting) queue.add(key);
    waiting.clear();
  }
  if (take_key()) return {true, now};
  return {false, next_time()};
}

bool Engine::State::take_key() {
  auto key = queue.try_get();
  if (!key) return false;
  look_at(*key);
  return true;
}

void Engine::State::look_at(const std::string& key) {
  const Target target = target_of(key);
  if (!leading) {
    waiting.insert(key);
    return queue.done(key);
  }
  if (target.cluster.empty()) {
    std::optional<Error> error;
    if (options.install_rbac && options.settings.renderer != nullptr) {
      auto set_up = set_up_namespace(client, *options.settings.renderer, target.ns,
                                     options.operator_namespace);
      if (!set_up) error = std::move(set_up).error();
    }
    watch(target.ns);
    Work work{.key = key, .actions = {}, .outcome = {}, .failure_event = {}};
    work.outcome.error = std::move(error);
    work.outcome.failed = "set up the namespace";
    return finish(std::move(work));
  }
  const auto cache = caches.find(target.ns);
  // A cache that fills knows nothing yet: what it lacks must not look like what is not there.
  if (cache == caches.end() || unsynced.contains(target.ns)) return queue.done(key);
  plan::ClusterView view = cache->second->view(target.cluster);
  view.execs = execs.known(key);
  view.knows_execs = true;
  view.exec_room = execs.room(promised);
  plan::Plan plan = plan::plan_cluster(view, options.settings, clock.now());
  plans.fetch_add(1, std::memory_order_relaxed);
  record(key, plan);
  execs.keep_only(key, plan.execs());
  if (plan.look_again()) queue.add_after(key, *plan.look_again());
  Work work{.key = key,
            .actions = plan.take_actions(),
            .outcome = {},
            .failure_event = plan.failure_event()};
  if (work.actions.empty()) return finish(std::move(work));
  work.execs =
      static_cast<std::size_t>(std::ranges::count_if(work.actions, [](const plan::Action& action) {
        return std::holds_alternative<plan::Exec>(action.what);
      }));
  promised += work.execs;
  actions.fetch_add(work.actions.size(), std::memory_order_relaxed);
  if (threaded) return hand_out(std::move(work));
  work.outcome = executor.execute(target.ns, target.cluster, work.actions);
  finish(std::move(work));
}

void Engine::State::record(const std::string& key, const plan::Plan& plan) {
  const std::scoped_lock lock(status_mutex);
  if (plan.conditions().empty() && plan.empty() && !status.contains(key)) return;
  status[key].conditions = plan.conditions();
}

void Engine::State::finish(Work work) {
  const Target target = target_of(work.key);
  const auto cache = caches.find(target.ns);
  if (cache != caches.end()) {
    for (Outcome::Answer& answer : work.outcome.answers) {
      cache->second->applied(answer.type, std::move(answer.object));
    }
  }
  promised -= work.execs;
  for (plan::Exec& exec : work.outcome.execs) {
    if (leading && !stopping) execs.start(work.key, std::move(exec));
  }
  if (work.outcome.error) {
    failures.fetch_add(1, std::memory_order_relaxed);
    queue.add_with_backoff(work.key);
    const Error& error = *work.outcome.error;
    // A lost race is everyday life; anything else a person may want to know.
    if (error.code != Code::conflict) {
      tell_of_failure(work);
      log.warn("an action failed and is tried again",
               {{"cluster", work.key}, {"action", work.outcome.failed}, {"error", error.text()}});
    }
  } else {
    queue.forget(work.key);
  }
  if (!target.cluster.empty()) {
    const std::scoped_lock lock(status_mutex);
    if (const auto known = status.find(work.key); known != status.end()) {
      known->second.error = std::move(work.outcome.error);
      known->second.failed = std::move(work.outcome.failed);
    }
  }
  queue.done(work.key);
}

/// Once for each new failure, not at every further attempt; not for what passes by itself.
void Engine::State::tell_of_failure(const Work& work) {
  const Error& error = *work.outcome.error;
  if (retryable(error.code) || work.failure_event.empty()) return;
  {
    const std::scoped_lock lock(status_mutex);
    const auto known = status.find(work.key);
    if (known != status.end() && known->second.error == error) return;
  }
  const Target target = target_of(work.key);
  plan::Event event{.type = work.failure_event,
                    .topics = {"clustertopic"},
                    .user = {},
                    .payload = {{"clustername", target.cluster}, {"errormessage", error.text()}},
                    .warning = true};
  executor.execute(target.ns, target.cluster, {{std::move(event), "tell of the failure"}});
}

/// What ended is looked at by the next plan.
bool Engine::State::step_execs() {
  if (!leading) execs.drop({});
  const auto over = execs.step();
  if (!over) return false;
  const plan::ExecState& state = over->state;
  if (state.outcome != plan::ExecState::Outcome::succeeded) {
    log.warn("a command ended badly",
             {{"cluster", over->owner}, {"command", state.id}, {"error", state.why}});
  }
  queue.add(over->owner);
  return true;
}

TimePoint Engine::State::next_time() const {
  TimePoint next = std::min({queue.next(), namespace_source.next, execs.next()});
  if (!prepared) next = std::min(next, prepare_at);
  for (const auto& [ns, cache] : caches) {
    for (const Source& source : cache->sources()) next = std::min(next, source.next);
  }
  return next;
}

void Engine::State::hand_out(Work work) {
  {
    const std::scoped_lock lock(work_mutex);
    to_do.push_back(std::move(work));
  }
  work_ready.notify_one();
}

bool Engine::State::collect() {
  if (!threaded) return false;
  std::optional<Work> back;
  {
    const std::scoped_lock lock(work_mutex);
    if (done.empty()) return false;
    back = std::move(done.front());
    done.pop_front();
  }
  finish(*std::move(back));
  return true;
}

void Engine::State::work(std::stop_token stop) {
  while (true) {
    Work item;
    {
      std::unique_lock lock(work_mutex);
      if (!work_ready.wait(lock, stop, [&] { return !to_do.empty(); })) return;
      item = std::move(to_do.front());
      to_do.pop_front();
    }
    const Target target = target_of(item.key);
    item.outcome = executor.execute(target.ns, target.cluster, item.actions);
    {
      const std::scoped_lock lock(work_mutex);
      done.push_back(std::move(item));
    }
    wakeup.wake();
  }
}

Engine::Engine(kube::Client client, const Clock& clock, IdSource& ids, Log log, Options options)
    : state_(std::make_unique<State>(client, clock, ids, std::move(log), std::move(options))) {}

Engine::~Engine() = default;

Step Engine::step() { return state_->step(); }

void Engine::run(std::stop_token stop) {
  State& state = *state_;
  state.threaded = true;
  state.execs.use_threads(true);
  std::vector<std::jthread> hands;
  for (int i = 0; i < std::max(1, state.options.workers); ++i) {
    hands.emplace_back([&state](std::stop_token hand_stop) { state.work(hand_stop); });
  }
  while (!stop.stop_requested()) {
    const Step did = state.step();
    if (!did.progressed) state.wakeup.wait_until(did.next, state.clock, stop);
  }
  state.stopping = true;
  state.execs.stop();
  hands.clear();  // asks each to stop and waits for the plan it carries out
  while (state.collect()) {
  }
  state.stopping = false;
  state.threaded = false;
  state.execs.use_threads(false);
}

bool Engine::synced() const {
  return state_->namespaces.synced() && state_->unsynced.empty() && state_->prepared;
}

bool Engine::idle() const { return state_->queue.idle(); }

void Engine::set_leading(bool leading) {
  state_->leading = leading;
  state_->wakeup.wake();
}

std::optional<ClusterStatus> Engine::status(const std::string& ns,
                                            const std::string& cluster) const {
  const std::scoped_lock lock(state_->status_mutex);
  const auto found = state_->status.find(queue_key(ns, cluster));
  if (found == state_->status.end()) return std::nullopt;
  return found->second;
}

Counters Engine::counters() const {
  return {state_->steps.load(), state_->plans.load(), state_->actions.load(),
          state_->failures.load()};
}

}  // namespace pgo::engine
