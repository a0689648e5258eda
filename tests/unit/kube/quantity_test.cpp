#include "pgo/kube/quantity.h"

#include <doctest/doctest.h>

#include <limits>

namespace pgo::kube {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

Quantity quantity(std::string_view text) {
  const auto parsed = Quantity::parse(text);
  REQUIRE_MESSAGE(parsed, std::string(text));
  return *parsed;
}

}  // namespace

TEST_SUITE("kube.quantity") {
  TEST_CASE("quantity: every suffix has its value") {
    CHECK(quantity("1Gi").value() == 1 << 30);
    CHECK(quantity("1.5Gi").value() == 1610612736);
    CHECK(quantity("1G").value() == 1'000'000'000);
    CHECK(quantity("2k").value() == 2000);
    CHECK(quantity("1e3").value() == 1000);
    CHECK(quantity("1E3").value() == 1000);
    CHECK(quantity("1E").value() == 1'000'000'000'000'000'000);
    CHECK(quantity("7Ei").value() == 7 * (std::int64_t{1} << 60));
    CHECK(quantity("500m").milli_value() == 500);
    CHECK(quantity("1.5").milli_value() == 1500);
    CHECK(quantity("-2").value() == -2);
    CHECK(quantity(".5").milli_value() == 500);
    CHECK(quantity("5.").value() == 5);
    CHECK(quantity("1e-3").milli_value() == 1);
  }

  TEST_CASE("quantity: whole and milli values round away from zero") {
    CHECK(quantity("100m").value() == 1);
    CHECK(quantity("-100m").value() == -1);
    CHECK(quantity("1u").milli_value() == 1);
    CHECK(quantity("0.0000000001").text() == "1n");
    CHECK(quantity("1.00000000000000000001Ki").text() == "1025");
  }

  TEST_CASE("quantity: the canonical text keeps the value with the largest suffix") {
    for (const auto& [given, expected] :
         {std::pair{"1024Mi", "1Gi"}, std::pair{"1.5Gi", "1536Mi"}, std::pair{"1000m", "1"},
          std::pair{"1500m", "1500m"}, std::pair{"0.5", "500m"}, std::pair{"1000000", "1M"},
          std::pair{"0.5Ki", "512"}, std::pair{"1023Ki", "1023Ki"}, std::pair{"0.5Mi", "512Ki"},
          std::pair{"12e6", "12e6"}, std::pair{"1e4", "10e3"}, std::pair{"0Gi", "0"},
          std::pair{"-0", "0"}, std::pair{"-1.5Gi", "-1536Mi"}, std::pair{"+3", "3"},
          std::pair{"100k", "100k"}, std::pair{"00100", "100"}, std::pair{"1.10", "1100m"}}) {
      CHECK(quantity(given).text() == expected);
      CHECK(quantity(quantity(given).text()) == quantity(given));
    }
  }

  TEST_CASE("quantity: compares by value, whatever the notation") {
    CHECK(quantity("1Gi") == quantity("1024Mi"));
    CHECK(quantity("1G") < quantity("1Gi"));
    CHECK(quantity("-1") < quantity("-999m"));
    CHECK(quantity("1001m") > quantity("1"));
  }

  TEST_CASE("quantity: what is too large is capped") {
    CHECK(quantity("9223372036854775808").value() == kMax);
    CHECK(quantity("100Ei").value() == kMax);
    CHECK(quantity("1e1000").value() == kMax);
    CHECK(quantity("-1e1000").value() == -kMax);
    CHECK(quantity("9223372036854775807").milli_value() == kMax);
    CHECK(quantity(std::string(1000, '9')).value() == kMax);
    CHECK((quantity("9E") + quantity("9E")).value() == kMax);
  }

  TEST_CASE("quantity: sums keep the notation of the left side") {
    CHECK((quantity("1Gi") + quantity("512Mi")).text() == "1536Mi");
    CHECK((Quantity() + quantity("1Gi")).text() == "1Gi");
    CHECK((quantity("500m") + quantity("-1")).text() == "-500m");
    CHECK(Quantity::milli(1500) == quantity("1.5"));
    CHECK(Quantity::whole(2048, Quantity::Format::binary_si).text() == "2Ki");
  }

  TEST_CASE("quantity: anything else is refused") {
    for (const char* text :
         {"",      "Gi",    "1 Gi", "1gi",  "1KI", "1K",  "1ki", "1.2.3", "--1", "1e",    "1e+",
          "1e--3", "1e-+3", "1ee3", "0x10", "1,5", "1m1", ".",   "+",     "NaN", "1e1001"}) {
      CAPTURE(text);
      const auto parsed = Quantity::parse(text);
      REQUIRE_FALSE(parsed);
      CHECK(parsed.error().code == Code::invalid_argument);
    }
  }
}

}  // namespace pgo::kube
