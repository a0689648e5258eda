#pragma once

#include "pgo/base/error.h"
#include "pgo/base/log.h"
#include "pgo/base/result.h"

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// What both ways of running do with the process itself.
namespace pgo::daemon {

inline constexpr int kFailed = 1;
inline constexpr int kSetUpError = 2;  ///< wrong usage or settings

/// A variable of the environment, none when it is not set.
std::optional<std::string> environment_variable(std::string_view name);

/// Says on standard error what went wrong; returns `code`.
int failed(const Error& error, int code = kFailed);
/// To standard output, whole or not at all.
void say(const std::string& text);

/// Limits and memory settings that a long-lived process wants. Before any thread is started.
void prepare_process();

/// $HOME, else the home of this user in the list of users; `failed_precondition` when there is
/// none.
Result<std::filesystem::path> home_directory();

/// Signals become values: blocked before any thread starts, taken by `wait_for_stop`.
sigset_t block_stop_signals();
/// Returns on SIGINT, SIGTERM or, unless that is ignored, SIGHUP; another SIGINT or SIGTERM ends
/// the process at once.
void wait_for_stop(const sigset_t& stop_signals, const Log& log);

}  // namespace pgo::daemon
