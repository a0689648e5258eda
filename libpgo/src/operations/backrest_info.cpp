#include "operations/backrest_info.h"

#include "pgo/base/clock.h"
#include "pgo/base/text.h"
#include "pgo/json/value.h"
#include "pgo/model/names.h"

#include <chrono>

namespace pgo::operations {
namespace {

using json::Value;
using model::rest::BackrestBackup;
using model::rest::BackrestRepository;

std::string time_text(const Value& seconds) {
  if (!seconds.is_int()) return {};
  return to_rfc3339(TimePoint(std::chrono::seconds(seconds.as_int())));
}

std::string text_of(const Value& value) { return std::string(value.as_string()); }

BackrestBackup backup_of(const Value& from) {
  BackrestBackup backup;
  backup.label = text_of(from["label"]);
  backup.type = text_of(from["type"]);
  backup.prior = text_of(from["prior"]);
  backup.start = time_text(from["timestamp"]["start"]);
  backup.stop = time_text(from["timestamp"]["stop"]);
  backup.wal_start = text_of(from["archive"]["start"]);
  backup.wal_stop = text_of(from["archive"]["stop"]);
  const Value& info = from["info"];
  backup.database_size = info["size"].as_int();
  backup.backup_size = info["delta"].as_int();
  backup.repository_size = info["repository"]["size"].as_int();
  backup.repository_backup_size = info["repository"]["delta"].as_int();
  backup.damaged = from["error"].as_bool();
  return backup;
}

}  // namespace

Result<std::vector<BackrestRepository>> parse_backrest_info(std::string_view text) {
  const auto document = json::parse(text);
  if (!document || !document->is_array()) {
    return fail(Code::invalid_argument, "pgbackrest info gave no list of stanzas");
  }
  std::vector<BackrestRepository> repositories;
  for (const Value& stanza : document->items()) {
    BackrestRepository& repository = repositories.emplace_back();
    repository.stanza = text_of(stanza["name"]);
    repository.status = text_of(stanza["status"]["message"]);
    for (const Value& archive : stanza["archive"].items()) {
      // One for each system version; the last is the current one.
      repository.wal_min = text_of(archive["min"]);
      repository.wal_max = text_of(archive["max"]);
    }
    for (const Value& backup : stanza["backup"].items()) {
      repository.backups.push_back(backup_of(backup));
    }
  }
  return repositories;
}

Result<std::string> run_info(const Context& context, const kube::Object& repo_pod,
                             std::string_view storage_type, bool structured) {
  kube::ExecRequest request;
  request.ns = std::string(repo_pod.ns());
  request.pod = std::string(repo_pod.name());
  request.container = std::string(model::container::kDatabase);
  request.command = {"pgbackrest", std::string(model::backrest_command::kInfo)};
  if (storage_type == "s3") request.command.emplace_back("--repo-type=s3");
  if (structured) request.command.emplace_back("--output=json");
  request.reads_only = true;
  PGO_TRY(const kube::ExecResult result, context.client.exec(request));
  if (result.exit_code == 0) return result.out;
  const std::string why(text::trim(result.err.empty() ? result.out : result.err));
  return fail(Code::unavailable,
              "pgbackrest info ended with " + std::to_string(result.exit_code) + ": " + why,
              request.pod);
}

Result<std::vector<BackrestRepository>> ask_repository(const Context& context,
                                                       const kube::Object& repo_pod,
                                                       std::string_view storage_type) {
  PGO_TRY(const std::string text, run_info(context, repo_pod, storage_type, true));
  return parse_backrest_info(text);
}

}  // namespace pgo::operations
