#pragma once

#include "pgo/model/meta.h"

#include <string>
#include <tuple>

namespace pgo::model {

/// `spec` of a Pgbackup.
struct PgBackupSpec {
  std::string ns;
  std::string name;
  StorageSpec storage;
  std::string ccp_image_tag;
  std::string host;
  std::string user_secret;
  std::string port;
  std::string backup_status;
  std::string pvc;
  std::string options;
  Labels toc;  ///< backup path by backup path
  json::Extra extra;

  static constexpr auto fields() {
    using S = PgBackupSpec;
    using enum json::Emit;
    return std::tuple{json::field("namespace", &S::ns, always),
                      json::field("name", &S::name, always),
                      json::field("storagespec", &S::storage, always),
                      json::field("ccpimagetag", &S::ccp_image_tag, always),
                      json::field("backuphost", &S::host, always),
                      json::field("backupusersecret", &S::user_secret, always),
                      json::field("backupport", &S::port, always),
                      json::field("backupstatus", &S::backup_status, always),
                      json::field("backuppvc", &S::pvc, always),
                      json::field("backupopts", &S::options, always),
                      json::field("toc", &S::toc, always_null_when_empty),
                      json::extra(&S::extra)};
  }
  bool operator==(const PgBackupSpec&) const = default;
};

/// A pg_basebackup of older versions: kept so that such objects can be listed and removed.
struct PgBackup {
  std::string kind = "Pgbackup";
  std::string api_version = "crunchydata.com/v1";
  ObjectMeta metadata;
  PgBackupSpec spec;
  CrStatus status;
  json::Extra extra;

  static constexpr auto fields() {
    using enum json::Emit;
    return std::tuple{json::field("kind", &PgBackup::kind),
                      json::field("apiVersion", &PgBackup::api_version),
                      json::field("metadata", &PgBackup::metadata, always),
                      json::field("spec", &PgBackup::spec, always),
                      json::field("status", &PgBackup::status, always),
                      json::extra(&PgBackup::extra)};
  }
  bool operator==(const PgBackup&) const = default;

  static Result<PgBackup> from(const kube::Object& object);
  kube::Object object() const;

  const std::string& name() const { return metadata.name; }
};

}  // namespace pgo::model
