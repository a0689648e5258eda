#include "pgo/kube/object.h"

#include <doctest/doctest.h>

namespace pgo::kube {

TEST_SUITE("kube.object") {
  TEST_CASE("object: a new one carries type, name and namespace and nothing else") {
    const Object object(types::kDeployment, "pgo", "hippo");
    CHECK(json::write(object.document()) == R"({"apiVersion":"apps/v1","kind":"Deployment",)"
                                            R"("metadata":{"name":"hippo","namespace":"pgo"}})");
    CHECK(object.text() == "Deployment pgo/hippo");
  }

  TEST_CASE("object: a cluster-wide type takes no namespace") {
    const Object object(types::kNamespace, "ignored", "pgo");
    CHECK(object.ns().empty());
    CHECK(object.text() == "Namespace pgo");
  }

  TEST_CASE("object: labels and annotations are set and read back") {
    Object object(types::kPod, "pgo", "hippo");
    CHECK(object.label("a").empty());
    object.set_label("a", "1");
    object.set_label("b", "");
    object.set_annotation("c", "2");
    CHECK(object.label("a") == "1");
    CHECK(object.labels() == Labels{{"a", "1"}, {"b", ""}});
    CHECK(object.annotations() == Labels{{"c", "2"}});
  }

  TEST_CASE("object: an owner is added once and read back whole") {
    Object object(types::kPod, "pgo", "hippo");
    const OwnerReference owner{"apps/v1", "ReplicaSet", "hippo-1", "u-1", true, true};
    object.add_owner(owner);
    object.add_owner(owner);
    REQUIRE(object.owners().size() == 1);
    CHECK(object.owners().front() == owner);
  }

  TEST_CASE("object: a deletion timestamp says it is being deleted") {
    Object object(types::kPod, "pgo", "hippo");
    CHECK_FALSE(object.being_deleted());
    object.document().at_or_add("metadata").set("deletionTimestamp", "2020-01-02T03:04:05Z");
    CHECK(object.being_deleted());
  }

  TEST_CASE("object: one without a name is shown by its generateName") {
    Object object(types::kJob, "pgo", "");
    object.document().at_or_add("metadata").set("generateName", "backup-");
    CHECK(object.text() == "Job pgo/backup-");
  }
}

}  // namespace pgo::kube
