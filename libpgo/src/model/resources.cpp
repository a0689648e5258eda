#include "pgo/base/text.h"
#include "pgo/json/codec.h"
#include "pgo/model/names.h"
#include "pgo/model/pgbackup.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgpolicy.h"
#include "pgo/model/pgreplica.h"
#include "pgo/model/pgtask.h"

#include <array>
#include <string>
#include <string_view>

namespace pgo::model {
namespace {

std::string_view find(const Labels& map, std::string_view key) {
  const auto it = map.find(std::string(key));
  return it == map.end() ? std::string_view{} : std::string_view(it->second);
}

template <typename T>
Result<T> read(const kube::Object& object) {
  auto made = json::decode<T>(object.document(), json::Mode::lenient);
  if (!made) return fail(std::move(made).error().with_context("reading " + object.text()));
  return made;
}

/// One item of the storage types "local", "s3" or "local,s3" of a cluster's repository.
bool has_storage_type(std::string_view types, std::string_view wanted) {
  for (const auto& type : text::split_list(types)) {
    if (type == wanted) return true;
  }
  return false;
}

}  // namespace

Result<PgCluster> PgCluster::from(const kube::Object& object) { return read<PgCluster>(object); }
Result<PgReplica> PgReplica::from(const kube::Object& object) { return read<PgReplica>(object); }
Result<PgTask> PgTask::from(const kube::Object& object) { return read<PgTask>(object); }
Result<PgPolicy> PgPolicy::from(const kube::Object& object) { return read<PgPolicy>(object); }
Result<PgBackup> PgBackup::from(const kube::Object& object) { return read<PgBackup>(object); }

kube::Object PgCluster::object() const { return kube::Object(json::encode(*this)); }
kube::Object PgReplica::object() const { return kube::Object(json::encode(*this)); }
kube::Object PgTask::object() const { return kube::Object(json::encode(*this)); }
kube::Object PgPolicy::object() const { return kube::Object(json::encode(*this)); }
kube::Object PgBackup::object() const { return kube::Object(json::encode(*this)); }

std::string_view ObjectMeta::label(std::string_view key) const { return find(labels, key); }
bool ObjectMeta::flag(std::string_view key) const {
  return text::to_bool(label(key)).value_or(false);
}

std::string PgCluster::scope() const {
  const auto label = metadata.label(label::kScope);
  return std::string(label.empty() ? std::string_view(metadata.name) : label);
}
bool PgCluster::initialized() const { return status.state == state::kClusterInitialized; }
std::string_view PgCluster::user_label(std::string_view key) const {
  return find(spec.user_labels, key);
}
bool PgCluster::autofail() const {
  return text::to_bool(metadata.label(label::kAutofail)).value_or(true);
}
bool PgCluster::uses_s3() const {
  return has_storage_type(user_label(label::kBackrestStorageType), "s3");
}
bool PgCluster::uses_local_repository() const {
  const auto types = user_label(label::kBackrestStorageType);
  return types.empty() || has_storage_type(types, "local");
}

std::string_view PgReplica::user_label(std::string_view key) const {
  return find(spec.user_labels, key);
}
std::string_view PgTask::parameter(std::string_view key) const {
  return find(spec.parameters, key);
}

bool is_label_value(std::string_view text) {
  if (text.empty()) return true;
  const auto alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (text.size() > 63 || !alnum(text.front()) || !alnum(text.back())) return false;
  for (const char c : text) {
    if (!alnum(c) && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

bool is_label_key(std::string_view text) {
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    if (!text::is_dns1123_subdomain(text.substr(0, slash))) return false;
    text.remove_prefix(slash + 1);
  }
  return !text.empty() && is_label_value(text);
}

}  // namespace pgo::model
