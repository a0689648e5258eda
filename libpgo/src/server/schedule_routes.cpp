#include "pgo/model/permissions.h"
#include "pgo/operations/schedule.h"
#include "server/route.h"

namespace pgo::server {
namespace {

namespace permission = model::permission;
namespace rest = model::rest;

Result<rest::CreateScheduleResponse> create(const Call& call,
                                            const rest::CreateScheduleRequest& request) {
  return operations::create_schedules(call.context, request);
}

Result<rest::ShowScheduleResponse> show(const Call& call,
                                        const rest::ShowScheduleRequest& request) {
  return operations::show_schedules(call.context, request);
}

Result<rest::DeleteScheduleResponse> remove(const Call& call,
                                            const rest::DeleteScheduleRequest& request) {
  return operations::delete_schedules(call.context, request);
}

}  // namespace

void add_schedule_routes(std::vector<Route>& routes) {
  routes.push_back(body_route("POST", "/schedule", permission::kCreateSchedule, create));
  routes.push_back(body_route("POST", "/scheduleshow", permission::kShowSchedule, show));
  routes.push_back(body_route("POST", "/scheduledelete", permission::kDeleteSchedule, remove));
}

}  // namespace pgo::server
