#include "embedded/node/fd.h"
#include "node_world.h"

#include <netinet/in.h>
#include <sys/socket.h>

using namespace node_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kServer =
    "import os,socketserver\n"
    "class H(socketserver.StreamRequestHandler):\n"
    "  def handle(self):\n"
    "    data=self.rfile.read()\n"
    "    self.wfile.write(os.environ['HOSTNAME'].encode()+b' '+str(len(data)).encode()+b'\\n')\n"
    "socketserver.ThreadingTCPServer.allow_reuse_address=True\n"
    "s=socketserver.ThreadingTCPServer((os.environ['POD_IP'],7000),H)\n"
    "s.serve_forever()\n";

// Sends `bytes` bytes, ends its side, and prints the answer.
std::string client(std::string_view host, int bytes) {
  return "python3 -c \"import socket;s=socket.create_connection(('" + std::string(host) +
         "',7000));s.sendall(b'x'*" + std::to_string(bytes) +
         ");s.shutdown(1);print(s.makefile().read(),end='')\" 2>&1 | tail -1";
}

kube::Object server_pod(std::string_view name) {
  auto pod = NodeWorld::shell_pod(name, "true");
  NodeWorld::main_container(pod).set("command", json::Value::array({"python3", "-c", kServer}));
  NodeWorld::main_container(pod).set(
      "readinessProbe",
      json::Value::object({{"tcpSocket", json::Value::object({{"port", 7000}})}}));
  pod.set_label("app", "server");
  pod.set_label("role", name);
  return pod;
}

kube::Object service(std::string_view name, std::string_view ip, json::Value selector) {
  kube::Object object(kube::types::kService, "demo", name);
  auto ports = json::Value::array(
      {json::Value::object({{"name", "main"}, {"port", 7000}, {"targetPort", 7000}})});
  object.document().set(
      "spec", json::Value::object(
                  {{"clusterIP", ip}, {"selector", std::move(selector)}, {"ports", ports}}));
  return object;
}

}  // namespace

TEST_CASE(
    "services: a name reaches the ready pods behind it, with half-close, and follows labels") {
  NodeWorld world;
  NEEDS_USER(world);
  world.create(kube::types::kService,
               service("primary", "127.80.2.1", json::Value::object({{"role", "one"}})));
  world.create_pod(NodeWorld::shell_pod("client", "sleep 1000"));
  world.create_pod(server_pod("one"));
  world.create_pod(server_pod("two"));
  REQUIRE(NodeWorld::eventually(
      [&] { return world.ready("one") && world.ready("two") && world.ready("client"); }));
  auto ask = [&](std::string_view host, int bytes) {
    auto result = world.exec("client", client(host, bytes));
    return result ? result->out : result.error().text();
  };
  CHECK(NodeWorld::eventually([&] { return ask("primary", 5) == "one 5\n"; }));
  CHECK(ask("primary.demo.svc.cluster.local", 3'000'000) == "one 3000000\n");
  CHECK(ask("one", 1) == "one 1\n");  // pods know each other by name

  auto moved = json::Value::object(
      {{"spec", json::Value::object({{"selector", json::Value::object({{"role", "two"}})}})}});
  auto before = std::chrono::steady_clock::now();
  REQUIRE(
      world.client->patch(kube::types::kService, "demo", "primary", kube::PatchType::merge, moved));
  CHECK(NodeWorld::eventually([&] { return ask("primary", 2) == "two 2\n"; }));
  CHECK(std::chrono::steady_clock::now() - before < 3s);
}

TEST_CASE("services: without a ready endpoint a connection is reset at once") {
  NodeWorld world;
  NEEDS_USER(world);
  world.create(kube::types::kService,
               service("empty", "127.80.2.2", json::Value::object({{"role", "none"}})));
  world.create_pod(NodeWorld::shell_pod("client", "sleep 1000"));
  REQUIRE(NodeWorld::eventually([&] { return world.ready("client"); }));
  CHECK(NodeWorld::eventually([&] {
    auto result = world.exec("client", client("empty", 1));
    return result && result->out.find("reset") != std::string::npos;
  }));
}

TEST_CASE("names: hosts of running pods follow services that come and go") {
  NodeWorld world;
  NEEDS_USER(world);
  world.create_pod(NodeWorld::shell_pod("client", "sleep 1000"));
  REQUIRE(NodeWorld::eventually([&] { return world.ready("client"); }));
  auto address = [&](const std::string& name) {
    auto result = world.exec("client", "getent ahostsv4 " + name + " | head -1 | cut -d' ' -f1");
    return result ? result->out : "";
  };
  CHECK(address("late").empty());
  world.create(kube::types::kService,
               service("late", "127.80.2.3", json::Value::object({{"role", "x"}})));
  CHECK(NodeWorld::eventually([&] { return address("late") == "127.80.2.3\n"; }));
  auto own = world.exec("client", "hostname -i; echo $POD_IP");
  REQUIRE(own);
  CHECK(own->out.substr(0, own->out.find('\n')) + "\n" == own->out.substr(own->out.find('\n') + 1));
  REQUIRE(world.client->remove(kube::types::kService, "demo", "late"));
  CHECK(NodeWorld::eventually([&] { return address("late").empty(); }));
}

TEST_CASE("ports: a pod whose port is taken on every address is told who has it") {
  NodeWorld world;
  NEEDS_USER(world);
  embedded::node::Fd culprit(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(7208);
  REQUIRE(::bind(culprit.get(), reinterpret_cast<sockaddr*>(&any), sizeof any) == 0);
  REQUIRE(::listen(culprit.get(), 1) == 0);
  auto pod = NodeWorld::shell_pod("unlucky", "sleep 1000");
  NodeWorld::main_container(pod).set(
      "ports", json::Value::array({json::Value::object({{"containerPort", 7208}})}));
  world.create_pod(pod);
  CHECK(NodeWorld::eventually([&] {
    auto events = world.client->list(kube::types::kEvent, "demo");
    if (!events) return false;
    for (const kube::Object& event : events->items)
      if (event["reason"].as_string() == "PortTaken" &&
          event["message"].as_string().find("(pid ") != std::string_view::npos)
        return true;
    return false;
  }));
}
