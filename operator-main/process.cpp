#include "process.h"

#include <cstdlib>
#include <cstring>
#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

// Read by jemalloc at the start: an arena per thread keeps what bursts have freed, so a dozen
// mostly idle threads share two.
extern "C" [[gnu::visibility("default")]] const char* malloc_conf;
const char* malloc_conf = "narenas:2";

namespace pgo::daemon {
namespace {

/// Each connection through a service takes two descriptors, and the usual soft limit is 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// As nohup leaves it: the daemon is meant to outlive its terminal.
bool is_ignored(int signal) {
  struct sigaction action{};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

std::optional<std::string> environment_variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

int failed(const Error& error, int code) {
  const std::string line = "postgres-operator: " + error.text() + "\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  return code;
}

void say(const std::string& text) {
  [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
}

void prepare_process() { raise_descriptor_limit(); }

Result<std::filesystem::path> home_directory() {
  std::filesystem::path home = environment_variable("HOME").value_or("");
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (home.empty()) getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) home = found->pw_dir;
  if (home.is_absolute()) return home;
  return fail(Code::failed_precondition,
              "HOME is not set, and this user has no home folder: say where with --state-dir");
}

sigset_t block_stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (!is_ignored(SIGHUP)) sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A peer that goes away is an error of that connection, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

void wait_for_stop(const sigset_t& stop_signals, const Log& log) {
  int signal = 0;
  sigwait(&stop_signals, &signal);
  log.named("daemon").info("stopping", {{"signal", "SIG" + std::string(sigabbrev_np(signal))}});
  // A second signal while stopping must not wait for the first one's work. A terminal that is
  // closed sends several: the shell's and the kernel's.
  sigset_t at_once = stop_signals;
  sigdelset(&at_once, SIGHUP);
  pthread_sigmask(SIG_UNBLOCK, &at_once, nullptr);
}

}  // namespace pgo::daemon
