#include "embedded/api/protobuf.h"

#include "pgo/json/value.h"

#include <doctest/doctest.h>

#include <string>

// https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
namespace pgo::embedded::api {
namespace {

std::string field(int number, const std::string& bytes) {
  return std::string(1, static_cast<char>(number << 3 | 2)) +
         std::string(1, static_cast<char>(bytes.size())) + bytes;
}

std::string body(const std::string& version, const std::string& kind, const std::string& raw) {
  return std::string("k8s\0", 4) + field(1, field(1, version) + field(2, kind)) + field(2, raw);
}

std::string secret() {
  const std::string label = field(1, "app") + field(2, "web");
  const std::string entry = field(1, "password") + field(2, "hunter2");
  return body("v1", "Secret",
              field(1, field(1, "s") + field(2, "") + field(11, label)) + field(2, entry));
}

TEST_SUITE("embedded.api.protobuf") {
  TEST_CASE("protobuf: metadata, maps and bytes become the JSON of the same object") {
    const auto text = protobuf_to_json(secret());
    REQUIRE(text.has_value());
    const auto object = json::parse(*text).value();
    CHECK(object == json::parse(R"({"apiVersion":"v1","kind":"Secret",
      "metadata":{"name":"s","labels":{"app":"web"}},"data":{"password":"aHVudGVyMg=="}})")
                        .value());
  }

  TEST_CASE("protobuf: numbers and booleans are read as such") {
    const std::string options = std::string("\x08\x05\x18\x01", 4) + field(4, "Orphan");
    const auto object = json::parse(protobuf_to_json(body("v1", "DeleteOptions", options)).value());
    CHECK((*object)["gracePeriodSeconds"].as_int() == 5);
    CHECK((*object)["orphanDependents"].as_bool());
    CHECK((*object)["propagationPolicy"].as_string() == "Orphan");
  }

  TEST_CASE("protobuf: a kind that is not in the table is 415 and says what to send") {
    const auto refused = protobuf_to_json(body("apps/v1", "Deployment", ""));
    REQUIRE(!refused.has_value());
    CHECK(refused.error().http_status == 415);
  }

  TEST_CASE("protobuf: a body cut anywhere is refused or read, never more than that") {
    const std::string whole = secret();
    CHECK(!protobuf_to_json("").has_value());
    CHECK(!protobuf_to_json("{}").has_value());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto text = protobuf_to_json(std::string_view(whole).substr(0, size));
      if (text) CHECK(json::parse(*text).has_value());
    }
  }
}

}  // namespace
}  // namespace pgo::embedded::api
