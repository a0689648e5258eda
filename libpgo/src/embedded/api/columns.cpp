#include "embedded/api/columns.h"

#include "pgo/base/text.h"
#include "pgo/kube/selector.h"

#include <algorithm>
#include <cstdint>

/// Columns as kubectl has always printed them. Source: "kubectl get" of Kubernetes 1.26.
namespace pgo::embedded::api {
namespace {

using json::Value;

constexpr int kWide = 1;

Value name_of(const Value& object) { return object["metadata"]["name"]; }
Value age(const Value& object, TimePoint now) {
  return age_of(object["metadata"]["creationTimestamp"], now);
}

std::string or_none(std::string text) {
  if (text.empty()) return "<none>";
  return text;
}

std::string count(const Value& value) { return std::to_string(value.as_int()); }

std::string ratio(const Value& have, const Value& want) { return count(have) + "/" + count(want); }

std::string joined(const Value& list, std::string_view member) {
  std::vector<std::string> parts;
  for (const Value& item : list.items()) parts.emplace_back(item[member].as_string());
  return text::join(parts, ",");
}

std::string selector_text(const Value& selector) {
  const auto parsed = kube::LabelSelector::from_json(selector);
  return parsed ? or_none(parsed->text()) : std::string("<none>");
}

/// Why a container does not run, if it does not.
std::string_view trouble(const Value& status) {
  const std::string_view waiting = status["state"]["waiting"]["reason"].as_string();
  if (!waiting.empty()) return waiting;
  const Value& terminated = status["state"]["terminated"];
  if (!terminated.is_object()) return {};
  const std::string_view reason = terminated["reason"].as_string();
  return reason.empty() ? std::string_view("Error") : reason;
}

std::string init_status(const Value& pod) {
  const auto& statuses = pod["status"]["initContainerStatuses"].items();
  std::size_t done = 0;
  for (const Value& status : statuses) {
    const Value& terminated = status["state"]["terminated"];
    if (terminated.is_object() && terminated["exitCode"].as_int() == 0) {
      ++done;
      continue;
    }
    const std::string_view reason = trouble(status);
    if (!reason.empty() && reason != "PodInitializing") return "Init:" + std::string(reason);
    return "Init:" + std::to_string(done) + "/" +
           std::to_string(pod["spec"]["initContainers"].items().size());
  }
  return {};
}

std::string pod_status(const Value& pod) {
  const Value& status = pod["status"];
  if (pod["metadata"]["deletionTimestamp"].is_string()) return "Terminating";
  if (const std::string init = init_status(pod); !init.empty()) return init;
  const std::string_view reason = status["reason"].as_string();
  if (!reason.empty()) return std::string(reason);
  const std::string_view phase = status["phase"].as_string("Unknown");
  for (const Value& container : status["containerStatuses"].items()) {
    const std::string_view why = trouble(container);
    if (!why.empty() && !(why == "Completed" && phase == "Running")) return std::string(why);
  }
  return std::string(phase);
}

Columns pods() {
  return {.list = {{.name = "Name", .format = "name"},
                   {.name = "Ready"},
                   {.name = "Status"},
                   {.name = "Restarts"},
                   {.name = "Age"},
                   {.name = "IP", .priority = kWide},
                   {.name = "Node", .priority = kWide},
                   {.name = "Nominated Node", .priority = kWide},
                   {.name = "Readiness Gates", .priority = kWide}},
          .cells = [](const Resource&, const Value& pod, TimePoint now) {
            std::int64_t ready = 0;
            std::int64_t restarts = 0;
            for (const Value& status : pod["status"]["containerStatuses"].items()) {
              ready += status["ready"].as_bool() ? 1 : 0;
              restarts += status["restartCount"].as_int();
            }
            const auto total = static_cast<std::int64_t>(pod["spec"]["containers"].items().size());
            return Value::array({name_of(pod), ratio(Value(ready), Value(total)), pod_status(pod),
                                 std::to_string(restarts), age(pod, now),
                                 or_none(std::string(pod["status"]["podIP"].as_string())),
                                 or_none(std::string(pod["spec"]["nodeName"].as_string())),
                                 "<none>", "<none>"});
          }};
}

std::vector<Column> workload_columns(std::initializer_list<const char*> names) {
  std::vector<Column> list{{.name = "Name", .format = "name"}};
  for (const char* name : names) list.push_back({.name = name});
  list.push_back({.name = "Age"});
  for (const char* name : {"Containers", "Images", "Selector"}) {
    list.push_back({.name = name, .priority = kWide});
  }
  return list;
}

void add_wide(Value& cells, const Value& object) {
  const Value& containers = object["spec"]["template"]["spec"]["containers"];
  cells.push_back(joined(containers, "name"));
  cells.push_back(joined(containers, "image"));
  cells.push_back(selector_text(object["spec"]["selector"]));
}

Columns deployments() {
  return {.list = workload_columns({"Ready", "Up-to-date", "Available"}),
          .cells = [](const Resource&, const Value& object, TimePoint now) {
            const Value& status = object["status"];
            Value cells = Value::array({name_of(object),
                                        ratio(status["readyReplicas"], object["spec"]["replicas"]),
                                        count(status["updatedReplicas"]),
                                        count(status["availableReplicas"]), age(object, now)});
            add_wide(cells, object);
            return cells;
          }};
}

Columns replica_sets() {
  return {.list = workload_columns({"Desired", "Current", "Ready"}),
          .cells = [](const Resource&, const Value& object, TimePoint now) {
            const Value& status = object["status"];
            Value cells = Value::array({name_of(object), count(object["spec"]["replicas"]),
                                        count(status["replicas"]), count(status["readyReplicas"]),
                                        age(object, now)});
            add_wide(cells, object);
            return cells;
          }};
}

std::string job_duration(const Value& status, TimePoint now) {
  const auto start = parse_rfc3339(status["startTime"].as_string());
  if (!start) return {};
  const auto end = parse_rfc3339(status["completionTime"].as_string());
  return age_of(status["startTime"], end ? *end : now);
}

Columns jobs() {
  return {.list = workload_columns({"Completions", "Duration"}),
          .cells = [](const Resource&, const Value& object, TimePoint now) {
            const Value& status = object["status"];
            Value cells = Value::array({name_of(object),
                                        ratio(status["succeeded"], object["spec"]["completions"]),
                                        job_duration(status, now), age(object, now)});
            add_wide(cells, object);
            return cells;
          }};
}

std::string service_ports(const Value& spec) {
  std::vector<std::string> parts;
  for (const Value& port : spec["ports"].items()) {
    std::string part = count(port["port"]);
    if (port["nodePort"].as_int() != 0) part += ":" + count(port["nodePort"]);
    parts.push_back(part + "/" + std::string(port["protocol"].as_string("TCP")));
  }
  return or_none(text::join(parts, ","));
}

Columns services() {
  return {
      .list = {{.name = "Name", .format = "name"},
               {.name = "Type"},
               {.name = "Cluster-IP"},
               {.name = "External-IP"},
               {.name = "Port(s)"},
               {.name = "Age"},
               {.name = "Selector", .priority = kWide}},
      .cells = [](const Resource&, const Value& object, TimePoint now) {
        const Value& spec = object["spec"];
        std::vector<std::string> selector;
        for (const json::Member& member : spec["selector"].members()) {
          selector.push_back(std::string(member.key) + "=" + std::string(member.value.as_string()));
        }
        return Value::array(
            {name_of(object), spec["type"], or_none(std::string(spec["clusterIP"].as_string())),
             or_none(std::string(spec["externalName"].as_string())), service_ports(spec),
             age(object, now), or_none(text::join(selector, ","))});
      }};
}

std::string endpoint_list(const Value& object) {
  std::vector<std::string> parts;
  for (const Value& subset : object["subsets"].items()) {
    for (const Value& port : subset["ports"].items()) {
      for (const Value& address : subset["addresses"].items()) {
        parts.push_back(std::string(address["ip"].as_string()) + ":" + count(port["port"]));
      }
    }
  }
  constexpr std::size_t kShown = 3;
  if (parts.size() <= kShown) return or_none(text::join(parts, ","));
  const std::size_t more = parts.size() - kShown;
  parts.resize(kShown);
  return text::join(parts, ",") + " + " + std::to_string(more) + " more...";
}

std::string access_modes(const Value& modes) {
  std::vector<std::string> parts;
  for (const Value& mode : modes.items()) {
    std::string letters;
    for (char c : mode.as_string()) {
      if (c >= 'A' && c <= 'Z') letters += c;
    }
    parts.push_back(letters == "RWO" && mode.as_string() == "ReadWriteOncePod" ? "RWOP" : letters);
  }
  return text::join(parts, ",");
}

std::string claim_of(const Value& reference) {
  if (!reference.is_object()) return {};
  return std::string(reference["namespace"].as_string()) + "/" +
         std::string(reference["name"].as_string());
}

std::string node_status(const Value& node) {
  std::string status = "Unknown";
  for (const Value& condition : node["status"]["conditions"].items()) {
    if (condition["type"].as_string() == "Ready") {
      status = condition["status"].as_string() == "True" ? "Ready" : "NotReady";
    }
  }
  if (node["spec"]["unschedulable"].as_bool()) status += ",SchedulingDisabled";
  return status;
}

std::string node_roles(const Value& node) {
  constexpr std::string_view kPrefix = "node-role.kubernetes.io/";
  std::vector<std::string> roles;
  for (const json::Member& label : node["metadata"]["labels"].members()) {
    if (label.key.starts_with(kPrefix)) roles.emplace_back(label.key.view().substr(kPrefix.size()));
  }
  std::sort(roles.begin(), roles.end());
  return or_none(text::join(roles, ","));
}

Value last_seen(const Value& event, TimePoint now) {
  for (const char* member : {"lastTimestamp", "eventTime", "firstTimestamp"}) {
    if (event[member].is_string()) return age_of(event[member], now);
  }
  return age(event, now);
}

Columns events() {
  return {.list = {{.name = "Last Seen"},
                   {.name = "Type"},
                   {.name = "Reason"},
                   {.name = "Object"},
                   {.name = "Message"},
                   {.name = "Name", .format = "name", .priority = kWide}},
          .cells = [](const Resource&, const Value& event, TimePoint now) {
            const Value& about = event["involvedObject"];
            return Value::array({last_seen(event, now), event["type"], event["reason"],
                                 text::to_lower(about["kind"].as_string()) + "/" +
                                     std::string(about["name"].as_string()),
                                 text::trim(event["message"].as_string()), name_of(event)});
          }};
}

/// A type whose columns are the name, some values, and the age.
Columns simple(std::initializer_list<const char*> names,
               std::function<std::vector<Value>(const Value&)> values) {
  Columns columns;
  columns.list.push_back({.name = "Name", .format = "name"});
  for (const char* name : names) columns.list.push_back({.name = name});
  columns.list.push_back({.name = "Age"});
  columns.cells = [values = std::move(values)](const Resource&, const Value& object,
                                               TimePoint now) {
    Value cells = Value::array({name_of(object)});
    for (Value& value : values(object)) cells.push_back(std::move(value));
    cells.push_back(age(object, now));
    return cells;
  };
  return columns;
}

std::int64_t size_of(const Value& object) {
  return static_cast<std::int64_t>(object["data"].members().size() +
                                   object["binaryData"].members().size());
}

Columns claims() {
  return simple({"Status", "Volume", "Capacity", "Access Modes", "StorageClass"},
                [](const Value& o) -> std::vector<Value> {
                  const bool ending = o["metadata"]["deletionTimestamp"].is_string();
                  return {ending ? Value("Terminating") : o["status"]["phase"],
                          o["spec"]["volumeName"].as_string(),
                          o["status"]["capacity"]["storage"].as_string(),
                          access_modes(o["status"]["accessModes"]),
                          o["spec"]["storageClassName"].as_string()};
                });
}

Columns volumes() {
  return simple({"Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim", "StorageClass"},
                [](const Value& o) -> std::vector<Value> {
                  const Value& spec = o["spec"];
                  return {spec["capacity"]["storage"].as_string(),
                          access_modes(spec["accessModes"]),
                          spec["persistentVolumeReclaimPolicy"].as_string(),
                          o["status"]["phase"].as_string(),
                          claim_of(spec["claimRef"]),
                          spec["storageClassName"].as_string()};
                });
}

Columns built_in(std::string_view kind) {
  if (kind == "Pod") return pods();
  if (kind == "Deployment") return deployments();
  if (kind == "ReplicaSet" || kind == "ReplicationController") return replica_sets();
  if (kind == "Job") return jobs();
  if (kind == "Service") return services();
  if (kind == "Event") return events();
  if (kind == "PersistentVolumeClaim") return claims();
  if (kind == "PersistentVolume") return volumes();
  if (kind == "Endpoints") {
    return simple({"Endpoints"},
                  [](const Value& o) -> std::vector<Value> { return {endpoint_list(o)}; });
  }
  if (kind == "ConfigMap") {
    return simple({"Data"}, [](const Value& o) -> std::vector<Value> { return {size_of(o)}; });
  }
  if (kind == "Secret") {
    return simple({"Type", "Data"},
                  [](const Value& o) -> std::vector<Value> { return {o["type"], size_of(o)}; });
  }
  if (kind == "Namespace") {
    return simple({"Status"},
                  [](const Value& o) -> std::vector<Value> { return {o["status"]["phase"]}; });
  }
  if (kind == "Node") {
    return simple({"Status", "Roles", "Version"}, [](const Value& o) -> std::vector<Value> {
      return {node_status(o), node_roles(o), o["status"]["nodeInfo"]["kubeletVersion"].as_string()};
    });
  }
  if (kind == "ServiceAccount") {
    return simple({"Secrets"}, [](const Value& o) -> std::vector<Value> {
      return {static_cast<std::int64_t>(o["secrets"].items().size())};
    });
  }
  if (kind == "Lease") {
    return simple({"Holder"}, [](const Value& o) -> std::vector<Value> {
      return {o["spec"]["holderIdentity"].as_string()};
    });
  }
  if (kind == "RoleBinding" || kind == "ClusterRoleBinding") {
    return simple({"Role"}, [](const Value& o) -> std::vector<Value> {
      return {std::string(o["roleRef"]["kind"].as_string()) + "/" +
              std::string(o["roleRef"]["name"].as_string())};
    });
  }
  if (kind == "Role" || kind == "ClusterRole" || kind == "CustomResourceDefinition") {
    return {.list = {{.name = "Name", .format = "name"}, {.name = "Created At"}},
            .cells = [](const Resource&, const Value& o, TimePoint) {
              return Value::array({name_of(o), o["metadata"]["creationTimestamp"]});
            }};
  }
  return simple({}, [](const Value&) { return std::vector<Value>(); });
}

/// The first value at a simple path: ".spec.name", ".status.conditions[0].type",
/// ".metadata.labels.pg\-cluster". Source: "Additional printer columns", which allows only paths.
Value at_json_path(const Value& object, std::string_view path) {
  const Value* at = &object;
  std::size_t i = 0;
  while (i < path.size() && !at->is_null()) {
    std::string part;
    if (path[i] == '[') {
      const std::size_t end = std::min(path.find(']', i), path.size());
      part = path.substr(i + 1, end - i - 1);
      i = std::min(end + 1, path.size());
      if (const auto index = text::to_int(part); index && *index >= 0) {
        at = &(*at)[static_cast<std::size_t>(*index)];
        continue;
      }
      std::erase(part, '\'');
      std::erase(part, '"');
    } else {
      if (path[i] == '.') ++i;
      for (; i < path.size() && path[i] != '.' && path[i] != '['; ++i) {
        if (path[i] == '\\' && i + 1 < path.size()) ++i;
        part += path[i];
      }
    }
    if (!part.empty()) at = &(*at)[std::string_view(part)];
  }
  return *at;
}

Columns custom(const Resource& type) {
  Columns columns;
  columns.list.push_back({.name = "Name", .format = "name"});
  for (const PrinterColumn& column : type.columns) {
    // Dates are printed as ages, so the cell is text.
    columns.list.push_back({.name = column.name,
                            .type = column.type == "date" ? "string" : column.type,
                            .format = column.format,
                            .description = column.description,
                            .priority = column.priority});
  }
  if (type.columns.empty()) columns.list.push_back({.name = "Age"});
  columns.cells = [](const Resource& resource, const Value& object, TimePoint now) {
    Value cells = Value::array({name_of(object)});
    for (const PrinterColumn& column : resource.columns) {
      Value value = at_json_path(object, column.json_path);
      if (column.type == "date" && value.is_string()) value = age_of(value, now);
      if (value.is_object() || value.is_array()) value = json::write(value);
      cells.push_back(std::move(value));
    }
    if (resource.columns.empty()) cells.push_back(age(object, now));
    return cells;
  };
  return columns;
}

}  // namespace

std::string age_of(const Value& timestamp, TimePoint now) {
  const auto moment = parse_rfc3339(timestamp.as_string());
  if (!moment) return "<unknown>";
  using std::chrono::duration_cast;
  const std::int64_t seconds =
      std::max<std::int64_t>(0, duration_cast<std::chrono::seconds>(now - *moment).count());
  const std::int64_t minutes = seconds / 60;
  const std::int64_t hours = minutes / 60;
  const std::int64_t days = hours / 24;
  const auto two = [](std::int64_t a, char unit_a, std::int64_t b, char unit_b) {
    std::string text = std::to_string(a) + unit_a;
    if (b > 0) text += std::to_string(b) + unit_b;
    return text;
  };
  // The larger the age, the coarser: as kubectl does.
  if (seconds < 120) return std::to_string(seconds) + "s";
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (hours < 3) return std::to_string(minutes) + "m";
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return std::to_string(hours) + "h";
  if (days < 8) return two(days, 'd', hours % 24, 'h');
  return std::to_string(days) + "d";
}

Columns columns_of(const Resource& type) {
  return type.custom ? custom(type) : built_in(type.kind);
}

}  // namespace pgo::embedded::api
