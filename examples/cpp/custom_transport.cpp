// A transport of one's own: it hands every call on to another one and keeps count of the writes.
// The same seam takes a proxy, a recorder, or a Kubernetes that is reached in some other way.
#include "pgo/embedded/api_server.h"
#include "pgo/kube/client.h"

#include <atomic>
#include <cstdio>

namespace {

class CountingTransport final : public pgo::kube::Transport {
 public:
  explicit CountingTransport(pgo::kube::Transport& next) : next_(next) {}

  pgo::Result<pgo::kube::Response> request(const pgo::kube::Request& request) override {
    if (request.method != pgo::kube::Method::get) ++writes_;
    return next_.request(request);
  }
  pgo::Result<std::unique_ptr<pgo::kube::WatchStream>> watch(
      const pgo::kube::Request& request, std::function<void()> on_ready) override {
    return next_.watch(request, std::move(on_ready));
  }
  pgo::Result<pgo::kube::ExecResult> exec(const pgo::kube::ExecRequest& request) override {
    return next_.exec(request);
  }

  int writes() const { return writes_; }

 private:
  pgo::kube::Transport& next_;
  std::atomic<int> writes_{0};
};

}  // namespace

int main() {
  const pgo::SystemClock clock;
  pgo::SystemIdSource ids;
  auto api = pgo::embedded::ApiServer::create({}, clock, ids, pgo::Log());
  if (!api) return 1;
  const auto door = (*api)->transport(pgo::embedded::Identity::admin());
  CountingTransport counting(*door);

  const pgo::kube::Client client(counting);
  const auto& type = pgo::kube::types::kNamespace;
  const auto made = client.create(type, pgo::kube::Object(type, "", "zoo"));
  const auto all = client.list(type, "");
  if (!made || !all) return 1;
  std::printf("%zu namespaces, %d write\n", all->items.size(), counting.writes());
  return counting.writes() == 1 ? 0 : 1;
}
