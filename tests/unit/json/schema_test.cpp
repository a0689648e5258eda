#include "pgo/json/codec.h"
#include "support.h"

#include <array>

using namespace pgo;
using json::test::js;

namespace {

enum class Color { red, green };
constexpr auto json_names(Color) {
  return std::array{json::Name{Color::red, "red"}, json::Name{Color::green, "green"}};
}

struct Part {
  std::string name;
  std::vector<Part> parts;
  static constexpr auto fields() {
    return std::tuple{json::field("name", &Part::name).required(),
                      json::field("parts", &Part::parts)};
  }
};

struct Spec {
  bool flag = false;
  std::int32_t small = 0;
  std::int64_t large = 0;
  double share = 0;
  std::optional<std::string> maybe;
  std::map<std::string, std::int64_t> counts;
  Color color = Color::red;
  json::Value anything;
  std::int64_t mixed = 0;
  json::Extra rest;
  static constexpr auto fields() {
    return std::tuple{json::field("flag", &Spec::flag).describe("Says yes or no."),
                      json::field("small", &Spec::small),
                      json::field("large", &Spec::large),
                      json::field("share", &Spec::share),
                      json::field("maybe", &Spec::maybe),
                      json::field("counts", &Spec::counts),
                      json::field("color", &Spec::color),
                      json::field("anything", &Spec::anything),
                      json::field("mixed", &Spec::mixed).coerce(),
                      json::extra(&Spec::rest)};
  }
};

}  // namespace

TEST_SUITE("json.schema") {
  TEST_CASE("schema: each member type has its structural form") {
    const json::Value schema = json::schema<Spec>();
    CHECK(schema["type"] == json::Value("object"));
    const json::Value& of = schema["properties"];
    CHECK(of["flag"] == js("{'type':'boolean','description':'Says yes or no.'}"));
    CHECK(of["small"] == js("{'type':'integer','format':'int32'}"));
    CHECK(of["large"] == js("{'type':'integer','format':'int64'}"));
    CHECK(of["share"] == js("{'type':'number','format':'double'}"));
    CHECK(of["maybe"] == js("{'type':'string','nullable':true}"));
    CHECK(of["counts"] == js("{'type':'object','nullable':true,'additionalProperties':"
                             "{'type':'integer','format':'int64'}}"));
    CHECK(of["color"] == js("{'type':'string','enum':['red','green']}"));
    CHECK(of["anything"] == js("{'x-kubernetes-preserve-unknown-fields':true}"));
    CHECK(of["mixed"] == js("{'x-kubernetes-int-or-string':true}"));
    CHECK(schema["x-kubernetes-preserve-unknown-fields"] == json::Value(true));
  }

  TEST_CASE("schema: a type inside itself ends as an object of any kind") {
    CHECK(json::schema<Part>() ==
          js("{'type':'object','required':['name'],'properties':{'name':{'type':'string'},'parts':"
             "{'type':'array','nullable':true,'items':"
             "{'type':'object','x-kubernetes-preserve-unknown-fields':true}}}}"));
  }
}
