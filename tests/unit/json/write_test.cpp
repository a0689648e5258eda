#include "pgo/json/value.h"
#include "support.h"

#include <limits>

using namespace pgo;
using json::Value;
using json::test::js;

TEST_SUITE("json.write") {
  TEST_CASE("write: what is written reads back equal, in each style") {
    const Value value = js("{'a':[1,-2,0.1,1e300,true,null,''],'b':{'':{}},'c':[[],'é\\u0001']}");
    for (const json::Style style : {json::Style::compact, json::Style::pretty}) {
      for (const json::Escapes escapes : {json::Escapes::plain, json::Escapes::go}) {
        auto back = json::parse(json::write(value, style, escapes));
        REQUIRE(back);
        CHECK(*back == value);
      }
    }
  }

  TEST_CASE("write: pretty puts each member on its line, two blanks per level") {
    CHECK(json::write(js("{'a':[1,{}],'b':{}}"), json::Style::pretty) ==
          "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {}\n}");
  }

  TEST_CASE("write: Go's escapes protect HTML and JavaScript") {
    const Value value("<a href='x'>&\u2028\u2029");
    CHECK(json::write(value, json::Style::compact, json::Escapes::go) ==
          R"("\u003ca href='x'\u003e\u0026\u2028\u2029")");
    CHECK(json::write(Value("<&>")) == R"("<&>")");
  }

  TEST_CASE("write: control characters are escaped") {
    CHECK(json::write(Value(std::string("\x01\"\\\n\r\t\0", 7))) == R"("\u0001\"\\\n\r\t\u0000")");
  }

  TEST_CASE("write: numbers keep every bit") {
    for (const double number : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -2.5}) {
      CHECK(json::parse(json::write(Value(number)))->as_double() == number);
    }
    CHECK(json::write(Value(INT64_MIN)) == "-9223372036854775808");
    CHECK(json::write(Value(std::numeric_limits<double>::infinity())) == "null");
  }

  TEST_CASE("write: sorted order goes down to every object") {
    CHECK(json::write_sorted(js("{'b':{'z':1,'a':2},'a':[{'y':1,'x':2}]}")) ==
          R"({"a":[{"x":2,"y":1}],"b":{"a":2,"z":1}})");
  }
}
