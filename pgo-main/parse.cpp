#include "command.h"
#include "pgo/base/text.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <deque>
#include <limits>

namespace pgo::cli {
namespace {

struct Node {
  CLI::App* app = nullptr;
  const Command* command = nullptr;
  std::vector<std::pair<const Flag*, CLI::Option*>> options;
  CLI::Option* help = nullptr;
  std::vector<std::string> names;
};

std::string option_names(const Flag& flag) {
  std::string names = "--" + std::string(flag.name);
  if (flag.short_name != 0) names = std::string("-") + flag.short_name + "," + names;
  return names;
}

void add_flags(Node& node, std::span<const Flag> flags) {
  for (const Flag& flag : flags) {
    CLI::Option* option = flag.type == FlagType::boolean ? node.app->add_flag(option_names(flag))
                                                         : node.app->add_option(option_names(flag));
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    if (flag.type != FlagType::boolean) {
      option->expected(1)->type_name(flag.value_name.empty() ? "VALUE"
                                                             : std::string(flag.value_name));
    }
    node.options.emplace_back(&flag, option);
  }
}

void set_up(Node& node) {
  node.app->set_help_flag("");
  node.help = node.app->add_flag("-h,--help");
  node.app->fallthrough();
  node.app->require_subcommand(0, 1);
  node.app->add_option("names", node.names);
}

/// Levenshtein distance, for suggestions.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (const std::size_t d = distance(word, candidate); d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string program(const Command* command) {
  return command == nullptr ? "pgo" : "pgo " + std::string(command->path);
}

std::unexpected<Error> unknown_word(std::string_view kind, std::string_view word,
                                    const Command* command,
                                    const std::vector<std::string>& candidates) {
  std::string message = "unknown " + std::string(kind) + " \"" + std::string(word) + "\" for \"" +
                        program(command) + "\"";
  const std::string guess = nearest(word, candidates);
  message += guess.empty() ? "." : "; did you mean \"" + guess + "\"?";
  return fail(Code::invalid_argument, message + " See " + program(command) + " --help.");
}

std::vector<std::string> children_of(const Command* command) {
  std::vector<std::string> children;
  const std::string prefix = command == nullptr ? "" : std::string(command->path) + " ";
  for (const Command& candidate : commands()) {
    if (candidate.hidden || !candidate.path.starts_with(prefix)) continue;
    const std::string_view rest = candidate.path.substr(prefix.size());
    if (!rest.empty() && rest.find(' ') == rest.npos) children.emplace_back(rest);
  }
  return children;
}

std::vector<std::string> flags_of(const Command* command) {
  std::vector<std::string> names;
  for (const Flag& flag : global_flags()) names.push_back("--" + std::string(flag.name));
  if (command != nullptr) {
    for (const Flag& flag : command->flags) names.push_back("--" + std::string(flag.name));
  }
  return names;
}

Result<void> read_flag(const Flag& flag, const CLI::Option& option, Arguments& arguments) {
  const bool given = option.count() > 0;
  if (!given) {
    if (flag.type == FlagType::boolean && flag.initial.empty()) {
      arguments.set(flag.name, "false", false);
    } else {
      arguments.set(flag.name, std::string(flag.initial), false);
    }
    return {};
  }
  std::string value = option.results().empty() ? std::string() : option.results().back();
  if (flag.type == FlagType::boolean) {
    const auto parsed = text::to_bool(value);
    if (!parsed) {
      return fail(Code::invalid_argument, "--" + std::string(flag.name) +
                                              " is a switch: write true or " +
                                              "false after \"=\", not \"" + value + "\".");
    }
    value = *parsed ? "true" : "false";
  }
  if (flag.type == FlagType::integer) {
    const auto number = text::to_int(value);
    if (!number || *number > std::numeric_limits<int>::max() ||
        *number < std::numeric_limits<int>::min()) {
      return fail(Code::invalid_argument,
                  "--" + std::string(flag.name) + " needs a whole number, not \"" + value + "\".");
    }
  }
  arguments.set(flag.name, std::move(value), true);
  return {};
}

class Tree {
 public:
  Tree() {
    Node& root = nodes_.emplace_back();
    root.app = &app_;
    set_up(root);
    add_flags(root, global_flags());
    for (const Command& command : commands()) add(command);
  }

  CLI::App& app() { return app_; }

  /// The deepest command that was named.
  Node& chosen() {
    Node* best = &nodes_.front();
    for (Node& node : nodes_) {
      if (node.command != nullptr && node.app->parsed() &&
          (best->command == nullptr || node.command->path.size() > best->command->path.size())) {
        best = &node;
      }
    }
    return *best;
  }

  std::deque<Node>& nodes() { return nodes_; }

 private:
  void add(const Command& command) {
    const std::size_t blank = command.path.rfind(' ');
    CLI::App* parent = &app_;
    if (blank != command.path.npos) {
      for (Node& node : nodes_) {
        if (node.command != nullptr && node.command->path == command.path.substr(0, blank)) {
          parent = node.app;
        }
      }
    }
    const std::string word(blank == command.path.npos ? command.path
                                                      : command.path.substr(blank + 1));
    Node& node = nodes_.emplace_back();
    node.app = parent->add_subcommand(word);
    node.command = &command;
    set_up(node);
    add_flags(node, command.flags);
  }

  CLI::App app_;
  std::deque<Node> nodes_;
};

/// The first word that looks like a flag and is none, for the message.
std::string offending_flag(const CLI::App& app) {
  for (const std::string& word : app.remaining(true)) {
    if (word.starts_with("-") && word != "--") return word.substr(0, word.find('='));
  }
  return {};
}

/// One of any command: a letter or a name means a flag of the same type wherever it is one, and a
/// switch of a letter has the same name everywhere.
template <typename Is>
const Flag* known_flag(Is is) {
  static const Flag kHelp{.name = "help", .short_name = 'h', .type = FlagType::boolean};
  if (is(kHelp)) return &kHelp;
  const auto among = [&](std::span<const Flag> flags) -> const Flag* {
    const auto found = std::ranges::find_if(flags, is);
    return found == flags.end() ? nullptr : &*found;
  };
  if (const Flag* global = among(global_flags())) return global;
  for (const Command& command : commands()) {
    if (const Flag* own = among(command.flags)) return own;
  }
  return nullptr;
}

/// Spellings of 4.2.0 that CLI11 reads otherwise: "=" after a short flag, and nothing after an "=".
class Respelled {
 public:
  explicit Respelled(std::span<const std::string> arguments) {
    bool is_value = false;
    for (auto word = arguments.begin(); word != arguments.end(); ++word) {
      if (!is_value && *word == "--") {
        words_.insert(words_.end(), word, arguments.end());
        break;
      }
      if (is_value || !word->starts_with('-')) {
        words_.push_back(*word);
        is_value = false;
      } else {
        is_value = word->starts_with("--") ? add_long(*word) : add_short(*word);
      }
    }
  }
  std::vector<std::string> words() && { return std::move(words_); }

 private:
  // Both are true when the next word is the flag's value, whatever it looks like.

  bool add_long(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == word.npos ? equals : equals - 2);
    const Flag* flag = known_flag([&](const Flag& one) { return one.name == name; });
    if (flag != nullptr && flag->type == FlagType::text && equals == word.size() - 1) {
      words_.push_back("--" + name);
      words_.emplace_back();
    } else {
      words_.push_back(word);
    }
    return flag != nullptr && flag->type != FlagType::boolean && equals == word.npos;
  }

  /// Switches may stand before the last letter: "-bo=json".
  bool add_short(const std::string& word) {
    const auto equals_after = [&](std::size_t at) {
      return at + 1 < word.size() && word[at + 1] == '=';
    };
    std::size_t at = 1;
    const Flag* flag = nullptr;
    for (; at < word.size(); ++at) {
      flag = known_flag([&](const Flag& one) { return one.short_name == word[at]; });
      if (flag == nullptr || flag->type != FlagType::boolean || equals_after(at)) break;
    }
    if (flag == nullptr || !equals_after(at)) {
      words_.push_back(word);
      return flag != nullptr && flag->type != FlagType::boolean && at + 1 == word.size();
    }
    const std::string value = word.substr(at + 2);
    if (flag->type != FlagType::boolean) {
      words_.push_back(word.substr(0, at + 1) + value);
      if (value.empty()) words_.emplace_back();
      return false;
    }
    if (at > 1) words_.push_back(word.substr(0, at));
    words_.push_back("--" + std::string(flag->name) + "=" + value);
    return false;
  }

  std::vector<std::string> words_;
};

}  // namespace

Result<Parsed> parse_command_line(std::span<const std::string> arguments) {
  Tree tree;
  tree.app().allow_extras();
  for (Node& node : tree.nodes()) node.app->allow_extras();
  // CLI11 takes the words in reverse order and reports misuse by exceptions.
  std::vector<std::string> reversed = Respelled(arguments).words();
  std::ranges::reverse(reversed);
  try {
    tree.app().parse(std::move(reversed));
  } catch (const CLI::ArgumentMismatch& error) {
    // "--FLAG: 1 required TEXT missing"; also for "--FLAG=".
    const std::string text = error.what();
    return fail(Code::invalid_argument, text.substr(0, text.find(':')) + " needs a value.");
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    return fail(Code::invalid_argument, text + ".");
  }
  Node& node = tree.chosen();
  Parsed parsed;
  parsed.command = node.command;
  for (const Node& one : tree.nodes()) parsed.help = parsed.help || one.help->count() > 0;
  // The command first: flags of one that is not there are unknown too.
  const bool is_group = node.command == nullptr || !node.command->run;
  if (is_group && !node.names.empty()) {
    return unknown_word("command", node.names.front(), node.command, children_of(node.command));
  }
  if (const std::string flag = offending_flag(tree.app()); !flag.empty()) {
    return unknown_word("flag", flag, node.command, flags_of(node.command));
  }
  for (const Node& one : tree.nodes()) {
    if (one.command != nullptr && !one.app->parsed()) continue;
    if (&one != &node && !one.names.empty()) {
      return unknown_word("command", one.names.front(), one.command, children_of(one.command));
    }
    for (const auto& [flag, option] : one.options) {
      PGO_TRY_VOID(read_flag(*flag, *option, parsed.arguments));
    }
  }
  if (!is_group && node.command->positional.empty() && !node.names.empty()) {
    return fail(
        Code::invalid_argument,
        "\"" + program(node.command) + "\" takes no name, but got \"" + node.names.front() + "\".");
  }
  for (std::string& name : node.names) {
    // The server would take it for none, or for all.
    if (name.empty()) {
      return fail(Code::invalid_argument, "a name given to \"" + program(node.command) +
                                              "\" is empty; is a variable not set?");
    }
    parsed.arguments.add_name(std::move(name));
  }
  return parsed;
}

}  // namespace pgo::cli
