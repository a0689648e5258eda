#include "pgo/json/patch.h"
#include "support.h"

using namespace pgo;
using json::test::js;

namespace {

json::Value patched(std::string_view document, std::string_view patch) {
  auto result = json::apply_json_patch(js(document), js(patch));
  REQUIRE_MESSAGE(result.has_value(), result.error().text());
  return *result;
}

Error error_of(std::string_view document, std::string_view patch) {
  auto result = json::apply_json_patch(js(document), js(patch));
  REQUIRE_FALSE(result);
  return result.error();
}

}  // namespace

// The examples are those of RFC 6902, appendix A.
TEST_SUITE("json.json_patch") {
  TEST_CASE("json patch: add puts a member or an item in place (A.1, A.2, A.16)") {
    CHECK(patched("{'foo':'bar'}", "[{'op':'add','path':'/baz','value':'qux'}]") ==
          js("{'baz':'qux','foo':'bar'}"));
    CHECK(patched("{'foo':['bar','baz']}", "[{'op':'add','path':'/foo/1','value':'qux'}]") ==
          js("{'foo':['bar','qux','baz']}"));
    CHECK(patched("{'foo':['bar']}", "[{'op':'add','path':'/foo/-','value':['abc','def']}]") ==
          js("{'foo':['bar',['abc','def']]}"));
    CHECK(patched("{'foo':1}", "[{'op':'add','path':'/foo','value':null}]") == js("{'foo':null}"));
  }

  TEST_CASE("json patch: remove takes a member or an item away (A.3, A.4)") {
    CHECK(patched("{'baz':'qux','foo':'bar'}", "[{'op':'remove','path':'/baz'}]") ==
          js("{'foo':'bar'}"));
    CHECK(patched("{'foo':['bar','qux','baz']}", "[{'op':'remove','path':'/foo/1'}]") ==
          js("{'foo':['bar','baz']}"));
  }

  TEST_CASE("json patch: replace, move and copy (A.5, A.6, A.7)") {
    CHECK(patched("{'baz':'qux','foo':'bar'}", "[{'op':'replace','path':'/baz','value':'boo'}]") ==
          js("{'baz':'boo','foo':'bar'}"));
    CHECK(patched("{'foo':{'bar':'baz','waldo':'fred'},'qux':{'corge':'grault'}}",
                  "[{'op':'move','from':'/foo/waldo','path':'/qux/thud'}]") ==
          js("{'foo':{'bar':'baz'},'qux':{'corge':'grault','thud':'fred'}}"));
    CHECK(patched("{'foo':['all','grass','cows','eat']}",
                  "[{'op':'move','from':'/foo/1','path':'/foo/3'}]") ==
          js("{'foo':['all','cows','eat','grass']}"));
    CHECK(patched("{'a':{'b':1}}", "[{'op':'copy','from':'/a','path':'/a/c'}]") ==
          js("{'a':{'b':1,'c':{'b':1}}}"));
  }

  TEST_CASE("json patch: test compares by value and stops the patch (A.8, A.9, A.14, A.15)") {
    CHECK(patched("{'baz':'qux','foo':['a',2,'c']}",
                  "[{'op':'test','path':'/baz','value':'qux'},"
                  "{'op':'test','path':'/foo/1','value':2.0}]") ==
          js("{'baz':'qux','foo':['a',2,'c']}"));
    CHECK(patched("{'/':9,'~1':10}", "[{'op':'test','path':'/~01','value':10}]") ==
          js("{'/':9,'~1':10}"));
    const Error refused = error_of("{'baz':'qux'}", "[{'op':'test','path':'/baz','value':'bar'}]");
    CHECK(refused.code == Code::failed_precondition);
    CHECK(refused.subject == "[0] /baz");
    CHECK(error_of("{'/':9,'~1':10}", "[{'op':'test','path':'/~01','value':'10'}]").code ==
          Code::failed_precondition);
  }

  TEST_CASE("json patch: the whole document may be replaced") {
    CHECK(patched("{'foo':1}", "[{'op':'replace','path':'','value':[1]}]") == js("[1]"));
  }

  TEST_CASE("json patch: the operation that fails is named (A.12)") {
    const Error error = error_of("{'foo':'bar'}",
                                 "[{'op':'add','path':'/ok','value':1},"
                                 "{'op':'add','path':'/baz/bat','value':'qux'}]");
    CHECK(error.code == Code::invalid_argument);
    CHECK(error.subject == "[1] /baz/bat");
  }

  TEST_CASE("json patch: malformed operations are refused") {
    const std::string_view patches[] = {
        "{}",
        "[1]",
        "[{'op':'add','value':1}]",
        "[{'op':'add','path':'/a'}]",
        "[{'op':'spam','path':'/a','value':1}]",
        "[{'op':'add','path':'a','value':1}]",
        "[{'op':'add','path':'/~2','value':1}]",
        "[{'op':'remove','path':'/nosuch'}]",
        "[{'op':'replace','path':'/nosuch','value':1}]",
        "[{'op':'remove','path':'/list/2'}]",
        "[{'op':'remove','path':'/list/-'}]",
        "[{'op':'remove','path':'/list/01'}]",
        "[{'op':'add','path':'/list/3','value':1}]",
        "[{'op':'move','path':'/list/0','from':'/list'}]",
        "[{'op':'copy','path':'/b'}]",
        "[{'op':'copy','path':'/b','from':'/nosuch'}]",
        "[{'op':'add','path':'/word/x','value':1}]",
    };
    for (const std::string_view patch : patches) {
      CAPTURE(patch);
      CHECK(error_of("{'list':[1,2],'word':'w'}", patch).code == Code::invalid_argument);
    }
  }

  TEST_CASE("json patch: a value may move onto itself") {
    CHECK(patched("{'a':{'b':1}}", "[{'op':'move','from':'/a','path':'/a'}]") ==
          js("{'a':{'b':1}}"));
  }

  TEST_CASE("json patch: copies that double a document again and again are stopped") {
    json::Value patch = json::Value::array();
    for (int i = 0; i < 60; ++i) {
      patch.push_back(js("{'op':'copy','from':'','path':'/-'}"));
    }
    auto result = json::apply_json_patch(js("['xxxxxxxx']"), patch);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Code::invalid_argument);
  }

  TEST_CASE("json patch: copies into their own depths end where the parser would") {
    json::Value patch = json::Value::array();
    std::string path = "/x";
    for (int i = 0, depth = 1; i < 17; ++i, depth *= 2) {
      for (int level = depth / 2; level < depth; ++level) path += "/a";
      patch.push_back(
          json::Value::object({{"op", "copy"}, {"from", "/x"}, {"path", json::Value(path)}}));
    }
    auto result = json::apply_json_patch(js("{'x':{'a':1}}"), patch);
    REQUIRE_FALSE(result);
    CHECK(result.error().message == "the result is nested deeper than 256 levels");
  }

  TEST_CASE("json patch: add, replace and move make nothing deeper than the parser reads") {
    const auto nest = [](int levels) {
      json::Value value = 1;
      for (int i = 0; i < levels; ++i) value = json::Value::object({{"a", std::move(value)}});
      return value;
    };
    const auto apply = [](const json::Value& document, json::Value operation) {
      return json::apply_json_patch(document, json::Value::array({std::move(operation)}));
    };
    const json::Value document =
        json::Value::object({{"deep", nest(200)}, {"other", nest(100)}, {"flat", 1}});
    std::string path = "/deep";
    for (int i = 0; i < 154; ++i) path += "/a";
    for (const char* op : {"add", "replace"}) {
      CAPTURE(op);
      const auto operation = [&](int levels) {
        return json::Value::object({{"op", op}, {"path", path}, {"value", nest(levels)}});
      };
      CHECK(apply(document, operation(101)).has_value());
      CHECK_FALSE(apply(document, operation(102)).has_value());
    }
    const auto move = [&](const std::string& to) {
      return json::Value::object({{"op", "move"}, {"from", "/other"}, {"path", to}});
    };
    CHECK(apply(document, move(path)).has_value());
    CHECK_FALSE(apply(document, move(path + "/a/a")).has_value());
  }

  TEST_CASE("deeper than: counts containers, the outermost too, whatever lies beside them") {
    CHECK_FALSE(json::deeper_than(js("1"), 0));
    CHECK(json::deeper_than(js("[]"), 0));
    CHECK_FALSE(json::deeper_than(js("{'a':[1,{}],'b':1}"), 3));
    CHECK(json::deeper_than(js("{'a':[1,{}],'b':1}"), 2));
  }
}
