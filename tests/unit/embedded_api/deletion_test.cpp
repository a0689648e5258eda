#include "embedded/api/store.h"
#include "unit/embedded_api/api_fixture.h"

#include <filesystem>

// What a deletion takes along, and when.
namespace pgo::embedded {
namespace {

const std::string kMaps = "/api/v1/namespaces/default/configmaps";
const std::string kDefinitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const std::string kDefinition = kDefinitions + "/things.example.com";
const std::string kThings = "/apis/example.com/v1/namespaces/default/things";

/// A server with the type Thing and two of them, one of which a finalizer holds.
struct WithThings : ApiFixture {
  explicit WithThings(ApiServerOptions options = {}) : ApiFixture(std::move(options)) {}
  void make() const {
    define();
    post(kThings, R"({"metadata":{"name":"free"}})");
    post(kThings, R"({"metadata":{"name":"held","finalizers":["example.com/f"]}})");
  }
  int define() const {
    return post(kDefinitions, R"({"metadata":{"name":"things.example.com"},
      "spec":{"group":"example.com","scope":"Namespaced",
      "names":{"plural":"things","kind":"Thing"},"versions":[{"name":"v1","served":true,
      "storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}]}})")
        .status;
  }
  std::size_t things() const { return get(kThings)["items"].items().size(); }
  int release() const {
    return merge(kThings + "/held", R"({"metadata":{"finalizers":null}})").status;
  }
};

/// As a crash leaves it: the definition is marked, and nothing else done.
void mark_definition(const std::filesystem::path& database) {
  api::Store store({}, *api::open_sqlite_journal(database));
  REQUIRE(store.load().has_value());
  const api::ResourcePtr type =
      api::Registry::build({})->find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  const auto marked = store.write(
      *type, {"", "things.example.com"}, [](const api::Record* current) -> Result<api::Change> {
        json::Value next = current->document()->document();
        json::Value& metadata = next.at_or_add("metadata");
        metadata.set("deletionTimestamp", "2020-09-13T12:26:40Z");
        metadata.set("finalizers",
                     json::Value::array({"customresourcecleanup.apiextensions.k8s.io"}));
        return api::Change::put(std::move(next));
      });
  REQUIRE(marked.has_value());
  REQUIRE(store.settle(0).has_value());
}

TEST_SUITE("embedded.api.deletion") {
  TEST_CASE("definition: a deletion that its preconditions refuse touches no custom resource") {
    const WithThings api;
    api.make();
    CHECK(api.remove(kDefinition, R"({"preconditions":{"uid":"other"}})").status == 409);
    CHECK(api.remove(kDefinition + "?dryRun=All").status == 200);
    CHECK(api.things() == 2);
    CHECK(api.get(kThings + "/held")["metadata"]["deletionTimestamp"].is_null());
    CHECK(api.get(kDefinition)["metadata"]["deletionTimestamp"].is_null());
  }

  TEST_CASE("definition: it stays until the last custom resource has let go") {
    const WithThings api;
    api.make();
    CHECK(api.remove(kDefinition).status == 200);
    const auto ending = api.get(kDefinition);
    CHECK(ending["metadata"]["deletionTimestamp"].is_string());
    CHECK(ending["metadata"]["finalizers"][std::size_t{0}].as_string() ==
          "customresourcecleanup.apiextensions.k8s.io");
    CHECK(api.things() == 1);
    CHECK(api.get(kThings + "/held")["metadata"]["deletionTimestamp"].is_string());
    CHECK(api.post(kThings, R"({"metadata":{"name":"new"}})").status == 405);
    CHECK(api.remove(kDefinition).status == 200);
    CHECK(api.release() == 200);
    CHECK(api.get(kDefinition).status == 404);
    CHECK(api.define() == 201);
    CHECK(api.things() == 0);
  }

  TEST_CASE("definition: a collection of them goes as each one does") {
    const WithThings api;
    api.make();
    REQUIRE(api.release() == 200);
    CHECK(api.remove(kDefinitions).status == 200);
    CHECK(api.get(kDefinition).status == 404);
    CHECK(api.define() == 201);
    CHECK(api.things() == 0);
  }

  TEST_CASE("definition: its deletion goes on after a restart") {
    const auto folder = std::filesystem::temp_directory_path() / "pgo-definition-test";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    ApiServerOptions options;
    options.database = folder / "api.db";
    {
      const WithThings api(options);
      api.make();
      REQUIRE(api.release() == 200);
    }
    mark_definition(options.database);
    const WithThings api(options);
    CHECK(api.get(kDefinition).status == 404);
    CHECK(api.define() == 201);
    CHECK(api.things() == 0);
    std::filesystem::remove_all(folder);
  }

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
