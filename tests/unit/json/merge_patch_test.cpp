#include "pgo/json/patch.h"
#include "support.h"

using namespace pgo;
using json::test::js;

TEST_SUITE("json.merge_patch") {
  TEST_CASE("merge patch: the test table of RFC 7386, appendix A") {
    struct Row {
      std::string_view original, patch, result;
    };
    const Row rows[] = {
        {"{'a':'b'}", "{'a':'c'}", "{'a':'c'}"},
        {"{'a':'b'}", "{'b':'c'}", "{'a':'b','b':'c'}"},
        {"{'a':'b'}", "{'a':null}", "{}"},
        {"{'a':'b','b':'c'}", "{'a':null}", "{'b':'c'}"},
        {"{'a':['b']}", "{'a':'c'}", "{'a':'c'}"},
        {"{'a':'c'}", "{'a':['b']}", "{'a':['b']}"},
        {"{'a':{'b':'c'}}", "{'a':{'b':'d','c':null}}", "{'a':{'b':'d'}}"},
        {"{'a':[{'b':'c'}]}", "{'a':[1]}", "{'a':[1]}"},
        {"['a','b']", "['c','d']", "['c','d']"},
        {"{'a':'b'}", "['c']", "['c']"},
        {"{'a':'foo'}", "null", "null"},
        {"{'a':'foo'}", "'bar'", "'bar'"},
        {"{'e':null}", "{'a':1}", "{'e':null,'a':1}"},
        {"[1,2]", "{'a':'b','c':null}", "{'a':'b'}"},
        {"{}", "{'a':{'bb':{'ccc':null}}}", "{'a':{'bb':{}}}"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.original);
      CAPTURE(row.patch);
      CHECK(json::apply_merge_patch(js(row.original), js(row.patch)) == js(row.result));
    }
  }

  TEST_CASE("merge patch: making one gives the smallest, and applying it gives the second") {
    struct Row {
      std::string_view before, after, patch;
    };
    const Row rows[] = {
        {"{'a':1}", "{'a':1}", "{}"},
        {"{'a':1,'b':2}", "{'a':1}", "{'b':null}"},
        {"{'a':{'b':1,'c':2}}", "{'a':{'b':1,'c':3}}", "{'a':{'c':3}}"},
        {"{'a':[1,2]}", "{'a':[2]}", "{'a':[2]}"},
        {"{'a':{'b':1}}", "{'a':{}}", "{'a':{'b':null}}"},
        {"{'a':{'b':1}}", "{}", "{'a':null}"},
        {"{'a':'s'}", "{'a':{}}", "{'a':{}}"},
        {"{}", "{'a':{'b':{'c':1}}}", "{'a':{'b':{'c':1}}}"},
        {"{'a':1}", "{'a':1.0}", "{}"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.before);
      CAPTURE(row.after);
      const json::Value patch = json::make_merge_patch(js(row.before), js(row.after));
      CHECK(patch == js(row.patch));
      CHECK(json::apply_merge_patch(js(row.before), patch) == js(row.after));
    }
  }

  TEST_CASE("merge patch: a null in the second document counts as absent") {
    CHECK(json::make_merge_patch(js("{'a':1,'b':null}"), js("{'a':null,'b':null}")) ==
          js("{'a':null}"));
    CHECK(json::make_merge_patch(js("{}"), js("{'a':null}")) == js("{}"));
  }
}
