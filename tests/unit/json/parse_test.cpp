#include "pgo/json/value.h"
#include "support.h"

#include <string>

using namespace pgo;
using json::Value;

namespace {

std::string message_of(std::string_view text, const json::ParseLimits& limits = {}) {
  auto value = json::parse(text, limits);
  REQUIRE_FALSE(value);
  CHECK(value.error().code == Code::invalid_argument);
  return value.error().message;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_SUITE("json.parse") {
  TEST_CASE("parse: integers stay integers, everything else is a double") {
    CHECK(json::parse("9223372036854775807")->as_int() == INT64_MAX);
    CHECK(json::parse("-9223372036854775808")->as_int() == INT64_MIN);
    CHECK(json::parse("-0")->is_number());
    CHECK(json::parse("9223372036854775808")->type() == json::Type::number);
    CHECK(json::parse("1.0")->type() == json::Type::number);
    CHECK(json::parse("0.1")->as_double() == 0.1);
    CHECK(json::parse("0.1e1")->as_double() == 1.0);
    CHECK(json::parse("1E+2")->type() == json::Type::number);
    CHECK(json::parse("[1,2.5,-3]")->items().size() == 3);
    CHECK(json::parse(" \n[true, null] \t").has_value());
  }

  TEST_CASE("parse: a number beyond double is refused, one too small for it is zero") {
    for (const auto* text : {"1e309", "-1e309", "1e99999999999999999999", "12345e305"}) {
      CHECK(has(message_of(text), "too "));
      CHECK(has(message_of(std::string("[1,") + text + "]"), "too "));
    }
    message_of(std::string(400, '9'));
    for (const auto* text : {"1e-400", "-1e-400", "0.001e-340", "1e-99999999999999999999", "0e5",
                             "0.0000000000000000000000000000"}) {
      auto value = json::parse(text);
      REQUIRE_MESSAGE(value.has_value(), text);
      CHECK(value->as_double(1) == 0.0);
    }
    CHECK(json::parse("5e-324")->as_double() == 5e-324);
    CHECK(json::parse("0." + std::string(400, '0') + "1e401")->as_double() == 1.0);
  }

  TEST_CASE("parse: escapes and UTF-8 come out as UTF-8") {
    CHECK(json::parse(R"("\u00e9\ud83d\ude00\n\/")")->as_string() == "é😀\n/");
    CHECK(json::parse("\"\\u0000\"")->as_string() == std::string_view("\0", 1));
  }

  TEST_CASE("parse: what is no JSON is refused with line and column") {
    CHECK(has(message_of("{\n \"a\": nope}"), "line 2"));
    const std::string_view texts[] = {"",
                                      "[1,]",
                                      "{\"a\"}",
                                      "nul",
                                      "[1] 2",
                                      "{\"a\":1,}",
                                      "\"\\ud800\"",
                                      "\"\\ude00\"",
                                      "{\"\\ude00\":1}",
                                      "\"\xff\"",
                                      "01",
                                      "+1",
                                      "'a'",
                                      "[1",
                                      "\"a",
                                      "\"\x01\"",
                                      "// c\n1",
                                      "NaN"};
    for (const std::string_view text : texts) {
      CAPTURE(text);
      message_of(text);
    }
  }

  TEST_CASE("parse: a NUL byte does not end the text") {
    message_of(std::string_view("[1]\0[2]", 7));
    message_of(std::string_view("[1]\0", 4));
    message_of(std::string_view("\"a\0b\"", 5));
    message_of(std::string_view("\0", 1));
  }

  TEST_CASE("parse: malformed UTF-8 is refused wherever it stands") {
    for (const std::string_view bytes : {"\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82",
                                         "\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80"}) {
      CHECK(has(message_of("[\"0123456789" + std::string(bytes) + "\"]"), "column 13"));
    }
    CHECK(json::parse("\"\xf4\x8f\xbf\xbf\xed\x9f\xbf\xc2\x80\"").has_value());
  }

  TEST_CASE("parse: a key that appears twice is refused and named") {
    CHECK(has(message_of(R"({"a":1,"b":{"c":1,"c":2}})"), "\"c\""));
    CHECK(json::parse(R"({"a":{"a":{"a":1}}})"));
  }

  TEST_CASE("parse: a key that appears twice in a large object is found as well") {
    std::string text = "{";
    for (int i = 0; i < 500; ++i) text += "\"k" + std::to_string(i) + "\":0,";
    CHECK(json::parse(text + "\"last\":1}"));
    CHECK(has(message_of(text + "\"k3\":1}"), "\"k3\""));
  }

  TEST_CASE("parse: depth and size have bounds") {
    const std::string deep = std::string(300, '[') + std::string(300, ']');
    CHECK(has(message_of(deep), "deeper"));
    CHECK(json::parse(std::string(256, '[') + std::string(256, ']')));
    CHECK(has(message_of("[1,2,3]", {.max_bytes = 3}), "larger"));
  }
}
