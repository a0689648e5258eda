#include "unit/embedded_api/api_fixture.h"

// What a deletion takes along, and when.
namespace pgo::embedded {
namespace {

const std::string kMaps = "/api/v1/namespaces/default/configmaps";

TEST_SUITE("embedded.api.deletion") {
  // Source: kube-apiserver, shouldOrphanDependents and shouldDeleteDependents.
  TEST_CASE("delete: one without a policy leaves what an earlier one asked for") {
    const ApiFixture api;
    for (const auto& [policy, finalizer] :
         {std::pair("Foreground", "foregroundDeletion"), std::pair("Orphan", "orphan")}) {
      CAPTURE(policy);
      api.post(kMaps, config_map("a"));
      api.remove(kMaps + "/a", R"({"propagationPolicy":")" + std::string(policy) + R"("})");
      CHECK(api.remove(kMaps + "/a").status == 200);
      CHECK(api.get(kMaps + "/a")["metadata"]["finalizers"] == json::Value::array({finalizer}));
      CHECK(api.remove(kMaps + "/a", R"({"propagationPolicy":"Background"})").status == 200);
      CHECK(api.get(kMaps + "/a").status == 404);
    }
  }
}

}  // namespace
}  // namespace pgo::embedded
