#include "pgo/yaml/yaml.h"
#include "unit/json/support.h"

#include <string>

using namespace pgo;
using json::Value;
using json::test::js;

namespace {

void check_round_trip(const Value& value) {
  const std::string text = yaml::write(value);
  CAPTURE(text);
  auto back = yaml::parse(text);
  REQUIRE_MESSAGE(back.has_value(), back.error().text());
  CHECK(*back == value);
  CHECK(back->type() == value.type());
}

}  // namespace

TEST_SUITE("yaml.write") {
  TEST_CASE("yaml write: block style as kubectl shows it") {
    CHECK(yaml::write(js("{'kind':'Pod','spec':{'containers':[{'name':'a','args':['x',['y']],"
                         "'env':[]},{}],'num':1},'empty':{},'none':null}")) ==
          "kind: Pod\n"
          "spec:\n"
          "  containers:\n"
          "  - name: a\n"
          "    args:\n"
          "    - x\n"
          "    - - \"y\"\n"
          "    env: []\n"
          "  - {}\n"
          "  num: 1\n"
          "empty: {}\n"
          "none: null\n");
  }

  TEST_CASE("yaml write: text with line breaks becomes a literal block") {
    CHECK(yaml::write(js("{'a':'one\\n  two\\n','b':'x\\ny','c':'x\\n\\n'}")) ==
          "a: |\n  one\n    two\nb: |-\n  x\n  y\nc: |+\n  x\n\n");
  }

  TEST_CASE("yaml write: strings that look like something else are quoted, others are not") {
    for (const auto* text :
         {"",    "yes", "no",  "on",    "~",   "null", "true",       "1",    "1.5", "0x1",
          "017", "1e3", ".5",  "-",     "- a", "a: b", "a #b",       "#a",   " a",  "a ",
          "[a]", "{a",  "&a",  "*a",    "!a",  "|",    ">",          "'a'",  "\"a", "%a",
          "@a",  "`a",  "a:",  "12:30", "<<",  "=",    "2020-01-01", "?",    "? a", ".inf",
          "y",   "n",   "---", "...",   "\t",  "1_0",  "0o7",        "a\tb", "é",   "-1Gi"}) {
      CAPTURE(text);
      CHECK(yaml::write(Value(text)) == json::write(Value(text)) + "\n");
      check_round_trip(Value(text));
    }
    for (const auto* text : {"a", "a b", "a:b", "a#b", "10Gi", "4.2.0", "/a/b", "x-y_z", "a'b",
                             "crunchydata.com/v1", "it's", "a, b", "1.2.3.4"}) {
      CHECK(yaml::write(Value(text)) == std::string(text) + "\n");
      check_round_trip(Value(text));
    }
  }

  TEST_CASE("yaml write: whatever is written reads back equal") {
    for (const auto* text : {"\n",
                             "\n\n",
                             "a\n\nb",
                             "\na",
                             " a\nb",
                             "a\n b \n",
                             "a\r\nb",
                             "\ta\nb",
                             "a\n\tb\n",
                             "\u0085",
                             "\u2028",
                             "\ufeff",
                             "\x7f",
                             "a\u0085\nb",
                             "é\nü\n",
                             "\\n",
                             "a\n---\nb",
                             "# x\ny",
                             "a: b\nc: d\n",
                             "- a\n- b",
                             "|\n",
                             "\x01\n",
                             "trailing  \nblanks  \n",
                             "\ufffe\uffff",
                             "😀"}) {
      check_round_trip(Value(text));
      check_round_trip(js("{}"));
      check_round_trip(Value::object({{"k", text}, {"l", Value::array({text, 1})}}));
      check_round_trip(Value::object({{text, 1}}));
    }
    check_round_trip(js("[[[]],[{}],[[1,[2]],{'a':[{'b':{'c':[1]}}]}]]"));
    check_round_trip(js("[1.0,0.1,1e300,-5,9223372036854775807,true,null]"));
    check_round_trip(js("'top'"));
  }

  TEST_CASE("yaml write: several documents are parted by a line of dashes") {
    const Value values[] = {js("{'a':1}"), js("[2]")};
    const std::string text = yaml::write_all(values);
    CHECK(text == "a: 1\n---\n- 2\n");
    CHECK(yaml::parse_all(text)->size() == 2);
  }
}
