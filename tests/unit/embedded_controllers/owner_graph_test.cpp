#include "embedded/controllers/owner_graph.h"

#include <doctest/doctest.h>

using namespace pgo;
using namespace pgo::embedded::controllers;
using Uids = std::vector<std::string>;

namespace {

kube::Object object(std::string_view uid, const Uids& owners = {}) {
  kube::Object made(kube::types::kConfigMap, "ns", uid);
  made.document().at_or_add("metadata").set("uid", uid);
  for (const std::string& owner : owners) made.add_owner({.name = owner, .uid = owner});
  return made;
}

kube::Object dying(std::string_view uid, std::string_view finalizer, const Uids& owners = {}) {
  kube::Object made = object(uid, owners);
  json::Value& metadata = made.document().at_or_add("metadata");
  metadata.set("deletionTimestamp", "2026-01-01T00:00:00Z");
  metadata.set("finalizers", json::Value::array({finalizer}));
  return made;
}

}  // namespace

TEST_SUITE("embedded.controllers.owner_graph") {
  TEST_CASE("an object whose owner has not been seen is worth a look, until the owner is") {
    OwnerGraph graph;
    const kube::Object child = object("child", {"owner"});
    CHECK(graph.change("configmaps.", nullptr, &child) == Uids{"child"});
    CHECK(graph.find("owner") == nullptr);
    CHECK(graph.suspects() == Uids{"child"});
    const kube::Object owner = object("owner");
    CHECK(graph.change("configmaps.", nullptr, &owner).empty());
    CHECK(graph.suspects().empty());
    CHECK(graph.dependents("owner") == Uids{"child"});
  }

  TEST_CASE(
      "when an owner vanishes its dependents are looked at, and known by it no more once gone") {
    OwnerGraph graph;
    const kube::Object owner = object("owner"), a = object("a", {"owner"}),
                       b = object("b", {"owner"});
    for (const kube::Object* one : {&owner, &a, &b}) graph.change("configmaps.", nullptr, one);
    CHECK(graph.change("configmaps.", &owner, nullptr) == Uids{"a", "b"});
    CHECK(graph.change("configmaps.", &a, nullptr).empty());
    CHECK(graph.dependents("owner") == Uids{"b"});
    CHECK(graph.change("configmaps.", &b, nullptr).empty());
    CHECK(graph.dependents("owner").empty());
  }

  TEST_CASE("an owner that waits in the foreground is looked at when a dependent changes or goes") {
    OwnerGraph graph;
    const kube::Object owner = object("owner"), child = object("child", {"owner"});
    graph.change("configmaps.", nullptr, &owner);
    graph.change("configmaps.", nullptr, &child);
    const kube::Object waiting = dying("owner", kForeground);
    CHECK(graph.change("configmaps.", &owner, &waiting) == Uids{"owner"});
    CHECK(graph.find("owner")->foreground);
    const kube::Object freed = object("child");
    CHECK(graph.change("configmaps.", &child, &freed) == Uids{"owner"});
    CHECK(graph.dependents("owner").empty());
  }

  TEST_CASE("an object of the same name with another UID takes the place of the one before") {
    OwnerGraph graph;
    const kube::Object before = object("before"), child = object("child", {"before"});
    graph.change("configmaps.", nullptr, &before);
    graph.change("configmaps.", nullptr, &child);
    const kube::Object after = object("after");
    CHECK(graph.change("configmaps.", &before, &after) == Uids{"child"});
    CHECK(graph.find("before") == nullptr);
    CHECK(graph.find("after") != nullptr);
  }

  TEST_CASE("owners that are named twice, or are the object itself, do no harm") {
    OwnerGraph graph;
    const kube::Object odd = object("odd", {"odd", "owner", "owner"});
    CHECK(graph.change("configmaps.", nullptr, &odd) == Uids{"odd"});
    CHECK(graph.dependents("owner") == Uids{"odd"});
    CHECK(graph.change("configmaps.", &odd, nullptr).empty());
    CHECK(graph.dependents("owner").empty());
    CHECK(graph.suspects().empty());
  }
}
