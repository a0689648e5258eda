#include "command.h"
#include "pgo/base/text.h"

#include <string>

namespace pgo::cli {
namespace {

/// One state of the command line: the words typed so far, and what may follow.
struct Choice {
  std::string path;  ///< "" for pgo itself, "show cluster"
  std::vector<std::string> words;
  std::vector<const Flag*> flags;
  bool clusters = false;
};

std::vector<const Flag*> visible(std::span<const Flag> flags) {
  std::vector<const Flag*> result;
  for (const Flag& flag : flags) {
    if (flag.deprecated.empty()) result.push_back(&flag);
  }
  return result;
}

std::vector<std::string> words_below(std::string_view prefix) {
  std::vector<std::string> words;
  for (const Command& command : commands()) {
    if (command.hidden || !command.path.starts_with(prefix)) continue;
    const std::string_view rest = command.path.substr(prefix.size());
    if (!rest.empty() && rest.find(' ') == rest.npos) words.emplace_back(rest);
  }
  return words;
}

std::vector<Choice> choices() {
  std::vector<Choice> result;
  result.push_back({"", words_below(""), {}, false});
  for (const Command& command : commands()) {
    if (command.hidden) continue;
    Choice choice{std::string(command.path), words_below(std::string(command.path) + " "),
                  visible(command.flags), command.words == Words::clusters};
    if (command.path == "completion") choice.words = {"bash", "zsh", "fish"};
    result.push_back(std::move(choice));
  }
  return result;
}

std::string flag_words(const std::vector<const Flag*>& flags) {
  std::string words;
  for (const Flag* flag : flags) {
    words += " --" + std::string(flag->name) + (flag->type == FlagType::boolean ? "" : "=");
  }
  return words;
}

std::string shell_case(const Choice& choice) {
  std::string line = "    \"" + choice.path + "\") follow=\"" + text::join(choice.words, " ") +
                     "\"; flags=\"" + flag_words(choice.flags) + "\"";
  if (choice.clusters) line += "; clusters=1";
  return line + " ;;\n";
}

std::string flag_values() {
  std::string cases;
  for (const Command& command : commands()) {
    for (const Flag& flag : command.flags) {
      if (flag.choices.empty()) continue;
      std::string values = text::join(text::split_list(flag.choices), " ");
      const std::string shorthand =
          flag.short_name != 0 ? std::string("|-") + flag.short_name : std::string();
      const std::string line =
          "    --" + std::string(flag.name) + shorthand + ") values=\"" + values + "\" ;;\n";
      if (cases.find(line) == cases.npos) cases += line;
    }
  }
  return cases;
}

/// The longest known command that the words typed before the cursor begin with.
std::string walk_function(std::string_view name) {
  std::string text = std::string(name) +
                     "() {\n  local at=\"\" word next\n  for word in \"$@\"; do\n" +
                     "    case \"$word\" in -*) continue ;; esac\n    next=\"${at:+$at }$word\"\n" +
                     "    case \"$next\" in\n      ";
  std::string known;
  for (const Command& command : commands()) {
    if (command.hidden) continue;
    known += (known.empty() ? "" : "|") + ("\"" + std::string(command.path) + "\"");
  }
  return text + known + ") at=\"$next\" ;;\n    esac\n  done\n  printf '%s' \"$at\"\n}\n";
}

std::string shell_tables() {
  std::string text = "  follow=\"\"; flags=\"\"; clusters=\"\"\n  case \"$at\" in\n";
  for (const Choice& choice : choices()) text += shell_case(choice);
  text += "  esac\n  flags=\"$flags" + flag_words(visible(global_flags())) + " --help\"\n";
  return text;
}

std::string bash_script() {
  return "# bash completion for pgo; load with: source <(pgo completion bash)\n" +
         walk_function("__pgo_path") +
         "__pgo_complete() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" follow flags clusters at values\n"
         "  local previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  if [ \"$current\" = \"=\" ]; then current=\"\"; fi\n"
         "  if [ \"$previous\" = \"=\" ]; then previous=\"${COMP_WORDS[COMP_CWORD-2]}\"; fi\n"
         "  values=\"\"\n  case \"$previous\" in\n" +
         flag_values() +
         "  esac\n"
         "  if [ -n \"$values\" ]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\")\n    return\n  fi\n"
         "  at=\"$(__pgo_path \"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\"\n" +
         shell_tables() +
         "  case \"$current\" in\n"
         "    -*) mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$current\")\n"
         "        case \"${COMPREPLY[0]:-}\" in *=) compopt -o nospace ;; esac ;;\n"
         "    *) if [ -n \"$clusters\" ]; then\n"
         "         follow=\"$follow $(pgo __complete clusters 2>/dev/null)\"\n       fi\n"
         "       mapfile -t COMPREPLY < <(compgen -W \"$follow\" -- \"$current\") ;;\n"
         "  esac\n}\ncomplete -F __pgo_complete pgo\n";
}

std::string zsh_script() {
  // Names like "path" and "words" are special in zsh; none of ours may be one of them.
  return "#compdef pgo\n# zsh completion for pgo; load with: source <(pgo completion zsh)\n" +
         walk_function("__pgo_path") +
         "_pgo() {\n"
         "  local current=\"${words[CURRENT]}\" at flags clusters follow\n"
         "  at=\"$(__pgo_path \"${words[@]:1:$((CURRENT-2))}\")\"\n" +
         shell_tables() +
         "  case \"$current\" in\n    -*) compadd -- ${=flags} ;;\n"
         "    *) if [ -n \"$clusters\" ]; then\n"
         "         follow=\"$follow $(pgo __complete clusters 2>/dev/null)\"\n       fi\n"
         "       compadd -- ${=follow} ;;\n  esac\n}\ncompdef _pgo pgo\n";
}

std::string fish_quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string fish_flags(const std::string& condition, const std::vector<const Flag*>& flags) {
  std::string text;
  for (const Flag* flag : flags) {
    text += "complete -c pgo" + condition + " -l " + std::string(flag->name);
    if (flag->short_name != 0) text += std::string(" -s ") + flag->short_name;
    if (flag->type != FlagType::boolean) text += " -x";
    if (!flag->choices.empty()) {
      text += " -a " + fish_quote(text::join(text::split_list(flag->choices), " "));
    }
    text += " -d " + fish_quote(flag->help) + '\n';
  }
  return text;
}

std::string fish_script() {
  std::string text =
      "# fish completion for pgo; load with: pgo completion fish | source\n"
      "function __pgo_path\n  set -l path ''\n  for word in (commandline -opc)[2..-1]\n"
      "    string match -q -- '-*' $word; and continue\n"
      "    set -l next (string trim \"$path $word\")\n    switch $next\n      case";
  for (const Command& command : commands()) {
    if (!command.hidden) text += " " + fish_quote(command.path);
  }
  text +=
      "\n        set path $next\n    end\n  end\n  echo $path\nend\n"
      "function __pgo_at\n  test (__pgo_path) = \"$argv[1]\"\nend\ncomplete -c pgo -f\n";
  text += fish_flags("", visible(global_flags()));
  for (const Choice& choice : choices()) {
    const std::string condition = " -n " + fish_quote("__pgo_at " + fish_quote(choice.path));
    if (!choice.words.empty()) {
      text +=
          "complete -c pgo" + condition + " -a " + fish_quote(text::join(choice.words, " ")) + '\n';
    }
    if (choice.clusters) {
      text += "complete -c pgo" + condition + " -a '(pgo __complete clusters 2>/dev/null)'\n";
    }
    text += fish_flags(condition, choice.flags);
  }
  return text;
}

}  // namespace

Result<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  return fail(Code::invalid_argument, "no completion for the shell \"" + std::string(shell) +
                                          "\"; bash, zsh and fish are known.");
}

}  // namespace pgo::cli
