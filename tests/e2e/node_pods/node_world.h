#pragma once

#include "embedded/node/files.h"
#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/embedded/api_server.h"
#include "pgo/embedded/controllers.h"
#include "pgo/embedded/local_node.h"
#include "pgo/kube/client.h"
#include "unit/embedded_node/node_fixture.h"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace node_test {

using namespace pgo;

/// The embedded API with its controllers and a local node, over a folder of its own. Its only image
/// is "shell": the container's command over the host's /usr, as user postgres.
class NodeWorld {
 public:
  NodeWorld() {
    if (!skip_reason.empty()) return;
    auto made = embedded::ApiServer::create({.database = {}, .rbac = false}, clock, ids, {});
    REQUIRE(made);
    api = *std::move(made);
    transport = api->transport(embedded::Identity::admin());
    client = std::make_unique<kube::Client>(*transport);
    namespace_("demo");
    std::filesystem::create_directories(folder.path() / "images" / "shell");
    REQUIRE(embedded::node::replace_file(folder.path() / "images" / "images.yaml",
                                         "images:\n- names: [shell]\n"
                                         "  user: {name: postgres, uid: 26, gid: 26}\n"
                                         "- names: [unpacked]\n"
                                         "- names: [needy]\n  folder: shell\n"
                                         "  requires: {no-such-package: /no/such/file}\n"));
    controllers = std::make_unique<embedded::ControllersRunner>(
        *transport, clock, ids, log,
        embedded::ControllersOptions{
            .volume_root = (state_dir() / "pv").string(),
            .volume_finalizer = std::string(embedded::kLocalVolumeFinalizer)});
    start_node();
  }
  ~NodeWorld() {
    node.reset();
    controllers.reset();
  }

  std::filesystem::path state_dir() const { return folder.path() / "state"; }

  using Change = std::function<void(embedded::LocalNodeOptions&)>;

  void start_node(const Change& change = {}) {
    embedded::LocalNodeOptions options;
    options.node_name = "local";
    options.state_dir = state_dir();
    options.images_dir = folder.path() / "images";
    options.pod_range = "127.80.1.0/24";
    options.api_host = "127.80.0.1";
    options.api_port = 6443;
    options.api_ca_pem = "the certificate\n";
    options.token = [](std::string_view ns, std::string_view account) -> Result<std::string> {
      return "token of " + std::string(ns) + "/" + std::string(account);
    };
    if (change) change(options);
    auto made = embedded::LocalNode::create(options, *transport, clock, ids, log);
    if (!made) FAIL(made.error().text());
    node = *std::move(made);
    node->start();
  }
  /// As a restart of the process.
  void restart_node(std::chrono::milliseconds grace, const Change& change = {}) {
    node->stop(grace);
    node.reset();
    start_node(change);
  }

  void namespace_(std::string_view name) {
    auto made =
        client->create(kube::types::kNamespace, kube::Object(kube::types::kNamespace, {}, name));
    if (!made) FAIL(made.error().text());
  }

  /// A pod of one container "main" that runs `script`; `spec` may add to it.
  static kube::Object shell_pod(std::string_view name, std::string_view script) {
    kube::Object pod(kube::types::kPod, "demo", name);
    pod.document().set(
        "spec",
        json::Value::object({{"nodeName", "local"},
                             {"terminationGracePeriodSeconds", 5},
                             {"containers", json::Value::array({container("main", script)})}}));
    return pod;
  }
  static json::Value container(std::string_view name, std::string_view script) {
    return json::Value::object({{"name", name},
                                {"image", "registry.example/shell:1"},
                                {"command", json::Value::array({"/bin/bash", "-c", script})}});
  }
  static json::Value& spec(kube::Object& pod) { return pod.document().at_or_add("spec"); }
  static json::Value& main_container(kube::Object& pod) {
    return (*spec(pod).at_or_add("containers").if_array())[0];
  }

  kube::Object create(const kube::ResourceType& type, const kube::Object& object) {
    auto made = client->create(type, object);
    if (!made) FAIL(made.error().text());
    return *std::move(made);
  }
  kube::Object create_pod(const kube::Object& pod) { return create(kube::types::kPod, pod); }

  json::Value status(std::string_view pod) {
    auto object = client->get(kube::types::kPod, "demo", pod);
    return object ? (*object)["status"] : json::Value();
  }
  std::string phase(std::string_view pod) { return std::string(status(pod)["phase"].as_string()); }
  bool ready(std::string_view pod) {
    return status(pod)["containerStatuses"][std::size_t{0}]["ready"].as_bool();
  }
  std::string log_of(const std::string& pod, const std::string& container = "main",
                     bool previous = false) {
    return node->log("demo", pod, container, 0, previous).value_or("no log");
  }
  Result<kube::ExecResult> exec(const std::string& pod, const std::string& script,
                                std::string input = {}) {
    kube::ExecRequest request;
    request.ns = "demo";
    request.pod = pod;
    request.command = {"/bin/bash", "-c", script};
    request.stdin_data = std::move(input);
    return node->exec(request);
  }

  /// Waits for a condition; false after `patience`.
  static bool eventually(const std::function<bool()>& condition,
                         std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  std::string skip_reason = why_not_ordinary_user();
  TemporaryFolder folder;
  SystemClock clock;
  SystemIdSource ids;
  Log log{[](const LogRecord& record) {
            if (std::getenv("PGO_TEST_VERBOSE")) std::fputs(format_text(record).c_str(), stderr);
          },
          clock, Level::debug};
  std::unique_ptr<embedded::ApiServer> api;
  std::unique_ptr<kube::Transport> transport;
  std::unique_ptr<kube::Client> client;
  std::unique_ptr<embedded::ControllersRunner> controllers;
  std::unique_ptr<embedded::LocalNode> node;
};

}  // namespace node_test

#define NEEDS_USER(world)                      \
  if (!(world).skip_reason.empty()) {          \
    MESSAGE("skipped: ", (world).skip_reason); \
    return;                                    \
  }
