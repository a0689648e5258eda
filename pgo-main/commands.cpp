#include "commands.h"

#include "app.h"
#include "pgo/model/names.h"

#include <algorithm>

namespace pgo::cli {

namespace {

bool has_flag(const Command& command, std::string_view name) {
  return std::ranges::any_of(command.flags, [&](const Flag& flag) { return flag.name == name; });
}

/// All but those that only ask.
bool writes(const Command& command) {
  constexpr std::string_view kReads[] = {"show",    "status", "test",       "version", "help",
                                         "explain", "df",     "completion", "cat",     "ls"};
  const std::string_view verb = command.path.substr(0, command.path.find(' '));
  return command.run && !command.hidden && std::ranges::find(kReads, verb) == std::end(kReads);
}

std::vector<Command> with_dry_run(std::vector<Command> all) {
  for (Command& command : all) {
    if (!writes(command) || has_flag(command, dry_run_flag().name)) continue;
    command.flags.push_back(dry_run_flag());
    command.tries = true;
    if (!has_flag(command, output_flag().name)) command.flags.push_back(output_flag());
  }
  return all;
}

}  // namespace

std::span<const Command> commands() {
  static const std::vector<Command> kCommands = with_dry_run({
      // clang-format off: one a line
      apply_command(),
      backup_command(),
      clone_command(),
      create_group(),
      create_cluster_command(),
      create_pgbouncer_command(),
      create_policy_command(),
      create_schedule_command(),
      delete_group(),
      delete_backup_command(),
      delete_cluster_command(),
      delete_pgbouncer_command(),
      delete_policy_command(),
      delete_schedule_command(),
      explain_command(),
      failover_command(),
      restore_command(),
      scale_command(),
      scaledown_command(),
      show_group(),
      show_backup_command(),
      show_cluster_command(),
      show_policy_command(),
      show_schedule_command(),
      show_workflow_command(),
      status_command(),
      test_command(),
      update_group(),
      update_cluster_command(),
      version_command(),
      help_command(),
      completion_command(),
      complete_command(),
      // clang-format on
  });
  return kCommands;
}

const Command* find_command(std::string_view path) {
  for (const Command& command : commands()) {
    if (command.path == path) return &command;
  }
  return nullptr;
}

std::span<const Flag> global_flags() {
  static const std::vector<Flag> kFlags = {
      {.name = "namespace",
       .short_name = 'n',
       .help = "Namespace to work in, else PGO_NAMESPACE",
       .value_name = "NAME"},
      {.name = "apiserver-url",
       .help = "Where the apiserver is, else PGO_APISERVER_URL, else a local daemon",
       .value_name = "URL"},
      {.name = "pgo-ca-cert",
       .help = "PEM file with the authority of the apiserver, else PGO_CA_CERT",
       .value_name = "FILE"},
      {.name = "pgo-client-cert",
       .help = "PEM file with the client certificate, else PGO_CLIENT_CERT",
       .value_name = "FILE"},
      {.name = "pgo-client-key",
       .help = "PEM file with the client's key, else PGO_CLIENT_KEY",
       .value_name = "FILE"},
      {.name = "disable-tls", .type = FlagType::boolean, .help = "Plain HTTP, else DISABLE_TLS"},
      {.name = "exclude-os-trust",
       .type = FlagType::boolean,
       .help = "Trust only the given authority, else EXCLUDE_OS_TRUST"},
      {.name = "debug", .type = FlagType::boolean, .help = "Tell on stderr what is exchanged"},
  };
  return kFlags;
}

std::string_view client_version() { return model::fixed::kPgoVersion; }

Flag output_flag() {
  return {.name = "output",
          .short_name = 'o',
          .help = "Print as json, yaml or wide (one line each)",
          .value_name = "FORMAT",
          .choices = "json,yaml,wide"};
}

Flag selector_flag() {
  return {.name = "selector",
          .short_name = 's',
          .help = "Take the clusters that match this label selector",
          .value_name = "SELECTOR"};
}

Flag no_prompt_flag() {
  return {.name = "no-prompt", .type = FlagType::boolean, .help = "Do not ask, act"};
}

Flag dry_run_flag() {
  return {.name = "dry-run",
          .type = FlagType::boolean,
          .help = "Only tell what would be written and done, in order; write nothing"};
}

Flag wait_flag(std::string_view help) {
  return {.name = "wait", .type = FlagType::boolean, .help = help};
}

Flag wait_timeout_flag(std::string_view seconds) {
  return {.name = "wait-timeout",
          .type = FlagType::integer,
          .initial = seconds,
          .help = "Give up waiting after this many seconds"};
}

Flag all_flag(std::string_view help) {
  return {.name = "all", .type = FlagType::boolean, .help = help};
}

Result<std::string> output_format(const Arguments& arguments) {
  const std::string& format = arguments.text("output");
  if (format.empty() || format == "json" || format == "yaml" || format == "wide") return format;
  return fail(Code::invalid_argument,
              "--output=" + format + " is not known; use json, yaml or wide.");
}

bool print_document(App& app, const std::string& format, const json::Value& answer) {
  if (format != "json" && format != "yaml") return false;
  app.document(answer);
  return true;
}

std::optional<int> document_or_refusal(App& app, const std::string& format,
                                       const json::Value& answer,
                                       const model::rest::Status& status) {
  const bool told = print_document(app, format, answer);
  if (const auto done = accepted(status.code, status.msg); !done) return app.report(done.error());
  return told ? std::optional<int>(kDone) : std::nullopt;
}

Result<void> check_one_selection(const Arguments& arguments) {
  const int ways = (arguments.names().empty() ? 0 : 1) +
                   (arguments.text(selector_flag().name).empty() ? 0 : 1) +
                   (arguments.boolean("all") ? 1 : 0);
  if (ways < 2) return {};
  const bool has_all = !arguments.text("all").empty();  // a switch of this command, given or not
  return fail(Code::invalid_argument, has_all ? "give either names, or --selector, or --all."
                                              : "give either names or --selector.");
}

int usage_error(App& app, std::string_view message) {
  app.output().error(message);
  return kUsage;
}

int print_results(App& app, const std::vector<std::string>& results, const std::string& code,
                  const std::string& message) {
  if (!app.print_answer()) {
    for (const std::string& line : results) app.output().line(line);
  }
  if (const auto done = accepted(code, message); !done) return app.report(done.error());
  return kDone;
}

}  // namespace pgo::cli
