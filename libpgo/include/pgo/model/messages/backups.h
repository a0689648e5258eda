#pragma once

#include "pgo/json/field.h"
#include "pgo/model/messages/common.h"
#include "pgo/model/messages/list.h"
#include "pgo/model/pgbackup.h"

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

/// Messages of the backup and restore routes.
namespace pgo::model::rest {

/// What 4.2.0 answered to a request for backups, with code "ok", when a selector fits no cluster.
inline constexpr std::string_view kNoClusterMatches = "no clusters found that match the selector";

struct CreateBackrestBackupResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = CreateBackrestBackupResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const CreateBackrestBackupResponse&) const = default;
};

struct CreateBackrestBackupRequest {
  std::string ns;
  std::vector<std::string> args;
  std::string selector, backup_opts, backrest_storage_type;

  static constexpr auto fields() {
    using S = CreateBackrestBackupRequest;
    return std::tuple{
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("Args", &S::args, json::Emit::always).describe("The clusters."),
        json::field("Selector", &S::selector, json::Emit::always)
            .describe(
                "A label selector that takes the clusters, \"env=test\"; in place of a name."),
        json::field("BackupOpts", &S::backup_opts, json::Emit::always)
            .describe("Options of pgBackRest, \"--type=full --repo1-retention-full=2\"."),
        json::field("BackrestStorageType", &S::backrest_storage_type, json::Emit::always)
            .describe("The repositories to write to: \"local\", \"s3\" or \"local,s3\"; the "
                      "cluster's when empty.")};
  }
  bool operator==(const CreateBackrestBackupRequest&) const = default;
};

/// One backup in a repository. Sizes are in bytes, times RFC 3339. Source: `pgbackrest info`.
struct BackrestBackup {
  std::string label, type, start, stop;
  std::string prior;  ///< label of the backup it builds upon
  std::string wal_start, wal_stop;
  std::int64_t database_size = 0;           ///< of the whole database
  std::int64_t backup_size = 0;             ///< what this backup copied of it
  std::int64_t repository_size = 0;         ///< the whole database, as it lies in the repository
  std::int64_t repository_backup_size = 0;  ///< what this backup added
  bool damaged = false;                     ///< page checksums did not fit

  static constexpr auto fields() {
    using S = BackrestBackup;
    using enum json::Emit;
    return std::tuple{json::field("Label", &S::label, always),
                      json::field("Type", &S::type, always),
                      json::field("Start", &S::start, always),
                      json::field("Stop", &S::stop, always),
                      json::field("Prior", &S::prior, if_set),
                      json::field("WalStart", &S::wal_start, always),
                      json::field("WalStop", &S::wal_stop, always),
                      json::field("DatabaseSize", &S::database_size, always),
                      json::field("BackupSize", &S::backup_size, always),
                      json::field("RepositorySize", &S::repository_size, always),
                      json::field("RepositoryBackupSize", &S::repository_backup_size, always),
                      json::field("Damaged", &S::damaged, if_set)};
  }
  bool operator==(const BackrestBackup&) const = default;
};

/// One repository of a cluster.
struct BackrestRepository {
  std::string storage_type;  ///< "local" or "s3"
  std::string stanza, status;
  std::string wal_min, wal_max;
  std::vector<BackrestBackup> backups;  ///< oldest first

  static constexpr auto fields() {
    using S = BackrestRepository;
    using enum json::Emit;
    return std::tuple{
        json::field("StorageType", &S::storage_type, always),
        json::field("Stanza", &S::stanza, always),
        json::field("Status", &S::status, always),
        json::field("WalMin", &S::wal_min, always),
        json::field("WalMax", &S::wal_max, always),
        json::field("Backups", &S::backups, always),
    };
  }
  bool operator==(const BackrestRepository&) const = default;
};

struct ShowBackrestDetail {
  std::string name;
  std::string info;  ///< what `pgbackrest info` says to people
  /// The same in fields, where the request asked for it. Ours, not 4.2.0's.
  std::vector<BackrestRepository> repositories;

  static constexpr auto fields() {
    using S = ShowBackrestDetail;
    return std::tuple{json::field("Name", &S::name, json::Emit::always),
                      json::field("Info", &S::info, json::Emit::always),
                      json::field("Repositories", &S::repositories, json::Emit::if_set)};
  }
  bool operator==(const ShowBackrestDetail&) const = default;
};

struct ShowBackrestResponse {
  std::vector<ShowBackrestDetail> items;
  Status status;

  static constexpr auto fields() {
    using S = ShowBackrestResponse;
    return std::tuple{json::field("Items", &S::items, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowBackrestResponse&) const = default;
};

struct RestoreResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = RestoreResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const RestoreResponse&) const = default;
};

struct RestoreRequest {
  std::string ns, from_cluster, to_pvc, restore_opts, pitr_target, node_label;
  std::string backrest_storage_type;

  static constexpr auto fields() {
    using S = RestoreRequest;
    return std::tuple{
        json::field("Namespace", &S::ns, json::Emit::always)
            .describe("The namespace; the client's own when empty."),
        json::field("FromCluster", &S::from_cluster, json::Emit::always)
            .describe("The cluster; what was written after the point that is restored is lost. "
                      "Required."),
        json::field("ToPVC", &S::to_pvc, json::Emit::always)
            .describe("The volume claim to restore to; a new one when empty."),
        json::field("RestoreOpts", &S::restore_opts, json::Emit::always)
            .describe("Options of pgBackRest's restore."),
        json::field("PITRTarget", &S::pitr_target, json::Emit::always)
            .describe(
                "The data as it was then, \"2026-11-22 14:30:00+00\"; all there is when empty."),
        json::field("NodeLabel", &S::node_label, json::Emit::always)
            .describe(
                "\"key=value\": the label that the node of the restored primary should have."),
        json::field("BackrestStorageType", &S::backrest_storage_type, json::Emit::always)
            .describe("The repository to restore from: \"local\" or \"s3\".")};
  }
  bool operator==(const RestoreRequest&) const = default;
};

struct CreateBackupResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = CreateBackupResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const CreateBackupResponse&) const = default;
};

struct CreateBackupRequest {
  std::string ns;
  std::vector<std::string> args;
  std::string selector, pvc_name, storage_config, backup_opts;

  static constexpr auto fields() {
    using S = CreateBackupRequest;
    return std::tuple{json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("Args", &S::args, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always),
                      json::field("PVCName", &S::pvc_name, json::Emit::always),
                      json::field("StorageConfig", &S::storage_config, json::Emit::always),
                      json::field("BackupOpts", &S::backup_opts, json::Emit::always)};
  }
  bool operator==(const CreateBackupRequest&) const = default;
};

struct ShowBackupResponse {
  List<PgBackup> backup_list;
  Status status;

  static constexpr auto fields() {
    using S = ShowBackupResponse;
    return std::tuple{json::field("BackupList", &S::backup_list, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const ShowBackupResponse&) const = default;
};

struct DeleteBackupResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = DeleteBackupResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const DeleteBackupResponse&) const = default;
};

struct PgbasebackupRestoreRequest {
  std::string ns, from_cluster, to_pvc, from_pvc, backup_path, node_label;

  static constexpr auto fields() {
    using S = PgbasebackupRestoreRequest;
    return std::tuple{json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("FromCluster", &S::from_cluster, json::Emit::always),
                      json::field("ToPVC", &S::to_pvc, json::Emit::always),
                      json::field("FromPVC", &S::from_pvc, json::Emit::always),
                      json::field("BackupPath", &S::backup_path, json::Emit::always),
                      json::field("NodeLabel", &S::node_label, json::Emit::always)};
  }
  bool operator==(const PgbasebackupRestoreRequest&) const = default;
};

struct PgbasebackupRestoreResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = PgbasebackupRestoreResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const PgbasebackupRestoreResponse&) const = default;
};

struct CreatepgDumpBackupResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = CreatepgDumpBackupResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const CreatepgDumpBackupResponse&) const = default;
};

struct CreatepgDumpBackupRequest {
  std::string ns;
  std::vector<std::string> args;
  std::string selector, pvc_name, storage_config, backup_opts;

  static constexpr auto fields() {
    using S = CreatepgDumpBackupRequest;
    return std::tuple{json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("Args", &S::args, json::Emit::always),
                      json::field("Selector", &S::selector, json::Emit::always),
                      json::field("PVCName", &S::pvc_name, json::Emit::always),
                      json::field("StorageConfig", &S::storage_config, json::Emit::always),
                      json::field("BackupOpts", &S::backup_opts, json::Emit::always)};
  }
  bool operator==(const CreatepgDumpBackupRequest&) const = default;
};

struct ShowpgDumpDetail {
  std::string name, info;

  static constexpr auto fields() {
    using S = ShowpgDumpDetail;
    return std::tuple{json::field("Name", &S::name, json::Emit::always),
                      json::field("Info", &S::info, json::Emit::always)};
  }
  bool operator==(const ShowpgDumpDetail&) const = default;
};

struct PgRestoreResponse {
  std::vector<std::string> results;
  Status status;

  static constexpr auto fields() {
    using S = PgRestoreResponse;
    return std::tuple{json::field("Results", &S::results, json::Emit::always),
                      json::inlined(&S::status)};
  }
  bool operator==(const PgRestoreResponse&) const = default;
};

struct PgRestoreRequest {
  std::string ns, from_cluster, from_pvc, restore_opts, pitr_target, node_label;

  static constexpr auto fields() {
    using S = PgRestoreRequest;
    return std::tuple{json::field("Namespace", &S::ns, json::Emit::always),
                      json::field("FromCluster", &S::from_cluster, json::Emit::always),
                      json::field("FromPVC", &S::from_pvc, json::Emit::always),
                      json::field("RestoreOpts", &S::restore_opts, json::Emit::always),
                      json::field("PITRTarget", &S::pitr_target, json::Emit::always),
                      json::field("NodeLabel", &S::node_label, json::Emit::always)};
  }
  bool operator==(const PgRestoreRequest&) const = default;
};

}  // namespace pgo::model::rest
