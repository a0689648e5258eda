#include "app.h"
#include "commands.h"

namespace pgo::cli {

Command create_group() {
  return {.path = "create",
          .positional = {},
          .summary = "Create a cluster or another object",
          .example = "create cluster hippo",
          .flags = {},
          .run = {}};
}

Command delete_group() {
  return {.path = "delete",
          .positional = {},
          .summary = "Delete a cluster or another object",
          .example = "delete cluster hippo",
          .flags = {},
          .run = {}};
}

Command show_group() {
  return {.path = "show",
          .positional = {},
          .summary = "Show clusters and other objects",
          .example = "show cluster --all",
          .flags = {},
          .run = {}};
}

Command update_group() {
  return {.path = "update",
          .positional = {},
          .summary = "Change a cluster or another object",
          .example = "update cluster hippo --enable-autofail",
          .flags = {},
          .run = {}};
}

Command help_command() {
  return {.path = "help",
          .positional = "[COMMAND...]",
          .summary = "Help about a command",
          .example = "help create cluster",
          .flags = {},
          .run = [](App& app, const Arguments& arguments) -> int {
            std::string path;
            for (const std::string& word : arguments.names())
              path += (path.empty() ? "" : " ") + word;
            const Command* command = path.empty() ? nullptr : find_command(path);
            if (!path.empty() && command == nullptr) {
              return usage_error(app, "there is no command \"" + path + "\". See pgo --help.");
            }
            app.output().write(help_text(command));
            return kDone;
          }};
}

}  // namespace pgo::cli
