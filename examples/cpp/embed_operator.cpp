// The operator inside a program of one's own, over a Kubernetes API that is inside it as well. On a
// real Kubernetes the transport is kube::HttpTransport with the settings of kube::load_default.
#include "pgo/embedded/api_server.h"
#include "pgo/operator.h"

#include <cstdio>

int main() {
  const pgo::SystemClock clock;
  pgo::SystemIdSource ids;
  auto api = pgo::embedded::ApiServer::create({}, clock, ids, pgo::Log());
  if (!api) return 1;
  const auto transport = (*api)->transport(pgo::embedded::Identity::admin());

  pgo::OperatorOptions options;
  options.namespaces = {"databases"};
  options.install = true;
  options.events = [](const pgo::engine::EventRecord& event) {
    std::printf("event %s in %s\n", event.type.c_str(), event.ns.c_str());
  };
  auto running = pgo::Operator::start(*transport, pgo::Log(), options);
  if (!running) {
    std::fprintf(stderr, "%s\n", running.error().text().c_str());
    return 1;
  }

  const pgo::Client client((*running)->channel(), "databases");
  namespace rest = pgo::model::rest;
  auto wanted = rest::initial_request<rest::CreateClusterRequest>();
  wanted.name = "hippo";
  wanted.replica_count = 1;
  const auto made = client.create_cluster(wanted);
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().text().c_str());
    return 1;
  }
  rest::ShowClusterRequest which;
  which.clustername = "hippo";
  const auto shown = client.show_clusters(which);
  if (!shown || shown->results.empty()) return 1;
  std::printf("%s wants %s replica(s)\n", shown->results[0].cluster.metadata.name.c_str(),
              shown->results[0].cluster.spec.replicas.c_str());
  return 0;
}
