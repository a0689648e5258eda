#include "pgo/kube/selector.h"

#include <doctest/doctest.h>

namespace pgo::kube {
namespace {

bool matches(std::string_view selector, const Labels& labels) {
  const auto parsed = LabelSelector::parse(selector);
  REQUIRE_MESSAGE(parsed, std::string(selector));
  return parsed->matches(labels);
}

bool field_matches(std::string_view selector, const Object& object) {
  const auto parsed = FieldSelector::parse(selector);
  REQUIRE_MESSAGE(parsed, std::string(selector));
  return parsed->matches(object);
}

}  // namespace

TEST_SUITE("kube.selector") {
  TEST_CASE("label selector: equality and set operators decide as documented") {
    const Labels labels{{"app", "hippo"}, {"tier", ""}, {"n", "5"}};
    CHECK(matches("", labels));
    CHECK(matches("app=hippo", labels));
    CHECK(matches("app==hippo", labels));
    CHECK_FALSE(matches("app=rhino", labels));
    CHECK_FALSE(matches("app!=hippo", labels));
    CHECK(matches("app in (rhino, hippo)", labels));
    CHECK_FALSE(matches("app notin (rhino,hippo)", labels));
    CHECK(matches("app", labels));
    CHECK_FALSE(matches("!app", labels));
    CHECK(matches("!zone", labels));
    CHECK(matches("tier=", labels));
    CHECK(matches("tier in ()", labels));
    CHECK(matches("n>4,n<6", labels));
    CHECK_FALSE(matches("n>5", labels));
    CHECK_FALSE(matches("app>1", labels));
    CHECK(matches("app=hippo,!zone,tier", labels));
    CHECK_FALSE(matches("app=hippo,zone", labels));
  }

  TEST_CASE("label selector: 'differs' and 'not in' take objects without the label") {
    CHECK(matches("zone!=a", {}));
    CHECK(matches("zone notin (a)", {}));
    CHECK_FALSE(matches("zone in (a)", {}));
  }

  TEST_CASE("label selector: one rule, whether labels are a map, a document or looked up") {
    const Labels labels{{"app", "hippo"}, {"tier", ""}, {"n", "5"}};
    Object object(types::kPod, "pgo", "a");
    for (const auto& [key, value] : labels) object.set_label(key, value);
    const auto lookup = [&](std::string_view key) -> std::optional<std::string_view> {
      const auto found = labels.find(key);
      if (found == labels.end()) return std::nullopt;
      return found->second;
    };
    for (const char* text : {"", "app=hippo", "app=rhino", "app!=hippo", "zone!=a", "tier=", "tier",
                             "!tier", "zone", "!zone", "app in (a,hippo)", "zone in (a)",
                             "app notin (hippo)", "n>4", "n<5", "app>1", "zone<3"}) {
      CAPTURE(text);
      const auto selector = LabelSelector::parse(text);
      REQUIRE(selector);
      CHECK(selector->matches(object) == selector->matches(labels));
      CHECK(selector->matches_by(lookup) == selector->matches(labels));
    }
    CHECK_FALSE(LabelSelector::nothing().matches_by(lookup));
  }

  TEST_CASE("label selector: keys may be called in and notin") {
    CHECK(matches("in=a", {{"in", "a"}}));
    CHECK(matches("notin in (in)", {{"notin", "in"}}));
  }

  TEST_CASE("label selector: the canonical text is sorted and reads back the same") {
    for (const auto& [given, expected] :
         {std::pair{"b=1 , a in (y,x,y)", "a in (x,y),b=1"},
          std::pair{"!c,a!=1,b notin (2,1)", "a!=1,b notin (1,2),!c"},
          std::pair{"x.io/y==z,w>7,k", "k,w>7,x.io/y=z"}, std::pair{"a in (x)", "a=x"},
          std::pair{"a in (,b)", "a in (,b)"}}) {
      const auto parsed = LabelSelector::parse(given);
      REQUIRE(parsed);
      CHECK(parsed->text() == expected);
      CHECK(*LabelSelector::parse(parsed->text()) == *parsed);
    }
  }

  TEST_CASE("label selector: bad syntax, keys and values are refused") {
    for (const char* text :
         {"a=b,", ",a", "a in", "a in b", "a in (b", "a b", "=b", "!", "a=b=c", "-a=b", "a=-b",
          "a/b/c=d", "UPPER.io/a=b", "a>b", "a>", "a in (b c)", "a!b", "()", "a=b)c"}) {
      CAPTURE(text);
      const auto parsed = LabelSelector::parse(text);
      REQUIRE_FALSE(parsed);
      CHECK(parsed.error().code == Code::invalid_argument);
    }
    CHECK_FALSE(LabelSelector::parse("a=" + std::string(64, 'x')));
    CHECK(LabelSelector::parse("a=" + std::string(63, 'x')));
  }

  TEST_CASE("label selector: the JSON form joins matchLabels and matchExpressions") {
    const auto document = json::parse(R"({"matchLabels":{"app":"hippo"},"matchExpressions":[
      {"key":"tier","operator":"In","values":["a","b"]},
      {"key":"old","operator":"DoesNotExist"},{"key":"zone","operator":"NotIn","values":["x"]},
      {"key":"run","operator":"Exists"}]})");
    REQUIRE(document);
    const auto selector = LabelSelector::from_json(*document);
    REQUIRE(selector);
    CHECK(selector->text() == "app=hippo,!old,run,tier in (a,b),zone!=x");
    CHECK(selector->matches(Labels{{"app", "hippo"}, {"tier", "b"}, {"run", ""}}));
    CHECK_FALSE(selector->matches(Labels{{"app", "hippo"}, {"tier", "c"}, {"run", ""}}));
  }

  TEST_CASE("label selector: an absent JSON selector takes nothing, an empty one everything") {
    CHECK_FALSE(LabelSelector::from_json(json::Value())->matches(Labels{}));
    CHECK(LabelSelector::from_json(json::Value::object())->matches(Labels{}));
  }

  TEST_CASE("label selector: wrong JSON is refused") {
    for (const char* text :
         {"[]", R"({"matchLabels":{"a":1}})", R"({"matchExpressions":[{"key":"a"}]})",
          R"({"matchExpressions":[{"key":"a","operator":"In"}]})",
          R"({"matchExpressions":[{"key":"a","operator":"Exists","values":["b"]}]})"}) {
      CAPTURE(text);
      CHECK_FALSE(LabelSelector::from_json(*json::parse(text)));
    }
  }

  TEST_CASE("label selector: objects match by their labels and indexes can ask for a fixed value") {
    Object object(types::kPod, "n", "p");
    object.set_label("app", "hippo");
    const auto selector = LabelSelector::parse("app=hippo,tier in (a,b)");
    CHECK(selector->fixed_value("app") == "hippo");
    CHECK_FALSE(selector->fixed_value("tier"));
    CHECK_FALSE(selector->matches(object));
    object.set_label("tier", "a");
    CHECK(selector->matches(object));
    CHECK(LabelSelector::from_labels({{"app", "hippo"}}).matches(object));
  }

  TEST_CASE("field selector: compares members of the document by their text") {
    Object object(types::kPod, "n", "p");
    object.document().at_or_add("status").set("phase", "Running");
    object.document().at_or_add("spec").set("hostNetwork", true);
    object.document().at_or_add("spec").set("priority", 7);
    CHECK(field_matches("", object));
    CHECK(field_matches("metadata.name=p,metadata.namespace==n", object));
    CHECK(field_matches("status.phase!=Failed", object));
    CHECK_FALSE(field_matches("status.phase!=Running", object));
    CHECK(field_matches("spec.hostNetwork=true,spec.priority=7", object));
    CHECK(field_matches("spec.nodeName=", object));
    CHECK(field_matches("spec.nodeName!=x", object));
  }

  TEST_CASE("field selector: escapes survive a round trip") {
    const auto selector = FieldSelector::parse(R"(a=x\,y\=z\\,b!=1)");
    REQUIRE(selector);
    REQUIRE(selector->requirements().size() == 2);
    CHECK(selector->requirements()[0].value == R"(x,y=z\)");
    CHECK(selector->fixed_value("a") == R"(x,y=z\)");
    CHECK_FALSE(selector->fixed_value("b"));
    CHECK(*FieldSelector::parse(selector->text()) == *selector);
  }

  TEST_CASE("field selector: bad terms are refused") {
    for (const char* text : {"a", "=b", "a!b", "a=b=c", R"(a=\x)", R"(a=b\)"}) {
      CAPTURE(text);
      CHECK_FALSE(FieldSelector::parse(text));
    }
  }
}

}  // namespace pgo::kube
