#include "unit/embedded_api/api_fixture.h"

// https://kubernetes.io/docs/reference/access-authn-authz/rbac/
namespace pgo::embedded {
namespace {

const std::string kRbac = "/apis/rbac.authorization.k8s.io/v1/";
const std::string kMaps = "/api/v1/namespaces/default/configmaps";

/// A server where service account default/joe is bound to one Role.
struct World : ApiFixture {
  explicit World(const std::string& rules) {
    post(kRbac + "namespaces/default/roles", R"({"metadata":{"name":"r"},"rules":)" + rules + "}");
    post(kRbac + "namespaces/default/rolebindings", R"({"metadata":{"name":"b"},
      "roleRef":{"kind":"Role","name":"r"},
      "subjects":[{"kind":"ServiceAccount","name":"joe","namespace":"default"}]})");
    joe = server->transport(Identity::service_account("default", "joe"));
  }
  int as_joe(kube::Method method, const std::string& path, const std::string& body = {}) const {
    kube::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.content_type = "application/merge-patch+json";
    if (method == kube::Method::post) request.content_type.clear();
    return joe->request(request).value().status;
  }
  std::unique_ptr<kube::Transport> joe;
};

TEST_SUITE("embedded.api.rbac") {
  TEST_CASE("rbac: a role allows its verbs on its resources in its namespace, nothing else") {
    const World world(
        R"([{"apiGroups":[""],"resources":["configmaps"],"verbs":["get","create"]}])");
    CHECK(world.as_joe(kube::Method::post, kMaps, config_map("a")) == 201);
    CHECK(world.as_joe(kube::Method::get, kMaps + "/a") == 200);
    CHECK(world.as_joe(kube::Method::get, kMaps) == 403);
    CHECK(world.as_joe(kube::Method::delete_, kMaps + "/a") == 403);
    CHECK(world.as_joe(kube::Method::get, "/api/v1/namespaces/kube-system/configmaps/a") == 403);
    CHECK(world.as_joe(kube::Method::get, "/api/v1/namespaces/default/secrets/a") == 403);
  }

  TEST_CASE("rbac: subresources are resources of their own") {
    const World world(
        R"([{"apiGroups":["apps"],"resources":["deployments/scale"],"verbs":["*"]}])");
    const std::string path = "/apis/apps/v1/namespaces/default/deployments/d";
    CHECK(world.as_joe(kube::Method::get, path) == 403);
    CHECK(world.as_joe(kube::Method::get, path + "/scale") == 404);
  }

  TEST_CASE("rbac: resourceNames narrow a rule to those objects") {
    const World world(R"([{"apiGroups":[""],"resources":["configmaps"],"verbs":["get","list"],
      "resourceNames":["a"]}])");
    world.post(kMaps, config_map("a"));
    world.post(kMaps, config_map("b"));
    CHECK(world.as_joe(kube::Method::get, kMaps + "/a") == 200);
    CHECK(world.as_joe(kube::Method::get, kMaps + "/b") == 403);
    CHECK(world.as_joe(kube::Method::get, kMaps) == 403);
  }

  TEST_CASE("rbac: watch and deletecollection are verbs of their own") {
    const World world(R"([{"apiGroups":[""],"resources":["configmaps"],"verbs":["list"]}])");
    CHECK(world.as_joe(kube::Method::get, kMaps) == 200);
    CHECK(world.as_joe(kube::Method::delete_, kMaps) == 403);
    kube::Request request;
    request.path = kMaps + "?watch=1";
    const auto refused = world.joe->watch(request, {});
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == Code::permission_denied);
    CHECK(refused.error().message ==
          "configmaps is forbidden: User \"system:serviceaccount:default:joe\" cannot watch "
          "resource \"configmaps\" in API group \"\" in the namespace \"default\"");
  }

  TEST_CASE("rbac: a ClusterRoleBinding reaches every namespace, by group too") {
    const World world("[]");
    world.post(kRbac + "clusterroles", R"({"metadata":{"name":"reader"},"rules":[{"apiGroups":[""],
      "resources":["configmaps"],"verbs":["list"]},{"nonResourceURLs":["/metrics*"],
      "verbs":["get"]}]})");
    CHECK(world.as_joe(kube::Method::get, "/api/v1/configmaps") == 403);
    world.post(kRbac + "clusterrolebindings", R"({"metadata":{"name":"all"},
      "roleRef":{"kind":"ClusterRole","name":"reader"},
      "subjects":[{"kind":"Group","name":"system:serviceaccounts"}]})");
    CHECK(world.as_joe(kube::Method::get, "/api/v1/configmaps") == 200);
    CHECK(world.as_joe(kube::Method::get, "/metrics/x") == 404);
    CHECK(world.as_joe(kube::Method::get, "/logs") == 403);
  }

  TEST_CASE("rbac: system:masters may do everything, the unknown nothing") {
    const ApiFixture api;
    CHECK(api.get("/api/v1/secrets").status == 200);
    const auto nobody = api.server->transport({.user = "nobody", .groups = {}});
    kube::Request request;
    request.path = "/api/v1/secrets";
    CHECK(nobody->request(request).value().status == 403);
  }

  TEST_CASE("tokens: a forged or expired one is refused") {
    ApiFixture api;
    const std::string good = api.server->issue_token(Identity::admin());
    CHECK(api.server->authenticate(good).value().user == "system:admin");
    std::string forged = good;
    forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
    CHECK(!api.server->authenticate(forged).has_value());
    CHECK(!api.server->authenticate("").has_value());
    api.post("/api/v1/namespaces/default/serviceaccounts", R"({"metadata":{"name":"joe"}})");
    const auto asked = api.post("/api/v1/namespaces/default/serviceaccounts/joe/token",
                                R"({"spec":{"expirationSeconds":600}})");
    const std::string token(asked["status"]["token"].as_string());
    CHECK(api.server->authenticate(token).has_value());
    api.clock.advance(std::chrono::seconds(601));
    CHECK(!api.server->authenticate(token).has_value());
  }
}

}  // namespace
}  // namespace pgo::embedded
