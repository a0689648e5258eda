#include "embedded/node/volume_content.h"

#include "embedded/node/fd.h"
#include "embedded/node/files.h"
#include "pgo/base/text.h"

#include <cstdint>
#include <set>
#include <system_error>

namespace pgo::embedded::node {

namespace fs = std::filesystem;

namespace {

constexpr mode_t kConfigMode = 0644;
constexpr mode_t kSecretMode = 0600;

mode_t clamp_secret(mode_t mode) { return mode & kSecretMode; }

// What one source of a volume adds: the files and whether they are secret.
struct Adder {
  const json::Value& source;
  mode_t default_mode;
  bool secret;
  VolumeFiles& files;

  Result<void> add(std::string_view path, const json::Value& item, std::string content) {
    if (!is_inner_path(path))
      return fail(Code::invalid_argument, "not a path inside a volume: " + std::string(path));
    auto mode = static_cast<mode_t>(item["mode"].as_int(static_cast<std::int64_t>(default_mode)));
    mode &= 0777;
    if (secret) mode = clamp_secret(mode);
    // Whatever is asked for, the owner must be able to read it: nobody else is here.
    files[std::string(path)] = {std::move(content), mode | 0400};
    return {};
  }
};

// All keys of a ConfigMap or Secret, or those listed in `items`.
Result<void> add_keys(const kube::Object& object, Adder& adder) {
  const json::Value& items = adder.source["items"];
  if (items.items().empty()) {
    PGO_TRY(auto values, all_values(object));
    for (auto& [key, value] : values) PGO_TRY_VOID(adder.add(key, {}, std::move(value)));
    return {};
  }
  for (const json::Value& item : items.items()) {
    auto value = key_value(object, item["key"].as_string());
    if (!value && value.error().code == Code::not_found && adder.source["optional"].as_bool())
      continue;
    if (!value) return fail(std::move(value).error());
    PGO_TRY_VOID(adder.add(item["path"].as_string(), item, *std::move(value)));
  }
  return {};
}

Result<void> add_object(const kube::ResourceType& type, std::string_view name,
                        const VolumeSources& sources, Adder& adder) {
  auto object = sources.lookup(type, name);
  if (!object && object.error().code == Code::not_found && adder.source["optional"].as_bool())
    return {};
  if (!object) return fail(std::move(object).error());
  return add_keys(*object, adder);
}

Result<void> add_downward(const kube::Object& pod, const VolumeSources& sources, Adder& adder) {
  for (const json::Value& item : adder.source["items"].items()) {
    std::string value;
    if (item["fieldRef"].is_object()) {
      PGO_TRY(value,
              field_value(pod, sources.addresses, item["fieldRef"]["fieldPath"].as_string()));
    } else {
      PGO_TRY(value, resource_value(pod, {}, item["resourceFieldRef"]));
    }
    PGO_TRY_VOID(adder.add(item["path"].as_string(), item, std::move(value)));
  }
  return {};
}

std::string_view account_of(const kube::Object& pod) {
  return pod["spec"]["serviceAccountName"].as_string("default");
}

Result<void> add_token(const kube::Object& pod, const VolumeSources& sources, Adder& adder) {
  PGO_TRY(std::string token,
          sources.token(pod.ns(), account_of(pod), adder.source["audience"].as_string(),
                        static_cast<int>(sources.token_life.count())));
  return adder.add(adder.source["path"].as_string("token"), {}, std::move(token));
}

// One source of a volume or of a projected volume.
Result<void> add_source(const kube::Object& pod, const json::Value& holder, mode_t default_mode,
                        const VolumeSources& sources, VolumeFiles& files) {
  if (const json::Value& source = holder["secret"]; source.is_object()) {
    Adder adder{source, default_mode, true, files};
    return add_object(kube::types::kSecret,
                      source["secretName"].as_string(source["name"].as_string()), sources, adder);
  }
  if (const json::Value& source = holder["configMap"]; source.is_object()) {
    Adder adder{source, default_mode, false, files};
    return add_object(kube::types::kConfigMap, source["name"].as_string(), sources, adder);
  }
  if (const json::Value& source = holder["downwardAPI"]; source.is_object()) {
    Adder adder{source, default_mode, false, files};
    return add_downward(pod, sources, adder);
  }
  if (const json::Value& source = holder["serviceAccountToken"]; source.is_object()) {
    Adder adder{source, default_mode, true, files};
    return add_token(pod, sources, adder);
  }
  return fail(Code::invalid_argument, "unknown kind of projected volume source");
}

mode_t default_mode_of(const json::Value& source) {
  return static_cast<mode_t>(source["defaultMode"].as_int(kConfigMode));
}

// True when `folder` holds exactly these files.
bool holds(const fs::path& folder, const VolumeFiles& files) {
  std::error_code error;
  std::size_t found = 0;
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_directory(error)) continue;
    auto file = files.find(entry->path().lexically_relative(folder).string());
    if (file == files.end()) return false;
    auto mode = static_cast<mode_t>(fs::status(entry->path(), error).permissions());
    auto content = read_file(entry->path());
    if (error || mode != file->second.mode || !content || *content != file->second.content)
      return false;
    ++found;
  }
  return !error && found == files.size();
}

Result<void> make_link(const std::string& target, const fs::path& link) {
  std::string temporary = link.string() + "_tmp";
  ::unlink(temporary.c_str());
  if (::symlink(target.c_str(), temporary.c_str()) < 0) return fail_errno("link", temporary);
  if (::rename(temporary.c_str(), link.c_str()) < 0) return fail_errno("replace", link.string());
  return {};
}

// Removes links of ours to files that are no longer there, and older folders.
Result<void> tidy(const fs::path& directory, const std::string& current,
                  const std::set<std::string>& tops) {
  std::error_code error;
  std::vector<fs::path> stale;
  for (auto entry = fs::directory_iterator(directory, error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    bool old_folder = name.starts_with("..v") && name != current;
    bool old_link = entry->is_symlink(error) && name != "..data" && !tops.contains(name);
    if (old_folder || old_link) stale.push_back(entry->path());
  }
  for (const fs::path& path : stale) PGO_TRY_VOID(remove_tree(directory, path));
  return {};
}

}  // namespace

bool has_api_content(const json::Value& volume) {
  for (std::string_view kind : {"secret", "configMap", "downwardAPI", "projected"})
    if (volume[kind].is_object()) return true;
  return false;
}

Result<VolumeFiles> volume_files(const kube::Object& pod, const json::Value& volume,
                                 const VolumeSources& sources) {
  VolumeFiles files;
  if (const json::Value& projected = volume["projected"]; projected.is_object()) {
    mode_t mode = default_mode_of(projected);
    for (const json::Value& source : projected["sources"].items())
      PGO_TRY_VOID(add_source(pod, source, mode, sources, files));
    return files;
  }
  for (std::string_view kind : {"secret", "configMap", "downwardAPI"})
    if (volume[kind].is_object())
      PGO_TRY_VOID(add_source(pod, volume, default_mode_of(volume[kind]), sources, files));
  return files;
}

Result<VolumeFiles> account_files(const kube::Object& pod, const VolumeSources& sources) {
  VolumeFiles files;
  json::Value source = json::Value::object({{"path", "token"}});
  Adder adder{source, kSecretMode, true, files};
  PGO_TRY_VOID(add_token(pod, sources, adder));
  files["ca.crt"] = {sources.ca_pem, kConfigMode};
  files["namespace"] = {std::string(pod.ns()), kConfigMode};
  return files;
}

void each_volume_reference(
    const kube::Object& pod,
    const std::function<void(const kube::ResourceType&, std::string_view)>& visit) {
  auto one = [&](const json::Value& holder) {
    if (const json::Value& secret = holder["secret"]; secret.is_object())
      visit(kube::types::kSecret, secret["secretName"].as_string(secret["name"].as_string()));
    if (const json::Value& map = holder["configMap"]; map.is_object())
      visit(kube::types::kConfigMap, map["name"].as_string());
  };
  for (const json::Value& volume : pod["spec"]["volumes"].items()) {
    one(volume);
    for (const json::Value& source : volume["projected"]["sources"].items()) one(source);
  }
}

Result<void> publish_files(const fs::path& directory, const VolumeFiles& files) {
  PGO_TRY_VOID(make_directory(directory));
  std::error_code error;
  std::string current = fs::read_symlink(directory / "..data", error).string();
  if (!error && holds(directory / current, files)) return {};
  std::int64_t number = 1;
  if (current.starts_with("..v")) number = text::to_int(current.substr(3)).value_or(0) + 1;
  std::string fresh = "..v" + std::to_string(number);
  PGO_TRY_VOID(remove_tree(directory, directory / fresh));
  PGO_TRY_VOID(make_directory(directory / fresh));
  std::set<std::string> tops;
  for (const auto& [path, file] : files) {
    fs::path target = directory / fresh / path;
    if (target.parent_path() != directory / fresh)
      PGO_TRY_VOID(make_directory(target.parent_path()));
    PGO_TRY_VOID(replace_file(target, file.content, file.mode));
    tops.insert(fs::path(path).begin()->string());
  }
  PGO_TRY_VOID(make_link(fresh, directory / "..data"));
  for (const std::string& top : tops) {
    if (fs::is_symlink(directory / top, error)) continue;
    PGO_TRY_VOID(make_link("..data/" + top, directory / top));
  }
  return tidy(directory, fresh, tops);
}

}  // namespace pgo::embedded::node
