#include "unit/embedded_api/api_fixture.h"

// What may be asked of a subresource, and what becomes of it.
namespace pgo::embedded {
namespace {

const std::string kPods = "/api/v1/namespaces/default/pods";

struct WithPod : ApiFixture {
  WithPod() {
    made = post(kPods, R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c",
      "image":"i:1"}]}})");
    post("/api/v1/namespaces/default/serviceaccounts", R"({"metadata":{"name":"joe"}})");
  }
  Answer made{};
};

TEST_SUITE("embedded.api.subresources") {
  // A role may speak of pods/eviction alone: that must not be a way to the whole pod.
  TEST_CASE("subresources: an action takes its own verb and shows nothing of the object") {
    const WithPod api;
    const std::string before(api.get(kPods + "/p").version());
    for (const std::string& path :
         {kPods + "/p/eviction", kPods + "/p/binding", kPods + "/p/exec",
          std::string("/api/v1/namespaces/default/serviceaccounts/joe/token"),
          std::string("/api/v1/namespaces/default/finalize")}) {
      CAPTURE(path);
      CHECK(api.get(path).status == 405);
      CHECK(api.merge(path, R"({"metadata":{"labels":{"eve":"was-here"}}})").status == 405);
      if (path.ends_with("/finalize")) continue;
      CHECK(api.put(path, R"({"metadata":{"name":"p"}})").status == 405);
    }
    CHECK(api.put(kPods + "/p/log", "{}").status == 405);
    CHECK(api.get(kPods + "/p/nothing").status == 404);
    CHECK(api.remove(kPods + "/p/eviction").status == 405);
    CHECK(api.get(kPods + "/p").version() == before);
    CHECK(api.get(kPods + "/p/status").status == 200);
  }

  TEST_CASE("binding: one for another pod of that name is refused") {
    const WithPod api;
    const auto refused = api.post(
        kPods + "/p/binding", R"({"metadata":{"name":"p","uid":"other"},"target":{"name":"n"}})");
    CHECK(refused.status == 409);
    CHECK(api.get(kPods + "/p")["spec"]["nodeName"].is_null());
    const std::string uid(api.made["metadata"]["uid"].as_string());
    CHECK(api.post(kPods + "/p/binding",
                   R"({"metadata":{"name":"p","uid":")" + uid + R"("},"target":{"name":"n"}})")
              .status == 201);
    CHECK(api.get(kPods + "/p")["spec"]["nodeName"].as_string() == "n");
  }

  TEST_CASE("binding: a dry run binds nothing") {
    const WithPod api;
    CHECK(api.post(kPods + "/p/binding?dryRun=All", R"({"target":{"name":"n"}})").status == 201);
    CHECK(api.get(kPods + "/p")["spec"]["nodeName"].is_null());
  }
}

}  // namespace
}  // namespace pgo::embedded
