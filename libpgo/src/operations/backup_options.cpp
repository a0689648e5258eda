#include "operations/backup_options.h"

#include "operations/backup_option_table.h"
#include "operations/checks.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"

#include <algorithm>

namespace pgo::operations {
namespace {

/// A word of the text; a quoted one never starts an option.
struct Word {
  std::string text;
  bool quoted = false;
  bool is_option() const { return !quoted && text.size() > 1 && text.front() == '-'; }
};

/// Splits as a shell does; nothing is expanded.
Result<std::vector<Word>> split_words(std::string_view text, std::string_view field) {
  std::vector<Word> words;
  bool inside = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') {
      return refuse("The options contain a control character; write them in one line.", field);
    }
    if (quote == 0 && (c == ' ' || c == '\t')) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    Word& word = words.back();
    if (quote == 0 && (c == '\'' || c == '"')) {
      if (!inside) word.quoted = true;
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word.text += text[++i];
    } else {
      word.text += c;
    }
    inside = true;
  }
  if (quote != 0) return refuse("A quotation mark in the options is not closed.", field);
  return words;
}

class Parser {
 public:
  Parser(BackupTool tool, std::string_view field, std::vector<Word> words)
      : tool_(tool), field_(field), words_(std::move(words)) {}

  Result<std::vector<std::string>> parse() {
    while (next_ < words_.size()) {
      const Word word = words_[next_++];
      if (!word.is_option()) {
        return refuse(
            "\"" + word.text + "\" belongs to no option; options have the form --option=value.",
            field_);
      }
      if (word.text.starts_with("--")) {
        PGO_TRY_VOID(long_option(word.text));
      } else {
        PGO_TRY_VOID(letters(word.text));
      }
    }
    return std::move(result_);
  }

 private:
  template <typename Matches>
  Result<const OptionRule*> find(std::string_view shown, Matches matches) const {
    for (const OptionRule& rule : option_rules()) {
      if ((rule.tools & bit(tool_)) != 0 && matches(rule)) return &rule;
    }
    const std::string option(shown);
    if (is_operators_option(tool_, shown)) {
      return refuse("The option " + option + " is set by the operator and cannot be given.",
                    field_);
    }
    return refuse("The option " + option + " is not known; nothing was started.", field_);
  }

  Result<void> long_option(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string flag = word.substr(0, equals);
    PGO_TRY(const OptionRule* rule,
            find(flag, [&](const OptionRule& one) { return one.flag == flag; }));
    std::optional<std::string> value;
    if (equals != word.npos) value = word.substr(equals + 1);
    return option(*rule, std::move(value));
  }

  /// "-Fc", "-F c", "-F=c", "-av".
  Result<void> letters(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      PGO_TRY(const OptionRule* rule, find(std::string("-") + word[i], [&](const OptionRule& one) {
                return one.letter == word[i];
              }));
      if (rule->kind == OptionKind::toggle) {
        PGO_TRY_VOID(option(*rule, std::nullopt));
        continue;
      }
      std::optional<std::string> value;
      if (i + 1 < word.size()) value = word.substr(i + (word[i + 1] == '=' ? 2 : 1));
      return option(*rule, std::move(value));
    }
    return {};
  }

  Result<void> option(const OptionRule& rule, std::optional<std::string> value) {
    const std::string flag(rule.flag);
    if (!rule.repeatable && !seen_.empty() && std::ranges::find(seen_, flag) != seen_.end()) {
      return refuse("The option " + flag + " is given twice.", field_);
    }
    seen_.push_back(flag);
    if (rule.kind == OptionKind::toggle) {
      if (value && *value != model::kTrue) {
        return refuse("The option " + flag + " takes no value; leave it out to switch it off.",
                      field_);
      }
      result_.push_back(flag);
      return {};
    }
    if (!value && next_ < words_.size() && !words_[next_].is_option()) {
      value = words_[next_++].text;
    }
    if (!value || value->empty()) return refuse("The option " + flag + " needs a value.", field_);
    // 4.2.0: a value goes on up to the next option.
    while (rule.kind == OptionKind::text && next_ < words_.size() && !words_[next_].is_option()) {
      *value += ' ' + words_[next_++].text;
    }
    PGO_TRY_VOID(check_value(rule, *value));
    result_.push_back(flag + '=' + *value);
    return {};
  }

  Result<void> check_value(const OptionRule& rule, const std::string& value) const {
    const std::string flag(rule.flag);
    if (rule.kind == OptionKind::number) {
      const auto number = text::to_int(value);
      if (number && *number >= rule.min && *number <= rule.max) return {};
      return refuse("The option " + flag + " must be a number from " + std::to_string(rule.min) +
                        " to " + std::to_string(rule.max) + ", not \"" + value + "\".",
                    field_);
    }
    const std::vector<std::string> allowed = text::split_list(rule.values, ' ');
    if (allowed.empty() || std::ranges::find(allowed, value) != allowed.end()) return {};
    return refuse("The option " + flag + " must be one of " + text::join(allowed, ", ") +
                      ", not \"" + value + "\".",
                  field_);
  }

  BackupTool tool_;
  std::string field_;
  std::vector<Word> words_;
  std::size_t next_ = 0;
  std::vector<std::string> seen_;
  std::vector<std::string> result_;
};

/// Options that make sense only beside others.
Result<void> check_together(BackupTool tool, const BackupOptions& options, std::string_view field) {
  const auto without = [&](std::string_view flag, std::string_view needed) {
    return options.has(flag) && !options.has(needed);
  };
  if (without("--superuser", "--disable-triggers")) {
    return refuse("The option --superuser has an effect only with --disable-triggers.", field);
  }
  if (without("--if-exists", "--clean")) {
    return refuse("The option --if-exists has an effect only with --clean.", field);
  }
  // pg_dump writes directories alone with several jobs, and a dump is one file here.
  if (tool == BackupTool::pg_dump && options.has("--jobs")) {
    return refuse(
        "The option --jobs needs --format=directory, which dumps here cannot have; leave it out.",
        field);
  }
  if (options.has("--jobs") && options.has("--single-transaction")) {
    return refuse("The options --jobs and --single-transaction cannot be used together.", field);
  }
  const auto format = options.value("--format").value_or("");
  if (format.starts_with('t') && options.has("--compress")) {
    return refuse("The option --compress cannot be used with --format=tar.", field);
  }
  const auto type = options.value("--type").value_or("");
  for (const std::string_view flag : {"--target-exclusive", "--no-target-exclusive"}) {
    if (options.has(flag) && type != "time" && type != "xid") {
      return refuse(
          "The option " + std::string(flag) + " has an effect only with --type=time or --type=xid.",
          field);
    }
  }
  return {};
}

bool plain(std::string_view word) {
  return std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-=_.,:/+@%").contains(c);
  });
}

}  // namespace

std::string BackupOptions::text() const { return text_without({}); }

std::string BackupOptions::text_without(std::string_view flag) const {
  std::vector<std::string> quoted;
  for (const std::string& word : words_) {
    if (word.substr(0, word.find('=')) == flag) continue;
    if (plain(word)) {
      quoted.push_back(word);
      continue;
    }
    // The flag stays outside the quotes, where `parse_backup_options` finds it again.
    const std::size_t value = word.find('=') + 1;
    quoted.push_back(word.substr(0, value) + text::shell_quote(word.substr(value)));
  }
  return text::join(quoted, " ");
}

std::optional<std::string_view> BackupOptions::value(std::string_view flag) const {
  for (const std::string_view word : words_) {
    if (!word.starts_with(flag)) continue;
    if (word.size() == flag.size()) return word.substr(flag.size());
    if (word[flag.size()] == '=') return word.substr(flag.size() + 1);
  }
  return std::nullopt;
}

Result<BackupOptions> parse_backup_options(BackupTool tool, std::string_view text,
                                           std::string_view field) {
  PGO_TRY(std::vector<Word> words, split_words(text, field));
  BackupOptions options;
  PGO_TRY(options.words_, Parser(tool, field, std::move(words)).parse());
  PGO_TRY_VOID(check_together(tool, options, field));
  return options;
}

BackupTool dump_tool(std::string_view text) {
  const auto words = text::split_list(text, ' ');
  return std::ranges::find(words, "--dump-all") != words.end() ? BackupTool::pg_dumpall
                                                               : BackupTool::pg_dump;
}

Result<void> check_storage_type(const model::PgCluster& cluster, std::string_view requested,
                                StorageTypes how_many, std::string_view field) {
  const std::vector<std::string> types = text::split(requested, ',');
  if (how_many == StorageTypes::one && types.size() > 1) {
    return refuse(
        "Give one pgBackRest storage type, local or s3, not \"" + std::string(requested) + "\".",
        field);
  }
  for (const std::string& type : types) {
    const bool local = type == "local" || requested.empty();
    if (!local && type != "s3") {
      return refuse("\"" + type + "\" is no pgBackRest storage type; use local, s3 or local,s3.",
                    field);
    }
    if (local ? cluster.uses_local_repository() : cluster.uses_s3()) continue;
    return refuse("Cluster " + cluster.name() + " has no " + (local ? "local" : "s3") +
                      " repository; its pgBackRest storage type is " +
                      (local ? "s3, which the request must name." : "local."),
                  field);
  }
  return {};
}

}  // namespace pgo::operations
