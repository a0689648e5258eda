#include "server_replay.h"

#include "pgo/base/text.h"
#include "pgo/model/names.h"

#include <doctest/doctest.h>

namespace pgo::test {
namespace {

namespace types = kube::types;

const kube::ResourceType& type_of(std::string_view plural) {
  if (plural == "pgtasks") return types::kPgTask;
  if (plural == "pgclusters") return types::kPgCluster;
  if (plural == "pgreplicas") return types::kPgReplica;
  if (plural == "configmaps") return types::kConfigMap;
  if (plural == "pgpolicies") return types::kPgPolicy;
  return types::kSecret;
}

/// A Secret as recorded: values as text, those that chance makes replaced.
json::Value plain_secret(const kube::Object& secret) {
  json::Value document = secret.document();
  for (const auto& member : secret["data"].members()) {
    document.at_or_add("data").set(member.key, operations::secret_text(secret, member.key));
  }
  return document;
}

}  // namespace

json::Value json_of(const http::Response& response) {
  auto document = json::parse(response.body);
  REQUIRE(document.has_value());
  return *std::move(document);
}

Replay::Replay() {
  for (const char* policy : {"p1", "p2"}) world.put_policy("pgouser3", policy);
  world.put_config_map("pgouser3", "mycustom");
  world.put_role("backupper", "CreateBackup");
  world.put_user("bob", "bobpass", "reader", "");
  auto made = server::RestService::create(world.context(), {});
  REQUIRE(made.has_value());
  rest = *std::move(made);
}

http::Response Replay::ask(const json::Value& exchange) const {
  http::Request request;
  request.method = std::string(exchange["method"].as_string());
  request.target = std::string(exchange["path"].as_string());
  request.peer_verified = exchange["clientCert"].as_bool();
  if (!exchange["body"].is_null()) request.body = json::write(exchange["body"]);
  const std::string_view authorization = exchange["auth"].as_string();
  if (!authorization.empty()) {
    request.headers.emplace_back("Authorization",
                                 "Basic " + text::base64_encode(authorization.substr(6)));
  }
  return rest->answer(request);
}

std::string_view code_of(const json::Value& answer) {
  return answer["status"].is_object() ? answer["status"]["Code"].as_string()
                                      : answer["Code"].as_string();
}

void check_answer(const json::Value& exchange, const http::Response& response,
                  const std::vector<std::string_view>& ignored) {
  CHECK(response.status == exchange["status"].as_int());
  bool challenge = false;
  for (const auto& [name, value] : response.headers) {
    challenge = challenge || text::equals_ignore_case(name, "www-authenticate");
  }
  CHECK(challenge == exchange["challenge"].as_bool());
  if (!exchange["answer"].is_object()) return;
  CHECK(test::difference(exchange["answer"], json_of(response), ignored) == "");
}

void check_writes(Replay& replay, const RecordedCase& recorded, std::string_view also_ignored) {
  const std::vector<std::string_view> ignored = {
      also_ignored, "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields",
      "namespace",
      "pgbouncer-password",  // K31
      // Beyond 4.2.0: so that Deployments name the keys of S3 by reference.
      model::data_key::kS3Key, model::data_key::kS3KeySecret};
  for (const json::Value& write : recorded.writes()) {
    const std::string_view resource = write["resource"].as_string();
    const std::string_view ns = write["namespace"].as_string();
    std::string name(write["name"].as_string());
    if (resource == "pgreplicas") {
      const auto replicas = replay.world.all(types::kPgReplica, ns);
      REQUIRE_FALSE(replicas.empty());
      name = std::string(replicas.front().name());
    }
    if (resource == "pgtasks") {
      for (const kube::Object& task : replay.world.all(types::kPgTask, ns)) {
        if (test::without_chance(task.name()) == test::without_chance(name)) name = task.name();
      }
    }
    CAPTURE(name);
    const kube::Object object = replay.world.get(type_of(resource), ns, name);
    REQUIRE_FALSE(object.name().empty());
    const json::Value ours = resource == "secrets" ? plain_secret(object) : object.document();
    CHECK(test::difference(write["object"], ours, ignored) == "");
  }
}

}  // namespace pgo::test
