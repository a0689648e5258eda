#include "pgo/yaml/yaml.h"
#include "unit/json/support.h"

using namespace pgo;
using json::Value;

namespace {

Value scalar(std::string_view text) {
  auto value = yaml::parse(text);
  REQUIRE_MESSAGE(value.has_value(), text);
  return *value;
}

}  // namespace

// Source: YAML 1.1 types as gopkg.in/yaml.v2 resolves them.
TEST_SUITE("yaml.scalar") {
  TEST_CASE("scalar: the words of YAML 1.1 are booleans and null, in three spellings each") {
    for (const auto* text : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}) {
      CHECK(scalar(text) == Value(true));
    }
    for (const auto* text : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"}) {
      CHECK(scalar(text) == Value(false));
    }
    for (const auto* text : {"~", "null", "Null", "NULL"}) CHECK(scalar(text).is_null());
    for (const auto* text : {"tRUE", "yEs", "nULL", "y", "n", "yes please", "oN"}) {
      CHECK(scalar(text) == Value(text));
    }
  }

  TEST_CASE("scalar: quoted words and numbers are strings") {
    for (const auto* text : {"\"yes\"", "'yes'"}) CHECK(scalar(text) == Value("yes"));
    CHECK(scalar("\"12\"") == Value("12"));
    CHECK(scalar("''") == Value(""));
  }

  TEST_CASE("scalar: integers in every base") {
    CHECK(scalar("12") == Value(12));
    CHECK(scalar("-12") == Value(-12));
    CHECK(scalar("+12") == Value(12));
    CHECK(scalar("1_000") == Value(1000));
    CHECK(scalar("0x1F") == Value(31));
    CHECK(scalar("017") == Value(15));
    CHECK(scalar("0o17") == Value(15));
    CHECK(scalar("0b101") == Value(5));
    CHECK(scalar("0") == Value(0));
    CHECK(scalar("9223372036854775807") == Value(INT64_MAX));
    CHECK(scalar("-9223372036854775808") == Value(INT64_MIN));
    CHECK(scalar("9223372036854775808").type() == json::Type::number);
  }

  TEST_CASE("scalar: floats with a point or an exponent") {
    CHECK(scalar("1.5") == Value(1.5));
    CHECK(scalar(".5") == Value(0.5));
    CHECK(scalar("-.5e1") == Value(-5.0));
    CHECK(scalar("1e3") == Value(1000.0));
    CHECK(scalar("5.").is_number());
    CHECK(scalar("089") == Value(89.0));  // no octal, so a float to yaml.v2
  }

  TEST_CASE("scalar: versions, dates, times, quantities and paths are strings") {
    for (const auto* text :
         {"4.2.0", "2020-01-02", "2020-01-02T03:04:05Z", "12:30:45", "10Gi", "500m", "1.2.3.4",
          "/a/b", "0x", "0b2", "1e", "-", ".", "...x", "+", "__1", "1-2", "0x1G"}) {
      CHECK_MESSAGE(scalar(std::string("[") + text + "]")[0] == Value(text), text);
    }
  }

  TEST_CASE("scalar: infinity and not-a-number have no place in JSON") {
    for (const auto* text : {".inf", "-.Inf", "+.INF", ".nan", ".NaN"}) {
      CHECK_FALSE(yaml::parse(text));
    }
  }
}
