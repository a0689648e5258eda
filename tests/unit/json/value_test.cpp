#include "pgo/json/value.h"

#include "support.h"

#include <thread>
#include <utility>
#include <vector>

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

  TEST_CASE("copies: share what is not changed, in either of them") {
    const Value first = js("{'a':{'b':[1,2]},'c':{'d':3}}");
    Value second = first;
    CHECK(&second.members() == &first.members());
    second.at_or_add("c").set("d", 4);
    CHECK(&second["a"].members() == &first["a"].members());
    CHECK(first["c"]["d"].as_int() == 3);
    CHECK(second["c"]["d"].as_int() == 4);
  }

  TEST_CASE("copies: no way to change one changes the other") {
    const Value original = js("{'object':{'a':1},'array':[1]}");
    const std::string text = json::write(original);
    Value copy = original;
    copy.set("new", 1);
    copy = original;
    CHECK(copy.erase("array"));
    copy = original;
    CHECK_FALSE(copy.erase("nosuch"));
    copy.at_or_add("array").push_back(2);
    copy = original;
    copy.at_or_add("array").make_array().clear();
    copy = original;
    *copy.at_or_add("array").if_array() = {};
    copy = original;
    copy.make_object().clear();
    copy = original;
    copy.if_object()->operator[]("object").set("a", 2);
    copy = original;
    for (json::Member& member : copy.make_object()) member.value = nullptr;
    CHECK(json::write(original) == text);
  }

  TEST_CASE("copies: a reference for change that was handed out before changes one alone") {
    Value original = js("{'a':{'b':1}}");
    Value& a = original.at_or_add("a");
    Value& b = a.at_or_add("b");
    const Value copy = original;
    b = 2;
    a.set("c", 3);
    CHECK(json::write(copy) == R"({"a":{"b":1}})");
    CHECK(json::write(original) == R"({"a":{"b":2,"c":3}})");
  }

  TEST_CASE("copies: share again after sealing") {
    Value original;
    original.at_or_add("a").at_or_add("b").make_array().emplace_back(1);
    const Value apart = original;
    CHECK(&apart["a"]["b"].items() != &original["a"]["b"].items());
    original.seal();
    const Value shared = original;
    CHECK(&shared["a"]["b"].items() == &std::as_const(original)["a"]["b"].items());
    CHECK(shared == apart);
  }

  TEST_CASE("copies: may be made, changed and dropped by several threads") {
    const Value original = js("{'a':{'b':[1,2,3]},'c':'text that is not short'}");
    const std::string text = json::write(original);
    {
      std::vector<std::jthread> threads;
      for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&original] {
          for (int round = 0; round < 200; ++round) {
            Value copy = original;
            const Value second = copy;
            copy.at_or_add("a").at_or_add("b").push_back(round);
          }
        });
      }
    }
    CHECK(json::write(original) == text);
  }

  TEST_CASE("value: an unsigned number beyond int64 becomes a double") {
    CHECK(Value(std::uint64_t{7}).is_int());
    CHECK(Value(UINT64_MAX).type() == json::Type::number);
  }
}
