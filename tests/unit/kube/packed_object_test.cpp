#include "pgo/kube/packed_object.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace pgo;
using kube::Object;
using kube::PackedObject;

namespace {

std::shared_ptr<const Object> packed(std::string_view name) {
  json::Packer packer(json::Packer::make_scratch());
  json::Value document = Object(kube::types::kPod, "ns", name).document();
  const std::string text = json::write(document);
  return PackedObject::make(std::move(document), packer.pack(text));
}

}  // namespace

TEST_SUITE("kube.packed_object") {
  TEST_CASE("object: the same for all while one holds it, an equal one after that") {
    std::shared_ptr<const Object> object = packed("a");
    const std::shared_ptr<const PackedObject> rests = object->packed();
    REQUIRE(rests);
    CHECK(PackedObject::object(rests) == object);
    const Object copy = *object;
    object.reset();
    const auto again = PackedObject::object(rests);
    CHECK(*again == copy);
    CHECK(again->packed() == rests);
    CHECK(PackedObject::object(rests) == again);
  }

  TEST_CASE("packed: forgotten by a copy that may be changed") {
    const auto object = packed("a");
    Object copy = *object;
    CHECK(copy.packed() == object->packed());
    copy.set_label("a", "b");
    CHECK(copy.packed() == nullptr);
    CHECK(object->packed() != nullptr);
    CHECK(object->labels().empty());
  }

  TEST_CASE("equality: of the texts") {
    CHECK(*packed("a")->packed() == *packed("a")->packed());
    CHECK_FALSE(*packed("a")->packed() == *packed("b")->packed());
  }

  TEST_CASE("threads: unpack and let go at the same time") {
    const std::shared_ptr<const PackedObject> rests = packed("a")->packed();
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&rests] {
        for (int round = 0; round < 200; ++round) {
          const auto object = PackedObject::object(rests);
          if (object->name() != "a") FAIL_CHECK("another object");
        }
      });
    }
  }
}
