#include "pgo/json/packer.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace pgo::json;

namespace {

/// A document like thousands of others, with something of its own in it.
std::string document(int number) {
  std::string text = R"({"kind":"Pod","metadata":{"name":"pod-)" + std::to_string(number) + "\"";
  for (int i = 0; i < 30; ++i) {
    text += R"(,"label-)" + std::to_string(i) + R"(":"the same for all of them")";
  }
  return text + "},\"seed\":" + std::to_string(100'000 + number * 7919 % 100'003) + "}";
}

Packer packer() { return Packer(Packer::make_scratch()); }

}  // namespace

TEST_SUITE("json.packer") {
  TEST_CASE("every text comes back as it was, whenever it was packed") {
    Packer packs = packer();
    std::vector<Packed> packed;
    for (int i = 0; i < 2000; ++i) packed.push_back(packs.pack(document(i)));
    for (int i = 0; i < 2000; ++i)
      REQUIRE(packed[static_cast<std::size_t>(i)].text() == document(i));
  }

  TEST_CASE("a text is read as the document that it is, or as null") {
    Packer packs = packer();
    for (int i = 0; i < 500; ++i) packs.pack(document(i));
    CHECK(packs.pack(document(7)).value() == parse(document(7)).value());
    CHECK(packs.pack("no document").value().is_null());
  }

  TEST_CASE("many similar texts take a fraction of their size") {
    Packer packs = packer();
    std::size_t bytes = 0, plain = 0;
    for (int i = 0; i < 2000; ++i) {
      const std::string text = document(i);
      plain += text.size();
      bytes += packs.pack(text).bytes();
    }
    CHECK(bytes * 5 < plain);
  }

  TEST_CASE("few texts are kept as they are: no dictionary is made for them") {
    Packer packs = packer();
    const std::string text = document(1);
    CHECK(packs.pack(text).bytes() == sizeof(Packed) + text.size());
  }

  TEST_CASE("empty texts and bytes that do not compress come back too") {
    Packer packs = packer();
    for (int i = 0; i < 500; ++i) packs.pack(document(i));
    CHECK(packs.pack("").text().empty());
    CHECK(packs.pack("").empty());
    std::string noise;
    unsigned state = 1;
    for (int i = 0; i < 5000; ++i)
      noise += static_cast<char>((state = state * 1'103'515'245 + 12'345) >> 16);
    CHECK(packs.pack(noise).text() == noise);
  }

  TEST_CASE("texts are compared, not how they were packed") {
    Packer packs = packer();
    const Packed early = packs.pack(document(1));
    for (int i = 0; i < 2000; ++i) packs.pack(document(i));
    const Packed late = packs.pack(document(1));
    CHECK(early.bytes() > late.bytes());
    CHECK(early == late);
    CHECK(late == packs.pack(document(1)));
    CHECK_FALSE(late == packs.pack(document(2)));
    // Of one size, packed with one dictionary and with none.
    const Packed plain = packer().pack(document(120));
    for (int i = 100; i < 120; ++i) {
      REQUIRE(document(i).size() == document(120).size());
      CHECK_FALSE(packs.pack(document(i)) == packs.pack(document(120)));
      CHECK_FALSE(packs.pack(document(i)) == plain);
    }
    CHECK(packs.pack(document(120)) == plain);
    CHECK_FALSE(Packed() == late);
    CHECK(Packed() == Packed());
  }

  TEST_CASE("what was packed outlives its packer and is read from many threads") {
    std::vector<Packed> packed;
    {
      Packer packs = packer();
      for (int i = 0; i < 300; ++i) packed.push_back(packs.pack(document(i)));
    }
    std::atomic<int> wrong = 0;
    {
      std::vector<std::jthread> readers;
      for (int reader = 0; reader < 4; ++reader) {
        readers.emplace_back([&] {
          for (int i = 0; i < 300; ++i) {
            if (packed[static_cast<std::size_t>(i)].text() != document(i)) ++wrong;
          }
        });
      }
    }
    CHECK(wrong == 0);
  }
}
