#include "objects.h"
#include "pgo/base/text.h"
#include "pgo/json/codec.h"
#include "pgo/model/names.h"
#include "pgo/operations/clone.h"
#include "pgo/operations/restore.h"
#include "pgo/operations/scale.h"
#include "pgo/operations/schedule.h"
#include "world.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

// The recorded commands are given to our operations, the operator works until nothing is left to
// do, and what then stands in the namespace is compared with what stood there after 4.2.0.

namespace pgo::contract {
namespace {

namespace rest = model::rest;
namespace types = kube::types;
using json::Value;

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  if (from.empty()) return;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

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

/// The objects with placeholders for what is random, normalised, by placeholder name.
Objects canonical(const Objects& objects, const std::set<std::string>& known = {}) {
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

/// What the recorded commands found in their namespace.
void prepare(World& world) {
  kube::Object map(types::kConfigMap, world.ns(), "mycustom");
  map.document().at_or_add("data").set("postgres-ha.yaml", "---\n");
  world.create(map, types::kConfigMap);
  kube::Object node(types::kNode, "", "east");
  node.set_label("region", "us-east-1");
  world.create(node, types::kNode);
  // The certificate is the installation's to give; any will do.
  kube::Object secret(types::kSecret, "pgo", std::string(model::fixed::kRepoConfigSecret));
  secret.document().set("data", Value::object({{"aws-s3-ca.crt", text::base64_encode("given")}}));
  world.create(secret, types::kSecret);
}

void create_policies(World& world) {
  for (const char* name : {"p1", "p2"}) {
    kube::Object policy(types::kPgPolicy, world.ns(), name);
    policy.document().set("spec", Value::object({{"name", name}, {"sql", "select 1"}}));
    world.create(policy, types::kPgPolicy);
  }
}

void create_cluster(World& world, const Value& body) {
  auto request = json::decode<rest::CreateClusterRequest>(body, json::Mode::lenient);
  REQUIRE(request.has_value());
  request->ns = world.ns();
  auto answer = operations::create_cluster(world.context(), world.caller(), *request);
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  const auto name = request->name;
  world.until([&] { return world.state_of(name) == model::state::kClusterInitialized; },
              "cluster " + name + " initialised");
  world.settle();
}

std::string namespace_of(const GoldenCase& recorded) {
  return std::string(recorded.created.front().object["metadata"]["namespace"].as_string());
}

/// Every difference has a row, and every row of `letter` is met.
void hold(const std::vector<Difference>& differences, char letter = 'F') {
  auto intended = Intended::load("differences.md");
  for (const auto& difference : differences) {
    CHECK_MESSAGE(intended.allows(difference), difference.text());
  }
  for (const auto& row : intended.unmet(letter)) {
    FAIL_CHECK("differences.md lists what no longer differs: " << row);
  }
}

}  // namespace

TEST_CASE("contract: after create and scale the namespace holds what it held after 4.2.0") {
  std::vector<Difference> differences;
  for (const auto* name :
       {"create-cluster-plain", "create-cluster-replica-count-2", "create-cluster-sync-replication",
        "create-cluster-pod-anti-affinity-disabled", "create-cluster-disable-autofail",
        "create-cluster-password", "create-cluster-labels",
        "create-cluster-service-type-loadbalancer", "create-cluster-resources-config",
        "create-cluster-node-label", "create-cluster-s3", "create-cluster-custom-config",
        "create-cluster-metrics", "create-cluster-pgbadger", "create-cluster-ccp-image-gis",
        "create-cluster-policies", "create-cluster-in-new-namespace"}) {
    const auto recorded = load_case(name);
    World world(namespace_of(recorded));
    prepare(world);
    if (!recorded.request["Policies"].as_string().empty()) create_policies(world);
    create_cluster(world, recorded.request);
    Objects made = world.objects();
    std::erase_if(made, [](const auto& one) { return one.first.first == "pgpolicies"; });
    compare_all(canonical(recorded_objects(recorded)), canonical(made), differences);
    if (std::string_view(name) != "create-cluster-plain") continue;

    const auto scaled = load_case("scale-one");
    const auto before = world.objects();
    operations::ScaleRequest request;
    request.cluster = "hippo";
    request.ns = world.ns();
    const auto answer = operations::scale(world.context(), world.caller(), request);
    REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
    world.settle();
    Objects added;
    for (auto& [key, object] : world.objects()) {
      if (!before.contains(key)) added.emplace(key, object);
    }
    compare_all(canonical(recorded_objects(scaled)), canonical(added), differences);
  }
  hold(differences);
}

namespace {

Value plain_request(std::string_view name, int replicas) {
  return json::Object{{"Name", name},
                      {"ReplicaCount", replicas},
                      {"Series", 1},
                      {"AutofailFlag", true},
                      {"ClientVersion", "4.2.0"}};
}

/// What was made, or made again, since `before`; instances that are made again have other names in
/// every run and are held by the test of create.
Objects made_since(const Objects& before, const Objects& after, const Objects& recorded) {
  Objects made;
  for (const auto& [key, object] : after) {
    if (object["metadata"]["labels"]["replica-name"].is_string()) continue;
    if (!before.contains(key) || recorded.contains(key)) made.emplace(key, object);
  }
  return made;
}

void hold_made(World& world, const Objects& before, const GoldenCase& recorded,
               std::vector<Difference>& differences) {
  Objects theirs = recorded_objects(recorded);
  std::erase_if(theirs, [](const auto& one) {
    return one.second["metadata"]["labels"]["replica-name"].is_string();
  });
  compare_all(canonical(theirs), canonical(made_since(before, world.objects(), theirs)),
              differences);
}

}  // namespace

TEST_CASE("contract: after clone and restore the namespace holds what it held after 4.2.0") {
  std::vector<Difference> differences;
  {
    const auto recorded = load_case("clone");
    auto request = json::decode<rest::CloneRequest>(recorded.request, json::Mode::lenient);
    REQUIRE(request.has_value());
    World world(request->ns);
    prepare(world);
    create_cluster(world, plain_request(request->source_cluster_name, 0));
    const auto before = world.objects();
    const auto answer = operations::clone_cluster(world.context(), world.caller(), *request);
    REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
    world.until(
        [&] {
          return world.state_of(request->target_cluster_name) == model::state::kClusterInitialized;
        },
        "the clone is there");
    world.settle();
    hold_made(world, before, recorded, differences);
  }
  {
    const auto recorded = load_case("restore-plain");
    auto request = json::decode<rest::RestoreRequest>(recorded.request, json::Mode::lenient);
    REQUIRE(request.has_value());
    World world(request->ns);
    prepare(world);
    create_cluster(world, plain_request(request->from_cluster, 1));
    const auto before = world.objects();
    const auto answer = operations::restore_cluster(world.context(), world.caller(), *request);
    REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
    world.settle();
    CHECK(world.state_of(request->from_cluster) == model::state::kClusterInitialized);
    hold_made(world, before, recorded, differences);
  }
  hold(differences, 'G');
}

TEST_CASE("contract: a schedule that fires makes what 4.2.0's made") {
  const auto recorded = load_case("schedule-fires-backup");
  auto request = json::decode<rest::CreateScheduleRequest>(recorded.request, json::Mode::lenient);
  REQUIRE(request.has_value());
  World world(request->ns);
  prepare(world);
  create_cluster(world, plain_request(request->cluster_name, 0));
  const auto before = world.objects();
  const auto answer = operations::create_schedules(world.context(), *request);
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  const auto task = model::names::scheduled_backup(request->cluster_name, "incr");
  world.until(
      [&] {
        const auto found = world.client().get(types::kPgTask, world.ns(), task);
        return found && (*found)["spec"]["status"].as_string() == "job completed";
      },
      "the scheduled backup is done");
  std::vector<Difference> differences;
  hold_made(world, before, recorded, differences);
  hold(differences, 'S');
}

namespace {

/// Whether 4.2.0 deleted an object ("kind name"): recorded for those that both sides have.
std::map<std::string, bool> fate_of(const GoldenCase& recorded) {
  std::map<std::string, bool> fates;
  for (const auto& line : recorded.before) {
    const auto blank = line.find(' ');
    fates[line.substr(0, blank) + " " + line.substr(line.find('/') + 1)] = false;
  }
  for (const auto& item : recorded.deleted) fates[item.kind + " " + item.name] = true;
  return fates;
}

/// Replicas have other names in every run: the first of theirs stands for any of ours.
std::string with_replica_name(std::string text, const std::string& ours,
                              const std::string& theirs) {
  replace_all(text, ours, theirs);
  return text;
}

void hold_deletion(const std::string& name, int replicas, const std::string& their_replica,
                   std::size_t at_least) {
  CAPTURE(name);
  const auto recorded = load_case(name);
  const auto fates = fate_of(recorded);
  auto request = json::decode<rest::DeleteClusterRequest>(recorded.request, json::Mode::lenient);
  REQUIRE(request.has_value());
  World world(request->ns);
  prepare(world);
  const auto& cluster = request->clustername;
  create_cluster(world, json::Object{{"Name", cluster},
                                     {"ReplicaCount", replicas},
                                     {"Series", 1},
                                     {"AutofailFlag", true},
                                     {"ClientVersion", "4.2.0"}});
  const auto before = world.objects(true);
  std::string our_replica;
  for (const auto& [key, object] : before) {
    if (key.first == "pgreplicas") our_replica = key.second;
  }
  const auto answer = operations::delete_clusters(world.context(), *request);
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  world.settle();
  const auto after = world.objects(true);

  std::size_t held = 0;
  for (const auto& [key, object] : before) {
    const auto found =
        fates.find(with_replica_name(key.first + " " + key.second, our_replica, their_replica));
    if (found == fates.end()) continue;
    ++held;
    CHECK_MESSAGE(after.contains(key) != found->second, found->first);
  }
  CHECK(held >= at_least);
  for (const auto& [key, object] : after) {
    CHECK_MESSAGE(before.contains(key), "left behind: " << key.first << " " << key.second);
  }
}

}  // namespace

TEST_CASE("contract: delete removes and keeps what 4.2.0 removed and kept") {
  hold_deletion("delete-cluster-with-replicas", 2, "hippo-oemc", 18);
  hold_deletion("delete-cluster-keep-data", 1, "rhino-gjwh", 20);
  hold_deletion("delete-cluster-keep-backups", 0, "", 14);
  hold_deletion("delete-cluster-plain", 0, "", 16);
}

TEST_CASE("contract: scaledown removes what 4.2.0 removed of the replica, and K6: nothing else") {
  const auto recorded = load_case("scaledown-target");
  const std::string their_replica = "hippo-bgmi";
  World world("pgouser1");
  prepare(world);
  create_cluster(world, plain_request("hippo", 2));
  const auto before = world.objects(true);
  std::string replica;
  for (const auto& [key, object] : before) {
    if (key.first == "pgreplicas") replica = key.second;
  }
  const auto answer = operations::scale_down(
      world.context(),
      {.cluster = "hippo", .ns = world.ns(), .replica = replica, .delete_data = true});
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  world.settle();
  const auto after = world.objects(true);
  const auto fates = fate_of(recorded);
  std::size_t gone = 0;
  for (const auto& [key, object] : before) {
    const bool of_replica = key.second == replica;
    const auto fate =
        fates.find(with_replica_name(key.first + " " + key.second, replica, their_replica));
    if (of_replica) CHECK_MESSAGE((fate != fates.end() && fate->second), key.second);
    CHECK_MESSAGE(after.contains(key) != of_replica, key.first << " " << key.second);
    gone += of_replica ? 1 : 0;
  }
  CHECK(gone == 3);  // Deployment, volume, pgreplica
  CHECK(after.size() == before.size() - gone);
}

}  // namespace pgo::contract
