#include "pgo/yaml/yaml.h"
#include "unit/json/support.h"

#include <string>

using namespace pgo;
using json::test::js;

namespace {

json::Value read(std::string_view text) {
  auto value = yaml::parse(text);
  REQUIRE_MESSAGE(value.has_value(), value.error().text());
  return *value;
}

std::string message_of(std::string_view text, const yaml::Limits& limits = {}) {
  auto value = yaml::parse(text, limits);
  REQUIRE_FALSE(value);
  CHECK(value.error().code == Code::invalid_argument);
  return value.error().message;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_SUITE("yaml.parse") {
  TEST_CASE("yaml: blocks, flows and JSON itself become the same values") {
    const json::Value wanted = js("{'a':{'b':[1,'x',{'c':null}]},'d':[]}");
    CHECK(read("a:\n  b:\n  - 1\n  - x\n  - c:\nd: []\n") == wanted);
    CHECK(read("{a: {b: [1, x, {c: ~}]}, d: []}") == wanted);
    CHECK(read(json::write(wanted)) == wanted);
    CHECK(read("").is_null());
    CHECK(read("# only a comment\n").is_null());
  }

  TEST_CASE("yaml: block scalars are strings, literal or folded") {
    CHECK(read("a: |\n  one\n   two\n\n") == js("{'a':'one\\n two\\n'}"));
    CHECK(read("a: |-\n  1\n") == js("{'a':'1'}"));
    CHECK(read("a: >\n  one\n  two\n") == js("{'a':'one two\\n'}"));
  }

  TEST_CASE("yaml: keys are the text of their scalar") {
    CHECK(read("1: a\ntrue: b\n~: c\n0x10: d\n\"\": e\n") ==
          js("{'1':'a','true':'b','~':'c','0x10':'d','':'e'}"));
    CHECK(has(message_of("? [a]\n: b"), "key must be a scalar"));
  }

  TEST_CASE("yaml: a key that appears twice is refused where it stands") {
    CHECK(has(message_of("a: 1\nb: 2\na: 3\n"), "line 3, column 1"));
    std::string large;
    for (int i = 0; i < 100; ++i) large += "k" + std::to_string(i) + ": 0\n";
    CHECK(yaml::parse(large));
    CHECK(has(message_of(large + "k7: 1\n"), "line 101"));
  }

  TEST_CASE("yaml: anchors and aliases repeat a value") {
    CHECK(read("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n") ==
          js("{'a':{'b':1},'c':{'b':1},'d':[{'b':1},{'b':1}]}"));
    CHECK(read("a: &x 1\nb: &x 2\nc: *x\n")["c"] == json::Value(2));
    CHECK(has(message_of("a: *nosuch"), "nosuch"));
    CHECK(has(message_of("a: &x [*x]"), "inside its own anchor"));
  }

  TEST_CASE("yaml: the merge key adds members, a mapping's own members win") {
    CHECK(read("base: &b {x: 1, y: 2}\nuse:\n  y: 3\n  <<: *b\n  z: 4\n")["use"] ==
          js("{'x':1,'y':3,'z':4}"));
    CHECK(read("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nuse: {<<: [*a, *b]}\n")["use"] ==
          js("{'x':1,'y':2}"));
    CHECK(read("'<<': 1") == js("{'<<':1}"));
    CHECK(has(message_of("<<: 1"), "merge key"));
  }

  TEST_CASE("yaml: aliases that multiply are stopped by the bound on nodes") {
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 10; ++i) {
      const std::string last = "*a" + std::to_string(i - 1);
      bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
      for (int j = 0; j < 10; ++j) bomb += (j == 0 ? "" : ",") + last;
      bomb += "]\n";
    }
    CHECK(has(message_of(bomb), "nodes"));
  }

  TEST_CASE("yaml: depth and size have bounds, also through aliases") {
    CHECK(has(message_of(std::string(200, '[') + std::string(200, ']')), "deeper"));
    CHECK(has(message_of("[[[1]]]", {.max_depth = 3}), "deeper"));
    CHECK(yaml::parse("[[[1]]]", {.max_depth = 4}));
    CHECK(has(message_of("a: &x [[1]]\nb: [[*x]]", {.max_depth = 5}), "deeper"));
    CHECK(has(message_of("abcdef", {.max_bytes = 5}), "larger"));
  }

  TEST_CASE("yaml: bad text is refused with line and column") {
    CHECK(has(message_of("a: b\n c: d\n"), "line 2"));
    CHECK(has(message_of("a: [1\n"), "line"));
    CHECK(has(message_of("a: \"\xff\"\n"), "byte"));
    CHECK(has(message_of("a:\n\t- b\n"), "line 2"));
    CHECK(has(message_of("a: @b\n"), "line 1"));
  }

  TEST_CASE("yaml: tags choose a core type, others are refused") {
    CHECK(read("[!!str 1, !!int 2, !!float 3, !!bool yes, !!null '', ! 4]") ==
          js("['1',2,3.0,true,null,'4']"));
    CHECK(has(message_of("!!int x"), "int"));
    CHECK(has(message_of("!!binary aGk="), "not supported"));
    CHECK(has(message_of("!custom {a: 1}"), "not supported"));
  }

  TEST_CASE("yaml: a stream yields its documents without the empty ones") {
    auto documents = yaml::parse_all("---\na: 1\n---\n# nothing\n---\n- b\n...\n");
    REQUIRE(documents);
    REQUIRE(documents->size() == 2);
    CHECK((*documents)[0].value == js("{'a':1}"));
    CHECK((*documents)[1].value == js("['b']"));
    CHECK(yaml::parse_all("")->empty());
    CHECK(has(message_of("a: 1\n---\nb: 2\n"), "second document"));
    CHECK(yaml::parse("a: 1\n---\n"));
  }
}
