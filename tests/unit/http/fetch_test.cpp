#include "pgo/http/fetch.h"

#include <doctest/doctest.h>

using namespace pgo;

TEST_CASE("fetch: an error shows neither who asks nor the query of the address") {
  // Nobody listens on port 1.
  const auto fetched = http::fetch("http://alice:token@127.0.0.1:1/sql/audit.sql?key=geheim#part");
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().subject == "http://127.0.0.1:1/sql/audit.sql");
  for (const char* secret : {"alice", "token", "geheim"}) {
    CHECK(fetched.error().text().find(secret) == std::string::npos);
  }
}

TEST_CASE("fetch: an address that cannot be fetched is not repeated") {
  const auto fetched = http::fetch("ftp://alice:token@host/x");
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().text().find("token") == std::string::npos);
}
