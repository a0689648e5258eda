#include "pgo/base/ids.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

TEST_SUITE_BEGIN("base.ids");

TEST_CASE("uuid: version 4 and variant bits are set") {
  pgo::SystemIdSource ids;
  const std::string uuid = ids.uuid();
  REQUIRE(uuid.size() == 36);
  CHECK(uuid[14] == '4');
  CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
  CHECK(ids.uuid() != uuid);
}

TEST_CASE("seeded source: the same seed repeats, another seed does not") {
  pgo::SeededIdSource a(7);
  pgo::SeededIdSource b(7);
  pgo::SeededIdSource c(8);
  const std::string first = a.uuid();
  CHECK(first == b.uuid());
  CHECK(first != c.uuid());
}

TEST_CASE("text: draws evenly from its alphabet") {
  pgo::SeededIdSource ids(1);
  std::map<char, int> counts;
  for (const char c : ids.text(30'000, "abc")) ++counts[c];
  REQUIRE(counts.size() == 3);
  for (const auto& [letter, count] : counts) {
    CAPTURE(letter);
    CHECK(count > 9'500);
    CHECK(count < 10'500);
  }
}

TEST_CASE("derived suffix: depends on the key alone and rarely repeats") {
  CHECK(pgo::derived_suffix("uid/0") == pgo::derived_suffix("uid/0"));
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(pgo::derived_suffix("uid/" + std::to_string(i)));
  CHECK(seen.size() > 990);  // 26^4 names: about one clash is expected
  for (const std::string& suffix : seen) CHECK(suffix.size() == 4);
}

TEST_SUITE_END();
