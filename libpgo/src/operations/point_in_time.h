#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/result.h"
#include "pgo/model/pgcluster.h"
#include "pgo/operations/context.h"

#include <string_view>

namespace pgo::operations {

/// When a target is. Without an offset from UTC it is in the server's time zone, which is not known
/// here, so it may be any time between the two.
struct PointInTime {
  TimePoint earliest, latest;
};

/// A time as pgBackRest's `--target` takes it with `--type=time`: "2026-11-22 14:30:00", with or
/// without fraction and offset from UTC. `invalid_argument` with `field` as subject.
Result<PointInTime> parse_point_in_time(std::string_view text, std::string_view field);

/// Refuses what is no point in time, one that is yet to come, and one before the end of the first
/// backup: recovery could never get there. `storage_type` names the repository, empty the local
/// one; when it cannot be asked now, its backups are not looked at.
Result<void> check_point_in_time(const Context& context, const model::PgCluster& cluster,
                                 std::string_view storage_type, std::string_view text,
                                 std::string_view field);

/// Refuses control characters, which no target of any type has.
Result<void> check_target_text(std::string_view text, std::string_view field);

}  // namespace pgo::operations
