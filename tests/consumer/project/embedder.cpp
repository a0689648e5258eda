// A program that embeds a Kubernetes API, with nothing but the installed library.
#include "pgo/embedded/api_server.h"
#include "pgo/kube/client.h"

#include <cstdio>

int main() {
  const pgo::SystemClock clock;
  pgo::SystemIdSource ids;
  auto server = pgo::embedded::ApiServer::create({}, clock, ids, pgo::Log());
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().text().c_str());
    return 1;
  }
  const auto transport = (*server)->transport(pgo::embedded::Identity::admin());
  const pgo::kube::Client client(*transport);
  const auto created = client.create(pgo::kube::types::kNamespace,
                                     pgo::kube::Object(pgo::kube::types::kNamespace, "", "zoo"));
  if (!created) {
    std::fprintf(stderr, "%s\n", created.error().text().c_str());
    return 1;
  }
  std::printf("made %s\n", created->text().c_str());
  return 0;
}
