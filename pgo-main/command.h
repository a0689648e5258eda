#pragma once

#include "pgo/base/result.h"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The command tree as data. Adding a command is one file with one `Command` value and one line in
/// commands.cpp; parsing, help, completion and suggestions are made from the table.
namespace pgo::cli {

class App;

enum class FlagType { text, boolean, integer };

/// One flag. Shorts, defaults and meaning are those of 4.2.0 unless `added`.
struct Flag {
  std::string_view name{};  ///< without dashes: "replica-count"
  char short_name = 0;      ///< 'w', or 0
  FlagType type = FlagType::text;
  std::string_view
      initial{};            ///< value when absent; "" means false for booleans and 0 for integers
  std::string_view help{};  ///< one line
  std::string_view value_name = "TEXT";  ///< how help writes the value
  std::string_view choices{};            ///< comma list that completion offers
  std::string_view deprecated{};  ///< a notice printed when the flag is used; such flags are hidden
};

/// Which words completion offers after the command.
enum class Words { none, clusters };

/// What the user typed after a command, checked for types.
class Arguments {
 public:
  /// The flag's value, its default when it was not given.
  const std::string& text(std::string_view flag) const;
  bool boolean(std::string_view flag) const;
  int integer(std::string_view flag) const;
  bool given(std::string_view flag) const;
  const std::vector<std::string>& names() const { return names_; }

  void set(std::string_view flag, std::string value, bool given);
  void add_name(std::string name) { names_.push_back(std::move(name)); }

 private:
  struct Entry {
    std::string value;
    bool given = false;
  };
  std::map<std::string, Entry, std::less<>> flags_;
  std::vector<std::string> names_;
};

/// Exit codes of the program.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,  ///< the server or the request failed, or was refused
  kUsage = 2,   ///< wrong usage, or the client is not set up
};

/// A leaf ("show cluster") or a group ("show", no `run`).
struct Command {
  std::string_view path{};        ///< words below "pgo", one blank between them
  std::string_view positional{};  ///< "CLUSTER...", or empty
  std::string_view summary{};
  std::string_view example{};  ///< without the leading "pgo "
  std::vector<Flag> flags{};
  std::function<int(App&, const Arguments&)> run{};
  Words words = Words::none;
  bool hidden = false;
  bool gathers = false;  ///< -o json, yaml: the answers for all names make one document
  bool tries = false;    ///< --dry-run means that the request is only tried
};

/// Every command, in the order help lists them.
std::span<const Command> commands();
const Command* find_command(std::string_view path);

/// Flags that every command takes.
std::span<const Flag> global_flags();

/// What a command line means.
struct Parsed {
  const Command* command = nullptr;  ///< nullptr: "pgo" alone
  Arguments arguments;
  bool help = false;
};

/// Errors are `invalid_argument` with a line that names the offending word and the nearest right
/// one.
Result<Parsed> parse_command_line(std::span<const std::string> arguments);

/// Help for a command, or for the whole program when `command` is null.
std::string help_text(const Command* command);

/// The completion script for "bash", "zsh" or "fish".
Result<std::string> completion_script(std::string_view shell);

}  // namespace pgo::cli
