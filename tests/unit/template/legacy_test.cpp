#include "pgo/template/legacy.h"

#include "unit/json/support.h"

#include <string>

using namespace pgo;
using json::Value;
using json::test::js;
using templates::LegacyFields;
using templates::LegacyTemplate;

namespace {

const LegacyFields& fields() {
  static const LegacyFields made{
      .values = js("{'Name':'hippo','ClusterName':'hippo','Replicas':1,'Port':'5432','Init':true,"
                   "'Metrics':false,'Blank':'','Nothing':null,'Zero':0,'Evil':'x\\'},{\\\\ y',"
                   "'List':[{'Username':'a','Password':'p'},{'Username':'b','Password':'q'}],"
                   "'Map':{'k2':'v2','k1':'v1'},'Deep':{'Size':'1Gi'}}"),
      .fragments = {{"Labels", R"("a": "b", "c": "d")"}, {"Resources", ""}}};
  return made;
}

LegacyTemplate parsed(std::string_view text) {
  auto made = LegacyTemplate::parse("old.json", text);
  REQUIRE_MESSAGE(made.has_value(), made.error().text());
  return *made;
}

std::string text(std::string_view source) {
  auto made = parsed(source).render_text(fields());
  REQUIRE_MESSAGE(made.has_value(), made.error().text());
  return *made;
}

Value render(std::string_view source) {
  auto made = parsed(source).render(fields());
  REQUIRE_MESSAGE(made.has_value(), made.error().text());
  return *made;
}

Error render_error(std::string_view source) {
  auto made = parsed(source).render(fields());
  REQUIRE_FALSE(made);
  CHECK(made.error().code == Code::invalid_argument);
  return made.error();
}

}  // namespace

// The semantics are those of the documentation of Go's package text/template.
TEST_SUITE("template.legacy") {
  TEST_CASE("legacy: fields stand in JSON with the type of their place") {
    CHECK(render(R"({"name": "{{.Name}}-{{ .Replicas }}", "n": {{.Replicas}}, "s": {{.Port}},
                     "b": {{.Init}}, "labels": {"x": "y", {{.Labels }}}})") ==
          js("{'name':'hippo-1','n':1,'s':'5432','b':true,'labels':{'x':'y','a':'b','c':'d'}}"));
  }

  TEST_CASE("legacy: a value cannot leave the string it stands in") {
    const std::string evil(fields().values["Evil"].as_string());
    const Value made = render(R"({"a": "-{{.Evil}}-", "b": {{.Evil}}, "{{.Evil}}": 1})");
    CHECK(made["a"] == Value("-" + evil + "-"));
    CHECK(made["b"] == Value(evil));
    CHECK(made[evil] == Value(1));
    CHECK(made.members().size() == 3);
    CHECK(render_error(R"({"a": "\{{.Evil}}"})").subject == "old.json:1");
  }

  TEST_CASE("legacy: a key that appears twice merges as in Go's decoder") {
    CHECK(render(R"({"resources": {"limits": {"cpu": "1"}, "x": 1}, "a": 1,
                     "resources": {}, "resources": {"limits": {"memory": "2"}, "x": 2},
                     "resources": null, "a": [1], "a": [2]})") ==
          js("{'resources':{'limits':{'cpu':'1','memory':'2'},'x':2},'a':[2]}"));
  }

  TEST_CASE("legacy: if, else if and else choose by Go's truth") {
    CHECK(text("{{if .Init}}a{{else}}b{{end}}{{if .Metrics}}c{{else}}d{{end}}") == "ad");
    CHECK(text("{{if .Blank}}a{{else if .Zero}}b{{else if .Name}}c{{else}}d{{end}}") == "c");
    CHECK(text("{{if .Nothing}}a{{end}}{{if .List}}b{{end}}{{if .Resources}}c{{end}}"
               "{{if .Labels}}d{{end}}") == "bd");
  }

  TEST_CASE("legacy: the conditions of 4.2.0's own templates") {
    CHECK(text(R"({{ if eq .Name (printf "%s%s" .ClusterName "-replica") }}r{{else}}p{{end}})") ==
          "p");
    CHECK(text(R"({{ if or (eq .Name .ClusterName) (eq .Name "x") }}yes{{end}})") == "yes");
    CHECK(text("{{if and .Labels .Blank}}yes{{end}}") == "");
    CHECK(text("{{if not .Metrics}}yes{{end}}") == "yes");
    CHECK(text("{{range $key, $value := .List}}\"{{ .Username }}\" \"{{.Password}}\"\n{{end}}") ==
          "\"a\" \"p\"\n\"b\" \"q\"\n");
  }

  TEST_CASE("legacy: range visits lists and maps in order, its else when there is nothing") {
    CHECK(text("{{range $i, $v := .List}}{{$i}}{{$v.Username}} {{end}}") == "0a 1b ");
    CHECK(text("{{range $k, $v := .Map}}{{$k}}={{$v}};{{end}}") == "k1=v1;k2=v2;");
    CHECK(text("{{range .Map}}{{.}}{{$.Name}}{{end}}") == "v1hippov2hippo");
    CHECK(text("{{range .Nothing}}x{{else}}none{{end}}") == "none");
  }

  TEST_CASE("legacy: with and variables") {
    CHECK(text("{{with .Deep}}{{.Size}}{{$.Name}}{{end}}") == "1Gihippo");
    CHECK(text("{{with .Blank}}x{{else}}{{.Name}}{{end}}") == "hippo");
    CHECK(text("{{with $x := .Deep}}{{$x.Size}}{{end}}") == "1Gi");
    CHECK(text("{{$a := .Name}}{{$a}}{{if .Init}}{{$a = \"z\"}}{{$b := 1}}{{$b}}{{end}}{{$a}}") ==
          "hippo1z");
    CHECK(text("{{.Deep.Size}}{{(index .List 1).Username}}{{.Nothing.Size}}") == "1Gib");
  }

  TEST_CASE("legacy: a pipeline hands its value on as the last argument") {
    CHECK(text("{{.Name | printf \"%s-%d-%v%% %s\" \"a\" 3 true}}") == "a-3-true% hippo");
    CHECK(text("{{.Name | printf \"%q\" | len}}") == "7");
  }

  TEST_CASE("legacy: the other functions") {
    CHECK(text("{{len .List}}{{len .Name}}{{index .Map \"k1\"}}{{print 1 2 \"a\" 3}}") ==
          "25v11 2a3");
    CHECK(text("{{lt 1 2}}{{ge 1.5 2}}{{ne .Name \"x\"}}{{eq 3 1 2 3}}") == "truefalsetruetrue");
    CHECK(text("{{true}}{{nil}}{{`raw {{ }}`}}{{\"}}\"}}") == "trueraw {{ }}}}");
  }

  TEST_CASE("legacy: comments vanish, trim markers take the blanks away") {
    CHECK(text("a {{/* }} \" */}} b") == "a  b");
    CHECK(text("a \n {{- .Name -}} \n b {{- /* x */ -}} c") == "ahippobc");
    CHECK(text("{{-3}}") == "-3");
  }

  TEST_CASE("legacy: an unknown field or variable is an error with file and line") {
    const Error error = render_error("{\n\"a\": 1,\n\"b\": \"{{.Nosuch}}\"}");
    CHECK(error.subject == "old.json:3");
    CHECK(error.message.find(".Nosuch") != std::string::npos);
    CHECK(render_error("{{$x}}").subject == "old.json:1");
    CHECK(render_error("{{if .Init}}{{$x := 1}}{{end}}{{$x}}").subject == "old.json:1");
  }

  TEST_CASE("legacy: a result that is no JSON object is refused without showing it") {
    const Error error = render_error("{\"a\": \"{{.Name}}\",}");
    CHECK(error.subject == "old.json");
    CHECK(error.message.find("hippo") == std::string::npos);
    CHECK(render_error("[1]").subject == "old.json");
  }

  TEST_CASE("legacy: what is not understood is refused when the file is read") {
    for (const auto* source : {"{{.Name",
                               "{{}}",
                               "{{if .Name}}",
                               "{{end}}",
                               "{{else}}",
                               "{{if .A}}{{else}}{{else}}{{end}}",
                               "{{template \"x\"}}",
                               "{{define \"x\"}}{{end}}",
                               "{{block \"x\" .}}{{end}}",
                               "{{break}}",
                               "{{js .Name}}",
                               "{{.Name | .Blank}}",
                               "{{(.Name}}",
                               "{{.Name)}}",
                               "{{\"a}}",
                               "{{$a, $b := 1}}",
                               "{{range $a, $b, $c := .List}}{{end}}",
                               "{{.Name.}}",
                               "{{.Name .Blank}}",
                               "{{1x}}"}) {
      CAPTURE(source);
      auto made = LegacyTemplate::parse("old.json", source);
      REQUIRE_FALSE(made);
      CHECK(made.error().code == Code::invalid_argument);
      CHECK(made.error().subject == "old.json:1");
    }
    CHECK(LegacyTemplate::parse("f", "a\n\n{{ nosuch }}").error().subject == "f:3");
  }

  TEST_CASE("legacy: nesting and work have bounds") {
    std::string deep;
    for (int i = 0; i < 200; ++i) deep += "{{if .Init}}";
    for (int i = 0; i < 200; ++i) deep += "{{end}}";
    CHECK_FALSE(LegacyTemplate::parse("f", deep));
    CHECK_FALSE(LegacyTemplate::parse("f", "{{" + std::string(5000, '(') + "}}"));
    std::string loops;
    for (int i = 0; i < 30; ++i) loops += "{{range $.List}}";
    loops += "x";
    for (int i = 0; i < 30; ++i) loops += "{{end}}";
    auto made = parsed(loops).render_text(fields());
    REQUIRE_FALSE(made);
    CHECK(made.error().message.find("end") != std::string::npos);
  }

  TEST_CASE("legacy: files of 4.2.0 are told from structural templates") {
    CHECK(LegacyTemplate::recognises("\n  {\n \"kind\": 1}"));
    CHECK(LegacyTemplate::recognises("\"nodeAffinity\": {}"));
    CHECK(LegacyTemplate::recognises(", {\"name\": 1}"));
    CHECK(LegacyTemplate::recognises("{{if .A}}{{end}}"));
    CHECK_FALSE(LegacyTemplate::recognises("# comment\nkind: Pod"));
    CHECK_FALSE(LegacyTemplate::recognises("kind: Pod"));
    CHECK_FALSE(LegacyTemplate::recognises(""));
  }
}
