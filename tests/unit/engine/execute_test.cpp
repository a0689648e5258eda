#include "engine/execute.h"

#include "pgo/base/text.h"
#include "pgo/crypto/password.h"
#include "rig.h"

#include <doctest/doctest.h>

using namespace pgo;
using namespace pgo::testing;

namespace types = kube::types;

namespace {

kube::Object config_map(const std::string& name, const std::string& cluster = "hippo") {
  kube::Object map(types::kConfigMap, "pgouser1", name);
  map.set_label("pg-cluster", cluster);
  return map;
}

struct Hands : Rig {
  Hands()
      : executor(
            kube::Client(network), clock, ids, Log{}, {},
            [] { return Result<engine::SshKeys>(engine::SshKeys{"p", "a"}); }, 24) {
    create(types::kNamespace, kube::Object(types::kNamespace, "", "pgouser1"));
  }
  engine::Outcome act(std::vector<plan::Action> actions) {
    return executor.execute("pgouser1", "hippo", actions);
  }
  engine::Executor executor;
};

/// A door behind which commands end as the test says.
struct Commands final : kube::Transport {
  explicit Commands(kube::Transport& to) : inner(&to) {}
  Result<kube::Response> request(const kube::Request& request) override {
    return inner->request(request);
  }
  Result<std::unique_ptr<kube::WatchStream>> watch(const kube::Request& request,
                                                   std::function<void()> on_ready) override {
    return inner->watch(request, std::move(on_ready));
  }
  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override {
    requests.push_back(request);
    return ends();
  }
  kube::Transport* inner;
  std::function<Result<kube::ExecResult>()> ends;
  std::vector<kube::ExecRequest> requests;
};

plan::Action ensure(kube::Object object, bool adopt = false) {
  return {plan::Ensure{types::kConfigMap, std::move(object), adopt}, "test"};
}

}  // namespace

TEST_CASE("execute: an object that is there and ours is done, and goes to the caches") {
  Hands hands;
  const std::string uid(hands.create(types::kConfigMap, config_map("one")).uid());
  const engine::Outcome outcome = hands.act({ensure(config_map("one"))});
  CHECK_FALSE(outcome.error);
  REQUIRE(outcome.answers.size() == 1);
  CHECK(outcome.answers.front().object.uid() == uid);
}

TEST_CASE("execute: the first failure ends the list") {
  Hands hands;
  hands.create(types::kConfigMap, config_map("one", "rhino"));
  const engine::Outcome outcome =
      hands.act({ensure(config_map("zero")), ensure(config_map("one")), ensure(config_map("two"))});
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == Code::already_exists);
  CHECK(outcome.answers.size() == 1);
  CHECK(hands.has(types::kConfigMap, "zero"));
  CHECK_FALSE(hands.has(types::kConfigMap, "two"));
}

TEST_CASE("execute: what is taken over belongs to nobody else") {
  Hands hands;
  kube::Object unclaimed(types::kConfigMap, "pgouser1", "kept");
  hands.create(types::kConfigMap, unclaimed);
  hands.create(types::kConfigMap, config_map("one", "rhino"));
  CHECK_FALSE(hands.act({ensure(config_map("kept"), true)}).error);
  CHECK(hands.act({ensure(config_map("kept"))}).error);
  const auto outcome = hands.act({ensure(config_map("one"), true)});
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == Code::already_exists);
}

TEST_CASE("execute: nothing is deleted without a UID") {
  Hands hands;
  hands.create(types::kConfigMap, config_map("one"));
  const engine::Outcome outcome =
      hands.act({{plan::Delete{types::kConfigMap, "pgouser1", "one", ""}, "test"}});
  CHECK(outcome.error);
  CHECK(hands.has(types::kConfigMap, "one"));
}

TEST_CASE("execute: a deletion spares the object that took the name meanwhile") {
  Hands hands;
  hands.create(types::kConfigMap, config_map("one"));
  const engine::Outcome outcome = hands.act(
      {{plan::Delete{types::kConfigMap, "pgouser1", "one", "00000000-uid-of-before"}, "test"}});
  CHECK_FALSE(outcome.error);
  CHECK(hands.has(types::kConfigMap, "one"));
}

TEST_CASE("execute: a deletion that lost a race is tried again") {
  Hands hands;
  const std::string uid(hands.create(types::kConfigMap, config_map("one")).uid());
  hands.network.decide = [](const Call& call) {
    return call.method == kube::Method::delete_ ? Fault::conflict : Fault::none;
  };
  const engine::Outcome outcome =
      hands.act({{plan::Delete{types::kConfigMap, "pgouser1", "one", uid}, "test"}});
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == Code::conflict);
}

TEST_CASE("execute: what is gone already counts as deleted") {
  Hands hands;
  const engine::Outcome outcome =
      hands.act({{plan::Delete{types::kConfigMap, "pgouser1", "none", "uid"}, "test"}});
  CHECK_FALSE(outcome.error);
}

TEST_CASE("execute: a patch bound to a version fails when the object has moved on") {
  Hands hands;
  const kube::Object stored = hands.create(types::kConfigMap, config_map("one"));
  const auto patch = [&](const char* value) {
    return plan::Action{
        plan::Patch{types::kConfigMap, "pgouser1", "one",
                    json::Value::object({{"data", json::Value::object({{"init", value}})}}),
                    std::string(stored.resource_version())},
        "test"};
  };
  CHECK_FALSE(hands.act({patch("true")}).error);
  const engine::Outcome outcome = hands.act({patch("false")});
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == Code::conflict);
}

TEST_CASE("execute: a command is handed back to be started, whatever fails after it") {
  Hands hands;
  hands.create(types::kConfigMap, config_map("one", "rhino"));
  plan::Exec exec{
      .id = "sql", .ns = "pgouser1", .pod = "hippo", .container = "database", .command = {"psql"}};
  const auto outcome = hands.act({{exec, "test"}, ensure(config_map("one"))});
  CHECK(outcome.error);
  REQUIRE(outcome.execs.size() == 1);
  CHECK(outcome.execs[0].id == "sql");
  const auto before = hands.act({ensure(config_map("one")), {exec, "test"}});
  CHECK(before.error);
  CHECK(before.execs.empty());
}

TEST_CASE("execute: how a command ended, and whether it can have begun") {
  using enum plan::ExecState::Outcome;
  Hands hands;
  Commands commands(hands.network);
  const engine::Executor executor(
      kube::Client(commands), hands.clock, hands.ids, Log{}, {},
      [] { return Result<engine::SshKeys>(engine::SshKeys{"p", "a"}); }, 24);
  plan::Exec exec{
      .id = "sql", .ns = "pgouser1", .pod = "hippo", .container = "database", .command = {"psql"}};
  exec.timeout = std::chrono::minutes(30);
  const auto ends = [&](Result<kube::ExecResult> how, Duration after = {}) {
    commands.ends = [&, how]() -> Result<kube::ExecResult> {
      hands.clock.advance(after);
      return how;
    };
    const plan::ExecState state = executor.run(exec);
    CHECK(state.id == "sql");
    CHECK(state.pod == "hippo");
    CHECK(state.ended == hands.clock.now());
    return std::pair(state.outcome, state.why);
  };
  using End = std::pair<plan::ExecState::Outcome, std::string>;
  CHECK(ends(kube::ExecResult{}) == End(succeeded, ""));
  CHECK(ends(kube::ExecResult{.exit_code = 3, .out = {}, .err = "ERROR: no\n"}) ==
        End(failed, "ERROR: no"));
  const auto late = fail(Code::deadline_exceeded, "the command did not end in time");
  CHECK(ends(late, exec.timeout) == End(failed, "it did not end within 30m"));
  // Before its time is over nobody knows whether it began.
  CHECK(ends(late).first == unknown);
  for (const Code code : {Code::unavailable, Code::cancelled, Code::internal,
                          Code::resource_exhausted, Code::conflict}) {
    CHECK(ends(fail(code, "the channel broke")).first == unknown);
  }
  for (const Code code : {Code::not_found, Code::permission_denied, Code::failed_precondition}) {
    CHECK(ends(fail(code, "the container is not running")).first == never_ran);
  }
}

TEST_CASE("execute: a command reads what a secret holds, and nothing is run without it") {
  Hands hands;
  Commands commands(hands.network);
  const engine::Executor executor(
      kube::Client(commands), hands.clock, hands.ids, Log{}, {},
      [] { return Result<engine::SshKeys>(engine::SshKeys{"p", "a"}); }, 24);
  commands.ends = [] { return kube::ExecResult{}; };
  plan::Exec exec{
      .id = "pool", .ns = "pgouser1", .pod = "hippo", .container = "database", .command = {"bash"}};
  exec.input_secret = "pool-secret";
  exec.input_key = "users.txt";
  CHECK(executor.run(exec).outcome == plan::ExecState::Outcome::never_ran);
  CHECK(commands.requests.empty());
  kube::Object secret(types::kSecret, "pgouser1", "pool-secret");
  secret.document().at_or_add("data").set("users.txt", text::base64_encode("line\n"));
  hands.create(types::kSecret, secret);
  CHECK(executor.run(exec).outcome == plan::ExecState::Outcome::succeeded);
  REQUIRE(commands.requests.size() == 1);
  CHECK(commands.requests[0].stdin_data == "line\n");
}

TEST_CASE("execute: the account that is drawn for pgBouncer fits its users.txt") {
  Hands hands;
  kube::Object secret(types::kSecret, "pgouser1", "hippo-pgbouncer-secret");
  secret.document().at_or_add("data").set("username", text::base64_encode("pool"));
  const auto outcome = hands.act({{plan::EnsureSecret{secret, plan::Generated::pool, {}}, "test"}});
  REQUIRE_FALSE(outcome.error);
  const kube::Object& made = outcome.answers.at(0).object;
  const auto password = text::base64_decode(made["data"]["password"].as_string());
  const auto users = text::base64_decode(made["data"]["users.txt"].as_string());
  REQUIRE((password && users));
  CHECK(password->size() == 24);
  CHECK(*users == "\"pool\" \"" + crypto::postgres_md5("pool", *password) + "\"\n\n");
}

TEST_CASE("execute: an event that cannot be stored fails nothing") {
  Hands hands;
  hands.network.decide = [](const Call& call) {
    return call.path.find("/events") != std::string::npos ? Fault::server_error : Fault::none;
  };
  const engine::Outcome outcome = hands.act({{plan::Event{.type = "CreateCluster",
                                                          .topics = {"clustertopic"},
                                                          .user = {},
                                                          .payload = {{"clustername", "hippo"}}},
                                              "test"},
                                             ensure(config_map("one"))});
  CHECK_FALSE(outcome.error);
  CHECK(hands.has(types::kConfigMap, "one"));
}

TEST_CASE("execute: an existing secret is kept with its values") {
  Hands hands;
  kube::Object secret(types::kSecret, "pgouser1", "hippo-postgres-secret");
  secret.set_label("pg-cluster", "hippo");
  secret.document().at_or_add("data").set("password", "b2xk");
  hands.create(types::kSecret, secret);
  kube::Object wanted(types::kSecret, "pgouser1", "hippo-postgres-secret");
  wanted.set_label("pg-cluster", "hippo");
  CHECK_FALSE(hands.act({{plan::EnsureSecret{wanted, plan::Generated::password}, "test"}}).error);
  const auto stored = hands.client.get(types::kSecret, "pgouser1", "hippo-postgres-secret");
  CHECK((*stored)["data"]["password"].as_string() == "b2xk");
}
