#include "pgo/operations/cached_reader.h"

#include "pgo/kube/transport.h"
#include "pgo/operations/access.h"
#include "request_world.h"

#include <doctest/doctest.h>

using namespace pgo;
namespace types = kube::types;

namespace {

/// Counts what goes to the API.
class CountingTransport final : public kube::Transport {
 public:
  explicit CountingTransport(kube::Transport& inner) : inner_(&inner) {}
  Result<kube::Response> request(const kube::Request& request) override {
    ++requests;
    return inner_->request(request);
  }
  Result<std::unique_ptr<kube::WatchStream>> watch(const kube::Request& request,
                                                   std::function<void()> on_ready) override {
    return inner_->watch(request, std::move(on_ready));
  }
  Result<kube::ExecResult> exec(const kube::ExecRequest& request) override {
    return inner_->exec(request);
  }
  int requests = 0;

 private:
  kube::Transport* inner_;
};

void settle(operations::CachedReader& reader) {
  while (reader.step().progressed) {
  }
}

}  // namespace

TEST_CASE("O2: showing all clusters and checking credentials asks the API nothing") {
  test::RequestWorld world;
  for (const char* name : {"hippo", "rhino", "zebra"}) world.create(name);
  CountingTransport transport(world.transport());
  operations::CachedReader reader(kube::Client(transport), world.clock(), world.ids(), {},
                                  {.operator_namespace = "pgo", .installation_name = "devtest"});
  settle(reader);
  REQUIRE(reader.synced());
  transport.requests = 0;

  const operations::Context context = world.context(reader);
  operations::PasswordMemory memory(world.ids());
  const auto caller = operations::authenticate(context, memory, "pgoadmin", "examplepassword");
  REQUIRE(caller.has_value());
  CHECK(operations::authorize(context, *caller, "ShowCluster").has_value());
  CHECK(operations::check_namespace(context, *caller, "pgouser1").has_value());
  model::rest::ShowClusterRequest request;
  request.ns = "pgouser1";
  request.all_flag = true;
  const auto cached = operations::show_clusters(context, request);
  REQUIRE(cached.has_value());
  CHECK(transport.requests == 0);
  CHECK(*cached == *operations::show_clusters(world.context(), request));
}

TEST_CASE("cached reader: what was written a moment ago is found before the watch brings it") {
  test::RequestWorld world;
  operations::CachedReader reader(world.client(), world.clock(), world.ids(), {},
                                  {.operator_namespace = "pgo", .installation_name = "devtest"});
  settle(reader);
  world.create("hippo");
  CHECK(reader.get(types::kPgCluster, "pgouser1", "hippo").has_value());
  CHECK(reader.get(types::kPgCluster, "pgouser1", "rhino").error().code == Code::not_found);
}

TEST_CASE("cached reader: changes, deletions and new namespaces are followed") {
  test::RequestWorld world;
  world.create("hippo");
  operations::CachedReader reader(world.client(), world.clock(), world.ids(), {},
                                  {.operator_namespace = "pgo", .installation_name = "devtest"});
  settle(reader);
  REQUIRE(world.client()
              .patch(types::kPgCluster, "pgouser1", "hippo", kube::PatchType::merge,
                     *json::parse(R"({"metadata":{"labels":{"env":"dev"}}})"))
              .has_value());
  settle(reader);
  CHECK(reader.list(types::kPgCluster, "pgouser1", "env=dev")->size() == 1);
  REQUIRE(world.client().remove(types::kPgCluster, "pgouser1", "hippo").has_value());
  settle(reader);
  CHECK(reader.list(types::kPgCluster, "pgouser1", "")->empty());

  kube::Object ns(types::kNamespace, "", "team9");
  ns.set_label("vendor", "crunchydata");
  ns.set_label("pgo-installation-name", "devtest");
  world.put(types::kNamespace, ns);
  kube::Object task(types::kPgTask, "team9", "some-task");
  world.put(types::kPgTask, task);
  settle(reader);
  CHECK(reader.list(types::kPgTask, "team9", "")->size() == 1);
}
