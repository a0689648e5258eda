#include "command.h"

#include <algorithm>

namespace pgo::cli {
namespace {

std::string pad(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string flag_left(const Flag& flag) {
  std::string left = flag.short_name != 0 ? std::string("  -") + flag.short_name + ", " : "      ";
  left += "--" + std::string(flag.name);
  if (flag.type == FlagType::text) left += "=" + std::string(flag.value_name);
  if (flag.type == FlagType::integer) left += "=N";
  return left;
}

std::string flag_lines(std::span<const Flag> flags) {
  std::size_t width = 0;
  for (const Flag& flag : flags) width = std::max(width, flag_left(flag).size());
  width = std::min<std::size_t>(width, 40);
  std::string text;
  for (const Flag& flag : flags) {
    if (!flag.deprecated.empty()) continue;
    text += pad(flag_left(flag), width) + "  " + std::string(flag.help);
    if (!flag.initial.empty() && flag.type != FlagType::boolean) {
      text += " (default " + std::string(flag.initial) + ")";
    }
    text += '\n';
  }
  return text;
}

std::string child_lines(std::string_view prefix) {
  std::vector<const Command*> children;
  std::size_t width = 0;
  for (const Command& command : commands()) {
    if (command.hidden || !command.path.starts_with(prefix)) continue;
    const std::string_view rest = command.path.substr(prefix.size());
    if (rest.empty() || rest.find(' ') != rest.npos) continue;
    children.push_back(&command);
    width = std::max(width, rest.size());
  }
  std::string text;
  for (const Command* child : children) {
    text += "  " + pad(std::string(child->path.substr(prefix.size())), width) + "  " +
            std::string(child->summary) + '\n';
  }
  return text;
}

std::string program_help() {
  return "pgo talks to the PostgreSQL Operator's apiserver.\n\nUsage:\n  pgo COMMAND [flags]\n\n"
         "Commands:\n" +
         child_lines("") + "\nFlags of every command:\n" + flag_lines(global_flags()) +
         "  -h, --help  This help\n\n"
         "Example:\n  pgo create cluster hippo --replica-count=1 --wait\n\n"
         "\"pgo COMMAND --help\" tells more about one command.\n";
}

}  // namespace

std::string help_text(const Command* command) {
  if (command == nullptr) return program_help();
  std::string text =
      std::string(command->summary) + ".\n\nUsage:\n  pgo " + std::string(command->path);
  const std::string children = child_lines(std::string(command->path) + " ");
  if (!children.empty()) text += " TYPE";
  if (!command->positional.empty()) text += " " + std::string(command->positional);
  text += " [flags]\n";
  if (!children.empty()) text += "\nTypes:\n" + children;
  if (!command->flags.empty()) text += "\nFlags:\n" + flag_lines(command->flags);
  text += "\nFlags of every command:\n" + flag_lines(global_flags());
  if (!command->example.empty())
    text += "\nExample:\n  pgo " + std::string(command->example) + '\n';
  return text;
}

}  // namespace pgo::cli
