#pragma once

#include "command.h"
#include "pgo/json/value.h"
#include "pgo/model/messages/common.h"

#include <optional>

/// One maker per command file; commands.cpp puts them in order.
namespace pgo::cli {

Command backup_command();
Command explain_command();
Command clone_command();
Command create_group();
Command create_cluster_command();
Command create_schedule_command();
Command delete_group();
Command delete_backup_command();
Command delete_cluster_command();
Command delete_schedule_command();
Command show_group();
Command show_backup_command();
Command show_cluster_command();
Command show_schedule_command();
Command show_workflow_command();
Command apply_command();
Command create_pgbouncer_command();
Command delete_pgbouncer_command();
Command create_policy_command();
Command delete_policy_command();
Command show_policy_command();
Command update_group();
Command update_cluster_command();
Command failover_command();
Command restore_command();
Command scale_command();
Command scaledown_command();
Command test_command();
Command status_command();
Command version_command();
Command help_command();
Command completion_command();
Command complete_command();

/// `pgo restore --backup-type=pgdump`, after the question: loads a dump into a running cluster.
/// Reads the flags backup-pvc, backup-opts, pitr-target and node-label.
int restore_dump(App& app, const Arguments& arguments);

/// The version that requests name, and that `pgo version` prints.
std::string_view client_version();

/// Flags that several commands share.
Flag output_flag();
Flag selector_flag();
Flag no_prompt_flag();
/// On every command that writes; the program itself gives it to them.
Flag dry_run_flag();
Flag wait_flag(std::string_view help);
Flag wait_timeout_flag(std::string_view seconds = "600");
Flag all_flag(std::string_view help);

/// "", "json", "yaml" or "wide"; anything else is `invalid_argument`.
Result<std::string> output_format(const Arguments& arguments);
/// Prints a whole answer as JSON or YAML; false when the format is for people.
bool print_document(App& app, const std::string& format, const json::Value& answer);
/// Prints the answer as a document where one is wanted, and the refusal if it is one. The exit code
/// when nothing is left to print, nullopt when the answer is still to be told in words.
std::optional<int> document_or_refusal(App& app, const std::string& format,
                                       const json::Value& answer,
                                       const model::rest::Status& status);
/// A command is told of clusters in one way: names, --selector or --all. Another would be
/// forgotten, and the clusters that are shown or changed would not be those that were named.
Result<void> check_one_selection(const Arguments& arguments);
/// Usage error: prints it and returns the exit code.
int usage_error(App& app, std::string_view message);
/// Prints each line of `results`, or the whole answer when a document is wanted, then the refusal
/// if there is one; returns the exit code.
int print_results(App& app, const std::vector<std::string>& results, const std::string& code,
                  const std::string& message);

}  // namespace pgo::cli
