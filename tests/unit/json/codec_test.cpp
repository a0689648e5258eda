#include "pgo/json/codec.h"

#include "pgo/json/encode_items.h"
#include "support.h"

#include <array>
#include <limits>

using namespace pgo;
using json::Mode;
using json::test::js;

namespace {

struct EnvVar {
  std::string name, value;
  static constexpr auto fields() {
    return std::tuple{json::field("name", &EnvVar::name, json::Emit::always),
                      json::field("value", &EnvVar::value)};
  }
  bool operator==(const EnvVar&) const = default;
};

enum class Role { unknown, primary, replica };
constexpr auto json_names(Role) {
  return std::array{json::Name{Role::unknown, ""}, json::Name{Role::primary, "primary"},
                    json::Name{Role::replica, "replica"}};
}

/// Kept as text with a unit, as a stand-in for types that need a Codec.
struct Size {
  std::int64_t bytes = 0;
  bool operator==(const Size&) const = default;
};

struct Meta {
  std::string name;
  std::map<std::string, std::string> labels;
  static constexpr auto fields() {
    return std::tuple{json::field("name", &Meta::name), json::field("labels", &Meta::labels)};
  }
  bool operator==(const Meta&) const = default;
};

struct Pod {
  Meta meta;
  std::int64_t port = 5432;
  std::int32_t small = 0;
  std::uint16_t unsigned_small = 0;
  double weight = 0;
  bool ready = false;
  Role role = Role::unknown;
  std::optional<bool> sync;
  std::vector<EnvVar> env;
  std::map<std::string, EnvVar> by_name;
  json::Value raw;
  Size size;
  Meta nested;
  static constexpr auto fields() {
    return std::tuple{
        json::inlined(&Pod::meta),           json::field("port", &Pod::port),
        json::field("small", &Pod::small),   json::field("unsignedSmall", &Pod::unsigned_small),
        json::field("weight", &Pod::weight), json::field("ready", &Pod::ready),
        json::field("role", &Pod::role),     json::field("sync", &Pod::sync),
        json::field("env", &Pod::env),       json::field("byName", &Pod::by_name),
        json::field("raw", &Pod::raw),       json::field("size", &Pod::size),
        json::field("nested", &Pod::nested)};
  }
  bool operator==(const Pod&) const = default;
};

/// As the REST messages of 4.2.0: every key is written, nil lists as null.
struct Message {
  std::vector<std::string> results;
  std::map<std::string, std::string> labels;
  std::string text;
  std::int64_t count = 0;
  std::optional<bool> sync;
  static constexpr auto fields() {
    return std::tuple{json::always("Results", &Message::results),
                      json::always("Labels", &Message::labels), json::always("Msg", &Message::text),
                      json::always("Count", &Message::count).coerce(),
                      json::always("Sync", &Message::sync)};
  }
  bool operator==(const Message&) const = default;
};

struct Keeper {
  std::string name;
  json::Extra rest;
  static constexpr auto fields() {
    return std::tuple{json::field("name", &Keeper::name), json::extra(&Keeper::rest)};
  }
};

struct Tree {
  std::string name;
  std::vector<Tree> children;
  static constexpr auto fields() {
    return std::tuple{json::field("name", &Tree::name).required(),
                      json::field("children", &Tree::children)};
  }
  bool operator==(const Tree&) const = default;
};

std::string subject_of(const json::Value& value, Mode mode = Mode::strict) {
  auto pod = json::decode<Pod>(value, mode);
  REQUIRE_FALSE(pod);
  CHECK(pod.error().code == Code::invalid_argument);
  return pod.error().subject;
}

}  // namespace

template <>
struct pgo::json::Codec<Size> {
  static Value encode(const Size& size) { return std::to_string(size.bytes) + "B"; }
  static Result<Size> decode(const Value& value) {
    const std::string_view text = value.as_string();
    if (!text.ends_with('B')) return fail(Code::invalid_argument, "is no size");
    return Size{std::stoll(std::string(text))};
  }
  static bool empty(const Size& size) { return size.bytes == 0; }
  static Value schema() { return Value::object({{"type", "string"}}); }
};

TEST_SUITE("json.codec") {
  TEST_CASE("codec: members are written in the order of the table, empty ones only when asked") {
    const EnvVar plain{.name = "PGHOST", .value = "/tmp"};
    CHECK(json::write(json::encode(plain)) == R"({"name":"PGHOST","value":"/tmp"})");
    CHECK(json::write(json::encode(EnvVar{})) == R"({"name":""})");
  }

  TEST_CASE("codec: every member type survives encoding and strict decoding") {
    Pod pod;
    pod.meta = {.name = "hippo", .labels = {{"a.b/c", "d"}}};
    pod.port = std::numeric_limits<std::int64_t>::max();
    pod.small = -7;
    pod.unsigned_small = 65535;
    pod.weight = 0.5;
    pod.ready = true;
    pod.role = Role::replica;
    pod.sync = false;
    pod.env = {{"a", "b"}, {"c", ""}};
    pod.by_name = {{"x", {"y", "z"}}};
    pod.raw = js("{'any':[1,null,'thing']}");
    pod.size = {42};
    const json::Value encoded = json::encode(pod);
    auto decoded = json::decode<Pod>(encoded);
    REQUIRE_MESSAGE(decoded.has_value(), decoded.error().text());
    CHECK(*decoded == pod);
    CHECK(encoded["role"] == json::Value("replica"));
    CHECK(encoded["size"] == json::Value("42B"));
    CHECK(encoded["sync"] == json::Value(false));
    CHECK(encoded["name"] == json::Value("hippo"));  // inlined
    CHECK_FALSE(encoded.members().contains("nested"));
  }

  TEST_CASE("codec: text made an item at a time is the text of the whole") {
    const auto same = [](const auto& object) {
      return json::encode_text(object, json::Escapes::go) ==
             json::write(json::encode(object), json::Style::compact, json::Escapes::go);
    };
    Pod pod;
    CHECK(same(pod));
    pod.meta = {.name = "<hippo> & co", .labels = {{"a.b/c", "d"}}};
    pod.env = {{"a", "b"}, {"c", ""}};
    pod.sync = false;
    pod.raw = js("{'any':[1,null,'thing']}");
    pod.nested.name = "n";
    CHECK(same(pod));
    CHECK(same(Message{}));
    CHECK(same(Message{
        .results = {"a", "<b>"}, .labels = {{"k", "v"}}, .text = "t", .count = 3, .sync = true}));
    CHECK(same(Tree{.name = "r", .children = {{.name = "a", .children = {{"b", {}}}}, {"c", {}}}}));
    CHECK(same(*json::decode<Keeper>(js("{'z':[1],'name':'a','b':{'c':null}}"))));
    CHECK(same(Keeper{}));
    CHECK(same(std::vector<EnvVar>{{"a", "b"}}));
  }

  TEST_CASE("codec: items that come one after the other stand where those of the list would") {
    Message around;
    around.labels = {{"k", "<v>"}};
    around.count = 3;
    const auto written = [&around](std::vector<std::string> items, std::size_t expected) {
      std::size_t at = 0;
      return json::encode_items<Message, std::string>(
          around, &Message::results, expected,
          [&]() { return at < items.size() ? &items[at++] : nullptr; }, json::Escapes::go);
    };
    for (const std::size_t expected : {0u, 1u, 5u}) {
      for (const auto& items : {std::vector<std::string>{"a"}, {"a", "<b>", ""}}) {
        Message whole = around;
        whole.results = items;
        CHECK(written(items, expected) == json::encode_text(whole, json::Escapes::go));
      }
    }
    CHECK(written({}, 5).starts_with(R"({"Results":[],)"));
  }

  TEST_CASE("codec: absent members keep the initialiser of the struct") {
    auto pod = json::decode<Pod>(js("{}"));
    REQUIRE(pod);
    CHECK(pod->port == 5432);
  }

  TEST_CASE("codec: messages write every key, nil lists and maps as null") {
    CHECK(json::write(json::encode(Message{})) ==
          R"({"Results":null,"Labels":null,"Msg":"","Count":0,"Sync":null})");
    Message full;
    full.results = {"x"};
    full.labels = {{"b", "2"}, {"a", "1"}};
    full.text = "m";
    CHECK(json::write(json::encode(full)) ==
          R"({"Results":["x"],"Labels":{"a":"1","b":"2"},"Msg":"m","Count":0,"Sync":null})");
  }

  TEST_CASE("codec: an empty list is the same as null to a reader in both modes") {
    for (const Mode mode : {Mode::strict, Mode::lenient}) {
      auto with_null = json::decode<Message>(js("{'Results':null,'Sync':null}"), mode);
      auto with_empty = json::decode<Message>(js("{'Results':[]}"), mode);
      REQUIRE(with_null);
      REQUIRE(with_empty);
      CHECK(*with_null == *with_empty);
    }
  }

  TEST_CASE("codec: a strict error names the path of the field") {
    CHECK(subject_of(js("{'env':[{'name':'a'},{'nme':'b'}]}")) == "env[1].nme");
    CHECK(subject_of(js("{'nested':{'labels':{'a.b/c':1}}}")) == R"(nested.labels["a.b/c"])");
    CHECK(subject_of(js("{'byName':{'x':{'value':[]}}}")) == "byName.x.value");
    CHECK(subject_of(js("[]")) == "");
    CHECK(subject_of(js("{'port':'5432'}")) == "port");
    CHECK(subject_of(js("{'port':null}")) == "port");
    CHECK(subject_of(js("{'role':'leader'}")) == "role");
    CHECK(subject_of(js("{'size':'42'}")) == "size");
    CHECK(subject_of(js("{'Name':'x'}")) == "Name");
  }

  TEST_CASE("codec: numbers that do not fit the member are refused, not cut") {
    CHECK(subject_of(js("{'small':2147483648}")) == "small");
    CHECK(subject_of(js("{'unsignedSmall':-1}")) == "unsignedSmall");
    CHECK(subject_of(js("{'unsignedSmall':65536}")) == "unsignedSmall");
    CHECK(subject_of(js("{'port':1.5}")) == "port");
    CHECK(subject_of(js("{'port':1e300}")) == "port");
    auto whole = json::decode<Pod>(js("{'port':5e3,'weight':2}"));
    REQUIRE(whole);
    CHECK(whole->port == 5000);
    CHECK(whole->weight == 2.0);
  }

  TEST_CASE("codec: lenient decoding ignores unknown keys and the case of known ones") {
    auto message = json::decode<Message>(
        js("{'RESULTS':['a'],'msg':'exact','extra':{'deep':1},'labels':{'Key':'v'}}"),
        Mode::lenient);
    REQUIRE_MESSAGE(message.has_value(), message.error().text());
    CHECK(message->results == std::vector<std::string>{"a"});
    CHECK(message->text == "exact");
    CHECK(message->labels == std::map<std::string, std::string>{{"Key", "v"}});
  }

  TEST_CASE("codec: in lenient decoding the last of two spellings wins and lists do not add up") {
    auto message = json::decode<Message>(js("{'Results':['a'],'results':['b']}"), Mode::lenient);
    REQUIRE(message);
    CHECK(message->results == std::vector<std::string>{"b"});
  }

  TEST_CASE("codec: lenient null leaves any member at its default") {
    auto pod = json::decode<Pod>(
        js("{'port':null,'role':null,'nested':null,'size':null,'ready':null,'name':null}"),
        Mode::lenient);
    REQUIRE_MESSAGE(pod.has_value(), pod.error().text());
    CHECK(*pod == Pod{});
  }

  TEST_CASE("codec: a wrong type is an error in lenient decoding too") {
    CHECK(subject_of(js("{'ready':'yes'}"), Mode::lenient) == "ready");
    CHECK(subject_of(js("{'env':{}}"), Mode::lenient) == "env");
  }

  TEST_CASE("codec: a number in a string is taken only where the field says so") {
    auto message = json::decode<Message>(js("{'Count':'12'}"));
    REQUIRE(message);
    CHECK(message->count == 12);
    CHECK_FALSE(json::decode<Message>(js("{'Count':'12x'}")));
    CHECK_FALSE(json::decode<Message>(js("{'Msg':12}")));
  }

  TEST_CASE("codec: extra members are kept and written back behind the known ones") {
    auto keeper = json::decode<Keeper>(js("{'z':[1],'name':'a','b':{'c':null}}"));
    REQUIRE(keeper);
    keeper->name = "changed";
    CHECK(json::write(json::encode(*keeper)) == R"({"name":"changed","z":[1],"b":{"c":null}})");
  }

  TEST_CASE("codec: strict decoding demands required fields, lenient does not") {
    auto strict = json::decode<Tree>(js("{'name':'r','children':[{}]}"));
    REQUIRE_FALSE(strict);
    CHECK(strict.error().subject == "children[0].name");
    CHECK(json::decode<Tree>(js("{}"), Mode::lenient));
  }

  TEST_CASE("codec: a type may contain itself") {
    const Tree tree{.name = "r", .children = {{.name = "a", .children = {{"b", {}}}}, {"c", {}}}};
    auto back = json::decode<Tree>(json::encode(tree));
    REQUIRE(back);
    CHECK(*back == tree);
  }

  TEST_CASE("codec: decode_into keeps what the document does not mention") {
    Pod pod;
    pod.meta.name = "hippo";
    REQUIRE(json::decode_into(js("{'port':1}"), pod));
    CHECK(pod.meta.name == "hippo");
    CHECK(pod.port == 1);
  }

  TEST_CASE("codec: parse_as reports bad JSON and bad fields alike") {
    CHECK(json::parse_as<EnvVar>(R"({"name":"a"})")->name == "a");
    CHECK(json::parse_as<EnvVar>("{").error().code == Code::invalid_argument);
    CHECK(json::parse_as<EnvVar>(R"({"name":1})").error().subject == "name");
  }
}
