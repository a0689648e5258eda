#pragma once

#include "pgo/base/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace pgo::plan {

/// Why a plan does not go on. The names are written to the API and never change.
enum class Reason {
  primary_ready,      ///< no instance leads and is ready
  instance_ready,     ///< an instance is not ready; only told to people (health.h)
  primary_ambiguous,  ///< several pods say they lead
  repo_ready,         ///< the repository's pod is not ready
  stanza,             ///< the stanza-create Job has not succeeded
  first_backup,       ///< the first full backup has not succeeded
  backup,             ///< a later backup Job has not succeeded
  dump,               ///< a Job that dumps or loads has not ended
  repo_copy,          ///< a clone's Job has not copied the repository
  restore,            ///< a Job has not restored the backup
  job_failed,         ///< a Job gave up
  pods_gone,          ///< pods of deleted Deployments still end
  objects_gone,       ///< deleted objects are still there
  jobs_gone,          ///< deleted Jobs are still there
  old_removal_job,    ///< a removal Job of an older operator still runs
  target_is_primary,  ///< the instance to remove leads
  policy,             ///< a policy of the new cluster is not there
  sql,                ///< the SQL of a policy runs
  pool,               ///< pgBouncer is not ready, or its account not set up
  failover,           ///< the target of a failover by hand does not lead yet
  patroni_config,     ///< Patroni has not made its configuration yet
  name_taken,         ///< an object of that name is there and not ours
  invalid_object,     ///< a custom resource cannot be understood
  render_failed,      ///< a manifest cannot be made from what the resource says
};

/// "first_backup".
std::string_view to_string(Reason reason);
/// One sentence for a person: what is being waited for and what ends the waiting.
std::string_view explain(Reason reason);

/// One thing a cluster waits for.
struct Condition {
  Reason reason;
  std::string subject;  ///< what it is about: "Job backrest-backup-hippo"; may be empty
  TimePoint since;      ///< TimePoint{} where nobody noted it
  /// What exactly is wrong, where there is more to say than the reason; not compared.
  std::string detail = {};
  /// How often the Job that is waited for has failed so far; not compared, and not stored, since it
  /// changes while the condition stays.
  int failures = 0;

  bool operator==(const Condition& other) const {
    return reason == other.reason && subject == other.subject;
  }
};

/// What more there is to say than the reason, the failures included; may be empty.
std::string details(const Condition& condition);

}  // namespace pgo::plan
