#include "pgo/yaml/yaml.h"
#include "unit/json/support.h"

using namespace pgo;

TEST_SUITE("yaml.place") {
  TEST_CASE("place: each member and item knows its line and column") {
    auto document = yaml::parse_document(
        "# a comment\n"
        "Cluster:\n"
        "  Port: 5432\n"
        "  List:\n"
        "  - a\n"
        "  - b: 1\n"
        "    c.d/e: 2\n");
    REQUIRE(document);
    CHECK(document->line_of("") == 2);
    CHECK(document->line_of("Cluster") == 2);
    CHECK(document->line_of("Cluster.Port") == 3);
    CHECK(document->place_of("Cluster.Port").column == 3);
    CHECK(document->line_of("Cluster.List[0]") == 5);
    CHECK(document->line_of("Cluster.List[1].b") == 6);
    CHECK(document->line_of("Cluster.List[1][\"c.d/e\"]") == 7);
  }

  TEST_CASE("place: a path that does not exist yields the nearest part that does") {
    auto document = yaml::parse_document("a:\n  b: 1\nc: [1]\n");
    REQUIRE(document);
    CHECK(document->line_of("a.nosuch.deeper") == 1);
    CHECK(document->line_of("a.b.c") == 2);
    CHECK(document->line_of("c[7]") == 3);
    CHECK(document->line_of("c[") == 3);
    CHECK(document->line_of("a[\"") == 1);
    CHECK(document->line_of("nosuch") == 1);
  }

  TEST_CASE("place: what an alias or a merge brought in stands where it was written") {
    auto document = yaml::parse_document("base: &b\n  x: 1\nuse:\n  <<: *b\n  y: 2\nalso: *b\n");
    REQUIRE(document);
    CHECK(document->line_of("use.x") == 2);
    CHECK(document->line_of("use.y") == 5);
    CHECK(document->line_of("also") == 6);
    CHECK(document->line_of("also.x") == 2);
  }

  TEST_CASE("place: later documents of a stream count from its start") {
    auto documents = yaml::parse_all("a: 1\n---\nb:\n  c: 2\n");
    REQUIRE(documents);
    REQUIRE(documents->size() == 2);
    CHECK((*documents)[1].line_of("b.c") == 4);
  }
}
