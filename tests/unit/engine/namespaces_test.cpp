#include "engine/namespaces.h"

#include "pgo/embedded/api_server.h"
#include "pgo/yaml/yaml.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

namespace pgo {
namespace {

namespace types = kube::types;

/// An API server where the operator has the rights that it is shipped with, deploy/operator.
struct Shipped {
  Shipped() {
    const kube::Client client(*admin);
    for (const char* ns : {"pgo", "pgouser1"}) {
      REQUIRE(client.create(types::kNamespace, kube::Object(types::kNamespace, "", ns)));
    }
    std::ifstream file(PGO_OPERATOR_RIGHTS);
    std::ostringstream text;
    text << file.rdbuf();
    const auto documents = yaml::parse_all(text.str());
    REQUIRE(documents);
    REQUIRE(documents->size() == 3);
    for (const yaml::Document& document : *documents) {
      const kube::Object object(document.value);
      for (const kube::ResourceType* type :
           {&types::kServiceAccount, &types::kClusterRole, &types::kClusterRoleBinding}) {
        if (type->kind == object.kind()) REQUIRE(client.create(*type, object));
      }
    }
  }

  VirtualClock clock{TimePoint(std::chrono::seconds(1'600'000'000))};
  SeededIdSource ids{1};
  std::unique_ptr<embedded::ApiServer> server = *embedded::ApiServer::create({}, clock, ids, Log());
  std::unique_ptr<kube::Transport> admin = server->transport(embedded::Identity::admin());
  std::unique_ptr<kube::Transport> account =
      server->transport(embedded::Identity::service_account("pgo", "postgres-operator"));
};

}  // namespace

// An API server lets nobody give rights that he has not, and these roles hold more than the
// operator's own.
TEST_CASE("namespaces: the rights the operator is shipped with set one up and keep it so") {
  const Shipped world;
  const kube::Client admin(*world.admin);
  const kube::Client client(*world.account);
  const auto set_up = [&] {
    const auto done =
        engine::set_up_namespace(client, manifests::Renderer::built_in(), "pgouser1", "pgo");
    REQUIRE_MESSAGE(done, (done ? "" : done.error().text()));
  };
  set_up();
  const auto role = admin.get(types::kRole, "pgouser1", "pgo-target-role");
  REQUIRE(role);
  REQUIRE(admin.patch(types::kRole, "pgouser1", "pgo-target-role", kube::PatchType::merge,
                      *json::parse(R"({"rules":[]})")));
  set_up();
  CHECK((*admin.get(types::kRole, "pgouser1", "pgo-target-role"))["rules"] == (*role)["rules"]);
}

}  // namespace pgo
