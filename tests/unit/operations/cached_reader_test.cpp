#include "pgo/operations/cached_reader.h"

#include "pgo/kube/transport.h"
#include "pgo/operations/access.h"
#include "request_world.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

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

namespace {

std::vector<std::string> names(operations::Reader& reader, std::string_view selector) {
  std::vector<std::string> found;
  const auto listed = reader.find(types::kPod, "pgouser1", selector);
  REQUIRE(listed.has_value());
  for (const auto& one : *listed) found.emplace_back(one->name());
  return found;
}

}  // namespace

TEST_CASE("cached reader: of many objects a selector takes those that it takes of the API") {
  test::RequestWorld world;
  // So many that most of them are packed with what they have in common.
  for (int i = 0; i < 400; ++i) {
    kube::Object pod(types::kPod, "pgouser1", "pod-" + std::to_string(1000 + i));
    pod.document().set("spec", *json::parse(R"({"containers":[{"name":"database","image":"i"}]})"));
    if (i % 3 != 0) pod.set_label("pg-cluster", "c" + std::to_string(i / 10));
    if (i == 3) pod.set_label("pg-cluster", "");
    pod.set_label("role", i % 2 == 0 ? "master" : "replica");
    world.put(types::kPod, pod);
  }
  operations::CachedReader reader(world.client(), world.clock(), world.ids(), {},
                                  {.operator_namespace = "pgo", .installation_name = "devtest"});
  settle(reader);
  REQUIRE(reader.synced());
  operations::DirectReader direct(world.client());
  for (const char* selector :
       {"", "pg-cluster", "!pg-cluster", "pg-cluster=", "pg-cluster=c7", "pg-cluster!=c7",
        "pg-cluster in (c7,c9)", "role=master", "pg-cluster=c7,role=master", "pg-cluster,role",
        "pg-cluster=nosuch", "!role"}) {
    CAPTURE(selector);
    CHECK(names(reader, selector) == names(direct, selector));
  }
  CHECK_FALSE(reader.find(types::kPod, "pgouser1", "role in (").has_value());
}

TEST_CASE("cached reader: what was found says what it said then, however often it is asked") {
  test::RequestWorld world;
  world.put_pod("pgouser1", "hippo-pod", "hippo", "role", "master");
  world.put_pod("pgouser1", "other-pod", "hippo", "role", "replica");
  operations::CachedReader reader(world.client(), world.clock(), world.ids(), {},
                                  {.operator_namespace = "pgo", .installation_name = "devtest"});
  settle(reader);
  const auto found = *reader.find(types::kPod, "pgouser1", "pg-cluster=hippo");
  REQUIRE(found.size() == 2);
  const auto before = found[0]->object();
  REQUIRE(world.client()
              .patch(types::kPod, "pgouser1", "hippo-pod", kube::PatchType::merge,
                     *json::parse(R"({"metadata":{"labels":{"role":null,"pg-cluster":null}}})"))
              .has_value());
  settle(reader);
  CHECK(*found[0]->object() == *before);
  CHECK(found[0]->cluster() == "hippo");
  CHECK(before->label("role") == "master");
  const auto now = reader.get(types::kPod, "pgouser1", "hippo-pod");
  CHECK((*now)->label("role").empty());
  CHECK((*now)->name() == "hippo-pod");
  const auto rest = *reader.find(types::kPod, "pgouser1", "");
  REQUIRE(rest.size() == 2);
  CHECK_FALSE(rest[0]->cluster().has_value());
}

TEST_CASE("cached reader: a namespace that is given away is asked of the API again") {
  test::RequestWorld world;
  world.create("hippo");
  CountingTransport transport(world.transport());
  operations::CachedReader reader(kube::Client(transport), world.clock(), world.ids(), {},
                                  {.operator_namespace = "pgo", .installation_name = "devtest"});
  settle(reader);
  transport.requests = 0;
  CHECK(reader.list(types::kPgCluster, "pgouser1", "")->size() == 1);
  CHECK(transport.requests == 0);
  REQUIRE(world.client()
              .patch(types::kNamespace, "", "pgouser1", kube::PatchType::merge,
                     *json::parse(R"({"metadata":{"labels":{"vendor":"other"}}})"))
              .has_value());
  settle(reader);
  transport.requests = 0;
  CHECK(reader.list(types::kPgCluster, "pgouser1", "")->size() == 1);
  CHECK(transport.requests == 1);
}
