#include "flow.h"

#include "pgo/base/text.h"
#include "pgo/json/codec.h"
#include "pgo/model/names.h"

#include <doctest/doctest.h>

namespace pgo::contract {

namespace rest = model::rest;
namespace types = kube::types;
using json::Value;

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  if (from.empty()) return;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

namespace {

/// RFC 3339 times, which differ from run to run.
void replace_times(std::string& text) {
  constexpr std::size_t kLength = 20;  // 2026-11-22T14:19:15Z
  for (std::size_t at = text.find("20"); at != std::string::npos; at = text.find("20", at + 1)) {
    if (at + kLength <= text.size() && text[at + 4] == '-' && text[at + 10] == 'T' &&
        text[at + kLength - 1] == 'Z') {
      text.replace(at, kLength, "<time>");
    }
  }
}

/// What was drawn at random, as text -> placeholder; learnt from the objects themselves.
std::map<std::string, std::string> random_values(const Objects& objects,
                                                 const std::set<std::string>& known) {
  std::map<std::string, std::string> found;
  std::size_t replica = 0;
  for (const auto& [key, object] : objects) {
    const auto& [kind, name] = key;
    const auto& labels = object["metadata"]["labels"];
    if (const auto id = labels["workflowid"].as_string(); !id.empty())
      found[std::string(id)] = "<workflow>";
    if (const auto id = labels["pg-cluster-id"].as_string(); !id.empty())
      found[std::string(id)] = "<id>";
    if (kind == "pgreplicas" && !known.contains(name)) {
      found[name] = "<replica-" + std::to_string(replica++) + ">";
    }
    // 4.2.0 drew four letters for each of these; ours follow from the workflow's id.
    for (const auto& [label, placeholder] :
         {std::pair{"pgo-clone-step-1", "<step-1>"}, std::pair{"pgo-clone-step-2", "<step-2>"},
          std::pair{"pgo-clone-step-3", "<step-3>"},
          std::pair{"pgo-backrest-restore", "<restore>"}}) {
      if (labels[label].as_string() == "true") found[name] = placeholder;
    }
    if (name.ends_with("-cloneworkflow")) found[name] = "<clone-workflow>";
    if (kind != "jobs") continue;
    for (const auto& variable :
         object["spec"]["template"]["spec"]["containers"][0]["env"].items()) {
      const std::string value(variable["value"].as_string());
      if (variable["name"].as_string() == "PODNAME") found[value] = "<repo-pod>";
      if (variable["name"].as_string() == "COMMAND_OPTS") {
        const auto at = value.find("--db-host=");
        if (at != std::string::npos) {
          found[value.substr(at + 10, value.find(' ', at + 10) - at - 10)] = "<ip>";
        }
      }
    }
  }
  return found;
}

}  // namespace

Objects canonical(const Objects& objects, const std::set<std::string>& known) {
  const auto values = random_values(objects, known);
  Objects made;
  for (const auto& [key, object] : objects) {
    std::string text = json::write(normalise(key.first, object));
    std::string name = key.second;
    for (const auto& [from, to] : values) {
      replace_all(text, from, to);
      replace_all(name, from, to);
    }
    replace_times(text);
    auto value = json::parse(text);
    REQUIRE(value.has_value());
    made.emplace(std::pair{key.first, name}, *std::move(value));
  }
  return made;
}

Objects recorded_objects(const GoldenCase& recorded) {
  Objects objects;
  for (const auto& item : recorded.created)
    objects.emplace(std::pair{item.kind, item.name}, item.object);
  return objects;
}

void compare_all(const Objects& theirs, const Objects& ours, std::vector<Difference>& into) {
  for (const auto& [key, object] : theirs) {
    const auto found = ours.find(key);
    if (found == ours.end()) {
      into.push_back({key.first, key.second, "(object)", "made", "not made"});
    } else {
      compare(key.first, key.second, object, found->second, into);
    }
  }
  for (const auto& [key, object] : ours) {
    if (!theirs.contains(key))
      into.push_back({key.first, key.second, "(object)", "not made", "made"});
  }
}

void prepare(World& world) {
  kube::Object map(types::kConfigMap, world.ns(), "mycustom");
  map.document().at_or_add("data").set("postgres-ha.yaml", "---\n");
  world.create(map, types::kConfigMap);
  for (const char* region : {"us-east-1", "us-west-1"}) {
    kube::Object node(types::kNode, "", region);
    node.set_label("region", region);
    world.create(node, types::kNode);
  }
  // The certificate is the installation's to give; any will do.
  kube::Object secret(types::kSecret, "pgo", std::string(model::fixed::kRepoConfigSecret));
  secret.document().set("data", Value::object({{"aws-s3-ca.crt", text::base64_encode("given")}}));
  world.create(secret, types::kSecret);
}

void create_policy(World& world, const std::string& name) {
  kube::Object policy(types::kPgPolicy, world.ns(), name);
  policy.document().set("spec", Value::object({{"name", name}, {"sql", "select 1"}}));
  world.create(policy, types::kPgPolicy);
}

void request_cluster(World& world, const Value& body) {
  auto request = json::decode<rest::CreateClusterRequest>(body, json::Mode::lenient);
  REQUIRE(request.has_value());
  request->ns = world.ns();
  auto answer = operations::create_cluster(world.context(), world.caller(), *request);
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
}

void create_cluster(World& world, const Value& body) {
  request_cluster(world, body);
  const std::string name(body["Name"].as_string());
  world.until([&] { return world.state_of(name) == model::state::kClusterInitialized; },
              "cluster " + name + " initialised");
  world.settle();
}

std::string namespace_of(const GoldenCase& recorded) {
  return std::string(recorded.created.front().object["metadata"]["namespace"].as_string());
}

void hold(const std::vector<Difference>& differences, char letter) {
  auto intended = Intended::load("differences.md");
  for (const auto& difference : differences) {
    CHECK_MESSAGE(intended.allows(difference), difference.text());
  }
  for (const auto& row : intended.unmet(letter)) {
    FAIL_CHECK("differences.md lists what no longer differs: " << row);
  }
}

Value plain_request(std::string_view name, int replicas) {
  return json::Object{{"Name", name},
                      {"ReplicaCount", replicas},
                      {"Series", 1},
                      {"AutofailFlag", true},
                      {"ClientVersion", "4.2.0"}};
}

std::string replica_of(const Objects& objects) {
  for (const auto& [key, object] : objects) {
    if (key.first == "pgreplicas") return key.second;
  }
  return {};
}

namespace {

Objects made_since(const Objects& before, const Objects& after, const Objects& recorded) {
  Objects made;
  for (const auto& [key, object] : after) {
    if (object["metadata"]["labels"]["replica-name"].is_string()) continue;
    if (!before.contains(key) || recorded.contains(key)) made.emplace(key, object);
  }
  return made;
}

}  // namespace

void hold_made(const World& world, const Objects& before, const GoldenCase& recorded,
               std::vector<Difference>& differences) {
  Objects theirs = recorded_objects(recorded);
  std::erase_if(theirs, [](const auto& one) {
    return one.second["metadata"]["labels"]["replica-name"].is_string();
  });
  compare_all(canonical(theirs), canonical(made_since(before, world.objects(), theirs)),
              differences);
}

namespace {

const Value& at_path(const Value& object, std::string_view path) {
  const Value* value = &object;
  for (const auto& part : text::split(path, '.')) value = &(*value)[part];
  return *value;
}

/// Settings within a text, as Patroni keeps them, in whatever order.
Value opened(const Value& value) {
  const auto text = value.as_string();
  return text.starts_with('{') ? json::parse(text).value_or(value) : value;
}

}  // namespace

void compare_changes(const GoldenCase& recorded, const Objects& before, const Objects& after,
                     std::vector<Difference>& into) {
  REQUIRE(!recorded.changed.empty());
  for (const auto& change : recorded.changed) {
    const std::pair key(change.kind, change.name);
    CAPTURE(change.name);
    REQUIRE(before.contains(key));
    REQUIRE(after.contains(key));
    CHECK(opened(at_path(before.at(key), change.path)) == opened(change.before));
    const auto& ours = at_path(after.at(key), change.path);
    if (opened(ours) == opened(change.after)) continue;
    into.push_back(
        {change.kind, change.name, change.path, json::write(change.after), json::write(ours)});
  }
}

std::map<std::string, bool> fate_of(const GoldenCase& recorded) {
  std::map<std::string, bool> fates;
  for (const auto& line : recorded.before) {
    const auto blank = line.find(' ');
    fates[line.substr(0, blank) + " " + line.substr(line.find('/') + 1)] = false;
  }
  for (const auto& item : recorded.deleted) fates[item.kind + " " + item.name] = true;
  return fates;
}

}  // namespace pgo::contract
