#include "node_world.h"

#include <filesystem>

using namespace node_test;
using namespace std::chrono_literals;

namespace {
constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin";

// PostgreSQL without anything around it, on a claim.
constexpr const char* kScript =
    "set -eu; export PATH=/usr/lib/postgresql/15/bin:$PATH\n"
    "[ -e /pgdata/db/PG_VERSION ] || initdb -D /pgdata/db -A trust --no-sync >/dev/null\n"
    "rm -f /pgdata/db/postmaster.pid\n"
    "exec postgres -D /pgdata/db -c listen_addresses=$POD_IP -c unix_socket_directories=/tmp";
}  // namespace

TEST_CASE("postgres: runs in a pod, takes exec, survives kill -9, stops cleanly on deletion") {
  if (!std::filesystem::exists(std::string(kPrograms) + "/postgres")) {
    MESSAGE("skipped: postgresql-15 is not installed");
    return;
  }
  NodeWorld world;
  NEEDS_USER(world);
  kube::Object claim(kube::types::kPersistentVolumeClaim, "demo", "db");
  claim.document().set(
      "spec", json::Value::object(
                  {{"accessModes", json::Value::array({"ReadWriteOnce"})},
                   {"resources", json::Value::object(
                                     {{"requests", json::Value::object({{"storage", "1Gi"}})}})}}));
  world.create(kube::types::kPersistentVolumeClaim, claim);
  auto pod = NodeWorld::shell_pod("db", kScript);
  NodeWorld::spec(pod).set(
      "volumes", json::Value::array({json::Value::object(
                     {{"name", "data"},
                      {"persistentVolumeClaim", json::Value::object({{"claimName", "db"}})}})}));
  auto command = json::Value::array({std::string(kPrograms) + "/pg_isready", "-h", "/tmp"});
  NodeWorld::main_container(pod).set(
      "volumeMounts",
      json::Value::array({json::Value::object({{"name", "data"}, {"mountPath", "/pgdata"}})}));
  NodeWorld::main_container(pod).set(
      "readinessProbe", json::Value::object({{"exec", json::Value::object({{"command", command}})},
                                             {"initialDelaySeconds", 15}}));
  auto begin = std::chrono::steady_clock::now();
  world.create_pod(pod);
  REQUIRE(NodeWorld::eventually([&] { return world.ready("db"); }, 60s));
  MESSAGE("ready after ",
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                begin)
              .count(),
          " ms");
  auto psql = [&](const std::string& sql) {
    auto result = world.exec("db", "psql -h /tmp postgres -XAtq -f -", sql);
    return result ? result->out : result.error().text();
  };
  CHECK(psql("create table t as select 42 as n; select n from t") == "42\n");
  CHECK(psql("select current_user") == "postgres\n");

  (void)world.exec("db", "kill -9 $(head -1 /pgdata/db/postmaster.pid)");
  REQUIRE(NodeWorld::eventually([&] {
    auto container = world.status("db")["containerStatuses"][std::size_t{0}];
    return container["restartCount"].as_int() == 1 && container["ready"].as_bool();
  }));
  CHECK(psql("select n from t") == "42\n");

  auto data = world.state_dir() / "pv" / "demo" / "db" / "db";
  CHECK(std::filesystem::exists(data / "postmaster.pid"));
  REQUIRE(world.client->remove(kube::types::kPod, "demo", "db"));
  REQUIRE(NodeWorld::eventually([&] { return world.status("db").is_null(); }));
  CHECK(!std::filesystem::exists(data / "postmaster.pid"));  // it said goodbye
}
