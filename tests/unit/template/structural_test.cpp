#include "pgo/template/structural.h"

#include "unit/json/support.h"

#include <string>

using namespace pgo;
using json::Value;
using json::test::js;
using templates::Template;

namespace {

const Value& fields() {
  static const Value value = [] {
    Value made =
        js("{'Name':'hippo','Count':3,'Zero':0,'Yes':true,'No':false,'Nothing':null,'Blank':'',"
           "'List':['a','b'],'EmptyList':[],'EmptyObject':{},'Labels':{'x':'1','name':'theirs'},"
           "'Deep':{'Size':'1Gi'}}");
    made.set("Evil", "\"}, {{ .Name }}: [#'\n");
    return made;
  }();
  return value;
}

Value render(std::string_view text) {
  auto made = Template::parse("test.yaml", text);
  REQUIRE_MESSAGE(made.has_value(), made.error().text());
  auto value = made->render(fields());
  REQUIRE_MESSAGE(value.has_value(), value.error().text());
  return *value;
}

Error parse_error(std::string_view text) {
  auto made = Template::parse("test.yaml", text);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == Code::invalid_argument);
  return made.error();
}

Error render_error(std::string_view text) {
  auto made = Template::parse("test.yaml", text);
  REQUIRE_MESSAGE(made.has_value(), made.error().text());
  auto value = made->render(fields());
  REQUIRE_FALSE(value);
  CHECK(value.error().code == Code::invalid_argument);
  return value.error();
}

}  // namespace

TEST_SUITE("template.structural") {
  TEST_CASE("template: a document without expressions renders as itself") {
    CHECK(render("a: {b: [1, yes, x, {}, [], ~, '']}") ==
          js("{'a':{'b':[1,true,'x',{},[],null,'']}}"));
  }

  TEST_CASE("template: a scalar that is one expression takes the type of the field") {
    CHECK(render("{a: '{{ .Count }}', b: '{{.Yes}}', c: '{{ .List }}', d: '{{ .Labels }}', "
                 "e: '{{ .Deep.Size }}'}") ==
          js("{'a':3,'b':true,'c':['a','b'],'d':{'x':'1','name':'theirs'},'e':'1Gi'}"));
  }

  TEST_CASE("template: text around an expression makes a string") {
    CHECK(render("{a: '{{ .Name }}-{{ .Count }}', b: 'x{{ .Nothing }}y', c: '{{ .Yes }} '}") ==
          js("{'a':'hippo-3','b':'xy','c':'true '}"));
  }

  TEST_CASE("template: an empty value removes its key, false and zero stay") {
    CHECK(render("{a: '{{ .Nothing }}', b: '{{ .Blank }}', c: '{{ .EmptyList }}', "
                 "d: '{{ .EmptyObject }}', e: '{{ .No }}', f: '{{ .Zero }}', "
                 "g: '{{ .Blank }}{{ .Nothing }}', h: ''}") == js("{'e':false,'f':0,'h':''}"));
  }

  TEST_CASE("template: what only held removed parts goes too, a literal {} stays") {
    CHECK(render("{a: {b: {c: '{{ .Nothing }}'}}, d: ['{{ .Blank }}'], e: {}, f: [], g: 1}") ==
          js("{'e':{},'f':[],'g':1}"));
    CHECK(render("a: '{{ .Nothing }}'") == js("{}"));
    CHECK(render("['{{ .Nothing }}']") == js("[]"));
  }

  TEST_CASE("template: keep writes the empty value") {
    CHECK(render("{a: '{{ .Nothing | keep }}', b: '{{ .EmptyList | keep }}', "
                 "c: '{{ .Blank | keep }}', d: ['{{ .List | keep }}', '{{ .Nothing | keep }}']}") ==
          js("{'a':null,'b':[],'c':'','d':[['a','b'],null]}"));
  }

  TEST_CASE("template: a list splices into the surrounding list") {
    CHECK(render("[0, '{{ .List }}', '{{ .EmptyList }}', '{{ .Name }}', '{{ .Blank }}', 9]") ==
          js("[0,'a','b','hippo',9]"));
  }

  TEST_CASE("template: filters change the value from left to right") {
    CHECK(render("{a: '{{ .Count | string }}', b: '{{ .Yes|string }}', c: '{{ .List | json }}', "
                 "d: '{{ .Name | base64 }}', e: '{{ .Nothing | default \"x\" }}', "
                 "f: '{{ .Count | default 7 }}', g: '{{ .Blank | default 7 | string }}', "
                 "h: 'v={{ .Labels | json }}'}") ==
          js("{'a':'3','b':'true','c':'[\\'a\\',\\'b\\']','d':'aGlwcG8=','e':'x','f':3,'g':'7',"
             "'h':'v={\\'x\\':\\'1\\',\\'name\\':\\'theirs\\'}'}"));
  }

  TEST_CASE("template: a field cannot change the structure around it") {
    const Value made = render("a: 'x{{ .Evil }}'\nb: '{{ .Evil }}'\n'k{{ .Evil }}': 1\n");
    const std::string evil(fields()["Evil"].as_string());
    CHECK(made["a"].as_string() == "x" + evil);
    CHECK(made["b"].as_string() == evil);
    CHECK(made["k" + evil] == Value(1));
    CHECK(made.members().size() == 3);
  }

  TEST_CASE("template: keys may hold expressions, an empty key goes") {
    CHECK(render("{'{{ .Name }}': 1, 'pre-{{ .Count }}': 2, '{{ .Blank }}': 3}") ==
          js("{'hippo':1,'pre-3':2}"));
  }

  TEST_CASE("template: $merge adds members of an object, written ones win") {
    CHECK(render("{name: ours, $merge: '{{ .Labels }}', y: '2'}") ==
          js("{'name':'ours','x':'1','y':'2'}"));
    CHECK(render("{$merge: '{{ .Labels }}', name: ours}") == js("{'name':'ours','x':'1'}"));
    CHECK(render("{$merge: ['{{ .Labels }}', '{{ .Nothing }}', '{{ .Deep }}']}") ==
          js("{'name':'theirs','x':'1','Size':'1Gi'}"));
    CHECK(render("{a: {$merge: '{{ .EmptyObject }}'}, b: 1}") == js("{'b':1}"));
  }

  TEST_CASE("template: $when keeps or drops the mapping it stands in") {
    CHECK(render("[{$when: '{{ .Yes }}', a: 1}, {$when: '{{ .No }}', a: 2}, "
                 "{$when: '{{ not .Nothing }}', a: 3}, {$when: '{{ not .Name }}', a: 4}, "
                 "{$when: '{{ .Zero }}', a: 5}, {$when: '{{ .List }}', a: 6}]") ==
          js("[{'a':1},{'a':3},{'a':6}]"));
    CHECK(render("{a: {$when: '{{ .No }}', b: 1}, c: 1}") == js("{'c':1}"));
  }

  TEST_CASE("template: what a dropped mapping would need is not looked up") {
    CHECK(render("{a: {$when: '{{ .No }}', b: '{{ .Unknown }}'}, c: 1}") == js("{'c':1}"));
  }

  TEST_CASE("template: a step into an absent object is absent, into anything else unknown") {
    CHECK(render("{a: '{{ .Nothing.Size }}', b: 1}") == js("{'b':1}"));
    CHECK(render_error("a: '{{ .Name.Size }}'").subject == "test.yaml:1");
  }

  TEST_CASE("template: an unknown field is an error with file, line and field") {
    const Error error = render_error("a: 1\nb:\n  c: x\n  d: '{{ .Deep.Nosuch }}'\n");
    CHECK(error.subject == "test.yaml:4");
    CHECK(error.message.find(".Deep.Nosuch") != std::string::npos);
  }

  TEST_CASE("template: a list or object inside text is an error that does not show it") {
    const Error error = render_error("a: 'x{{ .Labels }}'");
    CHECK(error.message.find("theirs") == std::string::npos);
    CHECK(error.message.find(".Labels") != std::string::npos);
    CHECK(render_error("{$merge: '{{ .Name }}'}").subject == "test.yaml:1");
  }

  TEST_CASE("template: braces can be written by a string literal") {
    CHECK(render("a: '{{ \"{{ .Name }}\" }}'") == js("{'a':'{{ .Name }}'}"));
  }

  TEST_CASE("template: what is not understood is refused when the template is read") {
    for (const auto* text :
         {"a: '{{ .Name'", "a: '{{ }}'", "a: '{{ Name }}'", "a: '{{ . }}'", "a: '{{ .Name | }}'",
          "a: '{{ .Name | nosuch }}'", "a: '{{ .Name .Count }}'", "a: '{{ .Name. }}'",
          "a: '{{ .1 }}'", "a: '{{ .Name | default }}'", "a: '{{ if .Name }}'", "{$when: 'x'}",
          "{$when: 'x{{ .Name }}'}", "{$merge: {a: 1}}", "'{{ .Name': 1", "a: ["}) {
      CAPTURE(text);
      CHECK(parse_error(text).subject.starts_with("test.yaml"));
    }
    CHECK(parse_error("a: 1\nb: '{{ x }}'").subject == "test.yaml:2");
    CHECK(parse_error("a: {{ .Name }}").message.find("quotes") != std::string::npos);
  }

  TEST_CASE("template: the fields it refers to are known without rendering") {
    auto made = Template::parse(
        "t", "{a: 'x{{ .B }}{{ .A }}', '{{ .K }}': [{$when: '{{ not .W }}', c: '{{ .A.D }}'}]}");
    REQUIRE(made);
    CHECK(made->field_names() == std::vector<std::string>{"A", "A.D", "B", "K", "W"});
  }
}
