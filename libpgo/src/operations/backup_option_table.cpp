#include "operations/backup_option_table.h"

#include <algorithm>
#include <array>

namespace pgo::operations {
namespace {

using enum OptionKind;

constexpr unsigned kBackup = bit(BackupTool::pgbackrest_backup);
constexpr unsigned kRestore = bit(BackupTool::pgbackrest_restore);
constexpr unsigned kBackrest = kBackup | kRestore;
constexpr unsigned kDump = bit(BackupTool::pg_dump);
constexpr unsigned kDumpAll = bit(BackupTool::pg_dumpall);
constexpr unsigned kLoad = bit(BackupTool::pg_restore);
constexpr std::string_view kLevels = "off error warn info detail debug trace";

// pg_restore's --list, --filename and --use-list are left out: they do not restore. The switch that
// 4.2.0's list calls --exclude-row-security is PostgreSQL's --enable-row-security.
constexpr auto kRules = std::to_array<OptionRule>({
    {.flag = "--archive-copy", .tools = kBackup},
    {.flag = "--no-archive-copy", .tools = kBackup},
    {.flag = "--backup-standby", .tools = kBackup},
    {.flag = "--no-backup-standby", .tools = kBackup},
    {.flag = "--checksum-page", .tools = kBackup},
    {.flag = "--no-checksum-page", .tools = kBackup},
    {.flag = "--resume", .tools = kBackup},
    {.flag = "--no-resume", .tools = kBackup},
    {.flag = "--start-fast", .tools = kBackup},
    {.flag = "--no-start-fast", .tools = kBackup},
    {.flag = "--stop-auto", .tools = kBackup},
    {.flag = "--no-stop-auto", .tools = kBackup},
    {.flag = "--archive-timeout", .tools = kBackup, .kind = number},
    {.flag = "--exclude", .tools = kBackup, .kind = text, .repeatable = true},
    {.flag = "--manifest-save-threshold", .tools = kBackup, .kind = text},
    {.flag = "--type", .tools = kBackup, .kind = text, .values = "full diff incr"},
    {.flag = "--repo1-retention-full", .tools = kBackup, .kind = number, .min = 1, .max = 9999999},
    {.flag = "--repo1-retention-diff", .tools = kBackup, .kind = number, .min = 1, .max = 9999999},
    {.flag = "--repo1-retention-archive",
     .tools = kBackup,
     .kind = number,
     .min = 1,
     .max = 9999999},
    {.flag = "--repo1-retention-archive-type",
     .tools = kBackup,
     .kind = text,
     .values = "full diff incr"},
    {.flag = "--db-include", .tools = kRestore, .kind = text, .repeatable = true},
    {.flag = "--recovery-option", .tools = kRestore, .kind = text, .repeatable = true},
    {.flag = "--set", .tools = kRestore, .kind = text},
    {.flag = "--target", .tools = kRestore, .kind = text},
    {.flag = "--target-action",
     .tools = kRestore,
     .kind = text,
     .values = "pause promote shutdown"},
    {.flag = "--target-exclusive", .tools = kRestore},
    {.flag = "--no-target-exclusive", .tools = kRestore},
    {.flag = "--target-timeline", .tools = kRestore, .kind = number, .min = 1},
    {.flag = "--type",
     .tools = kRestore,
     .kind = text,
     .values = "default immediate name xid time preserve none"},
    {.flag = "--force", .tools = kBackrest},
    {.flag = "--buffer-size", .tools = kBackrest, .kind = text},
    {.flag = "--compress", .tools = kBackrest},
    {.flag = "--no-compress", .tools = kBackrest},
    {.flag = "--compress-level", .tools = kBackrest, .kind = number, .min = 0, .max = 9},
    {.flag = "--compress-level-network", .tools = kBackrest, .kind = number, .min = 0, .max = 9},
    {.flag = "--db-timeout", .tools = kBackrest, .kind = number},
    {.flag = "--no-delta", .tools = kBackrest},
    {.flag = "--process-max", .tools = kBackrest, .kind = number, .min = 1, .max = 999},
    {.flag = "--protocol-timeout", .tools = kBackrest, .kind = number},
    {.flag = "--log-level-console", .tools = kBackrest, .kind = text, .values = kLevels},
    {.flag = "--log-level-file", .tools = kBackrest, .kind = text, .values = kLevels},
    {.flag = "--log-level-stderr", .tools = kBackrest, .kind = text, .values = kLevels},
    {.flag = "--log-subprocess", .tools = kBackrest},
    {.flag = "--data-only", .letter = 'a', .tools = kDump | kDumpAll | kLoad},
    {.flag = "--clean", .letter = 'c', .tools = kDump | kDumpAll | kLoad},
    {.flag = "--create", .letter = 'C', .tools = kDump | kLoad},
    {.flag = "--no-owner", .letter = 'O', .tools = kDump | kDumpAll | kLoad},
    {.flag = "--schema-only", .letter = 's', .tools = kDump | kDumpAll | kLoad},
    {.flag = "--superuser", .letter = 'S', .tools = kDump | kDumpAll | kLoad, .kind = text},
    {.flag = "--verbose", .letter = 'v', .tools = kDump | kDumpAll | kLoad},
    {.flag = "--no-privileges", .letter = 'x', .tools = kDump | kDumpAll | kLoad},
    {.flag = "--no-acl", .tools = kDump | kDumpAll | kLoad},
    {.flag = "--disable-triggers", .tools = kDump | kDumpAll | kLoad},
    {.flag = "--if-exists", .tools = kDump | kDumpAll | kLoad},
    {.flag = "--no-comments", .tools = kDump | kDumpAll | kLoad},
    {.flag = "--no-publications", .tools = kDump | kDumpAll | kLoad},
    {.flag = "--no-security-labels", .tools = kDump | kDumpAll | kLoad},
    {.flag = "--no-subscriptions", .tools = kDump | kDumpAll | kLoad},
    {.flag = "--no-tablespaces", .tools = kDump | kDumpAll | kLoad},
    {.flag = "--use-set-session-authorization", .tools = kDump | kDumpAll | kLoad},
    {.flag = "--role", .tools = kDump | kDumpAll | kLoad, .kind = text},
    {.flag = "--encoding", .letter = 'E', .tools = kDump | kDumpAll, .kind = text},
    {.flag = "--oids", .letter = 'o', .tools = kDump | kDumpAll},
    {.flag = "--column-inserts", .tools = kDump | kDumpAll},
    {.flag = "--attribute-inserts", .tools = kDump | kDumpAll},
    {.flag = "--disable-dollar-quoting", .tools = kDump | kDumpAll},
    {.flag = "--inserts", .tools = kDump | kDumpAll},
    {.flag = "--load-via-partition-root", .tools = kDump | kDumpAll},
    {.flag = "--no-sync", .tools = kDump | kDumpAll},
    {.flag = "--no-unlogged-table-data", .tools = kDump | kDumpAll},
    {.flag = "--quote-all-identifiers", .tools = kDump | kDumpAll},
    {.flag = "--lock-wait-timeout", .tools = kDump | kDumpAll, .kind = text},
    {.flag = "--format",
     .letter = 'F',
     .tools = kDump | kLoad,
     .kind = text,
     .values = "p plain c custom t tar"},
    {.flag = "--jobs", .letter = 'j', .tools = kDump | kLoad, .kind = number, .min = 1},
    {.flag = "--section",
     .tools = kDump | kLoad,
     .kind = text,
     .values = "pre-data data post-data",
     .repeatable = true},
    {.flag = "--strict-names", .tools = kDump | kLoad},
    {.flag = "--enable-row-security", .tools = kDump | kLoad},
    {.flag = "--schema", .letter = 'n', .tools = kDump | kLoad, .kind = text, .repeatable = true},
    {.flag = "--exclude-schema",
     .letter = 'N',
     .tools = kDump | kLoad,
     .kind = text,
     .repeatable = true},
    {.flag = "--table", .letter = 't', .tools = kDump | kLoad, .kind = text, .repeatable = true},
    {.flag = "--blobs", .letter = 'b', .tools = kDump},
    {.flag = "--no-blobs", .letter = 'B', .tools = kDump},
    {.flag = "--exclude-table", .letter = 'T', .tools = kDump, .kind = text, .repeatable = true},
    {.flag = "--compress", .letter = 'Z', .tools = kDump, .kind = number, .min = 0, .max = 9},
    {.flag = "--exclude-table-data", .tools = kDump, .kind = text, .repeatable = true},
    {.flag = "--serializable-deferrable", .tools = kDump},
    {.flag = "--snapshot", .tools = kDump, .kind = text},
    {.flag = "--globals-only", .letter = 'g', .tools = kDumpAll},
    {.flag = "--roles-only", .letter = 'r', .tools = kDumpAll},
    {.flag = "--tablespaces-only", .letter = 't', .tools = kDumpAll},
    {.flag = "--no-role-passwords", .tools = kDumpAll},
    {.flag = "--dump-all", .tools = kDumpAll},
    {.flag = "--exit-on-error", .letter = 'e', .tools = kLoad},
    {.flag = "--index", .letter = 'I', .tools = kLoad, .kind = text, .repeatable = true},
    {.flag = "--function", .letter = 'P', .tools = kLoad, .kind = text, .repeatable = true},
    {.flag = "--trigger", .letter = 'T', .tools = kLoad, .kind = text, .repeatable = true},
    {.flag = "--single-transaction", .letter = '1', .tools = kLoad},
    {.flag = "--no-data-for-failed-tables", .tools = kLoad},
});

/// Without the leading dashes; a trailing '*' stands for any rest.
constexpr auto kOperatorsBackrest =
    std::to_array<std::string_view>({"archive-check",   "no-archive-check", "online",
                                     "no-online",       "link-all",         "link-map",
                                     "tablespace-map*", "cmd-ssh",          "config*",
                                     "lock-path",       "neutral-umask",    "no-neutral-umask",
                                     "stanza",          "log-timestamp",    "repo-*",
                                     "repo1-cipher-*",  "repo1-host*",      "repo1-path",
                                     "repo1-s3-*",      "repo1-type",       "pg-*",
                                     "pg1-*",           "db-host",          "db-path",
                                     "db-port"});
constexpr auto kOperatorsPostgres = std::to_array<std::string_view>({"binary-upgrade",
                                                                     "no-reconnect",
                                                                     "dbname",
                                                                     "host",
                                                                     "port",
                                                                     "username",
                                                                     "no-password",
                                                                     "password",
                                                                     "version",
                                                                     "file",
                                                                     "filename",
                                                                     "R",
                                                                     "d",
                                                                     "f",
                                                                     "h",
                                                                     "p",
                                                                     "U",
                                                                     "w",
                                                                     "W",
                                                                     "V"});

bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

}  // namespace

std::span<const OptionRule> option_rules() { return kRules; }

bool is_operators_option(BackupTool tool, std::string_view flag) {
  const bool backrest = (bit(tool) & kBackrest) != 0;
  const std::span<const std::string_view> patterns =
      backrest ? std::span<const std::string_view>(kOperatorsBackrest) : kOperatorsPostgres;
  flag.remove_prefix(std::min(flag.find_first_not_of('-'), flag.size()));
  return std::ranges::any_of(patterns, [&](std::string_view p) { return matches(p, flag); });
}

}  // namespace pgo::operations
