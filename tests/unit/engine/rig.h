#pragma once

#include "pgo/embedded/api_server.h"
#include "pgo/engine/engine.h"
#include "pgo/manifests/crds.h"
#include "support/cluster_view.h"
#include "support/faulty_transport.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

namespace pgo::testing {

/// An API server and an engine over it, on a virtual clock; no node, no controllers.
struct Rig {
  explicit Rig(std::vector<std::string> namespaces = {"pgouser1"})
      : clock(noon()),
        server(new_server()),
        door(server->transport(embedded::Identity::admin())),
        client(*door),
        network(*door) {
    for (const kube::Object& crd : manifests::custom_resource_definitions()) {
      REQUIRE(client.create(kube::types::kCustomResourceDefinition, crd));
    }
    engine::Options options;
    options.namespaces = std::move(namespaces);
    options.settings = built_in_settings();
    options.make_keys = [] {
      return Result<engine::SshKeys>(engine::SshKeys{"private", "ssh-rsa AAAA"});
    };
    options.events = [this](const engine::EventRecord& event) { events.push_back(event.type); };
    engine = std::make_unique<engine::Engine>(kube::Client(network), clock, ids, Log{},
                                              std::move(options));
  }

  std::unique_ptr<embedded::ApiServer> new_server() {
    auto made = embedded::ApiServer::create({}, clock, ids, {});
    REQUIRE(made);
    return *std::move(made);
  }

  /// Steps for this long, passing over the times at which nothing happens.
  void work(Duration time = std::chrono::seconds(5)) {
    const TimePoint end = clock.now() + time;
    while (clock.now() < end) {
      const engine::Step did = engine->step();
      if (!did.progressed)
        clock.advance_to(std::min(end, std::max(did.next, clock.now() + Duration(1))));
    }
  }

  kube::Object create(const kube::ResourceType& type, const kube::Object& object) {
    auto made = client.create(type, object);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().text()));
    return *std::move(made);
  }
  kube::Object cluster(const std::string& name, const std::string& ns = "pgouser1") {
    if (!has(kube::types::kNamespace, ns)) work(std::chrono::seconds(1));
    model::PgCluster wanted = requested_cluster(ns, name);
    wanted.metadata.uid.clear();
    return create(kube::types::kPgCluster, wanted.object());
  }
  bool has(const kube::ResourceType& type, const std::string& name,
           const std::string& ns = "pgouser1") const {
    return client.get(type, type.namespaced ? ns : "", name).has_value();
  }

  VirtualClock clock;
  SeededIdSource ids{3};
  std::unique_ptr<embedded::ApiServer> server;
  std::unique_ptr<kube::Transport> door;
  kube::Client client;
  FaultyTransport network;
  std::vector<std::string> events;
  std::unique_ptr<engine::Engine> engine;
};

}  // namespace pgo::testing
