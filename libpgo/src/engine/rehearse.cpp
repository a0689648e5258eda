#include "pgo/engine/rehearse.h"

#include "caches.h"
#include "execute.h"
#include "foresight.h"
#include "pgo/model/names.h"
#include "pgo/plan/health.h"
#include "pgo/plan/remedy.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace pgo::engine {
namespace {

namespace types = kube::types;
using json::Value;
using model::rest::PlanStep;
using model::rest::PlanWait;
using Write = kube::OverlayTransport::Write;

/// The caches of one namespace, filled by hand.
class Picture {
 public:
  Picture(kube::Client client, const Stage& stage, const std::string& ns)
      : caches_(ns, {.client = client,
                     .clock = &stage.clock,
                     .ids = &stage.ids,
                     .log = {},
                     .wake = {},
                     .dirty = [](const std::string&) {}}) {}

  /// Takes in everything there is to know.
  Result<void> fill() {
    // List, open, poll: each informer needs a few steps; one that fails is not tried for ever.
    for (int round = 0; round < kRounds; ++round) {
      bool progressed = false;
      for (Source& source : caches_.sources()) progressed |= source.step().progressed;
      if (!progressed) break;
    }
    if (caches_.synced()) return {};
    return fail(Code::unavailable, "the objects of the namespace cannot be read now", caches_.ns());
  }

  NamespaceCaches& caches() { return caches_; }
  /// The commands that were run here; what the operator runs meanwhile nobody knows here.
  std::vector<plan::ExecState>& execs(const std::string& cluster) { return execs_[cluster]; }

 private:
  static constexpr int kRounds = 10'000;
  NamespaceCaches caches_;
  std::map<std::string, std::vector<plan::ExecState>> execs_;
};

/// What a step means for a cluster that runs.
std::string effect_of(std::string_view verb, std::string_view kind, const std::string& name,
                      const Value& change) {
  if (verb == "delete") {
    if (kind == types::kDeployment.kind) return "stops " + name;
    if (kind == types::kPod.kind) return "restarts " + name;
    if (kind == types::kPersistentVolumeClaim.kind) return "destroys the data in " + name;
    if (kind == types::kSecret.kind) return "destroys the credentials in " + name;
    return {};
  }
  if (kind == types::kDeployment.kind) {
    if (verb == "create") return "starts " + name;
    if (!change["spec"]["template"].is_null()) return "restarts " + name;
    if (change["spec"]["replicas"].is_number() && change["spec"]["replicas"].as_int() == 0) {
      return "stops " + name;
    }
  }
  if (kind == types::kJob.kind && verb == "create") return "starts a Job";
  return {};
}

std::string_view verb_of(kube::Method method) {
  switch (method) {
    case kube::Method::get:
      return "run";
    case kube::Method::post:
      return "create";
    case kube::Method::put:
      return "update";
    case kube::Method::patch:
      return "patch";
    case kube::Method::delete_:
      return "delete";
  }
  return "run";
}

/// Nothing of a Secret is shown, and of commands only the program: their words may hold passwords.
PlanStep step_of(const Write& write, std::string_view reason) {
  PlanStep step;
  step.verb = verb_of(write.method);
  step.kind = write.kind;
  step.ns = write.ns;
  step.name = write.name;
  step.reason = reason;
  if (write.method == kube::Method::patch && write.kind != types::kSecret.kind) {
    step.change = write.body;
  }
  if (write.method == kube::Method::get) step.change = write.body[0];
  step.effect = effect_of(step.verb, step.kind, step.name, write.body);
  return step;
}

bool is_event(const Write& write) { return write.kind == types::kEvent.kind; }

PlanWait wait_of(const plan::ClusterView& view, const plan::Condition& condition) {
  return {.cluster = view.name,
          .reason = std::string(to_string(condition.reason)),
          .subject = condition.subject,
          .since = condition.since == TimePoint{} ? "" : to_rfc3339(condition.since),
          .message = std::string(explain(condition.reason)),
          .remedy = remedy(condition, view),
          .detail = details(condition)};
}

/// As the executor of a real plan, but for keys, which take long to draw.
Executor rehearsing_hands(kube::Client client, const Stage& stage) {
  return Executor(
      client, stage.clock, stage.ids, {}, {}, [] { return Result<SshKeys>(SshKeys{"-", "-"}); },
      /*password_length=*/24);
}

/// Does the actions in the view, one by one, so that each write has its action's reason. Stops at
/// the first that fails. A command succeeds at once.
Outcome act(const kube::OverlayTransport& view, const Executor& hands, const std::string& ns,
            const std::string& cluster, const std::vector<plan::Action>& actions,
            std::vector<PlanStep>& steps, std::vector<plan::ExecState>& execs) {
  Outcome all;
  for (const plan::Action& action : actions) {
    const std::size_t before = view.writes().size();
    Outcome one = hands.execute(ns, cluster, {action});
    for (const plan::Exec& exec : one.execs) execs.push_back(hands.run(exec));
    const std::vector<Write> writes = view.writes();
    for (std::size_t i = before; i < writes.size(); ++i) {
      if (!is_event(writes[i])) steps.push_back(step_of(writes[i], action.reason));
    }
    std::ranges::move(one.answers, std::back_inserter(all.answers));
    if (!one.error) continue;
    all.error = std::move(one.error);
    break;
  }
  return all;
}

/// Carries out what the clusters' plans ask for, once each. True when something was done.
Result<bool> act_once(const kube::OverlayTransport& view, Picture& picture, const Executor& hands,
                      const Stage& stage, const std::set<std::string>& clusters,
                      model::rest::PlanStage& result) {
  bool acted = false;
  result.waits.clear();
  for (const std::string& cluster : clusters) {
    PGO_TRY_VOID(picture.fill());
    plan::ClusterView seen = picture.caches().view(cluster);
    seen.execs = picture.execs(cluster);
    plan::Plan plan = plan::plan_cluster(seen, stage.settings, stage.clock.now());
    for (const plan::Condition& condition : plan.conditions()) {
      result.waits.push_back(wait_of(seen, condition));
    }
    if (plan.empty()) continue;
    acted = true;
    Outcome outcome = act(view, hands, seen.ns, cluster, plan.take_actions(), result.steps,
                          picture.execs(cluster));
    if (outcome.error) return fail(*std::move(outcome.error));
    for (Outcome::Answer& answer : outcome.answers) {
      picture.caches().applied(answer.type, std::move(answer.object));
    }
  }
  return acted;
}

/// Until nothing is left to do without the world moving.
Result<model::rest::PlanStage> act_to_rest(const kube::OverlayTransport& view, Picture& picture,
                                           const Executor& hands, const Stage& stage,
                                           const std::set<std::string>& clusters) {
  // Each plan does something; one that went round in circles would be a defect of ours.
  constexpr int kPlans = 100;
  model::rest::PlanStage result;
  for (int i = 0; i < kPlans; ++i) {
    PGO_TRY(const bool acted, act_once(view, picture, hands, stage, clusters, result));
    if (!acted) return result;
  }
  return fail(Code::internal, "the plan does not come to rest", picture.caches().ns());
}

}  // namespace

Result<Rehearsal> rehearse(kube::OverlayTransport& view, const Stage& stage, const std::string& ns,
                           const std::set<std::string>& clusters) {
  constexpr int kStages = 100;
  Rehearsal result;
  for (const Write& write : view.writes()) {
    if (!is_event(write)) result.steps.push_back(step_of(write, "the request"));
  }
  Picture picture(kube::Client(view), stage, ns);
  const Executor hands = rehearsing_hands(kube::Client(view), stage);
  PGO_TRY(model::rest::PlanStage at_once, act_to_rest(view, picture, hands, stage, clusters));
  std::ranges::move(at_once.steps, std::back_inserter(result.steps));
  result.waits = std::move(at_once.waits);

  Foresight foresight(view, ns, clusters);
  for (int i = 0; i < kStages; ++i) {
    PGO_TRY(const bool moved, foresight.step());
    if (!moved) return result;
    PGO_TRY(model::rest::PlanStage next, act_to_rest(view, picture, hands, stage, clusters));
    if (!next.steps.empty()) result.later.push_back(std::move(next));
  }
  return fail(Code::internal, "what follows does not come to an end", ns);
}

Result<model::rest::ExplainResponse> explain(kube::Client client, const Stage& stage,
                                             const std::string& ns, const std::string& cluster) {
  // What the plan would write is tried where it does no harm; and this view opens no watches.
  kube::OverlayTransport view(client.transport(), stage.clock, stage.ids);
  Picture picture(kube::Client(view), stage, ns);
  PGO_TRY_VOID(picture.fill());
  const plan::ClusterView seen = picture.caches().view(cluster);
  const TimePoint now = stage.clock.now();
  plan::Plan plan = plan::plan_cluster(seen, stage.settings, now);
  if (!seen.cluster && plan.empty() && plan.conditions().empty()) {
    return fail(Code::not_found, "There is no cluster " + cluster + " in namespace " + ns + ".",
                cluster);
  }
  model::rest::ExplainResponse response;
  response.cluster = cluster;
  response.ns = ns;
  response.state = state_in_words(seen);
  for (const plan::Condition& condition : plan.conditions()) {
    response.waits.push_back(wait_of(seen, condition));
  }
  for (const plan::Condition& ailment : ailments(seen)) {
    if (!plan.waits_for(ailment.reason)) response.waits.push_back(wait_of(seen, ailment));
  }
  if (plan.look_again()) response.next = to_rfc3339(now + *plan.look_again());
  act(view, rehearsing_hands(kube::Client(view), stage), ns, cluster, plan.take_actions(),
      response.steps, picture.execs(cluster));
  response.status.code = "ok";
  return response;
}

std::set<std::string> clusters_of(const std::vector<Write>& writes) {
  std::set<std::string> clusters;
  for (const Write& write : writes) {
    if (is_event(write)) continue;
    const auto label = write.labels.find(model::label::kCluster);
    std::string_view cluster =
        label == write.labels.end()
            ? write.body["spec"]["parameters"][model::param::kCluster].as_string()
            : std::string_view(label->second);
    if (write.kind == types::kPgCluster.kind) cluster = write.name;
    if (!cluster.empty()) clusters.emplace(cluster);
  }
  return clusters;
}

}  // namespace pgo::engine
