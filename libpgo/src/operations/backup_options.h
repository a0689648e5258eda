#pragma once

#include "pgo/base/result.h"
#include "pgo/model/pgcluster.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The option strings (`--backup-opts`, `--schedule-opts`) that people hand to backup programs.
namespace pgo::operations {

/// The program whose options a text holds.
enum class BackupTool { pgbackrest_backup, pgbackrest_restore, pg_dump, pg_dumpall, pg_restore };

/// A checked option string. Immutable value.
class BackupOptions {
 public:
  /// Options in the order given, each as one word: "--type=full", "--force".
  const std::vector<std::string>& words() const { return words_; }
  /// The words with blanks between them, quoted for a shell where need be: a text that comes back
  /// from `parse_backup_options` unchanged and that a shell splits into exactly these words.
  std::string text() const;
  /// The same without one of the flags.
  std::string text_without(std::string_view flag) const;
  bool has(std::string_view flag) const { return value(flag).has_value(); }
  /// The value of a flag ("--type"); empty for a switch; nothing when it was not given.
  std::optional<std::string_view> value(std::string_view flag) const;
  bool empty() const { return words_.empty(); }

 private:
  friend Result<BackupOptions> parse_backup_options(BackupTool, std::string_view, std::string_view);
  std::vector<std::string> words_;
};

/// Reads an option string as 4.2.0 did (`--flag=value`, `--flag value`, `-f value`, blanks in a
/// value up to the next " -"), and as a shell quotes. Allowed are the options that 4.2.0 allowed
/// for `tool`. `invalid_argument` names the option that is unknown, set by the operator, out of
/// range, given twice, or in want of another; the error's subject is `field`. An empty text is no
/// options.
Result<BackupOptions> parse_backup_options(BackupTool tool, std::string_view text,
                                           std::string_view field);

/// "--dump-all" among the options chooses pg_dumpall.
BackupTool dump_tool(std::string_view text);

/// How many storage types a request may name.
enum class StorageTypes { one, any };

/// A pgBackRest storage type (`local`, `s3`, `local,s3`, or empty: the cluster's) that a request
/// names must be one that the cluster has. `invalid_argument` with `field` as subject.
Result<void> check_storage_type(const model::PgCluster& cluster, std::string_view requested,
                                StorageTypes how_many, std::string_view field);

}  // namespace pgo::operations
