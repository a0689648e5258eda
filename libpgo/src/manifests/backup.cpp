#include "pgo/manifests/backup.h"

#include "fragments.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"

#include <utility>

namespace pgo::manifests {
namespace {

namespace label = model::label;

bool names_option(std::string_view options, std::string_view option) {
  for (const auto& word : text::split_list(options, ' ')) {
    if (word == option || word.starts_with(std::string(option) + "=")) return true;
  }
  return false;
}

/// The storage types a task asks for, else those of the cluster.
bool wants(const model::BackrestWork& work, const model::PgCluster& cluster,
           std::string_view type) {
  const std::string_view types = work.storage_type.empty()
                                     ? cluster.user_label(label::kBackrestStorageType)
                                     : std::string_view(work.storage_type);
  if (types.empty()) return type == "local";
  for (const auto& one : text::split_list(types)) {
    if (one == type) return true;
  }
  return false;
}

}  // namespace

std::string backrest_options(std::string_view options, const BackupSource& source) {
  std::string all(text::trim(options));
  const auto add = [&](std::string_view text) {
    if (!all.empty()) all += ' ';
    all += text;
  };
  if (source.path.empty()) return all;
  if (!names_option(options, "--db-host") && !names_option(options, "--pg1-host")) {
    add("--db-host=" + source.host);
  }
  if (!names_option(options, "--db-path") && !names_option(options, "--pg1-path")) {
    add("--db-path=" + source.path);
  }
  return all;
}

Result<kube::Object> backrest_job(const Renderer& renderer, const model::PgCluster& cluster,
                                  const model::PgTask& task, const model::Config& config,
                                  const BackupSource& source) {
  const auto work = model::backrest_of(task);
  const bool s3 = wants(work, cluster, "s3");
  const bool local = wants(work, cluster, "local");
  const auto id = cluster.metadata.label(label::kClusterId);
  return renderer.object(
      "backrest-job.yaml",
      json::Object{{"JobName", task.name()},
                   {"Namespace", task.metadata.ns},
                   {"ClusterName", cluster.name()},
                   {"ClusterId", id.empty() ? std::string_view(cluster.metadata.uid) : id},
                   {"PgoUser", task.metadata.label(label::kPgouser)},
                   {"BackupType", work.backup_type},
                   {"TaskUid", task.metadata.uid},
                   {"SecurityContext", json::Object{}},
                   {"PGOImagePrefix", config.pgo.pgo_image_prefix},
                   {"PGOImageTag", config.pgo.pgo_image_tag},
                   {"Command", work.command},
                   {"CommandOpts", backrest_options(work.options, source)},
                   {"PITRTarget", ""},
                   {"PodName", work.repo_pod},
                   {"PgbackrestStanza", task.parameter(model::param::kStanza)},
                   {"PgbackrestDBPath", task.parameter(model::param::kDbPath)},
                   {"PgbackrestRepoPath", task.parameter(model::param::kRepoPath)},
                   {"PgbackrestRepoType", s3 && !local ? "s3" : "posix"},
                   {"BackrestLocalAndS3Storage", s3 && local}});
}

}  // namespace pgo::manifests
