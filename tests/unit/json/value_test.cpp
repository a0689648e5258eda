#include "pgo/json/value.h"

#include "support.h"

using namespace pgo;
using json::Value;
using json::test::js;

TEST_SUITE("json.value") {
  TEST_CASE("value: reads chain over what is not there") {
    const Value value = js("{'a':{'b':[1,'x']}}");
    CHECK(value["a"]["b"][1].as_string() == "x");
    CHECK(value["a"]["nosuch"]["deeper"][7].as_int(3) == 3);
    CHECK(value["a"].as_string("none") == "none");
    CHECK(value.items().empty());
  }

  TEST_CASE("value: members keep the order in which they were added") {
    Value value;
    value.set("z", 1);
    value.set("a", 2);
    value.set("z", 3);
    CHECK(json::write(value) == R"({"z":3,"a":2})");
    CHECK(value.erase("z"));
    CHECK_FALSE(value.erase("z"));
    CHECK(json::write(value) == R"({"a":2})");
  }

  TEST_CASE("value: equality ignores the order of members and the kind of number, nothing else") {
    CHECK(js("{'a':1,'b':[2]}") == js("{'b':[2.0],'a':1}"));
    CHECK(js("[1,2]") != js("[2,1]"));
    CHECK(js("{'a':null}") != js("{}"));
    CHECK(js("'1'") != js("1"));
    CHECK(js("0") != js("false"));
  }

  TEST_CASE("value: a pointer finds members and items") {
    const Value value = js("{'a/b':{'~':[10,20]}}");
    REQUIRE(value.pointer("/a~1b/~0/1"));
    CHECK(value.pointer("/a~1b/~0/1")->as_int() == 20);
    CHECK(value.pointer("") == &value);
    CHECK(value.pointer("/a~1b/~0/2") == nullptr);
    CHECK(value.pointer("a") == nullptr);
  }

  TEST_CASE("value: an unsigned number beyond int64 becomes a double") {
    CHECK(Value(std::uint64_t{7}).is_int());
    CHECK(Value(UINT64_MAX).type() == json::Type::number);
  }
}
