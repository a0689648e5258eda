// Many clusters at once on the embedded API without a node: how long until all of them have
// settled, and how long `pgo show cluster --all` takes then. A stand-in says that pods are ready
// 0.2 s after they were bound. Figures, not a test. Usage: bench_clusters [COUNT [REPLICAS]]
#include "pgo/base/version.h"
#include "pgo/dev/environment.h"
#include "pgo/embedded/api_server.h"
#include "pgo/json/codec.h"
#include "pgo/kube/client.h"
#include "pgo/kube/informer.h"
#include "pgo/kube/wakeup.h"
#include "pgo/model/messages/clusters.h"
#include "pgo/model/names.h"
#include "rest_client.h"
#include "settings.h"
#include "support/stand_in_node.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace pgo;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

/// The stand-in for the node, on a thread of its own.
class Stand {
 public:
  Stand(embedded::ApiServer& api, const Clock& clock, IdSource& ids)
      : transport_(api.transport(embedded::Identity::admin())),
        node_(*transport_, clock, ids, options()) {
    api.set_container_runtime(&node_);
    thread_ = std::jthread([this, &clock](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const auto step = node_.step();
        if (!step.progressed) wakeup_.wait_until(step.next, clock, stop);
      }
    });
  }

 private:
  test::StandInOptions options() {
    test::StandInOptions options;
    options.on_ready = wakeup_.callback();
    return options;
  }

  kube::Wakeup wakeup_;
  std::unique_ptr<kube::Transport> transport_;
  test::StandInNode node_;
  std::jthread thread_;
};

/// Whether an object has come as far as it should. What looks on should take neither the time nor
/// the memory that is measured: a bit for each object, from a watch.
struct There {
  bool there = false;
  bool operator==(const There&) const = default;
};

class Counted {
 public:
  Counted(const kube::Client& client, const Clock& clock, IdSource& ids,
          const kube::ResourceType& type, std::string selector, bool (*there)(const kube::Object&))
      : clock_(clock),
        informer_(client, clock, ids, Log(), type, "",
                  {.label_selector = std::move(selector),
                   .field_selector = {},
                   .limit = 0,
                   .continue_token = {},
                   .resource_version = {}},
                  {.on_ready = wakeup_.callback()}, {},
                  [there](const std::shared_ptr<const kube::Object>& object) {
                    return There{there(*object)};
                  }) {
    informer_.on_change([this](const kube::ObjectKey&, const There* was, const There* is) {
      if (is != nullptr && is->there) ++count_;
      if (was != nullptr && was->there) --count_;
    });
  }

  /// False when that took longer than ten minutes from `start`.
  bool reach(std::size_t wanted, Steady::time_point start) {
    while (count_ < wanted) {
      if (seconds_since(start) > 600) return false;
      const auto done = informer_.step();
      if (!done.progressed) {
        const TimePoint soon = clock_.now() + std::chrono::seconds(1);
        wakeup_.wait_until(std::min(done.next, soon), clock_, std::stop_token());
      }
    }
    return true;
  }

 private:
  const Clock& clock_;
  kube::Wakeup wakeup_;
  kube::Informer<There> informer_;
  std::size_t count_ = 0;
};

bool initialized(const kube::Object& cluster) {
  return cluster["status"]["state"].as_string() == model::state::kClusterInitialized;
}

bool ready(const kube::Object& pod) {
  return std::ranges::any_of(pod["status"]["conditions"].items(), [](const json::Value& one) {
    return one["type"].as_string() == "Ready" && one["status"].as_string() == "True";
  });
}

std::string send(cli::RestClient& rest, const std::string& path, const json::Value& body) {
  auto answer = rest.send("POST", path, json::write(body));
  if (!answer) give_up(answer.error().text());
  if (answer->status != 200) give_up(path + " answered " + std::to_string(answer->status));
  return std::move(answer->body);
}

std::unique_ptr<cli::RestClient> log_in(const dev::Endpoints& endpoints) {
  const std::string state = endpoints.client_settings.parent_path();
  const auto settings =
      cli::connection_settings({}, [&state](const char* name) -> std::optional<std::string> {
        return std::string_view(name) == "PGO_STATE_DIR" ? std::optional(state) : std::nullopt;
      });
  if (!settings) give_up(settings.error().text());
  auto rest = cli::connect(*settings);
  if (!rest) give_up(rest.error().text());
  return *std::move(rest);
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 100;
  const int replicas = argc > 2 ? std::atoi(argv[2]) : 0;
  const auto state =
      std::filesystem::temp_directory_path() / ("pgo-bench-" + std::to_string(getpid()));
  const SystemClock clock;
  SystemIdSource ids;
  dev::Options options;
  options.state_dir = state;
  options.network = "127.96";
  options.local_node = false;
  auto environment = dev::Environment::start(options, clock, ids, Log());
  if (!environment) give_up(environment.error().text());
  {
    const Stand stand((*environment)->api(), clock, ids);
    const auto rest = log_in((*environment)->endpoints());
    const auto transport = (*environment)->api().transport(embedded::Identity::admin());
    const kube::Client client(*transport);
    Counted clusters(client, clock, ids, kube::types::kPgCluster, "", initialized);
    Counted instances(client, clock, ids, kube::types::kPod,
                      std::string(model::label::kDatabase) + "=true", ready);

    const auto start = Steady::now();
    for (int i = 0; i < count; ++i) {
      model::rest::CreateClusterRequest request;
      request.name = "c" + std::to_string(i);
      request.ns = options.namespaces.front();
      request.series = 1;
      request.replica_count = replicas;
      request.autofail_flag = true;
      request.client_version = kCompatibleVersion;
      send(*rest, "/clusters", json::encode(request));
    }
    std::printf("%d clusters created through REST: %.2f s\n", count, seconds_since(start));
    const auto wanted = static_cast<std::size_t>(count);
    if (!clusters.reach(wanted, start) ||
        !instances.reach(wanted * (1 + static_cast<std::size_t>(replicas)), start)) {
      give_up("not settled within 600 s");
    }
    std::printf("%d clusters with %d replicas each settled: %.2f s\n", count, replicas,
                seconds_since(start));

    model::rest::ShowClusterRequest all;
    all.ns = options.namespaces.front();
    all.all_flag = true;
    all.client_version = kCompatibleVersion;
    const json::Value body = json::encode(all);
    double best = 1e9;
    std::size_t bytes = 0;
    for (int run = 0; run < 5; ++run) {
      const auto asked = Steady::now();
      bytes = send(*rest, "/showclusters", body).size();
      best = std::min(best, seconds_since(asked));
    }
    std::printf("show cluster --all of %d: %.1f ms, %zu bytes\n", count, best * 1000, bytes);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("peak memory: %ld MB\n", usage.ru_maxrss / 1024);
  }
  environment->reset();
  std::filesystem::remove_all(state);
  return 0;
}
