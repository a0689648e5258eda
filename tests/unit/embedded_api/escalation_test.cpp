#include "unit/embedded_api/api_fixture.h"

// https://kubernetes.io/docs/reference/access-authn-authz/rbac/
//   #privilege-escalation-prevention-and-bootstrapping
namespace pgo::embedded {
namespace {

const std::string kRbac = "/apis/rbac.authorization.k8s.io/v1/";
const std::string kRoles = kRbac + "namespaces/default/roles";
const std::string kBindings = kRbac + "namespaces/default/rolebindings";
const std::string kManager =
    R"({"apiGroups":["rbac.authorization.k8s.io"],"resources":["roles","rolebindings"],
        "verbs":["create","get","patch","update"]})";
const std::string kReader =
    R"({"apiGroups":[""],"resources":["pods","pods/log"],"verbs":["get","list"]})";

/// User eve, who holds these rules in namespace default.
struct World : ApiFixture {
  explicit World(const std::string& rules) {
    post(kRoles, R"({"metadata":{"name":"eve"},"rules":[)" + rules + "]}");
    post(kBindings, R"({"metadata":{"name":"eve"},"roleRef":{"kind":"Role","name":"eve"},
      "subjects":[{"kind":"User","name":"eve"}]})");
    eve = server->transport({.user = "eve", .groups = {"system:authenticated"}});
  }
  int as_eve(kube::Method method, const std::string& path, const std::string& body) const {
    kube::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    if (method == kube::Method::patch) request.content_type = "application/merge-patch+json";
    return eve->request(request).value().status;
  }
  int makes_role(const std::string& name, const std::string& rule) const {
    return as_eve(kube::Method::post, kRoles,
                  R"({"metadata":{"name":")" + name + R"("},"rules":[)" + rule + "]}");
  }
  int binds(const std::string& name, const std::string& role) const {
    return as_eve(kube::Method::post, kBindings,
                  R"({"metadata":{"name":")" + name + R"("},"roleRef":)" + role +
                      R"(,"subjects":[{"kind":"User","name":"eve"}]})");
  }
  std::unique_ptr<kube::Transport> eve;
};

std::string role(const std::string& kind, const std::string& name) {
  return R"({"apiGroup":"rbac.authorization.k8s.io","kind":")" + kind + R"(","name":")" + name +
         R"("})";
}

TEST_SUITE("embedded.api.escalation") {
  TEST_CASE("escalation: who may bind roles cannot bind more than he has") {
    const World world(kManager);
    CHECK(world.binds("up", role("ClusterRole", "cluster-admin")) == 403);
    world.post(kRoles, R"({"metadata":{"name":"reader"},"rules":[)" + kReader + "]}");
    CHECK(world.binds("up", role("Role", "reader")) == 403);
    CHECK(world.binds("none", role("Role", "none")) == 404);
    CHECK(world.get(kBindings)["items"].items().size() == 1);
    const World holder(kManager + "," + kReader);
    holder.post(kRoles, R"({"metadata":{"name":"reader"},"rules":[)" + kReader + "]}");
    CHECK(holder.binds("same", role("Role", "reader")) == 201);
  }

  TEST_CASE("escalation: a role may hold what its maker holds, each right for itself") {
    const World world(kManager + "," + kReader +
                      R"(,{"apiGroups":["apps"],"resources":["*"],"verbs":["*"],
                          "resourceNames":["a","b"]},{"apiGroups":["batch"],"resources":["*/status"],
                          "verbs":["patch"]})");
    const auto rule = [](const std::string& group, const std::string& resource,
                         const std::string& verb, const std::string& names = "[]") {
      return R"({"apiGroups":[")" + group + R"("],"resources":[")" + resource + R"("],"verbs":[")" +
             verb + R"("],"resourceNames":)" + names + "}";
    };
    CHECK(world.makes_role("a", kReader) == 201);
    CHECK(world.makes_role("b", rule("", "pods/log", "list", R"(["p"])")) == 201);
    CHECK(world.makes_role("c", rule("apps", "deployments", "delete", R"(["b","a"])")) == 201);
    CHECK(world.makes_role("d", rule("batch", "jobs/status", "patch")) == 201);
    CHECK(world.makes_role("e", "") == 201);
    CHECK(world.makes_role("f", rule("", "pods", "delete")) == 403);
    CHECK(world.makes_role("f", rule("", "pods", "*")) == 403);
    CHECK(world.makes_role("f", rule("", "*", "get")) == 403);
    CHECK(world.makes_role("f", rule("*", "pods", "get")) == 403);
    CHECK(world.makes_role("f", rule("apps", "deployments", "delete")) == 403);
    CHECK(world.makes_role("f", rule("apps", "deployments", "delete", R"(["a","c"])")) == 403);
    CHECK(world.makes_role("f", rule("batch", "jobs", "patch")) == 403);
    CHECK(world.makes_role("f", R"({"nonResourceURLs":["/metrics"],"verbs":["get"]})") == 403);
  }

  TEST_CASE("escalation: an update may not add what its maker has not, and may do the rest") {
    const World world(kManager);
    world.post(kRoles, R"({"metadata":{"name":"reader"},"rules":[)" + kReader + "]}");
    world.post(kBindings, R"({"metadata":{"name":"reader"},"roleRef":)" + role("Role", "reader") +
                              R"(,"subjects":[{"kind":"User","name":"joe"}]})");
    const std::string all = R"({"apiGroups":["*"],"resources":["*"],"verbs":["*"]})";
    CHECK(world.as_eve(kube::Method::patch, kRoles + "/reader", R"({"rules":[)" + all + "]}") ==
          403);
    CHECK(world.as_eve(kube::Method::patch, kRoles + "/reader",
                       R"({"metadata":{"labels":{"l":"v"}}})") == 200);
    CHECK(world.as_eve(kube::Method::put, kRoles + "/reader",
                       R"({"metadata":{"name":"reader"},"rules":[]})") == 200);
    world.merge(kRoles + "/reader", R"({"rules":[)" + kReader + "]}");
    CHECK(world.as_eve(kube::Method::patch, kBindings + "/reader",
                       R"({"subjects":[{"kind":"User","name":"eve"}]})") == 403);
    CHECK(world.as_eve(kube::Method::patch, kBindings + "/reader",
                       R"({"metadata":{"labels":{"l":"v"}}})") == 200);
    CHECK(world.as_eve(kube::Method::patch, kBindings + "/none", "{}") == 404);
  }

  TEST_CASE("escalation: rights in one namespace are none in the cluster") {
    const World world(kManager + "," + kReader + "," +
                      R"({"apiGroups":["rbac.authorization.k8s.io"],
      "resources":["clusterroles","clusterrolebindings"],"verbs":["*"]})");
    const std::string roles = kRbac + "clusterroles";
    const std::string body = R"({"metadata":{"name":"up"},"rules":[)" + kReader + "]}";
    CHECK(world.as_eve(kube::Method::post, roles, body) == 403);
    world.post(roles, R"({"metadata":{"name":"rbac"},"rules":[{"apiGroups":
      ["rbac.authorization.k8s.io"],"resources":["*"],"verbs":["create","update"]}]})");
    world.post(kRbac + "clusterrolebindings", R"({"metadata":{"name":"rbac"},"roleRef":)" +
                                                  role("ClusterRole", "rbac") +
                                                  R"(,"subjects":[{"kind":"User","name":"eve"}]})");
    CHECK(world.as_eve(kube::Method::post, roles, body) == 403);
    CHECK(world.makes_role("here", kReader) == 201);
  }

  TEST_CASE("escalation: the verbs escalate and bind allow it") {
    const World world(R"({"apiGroups":["rbac.authorization.k8s.io"],"resources":["roles"],
      "verbs":["create","escalate"]},{"apiGroups":["rbac.authorization.k8s.io"],
      "resources":["rolebindings"],"verbs":["create"]},{"apiGroups":["rbac.authorization.k8s.io"],
      "resources":["roles"],"verbs":["bind"],"resourceNames":["reader"]})");
    CHECK(world.makes_role("reader", kReader) == 201);
    CHECK(world.makes_role("other", kReader) == 201);
    CHECK(world.binds("reader", role("Role", "reader")) == 201);
    CHECK(world.binds("other", role("Role", "other")) == 201);  // held by now
    CHECK(world.binds("admin", role("ClusterRole", "cluster-admin")) == 403);
  }

  TEST_CASE("escalation: a rule of more combinations than can be looked at is not held") {
    const World world(kManager + R"(,{"apiGroups":["*"],"resources":["*"],"verbs":["a"]})");
    CHECK(world.makes_role("e", R"({"apiGroups":["a"],"resources":["a"],"verbs":["a"]})") == 201);
    std::string many = "[\"a\"";
    for (int i = 0; i < 200; ++i) many += ",\"a\"";
    many += "]";
    CHECK(world.makes_role("f", R"({"apiGroups":)" + many + R"(,"resources":)" + many +
                                    R"(,"verbs":)" + many + "}") == 403);
  }
}

}  // namespace
}  // namespace pgo::embedded
