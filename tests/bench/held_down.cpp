// How long a cluster cannot be written to when its primary's pod is killed and the node does not
// start it again: only the end of Patroni's lease can help. A figure, not a test. Not to be run as
// root.
#include "pgo/dev/environment.h"
#include "pgo/embedded/api_server.h"
#include "pgo/kube/client.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

using namespace pgo;
using Steady = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

template <typename Check>
double wait_for(const char* what, std::chrono::seconds limit, Check check) {
  const auto start = Steady::now();
  while (!check()) {
    if (Steady::now() - start > limit) give_up(std::string("gave up waiting for ") + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return std::chrono::duration<double>(Steady::now() - start).count();
}

/// The pod that leads, other than `besides`; empty when there is none.
std::string leader(const kube::Client& client, const std::string& ns, const std::string& besides) {
  kube::ListOptions which;
  which.label_selector = "pg-cluster=hippo,role=master";
  const auto pods = client.list(kube::types::kPod, ns, which);
  if (!pods) return {};
  for (const kube::Object& pod : pods->items) {
    if (pod.name() != besides) return std::string(pod.name());
  }
  return {};
}

bool can_write(const kube::Client& client, const std::string& ns, const std::string& pod) {
  if (pod.empty()) return false;
  kube::ExecRequest request;
  request.ns = ns;
  request.pod = pod;
  request.container = "database";
  request.command = {"psql",
                     "-h",
                     "/tmp",
                     "-U",
                     "postgres",
                     "-qc",
                     "create table if not exists t (v int); insert into t values (1)"};
  request.timeout = std::chrono::seconds(5);
  const auto result = client.exec(request);
  return result && result->exit_code == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) give_up("usage: bench_held_down IMAGES_DIRECTORY PGO");
  const SystemClock clock;
  SystemIdSource ids;
  dev::Options options;
  options.state_dir =
      std::filesystem::temp_directory_path() / ("pgo-held-" + std::to_string(getpid()));
  options.images_dir = argv[1];
  options.network = "127.97";
  auto environment = dev::Environment::start(options, clock, ids, Log());
  if (!environment) give_up(environment.error().text());
  const std::string ns = options.namespaces.front();
  const std::string create = "PGO_STATE_DIR='" + options.state_dir.string() + "' '" + argv[2] +
                             "' create cluster hippo --replica-count=1 --wait >/dev/null";
  if (std::system(create.c_str()) != 0) give_up("the cluster was not made");
  {
    const auto transport = (*environment)->api().transport(embedded::Identity::admin());
    const kube::Client client(*transport);
    std::string old;
    wait_for("a leader", std::chrono::seconds(30), [&] {
      old = leader(client, ns, "");
      return can_write(client, ns, old);
    });
    (*environment)->hold(ns, old);
    const double gap = wait_for("a write on the new leader", std::chrono::seconds(90),
                                [&] { return can_write(client, ns, leader(client, ns, old)); });
    std::printf("write again while the node holds the primary pod down: %.1f s (wanted <= 25)\n",
                gap);
    (*environment)->release(ns, old);
  }
  environment->reset();
  std::filesystem::remove_all(options.state_dir);
  return 0;
}
