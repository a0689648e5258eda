#include "node_world.h"

#include <atomic>

using namespace node_test;
using namespace std::chrono_literals;

namespace {

json::Value volume(std::string_view name, std::string_view kind, json::Value source) {
  return json::Value::object({{"name", name}, {kind, std::move(source)}});
}
json::Value mount(std::string_view name, std::string_view path, bool read_only = false) {
  return json::Value::object({{"name", name}, {"mountPath", path}, {"readOnly", read_only}});
}

kube::Object claim(std::string_view name) {
  kube::Object object(kube::types::kPersistentVolumeClaim, "demo", name);
  object.document().set(
      "spec", json::Value::object(
                  {{"accessModes", json::Value::array({"ReadWriteMany"})},
                   {"resources", json::Value::object(
                                     {{"requests", json::Value::object({{"storage", "1Gi"}})}})}}));
  return object;
}

kube::Object claim_pod(std::string_view name, std::string_view claim_name,
                       std::string_view script) {
  auto pod = NodeWorld::shell_pod(name, script);
  NodeWorld::spec(pod).set(
      "volumes", json::Value::array({volume("data", "persistentVolumeClaim",
                                            json::Value::object({{"claimName", claim_name}}))}));
  NodeWorld::main_container(pod).set("volumeMounts", json::Value::array({mount("data", "/data")}));
  return pod;
}

kube::Object config(const kube::ResourceType& type, std::string_view name, std::string_view field,
                    json::Value data) {
  kube::Object object(type, "demo", name);
  object.document().set(field, std::move(data));
  return object;
}

}  // namespace

TEST_CASE("volumes: a claim's data survives its pod and goes with the claim") {
  NodeWorld world;
  NEEDS_USER(world);
  world.create(kube::types::kPersistentVolumeClaim, claim("store"));
  world.create_pod(claim_pod("writer", "store", "echo kept > /data/file; echo done; sleep 1000"));
  REQUIRE(NodeWorld::eventually([&] { return world.log_of("writer") == "done\n"; }));
  REQUIRE(world.client->remove(kube::types::kPod, "demo", "writer"));
  REQUIRE(NodeWorld::eventually([&] { return world.status("writer").is_null(); }));
  world.create_pod(claim_pod("reader", "store", "cat /data/file; sleep 1000"));
  CHECK(NodeWorld::eventually([&] { return world.log_of("reader") == "kept\n"; }));
  auto folder = world.state_dir() / "pv" / "demo" / "store";
  CHECK(std::filesystem::exists(folder / "file"));

  REQUIRE(world.client->remove(kube::types::kPersistentVolumeClaim, "demo", "store"));
  std::this_thread::sleep_for(300ms);
  CHECK(std::filesystem::exists(folder / "file"));  // a pod still works on it
  REQUIRE(world.client->remove(kube::types::kPod, "demo", "reader"));
  CHECK(NodeWorld::eventually([&] { return !std::filesystem::exists(folder); }));
  CHECK(NodeWorld::eventually([&] {
    auto volumes = world.client->list(kube::types::kPersistentVolume, {});
    return volumes && volumes->items.empty();
  }));
}

TEST_CASE("volumes: a pod waits for its claim, and says so") {
  NodeWorld world;
  NEEDS_USER(world);
  world.create_pod(claim_pod("early", "later", "echo up; sleep 1000"));
  CHECK(NodeWorld::eventually([&] {
    return world.status("early")["message"].as_string().find("later") != std::string_view::npos;
  }));
  world.create(kube::types::kPersistentVolumeClaim, claim("later"));
  CHECK(NodeWorld::eventually([&] { return world.ready("early"); }));
  CHECK(world.status("early")["message"].is_null());
}

TEST_CASE("volumes: the next pod on a claim starts only when the last one is dead") {
  NodeWorld world;
  NEEDS_USER(world);
  world.create(kube::types::kPersistentVolumeClaim, claim("one"));
  const char* script =
      "mkdir /data/lock || echo BOTH; trap 'sleep 0.7; rmdir /data/lock; exit 0' TERM;"
      "echo up; while :; do sleep 0.05; done";
  world.create_pod(claim_pod("old", "one", script));
  REQUIRE(NodeWorld::eventually([&] { return world.log_of("old") == "up\n"; }));
  REQUIRE(world.client->remove(kube::types::kPod, "demo", "old"));
  world.create_pod(claim_pod("new", "one", script));
  CHECK(NodeWorld::eventually([&] { return world.log_of("new") == "up\n"; }));
}

TEST_CASE(
    "volumes: secrets are for the owner only, whatever mode is asked for, and follow changes") {
  NodeWorld world;
  NEEDS_USER(world);
  world.create(kube::types::kSecret, config(kube::types::kSecret, "keys", "data",
                                            json::Value::object({{"id_rsa", "a2V5"}})));
  world.create(kube::types::kConfigMap,
               config(kube::types::kConfigMap, "settings", "data",
                      json::Value::object({{"a.conf", "one"}, {"b.conf", "two"}})));
  auto pod = NodeWorld::shell_pod("files", "sleep 1000");
  auto secret_source = json::Value::object({{"secretName", "keys"}, {"defaultMode", 0777}});
  auto items = json::Value::array({json::Value::object({{"key", "a.conf"}, {"path", "sub/x"}})});
  auto sources = json::Value::array(
      {json::Value::object(
           {{"configMap", json::Value::object({{"name", "settings"}, {"items", items}})}}),
       json::Value::object(
           {{"configMap", json::Value::object({{"name", "absent"}, {"optional", true}})}})});
  NodeWorld::spec(pod).set(
      "volumes",
      json::Value::array({volume("keys", "secret", secret_source),
                          volume("conf", "projected", json::Value::object({{"sources", sources}})),
                          volume("inner", "emptyDir", json::Value::object())}));
  NodeWorld::main_container(pod).set(
      "volumeMounts", json::Value::array({mount("inner", "/conf/inner"), mount("conf", "/conf"),
                                          mount("keys", "/keys", true)}));
  world.create_pod(pod);
  REQUIRE(NodeWorld::eventually([&] { return world.ready("files"); }));
  auto seen = world.exec("files",
                         "stat -Lc '%a %U' /keys/id_rsa; cat /keys/id_rsa /conf/sub/x; ls /conf;"
                         "touch /conf/inner/x && echo inner; touch /conf/x 2>/dev/null || echo ro");
  REQUIRE(seen);
  CHECK(seen->out == "600 postgres\nkeyoneinner\nsub\ninner\nro\n");

  auto patch = json::Value::object({{"data", json::Value::object({{"a.conf", "changed"}})}});
  REQUIRE(world.client->patch(kube::types::kConfigMap, "demo", "settings", kube::PatchType::merge,
                              patch));
  CHECK(NodeWorld::eventually([&] {
    auto now = world.exec("files", "cat /conf/sub/x");
    return now && now->out == "changed";
  }));
}

TEST_CASE("volumes: a missing secret keeps the pod waiting until it is there") {
  NodeWorld world;
  NEEDS_USER(world);
  auto pod = NodeWorld::shell_pod("patient", "cat /keys/k; sleep 1000");
  NodeWorld::spec(pod).set(
      "volumes",
      json::Value::array({volume("keys", "secret", json::Value::object({{"secretName", "s"}}))}));
  NodeWorld::main_container(pod).set("volumeMounts", json::Value::array({mount("keys", "/keys")}));
  world.create_pod(pod);
  CHECK(NodeWorld::eventually([&] {
    return world.status("patient")["message"].as_string().find("Secret") != std::string_view::npos;
  }));
  world.create(kube::types::kSecret,
               config(kube::types::kSecret, "s", "data", json::Value::object({{"k", "djE="}})));
  CHECK(NodeWorld::eventually([&] { return world.log_of("patient") == "v1"; }));
}

TEST_CASE("volumes: every container has its service account") {
  NodeWorld world;
  NEEDS_USER(world);
  auto pod = NodeWorld::shell_pod(
      "account",
      "cd /var/run/secrets/kubernetes.io/serviceaccount && cat namespace && echo && cat token &&"
      "echo && cat ca.crt; echo $KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT; sleep 1000");
  NodeWorld::spec(pod).set("serviceAccountName", "pgo-pg");
  kube::Object account(kube::types::kServiceAccount, "demo", "pgo-pg");
  (void)world.client->create(kube::types::kServiceAccount, account);
  world.create_pod(pod);
  CHECK(NodeWorld::eventually([&] {
    return world.log_of("account") ==
           "demo\ntoken of demo/pgo-pg\nthe certificate\n127.80.0.1:6443\n";
  }));
}

TEST_CASE("volumes: the token is renewed for as long as the pod runs, and soon where that failed") {
  NodeWorld world;
  NEEDS_USER(world);
  auto asked = std::make_shared<std::atomic<int>>(0);
  world.restart_node(1s, [asked](embedded::LocalNodeOptions& options) {
    options.token_life = 1s;
    options.token = [asked](std::string_view, std::string_view) -> Result<std::string> {
      const int number = ++*asked;
      if (number == 3) return fail(Code::unavailable, "no tokens just now");
      return std::to_string(number);
    };
  });
  world.create_pod(NodeWorld::shell_pod("account", "sleep 1000"));
  REQUIRE(NodeWorld::eventually([&] { return world.phase("account") == "Running"; }));
  CHECK(NodeWorld::eventually([&] {
    auto token = world.exec("account", "cat /var/run/secrets/kubernetes.io/serviceaccount/token");
    return token && token->out == std::to_string(asked->load()) && *asked > 4;
  }));
}

TEST_CASE("volumes: a folder of the host is refused unless the node was told to give it") {
  NodeWorld world;
  NEEDS_USER(world);
  auto pod = NodeWorld::shell_pod("curious", "ls /host");
  NodeWorld::spec(pod).set(
      "volumes",
      json::Value::array({volume("host", "hostPath", json::Value::object({{"path", "/home"}}))}));
  NodeWorld::main_container(pod).set("volumeMounts", json::Value::array({mount("host", "/host")}));
  world.create_pod(pod);
  CHECK(NodeWorld::eventually([&] {
    return world.status("curious")["message"].as_string().find("/home") != std::string_view::npos;
  }));
}
