#include "pgo/plan/document.h"

#include "pgo/model/pgtask.h"

#include <doctest/doctest.h>

using namespace pgo;

namespace {

kube::Object policy(std::string_view ns, std::string_view name) {
  kube::Object made(kube::types::kPgPolicy, ns, name);
  made.document().set("spec", json::Value::object({{"name", name}, {"sql", "select 1"}}));
  return made;
}

}  // namespace

TEST_CASE("document: a view of objects holds the policies that its cluster asks for") {
  model::PgTask task =
      model::new_task("pgouser1", "hippo-policies", model::TaskType::add_policies, "hippo");
  task.spec.parameters = {{"p1", "p1"}};
  const json::Value objects = json::Value::array(
      {task.object().document(), policy("pgouser1", "p1").document(),
       policy("pgouser1", "p2").document(), policy("elsewhere", "p1").document()});
  const auto view = plan::view_of_objects("pgouser1", "hippo", objects);
  REQUIRE(view.has_value());
  REQUIRE(view->policies.size() == 1);
  CHECK(view->policies[0]->meta.name == "p1");
  CHECK(view->policies[0]->meta.ns == "pgouser1");
}

TEST_CASE("document: what is no object is refused with its place") {
  const auto refused =
      plan::view_of_objects("pgouser1", "hippo", json::Value::array({json::Value::object({})}));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().subject == "objects[0]");
}
