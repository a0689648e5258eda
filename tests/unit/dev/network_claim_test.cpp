#include "dev/network_claim.h"

#include <doctest/doctest.h>

#include <string>
#include <unistd.h>

using namespace pgo;
using namespace pgo::dev;

namespace {
// Two runs of this test at once are no reason to fail.
std::string network(int number) {
  return "127." + std::to_string(number) + "-" + std::to_string(getpid());
}
}  // namespace

TEST_CASE("network claim: the second to want a network is told who has it and what to do") {
  auto first = NetworkClaim::take(network(1));
  REQUIRE(first);
  CHECK(NetworkClaim::take(network(2)));
  auto second = NetworkClaim::take(network(1));
  REQUIRE(!second);
  CHECK(second.error().code == Code::failed_precondition);
  for (const std::string& word :
       {network(1), "unit_dev, pid " + std::to_string(getpid()), std::string("--network")})
    CHECK(second.error().message.find(word) != std::string::npos);
}

TEST_CASE("network claim: it is free again when its holder has gone, not before") {
  auto first = NetworkClaim::take(network(3));
  REQUIRE(first);
  NetworkClaim moved = *std::move(first);
  CHECK(!NetworkClaim::take(network(3)));
  moved = NetworkClaim();
  CHECK(NetworkClaim::take(network(3)));
}
