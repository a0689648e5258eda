#include "pgo/model/names.h"
#include "world.h"

#include <algorithm>
#include <cctype>
#include <set>

// What two runs must agree on: every object that the operator made or changed, without what is
// drawn by chance or follows the clock.
namespace pgo::testing {
namespace {

namespace types = kube::types;

bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

bool matches(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool fits = pattern[i] == 'x'   ? is_hex(text[i])
                      : pattern[i] == '9' ? std::isdigit(static_cast<unsigned char>(text[i])) != 0
                                          : text[i] == pattern[i];
    if (!fits) return false;
  }
  return true;
}

/// UUIDs, times and pod addresses differ from run to run.
std::string without_chance(std::string text, const std::vector<std::string>& pods) {
  for (const std::string& pod : pods) {
    for (auto at = text.find(pod); at != std::string::npos; at = text.find(pod)) {
      text.replace(at, pod.size(), "POD");
    }
  }
  constexpr std::string_view kUuid = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  constexpr std::string_view kTime = "9999-99-99T99:99:99Z";
  constexpr std::string_view kHost = "--db-host=";
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = std::string_view(text).substr(i);
    if (matches(rest, kUuid)) {
      result += "UUID";
      i += kUuid.size();
    } else if (matches(rest, kTime)) {
      result += "TIME";
      i += kTime.size();
    } else if (rest.starts_with(kHost)) {
      result += "--db-host=IP";
      i += kHost.size();
      while (i < text.size() &&
             (text[i] == '.' || std::isdigit(static_cast<unsigned char>(text[i])))) {
        ++i;
      }
    } else {
      result += text[i++];
    }
  }
  return result;
}

json::Value plain(const kube::Object& object) {
  json::Value document = object.document();
  json::Value& metadata = document.at_or_add("metadata");
  for (const char* member : {"uid", "resourceVersion", "creationTimestamp", "generation",
                             "managedFields", "ownerReferences"}) {
    metadata.erase(member);
  }
  const std::string_view kind = object.kind();
  if (kind == "Secret") {
    document.erase("data");
  } else if (kind == "Job") {
    json::Value status;
    status.set("succeeded", document["status"]["succeeded"]);
    document.set("status", std::move(status));
    // The controller's own labels and selector carry a UID.
    document.at_or_add("spec").erase("selector");
    document.at_or_add("spec").erase("template");
  } else if (!kind.starts_with("Pg")) {
    document.erase("status");
  }
  if (kind == "PersistentVolumeClaim") {
    document.at_or_add("spec").erase("volumeName");
    metadata.erase("annotations");
  }
  if (kind == "Service") {
    document.at_or_add("spec").erase("clusterIP");
    document.at_or_add("spec").erase("clusterIPs");
  }
  if (kind == "ConfigMap" && metadata["name"].as_string().ends_with("-leader")) {
    metadata.erase("annotations");
  }
  // Where the end of scheduled SQL was lost, that is what is told; the workflows look at it.
  if (kind == "ConfigMap") metadata.at_or_add("annotations").erase("pgo-command-failed");
  return document;
}

}  // namespace

std::string World::picture() const {
  std::vector<std::string> pods;
  for (const kube::Object& pod : list(types::kPod)) pods.emplace_back(pod.name());
  std::string text;
  for (const kube::ResourceType* type :
       {&types::kPgCluster, &types::kPgReplica, &types::kPgTask, &types::kDeployment,
        &types::kService, &types::kPersistentVolumeClaim, &types::kSecret, &types::kConfigMap,
        &types::kJob, &types::kServiceAccount, &types::kRole, &types::kRoleBinding}) {
    for (const kube::Object& object : list(*type)) {
      text += without_chance(json::write_sorted(plain(object)), pods) + "\n";
    }
  }
  for (const kube::Object& pod : list(types::kPod)) {
    if (pod.label("pgo-pg-database") != "true") continue;
    text += "Pod of " + std::string(pod.label("deployment-name")) + " role " +
            std::string(pod.label("role")) + " service " + std::string(pod.label("service-name")) +
            "\n";
  }
  return text;
}

model::rest::ExplainResponse World::explain(const std::string& cluster) const {
  SeededIdSource ids(options_.seed + 2000);
  auto explained = engine::explain(client_, {clock, ids, built_in_settings()}, kNs, cluster);
  REQUIRE_MESSAGE(explained, (explained ? "" : explained.error().text()));
  return *std::move(explained);
}

bool World::settled(const std::string& cluster, std::size_t instances) const {
  if (!initialized(cluster)) return false;
  std::size_t running = 0;
  for (const kube::Object& pod : list(types::kPod)) {
    if (pod.label("pgo-pg-database") != "true" || pod.label("pg-cluster") != cluster) continue;
    if (pod.being_deleted() || pod.label("role").empty()) continue;
    ++running;
  }
  return running == instances;
}

bool World::gone(const std::string& cluster) const {
  return !get(types::kPgCluster, cluster) &&
         !get(types::kPgTask, model::names::removal_task(cluster));
}

std::string World::leader(const std::string& cluster) const {
  std::string found;
  for (const kube::Object& pod : list(types::kPod)) {
    if (pod.label("pg-cluster") != cluster || pod.label("role") != "master") continue;
    if (pod.being_deleted()) continue;
    found = pod.name();
    bool ready = false;
    for (const json::Value& one : pod["status"]["conditions"].items()) {
      if (one["type"].as_string() == "Ready") ready = one["status"].as_string() == "True";
    }
    if (ready) return found;
  }
  return found;
}

}  // namespace pgo::testing
