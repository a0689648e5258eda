#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/result.h"
#include "pgo/plan/action.h"
#include "pgo/plan/reason.h"
#include "pgo/plan/view.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgo::plan {

/// What to do next for one cluster: actions in order, what is waited for, when to look again.
/// Not thread safe while it is being made.
class Plan {
 public:
  explicit Plan(const ClusterView& view, TimePoint now) : view_(&view), now_(now) {}

  // How a plan is written.

  /// Asks for `object`; the caller has seen that the view does not hold it.
  void create(const kube::ResourceType& type, kube::Object object, std::string_view reason);
  /// The rendering may have failed: then nothing is asked for and the reason is recorded. With
  /// `adopt` an object of that name that belongs to no cluster is taken over.
  bool create(const kube::ResourceType& type, Result<kube::Object> object, std::string_view reason,
              bool adopt = false);
  /// Asks for a secret whose values the executor draws, or copies from the secret `copy_of` of the
  /// same namespace; a plan sees none of them.
  void create_secret(kube::Object object, Generated generated, std::string_view reason,
                     std::string copy_of = {});
  /// Asks for a JSON merge patch of what was observed; with `version`, only if it is still at that
  /// resourceVersion. The caller has seen that the patch changes something: else every plan would
  /// ask for it again.
  void patch(const kube::ResourceType& type, const Meta& object, json::Value body,
             std::string_view reason, std::string version = {});
  /// Asks for the deletion of what was observed, unless it is already on its way out.
  void remove(const kube::ResourceType& type, const Meta& object, std::string_view reason,
              std::string_view propagation = "Background");
  /// Asks for a command in a container. It is started beside the plans and not waited for: later
  /// plans see in `ClusterView::exec` how it stands, and `keep` it for as long as they want to
  /// know. Asked for again it goes on if it runs, and is run again if it has ended.
  void exec(Exec exec, std::string_view reason);
  /// The command of this id, which the view holds, goes on, and how it ends is remembered.
  void keep(std::string id) { kept_.push_back(std::move(id)); }
  /// Publishes an event of the cluster once the actions before it are done; subscribers may see it
  /// twice, since a plan that is carried out again tells it again.
  void event(Event event, std::string_view reason);
  /// Records what the cluster waits for: `subject` is the object ("Job x"), `detail` what exactly
  /// is wrong. It holds nothing up: actions that must come later are left out by the caller, and
  /// the event that ends the condition makes the next plan.
  void wait(Reason reason, std::string subject = {}, std::string detail = {});
  /// For this Job, which need not be there yet; how often it has failed is told with it.
  void wait_for_job(Reason reason, std::string_view job);
  /// The event that tells of a failure to carry out this plan; the last one named counts.
  void on_failure(std::string_view event_type) { failure_event_ = event_type; }
  /// Look again after this long even if nothing changes.
  void look_again_in(Duration after);

  // How a plan is read.

  const std::vector<Action>& actions() const { return actions_; }
  /// The actions for whoever carries them out; the plan is left without any.
  std::vector<Action> take_actions() { return std::move(actions_); }
  /// Ids of the commands that are asked for or kept; every other one is cancelled and forgotten.
  std::vector<std::string> execs() const;
  const std::vector<Condition>& conditions() const { return conditions_; }
  std::optional<Duration> look_again() const { return look_again_; }
  const std::string& failure_event() const { return failure_event_; }
  bool empty() const { return actions_.empty(); }
  TimePoint now() const { return now_; }

  /// Whether a condition of this reason was recorded, whatever its subject.
  bool waits_for(Reason reason) const;
  /// Names of the objects of a kind that are created, patched or deleted, in order.
  std::vector<std::string> creates(std::string_view kind) const;
  std::vector<std::string> patches(std::string_view kind) const;
  std::vector<std::string> deletes(std::string_view kind) const;
  /// Types of the events, in order.
  std::vector<std::string> events() const;
  /// The body of the first patch of that object, or null.
  const json::Value* patch_of(std::string_view kind, std::string_view name) const;
  /// The first object of that kind and name that is created, or null.
  const kube::Object* created(std::string_view kind, std::string_view name) const;

  /// One line for each action and condition.
  std::string text() const;

 private:
  void wait(Condition condition);

  const ClusterView* view_;
  TimePoint now_;
  std::vector<Action> actions_;
  std::vector<std::string> kept_;
  std::vector<Condition> conditions_;
  std::optional<Duration> look_again_;
  std::string failure_event_;
};

}  // namespace pgo::plan
