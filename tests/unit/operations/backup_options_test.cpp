#include "operations/backup_options.h"

#include <doctest/doctest.h>

using namespace pgo;
using operations::BackupTool;
using operations::parse_backup_options;

namespace {

std::string parsed(BackupTool tool, std::string_view text) {
  auto options = parse_backup_options(tool, text, "BackupOpts");
  return options ? options->text() : "refused: " + options.error().text();
}

std::string backup(std::string_view text) { return parsed(BackupTool::pgbackrest_backup, text); }

/// The message names the option, so that one sees which of many it was.
void refuses(BackupTool tool, std::string_view text, std::string_view named) {
  CAPTURE(text);
  auto options = parse_backup_options(tool, text, "BackupOpts");
  REQUIRE_FALSE(options.has_value());
  CHECK(options.error().code == Code::invalid_argument);
  CHECK(options.error().subject == "BackupOpts");
  CHECK(options.error().message.find(named) != std::string::npos);
}

model::PgCluster cluster_with(std::string_view storage_type) {
  model::PgCluster cluster;
  cluster.metadata.name = "hippo";
  if (!storage_type.empty()) {
    cluster.spec.user_labels.emplace("backrest-storage-type", storage_type);
  }
  return cluster;
}

bool allowed(std::string_view has, std::string_view asked,
             operations::StorageTypes how_many = operations::StorageTypes::any) {
  return operations::check_storage_type(cluster_with(has), asked, how_many, "type").has_value();
}

}  // namespace

TEST_SUITE("operations.backup_options") {
  TEST_CASE("options are read in every form that 4.2.0 read") {
    CHECK(backup("") == "");
    CHECK(backup("--type=full") == "--type=full");
    CHECK(backup("--type full --force ") == "--type=full --force");
    CHECK(backup("--repo1-retention-full=2 --repo1-retention-archive=1") ==
          "--repo1-retention-full=2 --repo1-retention-archive=1");
    CHECK(backup("--exclude=a --exclude=b") == "--exclude=a --exclude=b");
    CHECK(backup("--no-resume=true") == "--no-resume");
    CHECK(parsed(BackupTool::pg_dump, "-Fc -t one -t two --section=data") ==
          "--format=c --table=one --table=two --section=data");
    CHECK(parsed(BackupTool::pg_restore, "-av -j4") == "--data-only --verbose --jobs=4");
    CHECK(parsed(BackupTool::pg_dumpall, "--dump-all -t") == "--dump-all --tablespaces-only");
  }

  TEST_CASE("every option of 4.2.0's pgbackrest backup list is accepted") {
    for (const auto* option : {"--archive-copy",
                               "--no-archive-copy",
                               "--archive-timeout=60",
                               "--backup-standby",
                               "--no-backup-standby",
                               "--checksum-page",
                               "--no-checksum-page",
                               "--exclude=x",
                               "--force",
                               "--manifest-save-threshold=1GB",
                               "--resume",
                               "--no-resume",
                               "--start-fast",
                               "--no-start-fast",
                               "--stop-auto",
                               "--no-stop-auto",
                               "--type=incr",
                               "--buffer-size=1MB",
                               "--compress",
                               "--no-compress",
                               "--compress-level=9",
                               "--compress-level-network=0",
                               "--db-timeout=10",
                               "--no-delta",
                               "--process-max=2",
                               "--protocol-timeout=10",
                               "--log-level-console=info",
                               "--log-level-file=off",
                               "--log-level-stderr=trace",
                               "--log-subprocess",
                               "--repo1-retention-full=1",
                               "--repo1-retention-diff=9999999",
                               "--repo1-retention-archive=1",
                               "--repo1-retention-archive-type=diff"}) {
      CHECK(backup(option) == option);
    }
  }

  TEST_CASE("every option of 4.2.0's pgbackrest restore list is accepted") {
    for (const auto* option :
         {"--db-include=a", "--force", "--recovery-option=a=b", "--set=20200101-000000F",
          "--target=x", "--target-action=promote", "--type=xid --target-exclusive",
          "--type=time --no-target-exclusive", "--target-timeline=2", "--type=immediate",
          "--buffer-size=1MB", "--process-max=2", "--log-level-console=detail"}) {
      CHECK(parsed(BackupTool::pgbackrest_restore, option) == option);
    }
  }

  TEST_CASE("a value with blanks comes back as one shell word, and reads the same again") {
    for (const auto* text : {"--target=2026-01-01 10:00:00+00 --type=time",
                             "--target='2026-01-01 10:00:00+00' --type=time",
                             "--target \"2026-01-01 10:00:00+00\" --type time"}) {
      const std::string once = parsed(BackupTool::pgbackrest_restore, text);
      CHECK(once == "--target='2026-01-01 10:00:00+00' --type=time");
      CHECK(parsed(BackupTool::pgbackrest_restore, once) == once);
    }
    CHECK(backup("--exclude='it'\\''s'") == "--exclude='it'\\''s'");
  }

  TEST_CASE("nothing in a value reaches a shell unquoted") {
    CHECK(backup("--exclude=$(id)") == "--exclude='$(id)'");
    CHECK(backup("--exclude=a;reboot") == "--exclude='a;reboot'");
    CHECK(backup("--exclude=`id`") == "--exclude='`id`'");
    refuses(BackupTool::pgbackrest_backup, "--force;reboot", "--force;reboot");
    refuses(BackupTool::pgbackrest_backup, "--force\nreboot", "control character");
  }

  TEST_CASE("a refusal names the option") {
    using enum BackupTool;
    refuses(pgbackrest_backup, "--nosuchflag=1", "--nosuchflag");
    refuses(pgbackrest_backup, "--delta", "--delta");
    refuses(pgbackrest_backup, "type=full", "type=full");
    refuses(pgbackrest_backup, "--type", "--type needs a value");
    refuses(pgbackrest_backup, "--type=", "--type needs a value");
    refuses(pgbackrest_backup, "--type --force", "--type needs a value");
    refuses(pgbackrest_backup, "--type=complete", "--type");
    refuses(pgbackrest_backup, "--type=full --type=incr", "--type is given twice");
    refuses(pgbackrest_backup, "--repo1-retention-full=0", "--repo1-retention-full");
    refuses(pgbackrest_backup, "--repo1-retention-full=10000000", "--repo1-retention-full");
    refuses(pgbackrest_backup, "--compress-level=10", "--compress-level");
    refuses(pgbackrest_backup, "--log-level-console=loud", "--log-level-console");
    refuses(pgbackrest_backup, "--force=false", "--force takes no value");
    refuses(pgbackrest_backup, "--exclude='a", "quotation mark");
    refuses(pgbackrest_backup, "-F c", "-F");
    refuses(pgbackrest_restore, "--type=full", "--type");
    refuses(pgbackrest_restore, "--target-exclusive", "--target-exclusive");
    refuses(pg_dump, "--format=directory", "--format");
    refuses(pg_dump, "--superuser=postgres", "--superuser");
    refuses(pg_dump, "--if-exists", "--if-exists");
    refuses(pg_dump, "--compress=5 --format=t", "--compress");
    refuses(pg_restore, "--globals-only", "--globals-only");
  }

  TEST_CASE("what the operator sets is refused as such") {
    for (const auto* option :
         {"--stanza=x", "--repo-path=/x", "--repo1-path=/x", "--pg-host=x", "--pg1-path=/x",
          "--repo-s3-bucket=x", "--repo1-type=s3", "--config=/x", "--cmd-ssh=x", "--link-all",
          "--tablespace-map=x", "--no-online", "--log-timestamp", "--db-host=x"}) {
      refuses(BackupTool::pgbackrest_backup, option, "set by the operator");
      refuses(BackupTool::pgbackrest_restore, option, "set by the operator");
    }
    for (const auto* option : {"--host=x", "-h x", "-p 1", "-U me", "--dbname=x", "-d x", "-W"}) {
      refuses(BackupTool::pg_dump, option, "set by the operator");
      refuses(BackupTool::pg_restore, option, "set by the operator");
    }
  }

  TEST_CASE("--dump-all chooses pg_dumpall") {
    CHECK(operations::dump_tool("--dump-all --clean") == BackupTool::pg_dumpall);
    CHECK(operations::dump_tool("--clean") == BackupTool::pg_dump);
  }

  TEST_CASE("a storage type must be one that the cluster has") {
    using operations::StorageTypes;
    CHECK(allowed("", ""));
    CHECK(allowed("", "local"));
    CHECK_FALSE(allowed("", "s3"));
    CHECK_FALSE(allowed("", "local,s3"));
    CHECK_FALSE(allowed("", "tape"));
    CHECK(allowed("local,s3", ""));
    CHECK(allowed("local,s3", "local,s3"));
    CHECK(allowed("s3", "s3"));
    CHECK_FALSE(allowed("s3", ""));
    CHECK_FALSE(allowed("s3", "local"));
    CHECK_FALSE(allowed("local,s3", "local,"));
    CHECK_FALSE(allowed("local,s3", "local,s3", StorageTypes::one));
    CHECK(allowed("local,s3", "s3", StorageTypes::one));
  }
}
