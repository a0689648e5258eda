#include "objects.h"

#include "pgo/base/text.h"
#include "pgo/kube/quantity.h"
#include "pgo/yaml/yaml.h"

#include <doctest/doctest.h>

#include <fstream>
#include <initializer_list>
#include <set>
#include <sstream>

namespace pgo::contract {
namespace {

using json::Value;

std::string read(const std::string& path) {
  std::ifstream file(path);
  REQUIRE_MESSAGE(file.good(), "cannot read " << path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Drops a member when it has the value the API server fills in.
void drop(Value& object, std::string_view key, const Value& filled_in) {
  if (object[key] == filled_in) object.erase(key);
}

void drop_all(Value& object, std::initializer_list<std::string_view> keys) {
  for (const auto key : keys) object.erase(key);
}

void canonical_quantities(Value& map) {
  if (!map.is_object()) return;
  for (auto& member : *map.if_object()) {
    if (auto quantity = kube::Quantity::parse(member.value.as_string())) {
      member.value = quantity->text();
    }
  }
}

void normalise_probe(Value& probe) {
  drop(probe, "successThreshold", 1);
  drop(probe, "failureThreshold", 3);
  drop(probe, "timeoutSeconds", 1);
  drop(probe, "periodSeconds", 10);
}

void normalise_container(Value& container) {
  drop(container, "terminationMessagePath", "/dev/termination-log");
  drop(container, "terminationMessagePolicy", "File");
  drop(container, "imagePullPolicy", "IfNotPresent");
  for (const auto probe : {"readinessProbe", "livenessProbe"}) {
    if (container[probe].is_object()) normalise_probe(container.at_or_add(probe));
  }
  if (container["resources"].is_object()) {
    for (const auto part : {"requests", "limits"}) {
      if (container["resources"][part].is_object()) {
        canonical_quantities(container.at_or_add("resources").at_or_add(part));
      }
    }
    drop(container, "resources", json::Object{});
  }
  for (auto& port : container.at_or_add("ports").make_array()) drop(port, "protocol", "TCP");
  drop(container, "ports", json::Array{});
  for (auto& variable : container.at_or_add("env").make_array()) {
    if (variable["name"].as_string() == "COMMAND_OPTS") {
      variable.set("value", text::trim(variable["value"].as_string()));
    }
    drop(variable, "value", "");
    if (variable["valueFrom"]["fieldRef"].is_object()) {
      drop(variable.at_or_add("valueFrom").at_or_add("fieldRef"), "apiVersion", "v1");
    }
  }
  drop(container, "env", json::Array{});
}

void normalise_pod_spec(Value& spec) {
  drop(spec, "terminationGracePeriodSeconds", 30);
  drop(spec, "dnsPolicy", "ClusterFirst");
  drop(spec, "schedulerName", "default-scheduler");
  drop(spec, "securityContext", json::Object{});
  drop(spec, "affinity", json::Object{});
  spec.erase("serviceAccount");  // the deprecated copy of serviceAccountName
  for (auto& container : spec.at_or_add("containers").make_array()) {
    normalise_container(container);
  }
  for (auto& volume : spec.at_or_add("volumes").make_array()) {
    for (const auto source : {"secret", "configMap", "projected"}) {
      if (volume[source].is_object()) drop(volume.at_or_add(source), "defaultMode", 420);
    }
  }
  drop(spec, "volumes", json::Array{});
}

void normalise_template(Value& pod) {
  auto& metadata = pod.at_or_add("metadata");
  drop(metadata, "creationTimestamp", nullptr);
  if (metadata["labels"].is_object()) {
    drop_all(metadata.at_or_add("labels"), {"job-name", "controller-uid"});
  }
  normalise_pod_spec(pod.at_or_add("spec"));
}

void normalise_secret(Value& object) {
  // Recorded values are decoded, ours are not.
  auto& data = object.at_or_add("data").make_object();
  for (auto& member : data) {
    const bool encoded = object["apiVersion"].as_string() == "v1";
    std::string value(member.value.as_string());
    if (encoded) value = text::base64_decode(value).value_or(value);
    if (member.key == "aws-s3-credentials.yaml") {
      member.value = yaml::parse(value).value_or(Value(value));
    } else if (member.key == "username" || member.key == "config") {
      member.value = value;
    } else {
      member.value = "drawn";
    }
  }
}

}  // namespace

const Value* GoldenCase::find(std::string_view kind, std::string_view object) const {
  for (const auto& item : created) {
    if (item.kind == kind && item.name == object) return &item.object;
  }
  return nullptr;
}

std::vector<const GoldenCase::Item*> GoldenCase::all(std::string_view kind) const {
  std::vector<const Item*> items;
  for (const auto& item : created) {
    if (item.kind == kind) items.push_back(&item);
  }
  return items;
}

Value load_json(const std::string& path) {
  auto value = json::parse(read(path));
  REQUIRE_MESSAGE(value.has_value(), path << ": " << (value ? "" : value.error().text()));
  return *std::move(value);
}

GoldenCase load_case(const std::string& name) {
  const Value file = load_json("golden/" + name + ".json");
  GoldenCase made;
  made.name = name;
  made.command = file["command"].as_string();
  made.request = file["request"];
  for (const auto& item : file["created"].items()) {
    made.created.push_back({std::string(item["kind"].as_string()),
                            std::string(item["name"].as_string()), item["object"]});
  }
  for (const auto& item : file["deleted"].items()) {
    made.deleted.push_back(
        {std::string(item["kind"].as_string()), std::string(item["name"].as_string()), {}});
  }
  for (const auto& item : file["changed"].items()) {
    for (const auto& change : item["changes"].items()) {
      made.changed.push_back(
          {std::string(item["kind"].as_string()), std::string(item["name"].as_string()),
           std::string(change["path"].as_string()), change["before"], change["after"]});
    }
  }
  for (const auto& line : file["before"].items()) made.before.emplace_back(line.as_string());
  return made;
}

Value normalise(std::string_view kind, Value object) {
  if (kind == "secrets") normalise_secret(object);
  object.erase("apiVersion");
  object.erase("kind");
  if (object["status"].is_object()) object.at_or_add("status").erase("message");
  auto& spec = object.at_or_add("spec");
  if (kind == "deployments") {
    drop_all(spec, {"revisionHistoryLimit", "progressDeadlineSeconds"});
    normalise_template(spec.at_or_add("template"));
    drop(spec["template"]["spec"].is_object() ? spec.at_or_add("template").at_or_add("spec") : spec,
         "restartPolicy", "Always");
  } else if (kind == "jobs") {
    drop_all(spec, {"parallelism", "completions", "completionMode", "suspend", "selector"});
    normalise_template(spec.at_or_add("template"));
  } else if (kind == "persistentvolumeclaims") {
    drop(spec, "volumeMode", "Filesystem");
    spec.erase("volumeName");
    drop(object.at_or_add("metadata"), "finalizers",
         Value::array({"kubernetes.io/pvc-protection"}));
    if (spec["resources"]["requests"].is_object()) {
      canonical_quantities(spec.at_or_add("resources").at_or_add("requests"));
    }
  } else if (kind == "services") {
    for (auto& port : spec.at_or_add("ports").make_array()) drop(port, "protocol", "TCP");
    drop_all(spec,
             {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy",
              "externalTrafficPolicy", "allocateLoadBalancerNodePorts"});
  } else if (kind == "configmaps") {
    auto& data = object.at_or_add("data").make_object();
    if (auto* text = data.find("postgres-ha.yaml")) {
      *text = yaml::parse(text->as_string()).value_or(*text);
    }
  } else if (kind == "namespaces") {
    spec.erase("finalizers");
    object.at_or_add("metadata").at_or_add("labels").erase("kubernetes.io/metadata.name");
  }
  drop(object, "spec", json::Object{});
  drop(object, "spec", nullptr);
  return object;
}

std::string Difference::text() const {
  return kind + " " + name + " " + path + ": 4.2.0 " + theirs + ", ours " + ours;
}

namespace {

std::string shown(const Value* value) { return value ? json::write_sorted(*value) : "(absent)"; }

/// What identifies the items of a list, or empty when they have only their place.
std::string_view list_key(const json::Array& a, const json::Array& b) {
  for (const std::string_view key : {"mountPath", "name"}) {
    std::set<std::string_view> seen;
    bool good = !a.empty() || !b.empty();
    for (const auto* list : {&a, &b}) {
      seen.clear();
      for (const auto& item : *list) {
        good = good && item[key].is_string() && seen.insert(item[key].as_string()).second;
      }
    }
    if (good) return key;
  }
  return {};
}

struct Walk {
  std::string_view kind, name;
  std::vector<Difference>& into;

  void report(const std::string& path, const Value* theirs, const Value* ours) {
    into.push_back({std::string(kind), std::string(name), path, shown(theirs), shown(ours)});
  }

  void lists(const std::string& path, const json::Array& theirs, const json::Array& ours) {
    const auto key = list_key(theirs, ours);
    std::map<std::string, std::pair<const Value*, const Value*>> pairs;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      pairs[key.empty() ? std::to_string(i) : std::string(theirs[i][key].as_string())].first =
          &theirs[i];
    }
    for (std::size_t i = 0; i < ours.size(); ++i) {
      pairs[key.empty() ? std::to_string(i) : std::string(ours[i][key].as_string())].second =
          &ours[i];
    }
    for (const auto& [id, pair] : pairs) values(path + "[" + id + "]", pair.first, pair.second);
  }

  void objects(const std::string& path, const json::Object& theirs, const json::Object& ours) {
    const auto under = [&](const std::string& key) {
      return path.empty() ? key : path + "." + key;
    };
    for (const auto& member : theirs)
      values(under(member.key), &member.value, ours.find(member.key));
    for (const auto& member : ours) {
      if (!theirs.contains(member.key)) values(under(member.key), nullptr, &member.value);
    }
  }

  void values(const std::string& path, const Value* theirs, const Value* ours) {
    if (theirs && ours && theirs->is_object() && ours->is_object()) {
      objects(path, theirs->members(), ours->members());
    } else if (theirs && ours && theirs->is_array() && ours->is_array()) {
      lists(path, theirs->items(), ours->items());
    } else if (!theirs || !ours || !(*theirs == *ours)) {
      report(path, theirs, ours);
    }
  }
};

}  // namespace

void compare(std::string_view kind, std::string_view name, const Value& theirs, const Value& ours,
             std::vector<Difference>& into) {
  Walk{kind, name, into}.values("", &theirs, &ours);
}

bool matches(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  const auto rest = pattern.substr(star + 1);
  for (std::size_t i = star; i <= text.size(); ++i) {
    if (matches(rest, text.substr(i))) return true;
  }
  return false;
}

Intended Intended::load(const std::string& path) {
  Intended made;
  for (const auto& line : text::split(read(path), '\n')) {
    const bool row = line.starts_with("| ") && line.size() > 3 &&
                     std::string_view("BDFGRS").find(line[2]) != std::string_view::npos &&
                     text::to_int(line.substr(3, 1)).has_value();
    if (!row) continue;
    const auto cells = text::split(line, '|');
    REQUIRE_MESSAGE(cells.size() >= 6, "a row needs number, kind, path and reason: " << line);
    std::string where(text::trim(cells[3]));
    std::erase(where, '`');
    made.rows_.push_back(
        {std::string(text::trim(cells[1])), std::string(text::trim(cells[2])), std::move(where)});
  }
  return made;
}

bool Intended::allows(const Difference& difference) {
  bool allowed = false;
  for (auto& row : rows_) {
    if (row.kind != difference.kind || !matches(row.path, difference.path)) continue;
    row.met = true;
    allowed = true;
  }
  return allowed;
}

std::vector<std::string> Intended::unmet(char letter) const {
  std::vector<std::string> rows;
  for (const auto& row : rows_) {
    if (!row.met && row.number.front() == letter)
      rows.push_back(row.number + " " + row.kind + " " + row.path);
  }
  return rows;
}

}  // namespace pgo::contract
