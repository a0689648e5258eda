#pragma once

#include "pgo/model/messages/schedules.h"
#include "pgo/operations/context.h"

namespace pgo::operations {

/// Writes one schedule (a ConfigMap) for each cluster that the name or the selector stands for; the
/// plan fires it. Beyond 4.2.0 everything is checked here too: cron text, backup type, options,
/// policy, secret. An unknown cluster gives no results.
Result<model::rest::CreateScheduleResponse> create_schedules(
    const Context& context, const model::rest::CreateScheduleRequest& request);

/// Schedules by name, cluster ("all": every one) or label selector, as text.
Result<model::rest::ShowScheduleResponse> show_schedules(
    const Context& context, const model::rest::ShowScheduleRequest& request);

/// Deletes them; from then on they never fire again (K2). Only schedules: a name that is another
/// ConfigMap's is `not_found`.
Result<model::rest::DeleteScheduleResponse> delete_schedules(
    const Context& context, const model::rest::DeleteScheduleRequest& request);

}  // namespace pgo::operations
