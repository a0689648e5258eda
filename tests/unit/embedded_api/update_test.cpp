#include "embedded/api/store.h"
#include "unit/embedded_api/api_fixture.h"

// What no update may make of an object.
namespace pgo::embedded {
namespace {

const std::string kMapsOfA = "/api/v1/namespaces/a/configmaps";
const std::string kMapsOfB = "/api/v1/namespaces/b/configmaps";

/// Namespaces a and b, each with a ConfigMap x that says where it is.
struct TwoNamespaces : ApiFixture {
  TwoNamespaces() {
    for (const std::string ns : {"a", "b"}) {
      post("/api/v1/namespaces", R"({"metadata":{"name":")" + ns + R"("}})");
      post("/api/v1/namespaces/" + ns + "/configmaps",
           R"({"metadata":{"name":"x"},"data":{"in":")" + ns + R"("}})");
    }
  }
  Answer json_patch(std::string path, std::string body) const {
    return call(kube::Method::patch, std::move(path), std::move(body),
                "application/json-patch+json");
  }
  Answer strategic(std::string path, std::string body) const {
    return call(kube::Method::patch, std::move(path), std::move(body),
                "application/strategic-merge-patch+json");
  }
};

TEST_SUITE("embedded.api.update") {
  TEST_CASE("patch: none of the three kinds moves an object to another namespace") {
    const TwoNamespaces api;
    const std::string move = R"({"metadata":{"namespace":"b"},"data":{"in":"stolen"}})";
    CHECK(api.merge(kMapsOfA + "/x", move).status == 400);
    CHECK(api.strategic(kMapsOfA + "/x", move).status == 400);
    CHECK(api.json_patch(kMapsOfA + "/x",
                         R"([{"op":"replace","path":"/metadata/namespace","value":"b"}])")
              .status == 400);
    CHECK(api.merge(kMapsOfA + "/x", R"({"metadata":{"namespace":"aa"}})").status == 400);
    CHECK(api.get(kMapsOfA + "/x")["data"]["in"].as_string() == "a");
    CHECK(api.get(kMapsOfB + "/x")["data"]["in"].as_string() == "b");
  }

  TEST_CASE("patch: a namespace that is taken out is there again, its own does not matter") {
    const TwoNamespaces api;
    const auto nulled = api.merge(kMapsOfA + "/x", R"({"metadata":{"namespace":null},"data":{}})");
    CHECK(nulled.status == 200);
    CHECK(nulled["metadata"]["namespace"].as_string() == "a");
    CHECK(api.merge(kMapsOfA + "/x", R"({"metadata":{"namespace":"a"}})").status == 200);
  }

  // kube-apiserver, EnsureObjectNamespaceMatchesRequestNamespace.
  TEST_CASE("patch: an object of the cluster gets no namespace") {
    const TwoNamespaces api;
    const auto patched =
        api.merge("/api/v1/namespaces/b", R"({"metadata":{"namespace":"zzz","labels":{"l":"v"}}})");
    CHECK(patched.status == 200);
    CHECK(patched["metadata"]["namespace"].is_null());
    CHECK(api.get("/api/v1/namespaces")["items"].items().size() == 6);
    CHECK(api.get("/api/v1/namespaces/b")["metadata"]["labels"]["l"].as_string() == "v");
  }

  TEST_CASE("patch: an object keeps its name and its type") {
    const TwoNamespaces api;
    for (const char* change :
         {R"({"kind":"Secret"})", R"({"apiVersion":"zz/v9"})", R"({"metadata":{"name":"y"}})",
          R"({"metadata":{"name":null}})", R"({"metadata":null})", R"({"kind":7})"}) {
      CAPTURE(change);
      CHECK(api.merge(kMapsOfA + "/x", change).status == 400);
    }
    CHECK(api.json_patch(kMapsOfA + "/x", R"([{"op":"replace","path":"","value":5}])").status ==
          400);
    const auto bare = api.merge(kMapsOfA + "/x", R"({"kind":null,"apiVersion":null,"data":{}})");
    CHECK(bare["kind"].as_string() == "ConfigMap");
    CHECK(bare["apiVersion"].as_string() == "v1");
  }

  TEST_CASE("store: a write under one key of an object with another is refused") {
    api::Store store({}, api::make_memory_journal());
    const api::ResourcePtr type = api::Registry::build({})->find("", "v1", "configmaps");
    const auto put = [&](std::string_view ns, std::string_view name) {
      return store.write(*type, {"a", "x"}, [&](const api::Record*) -> Result<api::Change> {
        return api::Change::put(json::Value::object(
            {{"metadata", json::Value::object({{"namespace", ns}, {"name", name}})}}));
      });
    };
    CHECK(put("a", "x").has_value());
    CHECK(!put("b", "x").has_value());
    CHECK(!put("a", "y").has_value());
    CHECK(store.object_count() == 1);
    CHECK(store.contains(type->table, {"a", "x"}));
  }

  // As it was, the next start could not read the database.
  TEST_CASE("patch: nothing is stored that could not be read again") {
    const TwoNamespaces api;
    const auto nest = [](int levels) {
      std::string text = "1";
      for (int i = 0; i < levels; ++i) text = R"({"a":)" + text + "}";
      return text;
    };
    REQUIRE(api.merge(kMapsOfA + "/x", R"({"deep":)" + nest(200) + "}").status == 200);
    std::string inner = "/deep";
    for (int i = 0; i < 150; ++i) inner += "/a";
    const auto add = [&](int levels) {
      return api.json_patch(kMapsOfA + "/x", R"([{"op":"add","path":")" + inner + R"(","value":)" +
                                                 nest(levels) + "}]");
    };
    CHECK(add(100).status == 422);
    CHECK(add(200).status == 422);
    CHECK(add(80).status == 200);
    CHECK(api.post(kMapsOfA, R"({"metadata":{"name":"y"},"deep":)" + nest(250) + "}").status ==
          422);
    CHECK(api.get(kMapsOfA)["items"].items().size() == 1);
    CHECK(api.remove(kMapsOfA + "/x").status == 200);
  }

  TEST_CASE("store: an object that grows beyond the limit is refused and stays as it was") {
    api::Store store({.object = {.max_bytes = 200}}, api::make_memory_journal());
    const api::ResourcePtr type = api::Registry::build({})->find("", "v1", "configmaps");
    const auto put = [&](std::size_t bytes) {
      return store.write(*type, {"a", "x"}, [&](const api::Record*) -> Result<api::Change> {
        return api::Change::put(json::Value::object(
            {{"metadata", json::Value::object({{"namespace", "a"}, {"name", "x"}})},
             {"data", json::Value(std::string(bytes, 'y'))}}));
      });
    };
    REQUIRE(put(10).has_value());
    const std::uint64_t before = store.version();
    const auto refused = put(200);
    REQUIRE(!refused.has_value());
    CHECK(refused.error().http_status == 413);
    CHECK(store.version() == before);
    CHECK(store.get(type->table, {"a", "x"})->text().size() < 200);
  }

  TEST_CASE("scale: a definition whose path of replicas has no end is no way to sink the server") {
    const ApiFixture api;
    std::string path;
    for (int i = 0; i < 100'000; ++i) path += ".a";
    REQUIRE(api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                     R"({"metadata":{"name":"things.example.com"},"spec":{"group":"example.com",
      "scope":"Namespaced","names":{"plural":"things","kind":"Thing"},"versions":[{"name":"v1",
      "served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}},
      "subresources":{"scale":{"specReplicasPath":")" +
                         path + R"(","statusReplicasPath":".status.replicas"}}}]}})")
                .status == 201);
    const std::string things = "/apis/example.com/v1/namespaces/default/things";
    REQUIRE(api.post(things, R"({"metadata":{"name":"t"}})").status == 201);
    CHECK(api.merge(things + "/t/scale", R"({"spec":{"replicas":2}})").status == 422);
  }
}

}  // namespace
}  // namespace pgo::embedded
