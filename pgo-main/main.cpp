#include "app.h"

#include <cstdlib>
#include <iostream>
#include <pwd.h>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value != nullptr && *value != '\0') return std::string(value);
  // As the daemon does, whose state directory is looked for at home.
  const passwd* user = std::string_view(name) == "HOME" ? getpwuid(getuid()) : nullptr;
  if (user != nullptr) return std::string(user->pw_dir);
  if (value == nullptr) return std::nullopt;
  return std::string();
}

pgo::cli::TerminalTraits terminal() {
  const bool is_terminal = isatty(STDOUT_FILENO) != 0;
  const std::string kind = environment("TERM").value_or("dumb");
  return {.colour = is_terminal && kind != "dumb" && environment("NO_COLOR").value_or("").empty(),
          .interactive = is_terminal && kind != "dumb"};
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const pgo::SystemClock clock;
  pgo::cli::App app(
      {.in = &std::cin,
       .out = &std::cout,
       .errors = &std::cerr,
       .traits = terminal(),
       .environment = environment,
       .connect = pgo::cli::connect,
       .clock = &clock,
       .pause = [](std::chrono::milliseconds span) { std::this_thread::sleep_for(span); }});
  return app.run(std::vector<std::string>(argv + 1, argv + argc));
}
