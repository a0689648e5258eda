#include "app.h"
#include "commands.h"
#include "pgo/base/text.h"
#include "pgo/model/messages/backups.h"

#include <algorithm>
#include <array>

namespace pgo::cli {
namespace {

namespace rest = model::rest;

/// "31.1MB", as pgbackrest writes sizes.
std::string size_text(std::int64_t bytes) {
  constexpr std::array kUnits = {"B", "KB", "MB", "GB", "TB", "PB"};
  auto tenths = bytes * 10;
  std::size_t unit = 0;
  for (; tenths >= 10240 && unit + 1 < kUnits.size(); ++unit) tenths /= 1024;
  std::string text = std::to_string(tenths / 10);
  if (unit > 0 && tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
  return text + kUnits[unit];
}

struct BackupView {
  std::string format;
  /// Of all names.
  Table wide{{"CLUSTER", "STORAGE", "BACKUP", "TYPE", "COMPLETED", "DATABASE", "IN REPOSITORY"}};
};

void add_rows(Table& table, const rest::ShowBackrestResponse& response) {
  for (const auto& cluster : response.items) {
    for (const auto& repository : cluster.repositories) {
      if (repository.backups.empty()) {
        table.add({cluster.name, repository.storage_type, "-", repository.status, "-", "-", "-"});
      }
      for (const auto& backup : repository.backups) {
        table.add({cluster.name, repository.storage_type, backup.label, backup.type, backup.stop,
                   size_text(backup.database_size), size_text(backup.repository_backup_size)});
      }
    }
  }
}

int show_backrest(App& app, const std::string& cluster, BackupView& view) {
  Query query{
      {"version", std::string(client_version())}, {"selector", ""}, {"namespace", app.ns()}};
  if (!view.format.empty()) query.emplace_back("output", "json");
  auto answer = app.get("/backrest/" + text::percent_encode(cluster), query);
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<rest::ShowBackrestResponse>(*answer);
  if (!response) return app.report(response.error());
  if (const auto end = document_or_refusal(app, view.format, *answer, response->status)) {
    return *end;
  }
  if (response->items.empty()) {
    app.output().line("No clusters were found.");
    return kDone;
  }
  if (!view.format.empty()) {
    add_rows(view.wide, *response);
    return kDone;
  }
  for (const auto& item : response->items) {
    app.output().line();
    app.output().line("backrest : " + item.name);
    app.output().line(item.info);
  }
  return kDone;
}

/// "2026-11-22 14:28:44 +0000 UTC", as Go prints a time.
std::string go_time(const std::string& rfc3339) {
  std::string text = rfc3339;
  if (const auto at = text.find('T'); at != text.npos) text[at] = ' ';
  if (text.ends_with('Z')) text.replace(text.size() - 1, 1, " +0000 UTC");
  return text;
}

int show_dumps(App& app, const std::string& cluster, const std::string& format) {
  auto answer = app.get(
      "/pgdump/" + text::percent_encode(cluster),
      {{"version", std::string(client_version())}, {"selector", ""}, {"namespace", app.ns()}});
  if (!answer) return app.report(answer.error());
  const auto response = read_answer<rest::ShowBackupResponse>(*answer);
  if (!response) return app.report(response.error());
  if (const auto end = document_or_refusal(app, format, *answer, response->status)) return *end;
  if (response->backup_list.items.empty()) {
    app.output().line("No dumps were found for " + cluster + ".");
    return kDone;
  }
  for (const auto& dump : response->backup_list.items) {
    const auto& spec = dump.spec;
    app.output().line();
    app.output().line("pgdump : " + spec.name);
    const auto field = [&](std::string_view name, std::string_view value) {
      app.output().line("\t" + std::string(name) + ":\t" + std::string(value));
    };
    field("PVC Name", spec.pvc);
    field("Access Mode", spec.storage.access_mode);
    field("PVC Size", spec.storage.size);
    field("Creation", go_time(dump.metadata.creation_timestamp));
    field("CCPImageTag", spec.ccp_image_tag);
    field("Backup Status", spec.backup_status);
    field("Backup Host", spec.host);
    field("Backup User Secret", spec.user_secret);
    field("Backup Port", spec.port);
    field("Backup Opts", spec.options);
  }
  return kDone;
}

int show_backup(App& app, const Arguments& arguments) {
  if (arguments.names().empty()) return usage_error(app, "name the clusters, or \"all\".");
  const std::string& type = arguments.text("backup-type");
  if (type != "pgbackrest" && type != "pgdump") {
    return usage_error(app, "--backup-type must be pgbackrest or pgdump.");
  }
  const auto format = output_format(arguments);
  if (!format) return app.report(format.error());
  BackupView view{.format = *format};
  int code = kDone;
  for (const std::string& cluster : arguments.names()) {
    code = std::max(code, type == "pgdump" ? show_dumps(app, cluster, *format)
                                           : show_backrest(app, cluster, view));
  }
  if (!view.wide.empty()) app.output().write(view.wide.text());
  return code;
}

}  // namespace

Command show_backup_command() {
  return {.path = "show backup",
          .positional = "CLUSTER...",
          .summary = "Show the backups of clusters",
          .example = "show backup hippo -o wide",
          .flags = {{.name = "backup-type",
                     .initial = "pgbackrest",
                     .help = "pgbackrest, or pgdump for dumps",
                     .value_name = "TYPE",
                     .choices = "pgbackrest,pgdump"},
                    output_flag()},
          .run = show_backup,
          .words = Words::clusters,
          .gathers = true};
}

}  // namespace pgo::cli
