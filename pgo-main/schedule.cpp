#include "pgo/model/schedule.h"

#include "app.h"
#include "commands.h"
#include "pgo/base/cron.h"
#include "pgo/base/text.h"
#include "pgo/model/messages/schedules.h"

namespace pgo::cli {
namespace {

Flag name_flag(std::string_view help) {
  return {.name = "schedule-name", .help = help, .value_name = "SCHEDULE"};
}

/// The name of a cluster; of several 4.2.0 took the first and said nothing.
Result<std::string> one_name(const Arguments& arguments) {
  if (arguments.names().size() > 1) {
    return fail(Code::invalid_argument, "name one cluster, or give --selector.");
  }
  return arguments.names().empty() ? std::string() : arguments.names().front();
}

/// What 4.2.0's client refused without asking the server.
Result<void> check_create(const model::rest::CreateScheduleRequest& request) {
  const auto refuse = [](std::string message) { return fail(Code::invalid_argument, message); };
  if (request.cluster_name.empty() == request.selector.empty()) {
    return refuse("name a cluster, or give --selector.");
  }
  if (request.schedule.empty()) {
    return refuse("say when with --schedule, for example --schedule=\"0 1 * * *\".");
  }
  if (auto cron = Cron::parse(request.schedule); !cron) {
    return refuse("--schedule: " + cron.error().message);
  }
  if (request.schedule_type == model::schedule_type::kBackrest) {
    if (!request.policy_name.empty() || !request.database.empty() || !request.secret.empty()) {
      return refuse("--policy, --database and --secret go with --schedule-type=policy.");
    }
    const std::string& type = request.pg_back_rest_type;
    if (type == "full" || type == "diff" || type == "incr") return {};
    return refuse("--pgbackrest-backup-type is \"" + type + "\"; use full, diff or incr.");
  }
  if (request.schedule_type != model::schedule_type::kPolicy) {
    return refuse("--schedule-type is \"" + request.schedule_type +
                  "\"; use pgbackrest or policy.");
  }
  if (!request.pg_back_rest_type.empty() || !request.backrest_storage_type.empty() ||
      !request.schedule_options.empty()) {
    return refuse(
        "--pgbackrest-backup-type, --pgbackrest-storage-type and --schedule-opts go with "
        "--schedule-type=pgbackrest.");
  }
  if (request.database.empty()) return refuse("a policy schedule needs --database.");
  if (request.policy_name.empty()) return refuse("a policy schedule needs --policy.");
  return {};
}

int create(App& app, const Arguments& arguments) {
  const auto name = one_name(arguments);
  if (!name) return app.report(name.error());
  model::rest::CreateScheduleRequest request;
  request.cluster_name = *name;
  request.ns = app.ns();
  request.schedule = arguments.text("schedule");
  request.schedule_type = text::to_lower(arguments.text("schedule-type"));
  request.selector = arguments.text("selector");
  request.pg_back_rest_type = arguments.text("pgbackrest-backup-type");
  request.backrest_storage_type = arguments.text("pgbackrest-storage-type");
  request.schedule_options = arguments.text("schedule-opts");
  request.policy_name = arguments.text("policy");
  request.database = arguments.text("database");
  request.secret = arguments.text("secret");
  if (const auto checked = check_create(request); !checked) return app.report(checked.error());
  const auto response = app.post<model::rest::CreateScheduleResponse>("/schedule", request);
  if (!response) return app.report(response.error());
  if (response->status.code == "ok" && response->results.empty()) {
    app.output().error(
        (request.selector.empty()
             ? "there is no cluster " + request.cluster_name + " in namespace " + request.ns
             : "no cluster matches --selector=" + request.selector) +
        "; nothing was scheduled.");
    return kFailed;
  }
  return print_results(app, response->results, response->status.code, response->status.msg);
}

/// The same three ways to say which schedules are meant.
template <typename Request>
Result<Request> which(App& app, const Arguments& arguments) {
  Request request;
  request.ns = app.ns();
  PGO_TRY(request.cluster_name, one_name(arguments));
  request.schedule_name = arguments.text("schedule-name");
  request.selector = arguments.text("selector");
  if (request.cluster_name.empty() && request.schedule_name.empty() && request.selector.empty()) {
    return fail(Code::invalid_argument, "name a cluster, or give --schedule-name or --selector.");
  }
  return request;
}

int show(App& app, const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  if (const auto one = check_one_selection(arguments); !one) return app.report(one.error());
  auto request = which<model::rest::ShowScheduleRequest>(app, arguments);
  if (!request) return app.report(request.error());
  request->wide = *format == "wide";
  auto answer = app.exchange("POST", "/scheduleshow", App::body_of(json::encode(*request)));
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<model::rest::ShowScheduleResponse>(*answer);
  if (!response) return app.report(response.error());
  if (const auto end = document_or_refusal(app, *format, *answer, response->status)) return *end;
  if (response->status.code == "ok" && response->results.empty()) {
    app.output().line("No schedules found.");
  }
  return print_results(app, response->results, response->status.code, response->status.msg);
}

int remove(App& app, const Arguments& arguments) {
  auto request = which<model::rest::DeleteScheduleRequest>(app, arguments);
  if (!request) return app.report(request.error());
  const int ways = (request->cluster_name.empty() ? 0 : 1) +
                   (request->schedule_name.empty() ? 0 : 1) + (request->selector.empty() ? 0 : 1);
  if (ways > 1)
    return usage_error(app, "give either a cluster, or --schedule-name, or --selector.");
  if (!arguments.boolean("no-prompt") &&
      !app.confirm("This removes the schedules; what they have made stays. Proceed?")) {
    app.output().line("Nothing was deleted.");
    return kDone;
  }
  const auto response = app.post<model::rest::DeleteScheduleResponse>("/scheduledelete", *request);
  if (!response) return app.report(response.error());
  if (response->status.code == "ok" && response->results.empty()) {
    app.output().line("No schedules found.");
  }
  return print_results(app, response->results, response->status.code, response->status.msg);
}

}  // namespace

Command create_schedule_command() {
  return {.path = "create schedule",
          .positional = "CLUSTER",
          .summary = "Back up a cluster, or run a policy in it, at fixed times",
          .example =
              "create schedule hippo --schedule=\"0 1 * * *\" --schedule-type=pgbackrest "
              "--pgbackrest-backup-type=full --schedule-opts=--repo1-retention-full=7",
          .flags = {{.name = "schedule",
                     .help = "When: \"MIN HOUR DAY MONTH WEEKDAY\", @daily, \"@every 6h\"; perhaps "
                             "after TZ=Europe/Berlin",
                     .value_name = "CRON"},
                    {.name = "schedule-type",
                     .help = "What is done",
                     .value_name = "TYPE",
                     .choices = "pgbackrest,policy"},
                    {.name = "pgbackrest-backup-type",
                     .help = "Kind of backup",
                     .value_name = "TYPE",
                     .choices = "full,diff,incr"},
                    {.name = "pgbackrest-storage-type",
                     .help = "Where the backup goes: local, s3 or local,s3",
                     .value_name = "TYPES",
                     .choices = "local,s3"},
                    {.name = "schedule-opts",
                     .help = "Options for pgBackRest, such as --repo1-retention-full=7",
                     .value_name = "OPTIONS"},
                    {.name = "policy", .help = "The policy to run", .value_name = "POLICY"},
                    {.name = "database",
                     .help = "The database that the policy runs in",
                     .value_name = "DATABASE"},
                    {.name = "secret",
                     .help = "A Secret, checked as by 4.2.0; the SQL runs as postgres",
                     .value_name = "SECRET"},
                    selector_flag(),
                    {.name = "ccp-image-tag",
                     .short_name = 'c',
                     .value_name = "TAG",
                     .deprecated = "it has no effect."}},
          .run = create,
          .words = Words::clusters};
}

Command show_schedule_command() {
  return {.path = "show schedule",
          .positional = "CLUSTER",
          .summary = "Show the schedules of a cluster",
          .example = "show schedule hippo",
          .flags = {name_flag("Show this schedule"),
                    {.name = "selector",
                     .short_name = 's',
                     .help = "Show the schedules that match this label selector",
                     .value_name = "SELECTOR"},
                    output_flag(),
                    {.name = "no-prompt",
                     .type = FlagType::boolean,
                     .deprecated = "nothing is asked here."}},
          .run = show,
          .words = Words::clusters};
}

Command delete_schedule_command() {
  return {.path = "delete schedule",
          .positional = "CLUSTER",
          .summary = "Delete schedules",
          .example = "delete schedule --schedule-name=hippo-pgbackrest-full",
          .flags = {name_flag("Delete this schedule"),
                    {.name = "selector",
                     .short_name = 's',
                     .help = "Delete the schedules that match this label selector",
                     .value_name = "SELECTOR"},
                    no_prompt_flag()},
          .run = remove,
          .words = Words::clusters};
}

}  // namespace pgo::cli
