#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

/// Answers about plans: what a request would do (`--dry-run`), and what a cluster waits for
/// (`pgo explain`). 4.2.0 had neither.
namespace pgo::model::rest {

/// Before the path of any route: the request is only tried, and the answer to one that would write
/// is a DryRunResponse. A path, not a parameter or a header, because a server that knows no dry
/// runs (4.2.0) must refuse rather than overlook it.
inline constexpr std::string_view kDryRunPrefix = "/dry-run";

/// One write or command that would be made.
struct PlanStep {
  std::string verb;  ///< create, update, patch, delete, run
  std::string kind, ns, name;
  std::string reason;  ///< why
  std::string effect;  ///< what it does to a running cluster, or empty: "stops the instance hippo"
  /// What is patched, or the command's words; null otherwise. Never a secret.
  json::Value change;

  static constexpr auto fields() {
    using S = PlanStep;
    using enum json::Emit;
    return std::tuple{
        json::field("Verb", &S::verb, always),     json::field("Kind", &S::kind, always),
        json::field("Namespace", &S::ns, always),  json::field("Name", &S::name, always),
        json::field("Reason", &S::reason, always), json::field("Effect", &S::effect, always),
        json::field("Change", &S::change)};
  }
  bool operator==(const PlanStep&) const = default;
};

/// One thing that a cluster waits for.
struct PlanWait {
  std::string cluster;
  std::string reason;   ///< the stable name: "first_backup"
  std::string subject;  ///< "Job backrest-backup-hippo", or empty
  std::string since;    ///< RFC 3339, or empty where nobody noted it
  std::string message;  ///< the reason in words
  std::string remedy;   ///< what ends it, and what a person can do
  std::string detail;   ///< what exactly is wrong, or empty

  static constexpr auto fields() {
    using S = PlanWait;
    using enum json::Emit;
    return std::tuple{
        json::field("Cluster", &S::cluster, always), json::field("Reason", &S::reason, always),
        json::field("Subject", &S::subject, always), json::field("Since", &S::since, always),
        json::field("Message", &S::message, always), json::field("Remedy", &S::remedy, always),
        json::field("Detail", &S::detail, always)};
  }
  bool operator==(const PlanWait&) const = default;
};

/// What is done when the waits before it are over, and for what is waited then.
struct PlanStage {
  std::vector<PlanStep> steps;
  std::vector<PlanWait> waits;

  static constexpr auto fields() {
    using S = PlanStage;
    using enum json::Emit;
    return std::tuple{json::field("Steps", &S::steps, always),
                      json::field("Waits", &S::waits, always)};
  }
  bool operator==(const PlanStage&) const = default;
};

/// The answer to a request that was only tried.
struct DryRunResponse {
  std::vector<std::string> results;  ///< what the request would have answered
  std::vector<PlanStep> steps;       ///< in order, up to where the world must move first
  std::vector<PlanWait> waits;       ///< for what it would wait then
  /// What follows when nothing goes wrong: instances stop and start as asked, Jobs succeed, Patroni
  /// elects.
  std::vector<PlanStage> later;
  Status status;

  static constexpr auto fields() {
    using S = DryRunResponse;
    using enum json::Emit;
    return std::tuple{json::field("Results", &S::results, always),
                      json::field("Steps", &S::steps, always),
                      json::field("Waits", &S::waits, always),
                      json::field("Later", &S::later, always), json::inlined(&S::status)};
  }
  bool operator==(const DryRunResponse&) const = default;
};

/// GET /explain/{name}.
struct ExplainResponse {
  std::string cluster, ns, state;
  std::vector<PlanStep> steps;  ///< what the operator is about to do
  std::vector<PlanWait> waits;
  std::string
      next;  ///< RFC 3339: when something is done by the clock, such as a schedule; or empty
  Status status;

  static constexpr auto fields() {
    using S = ExplainResponse;
    using enum json::Emit;
    return std::tuple{json::field("Cluster", &S::cluster, always),
                      json::field("Namespace", &S::ns, always),
                      json::field("State", &S::state, always),
                      json::field("Steps", &S::steps, always),
                      json::field("Waits", &S::waits, always),
                      json::field("Next", &S::next, always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ExplainResponse&) const = default;
};

}  // namespace pgo::model::rest
