#include "pgo/operations/access.h"

#include "pgo/crypto/password.h"
#include "request_world.h"

#include <doctest/doctest.h>

using namespace pgo;
using operations::PasswordMemory;

TEST_CASE("access: a plain password of an old installation still works") {
  test::RequestWorld world;
  PasswordMemory memory(world.ids());
  const auto caller = operations::authenticate(world.context(), memory, "alice", "alicepass");
  REQUIRE(caller.has_value());
  CHECK(caller->namespaces == std::vector<std::string>{"pgouser1"});
  CHECK(caller->roles == std::vector<std::string>{"reader"});
}

TEST_CASE("access: a hashed password works, and is remembered without being stored") {
  test::RequestWorld world;
  const auto hash = crypto::hash_password("carolpass", world.ids());
  REQUIRE(hash.has_value());
  world.put_user("carol", *hash, "reader", "");
  PasswordMemory memory(world.ids());
  for (int i = 0; i < 3; ++i) {
    CHECK(operations::authenticate(world.context(), memory, "carol", "carolpass").has_value());
    CHECK_FALSE(operations::authenticate(world.context(), memory, "carol", "wrong").has_value());
  }
  // The hash itself is no password.
  CHECK_FALSE(operations::authenticate(world.context(), memory, "carol", *hash).has_value());
}

TEST_CASE("access: an unknown user and a wrong password are refused alike") {
  test::RequestWorld world;
  PasswordMemory memory(world.ids());
  const auto unknown = operations::authenticate(world.context(), memory, "mallory", "x");
  const auto wrong = operations::authenticate(world.context(), memory, "alice", "x");
  const auto empty = operations::authenticate(world.context(), memory, "alice", "");
  const auto path = operations::authenticate(world.context(), memory, "../pgorole-reader", "x");
  for (const auto* result : {&unknown, &wrong, &empty, &path}) {
    REQUIRE_FALSE(result->has_value());
    CHECK(result->error() == unknown.error());
    CHECK(result->error().code == Code::unauthenticated);
  }
}

TEST_CASE("access: BasicAuth false leaves only the name") {
  test::RequestWorld world;
  world.config().basic_auth = "false";
  PasswordMemory memory(world.ids());
  CHECK(operations::authenticate(world.context(), memory, "alice", "anything").has_value());
  CHECK_FALSE(operations::authenticate(world.context(), memory, "nobody", "").has_value());
}

TEST_CASE("access: permissions are the union of the roles, and a missing role takes none away") {
  test::RequestWorld world;
  world.put_role("deleter", "DeleteCluster");
  world.put_role("starlist", "Version,*");
  const auto allowed = [&](std::vector<std::string> roles, std::string_view permission) {
    const operations::Caller caller{.user = "x", .namespaces = {}, .roles = std::move(roles)};
    return operations::authorize(world.context(), caller, permission).has_value();
  };
  CHECK(allowed({"reader"}, "ShowCluster"));
  CHECK(allowed({"reader"}, "Version"));
  CHECK_FALSE(allowed({"reader"}, "DeleteCluster"));
  CHECK_FALSE(allowed({"reader"}, "Show"));
  CHECK(allowed({"nosuch", "deleter"}, "DeleteCluster"));
  CHECK(allowed({"pgoadmin"}, "Clone"));
  CHECK(allowed({"starlist"}, "Clone"));
  CHECK_FALSE(allowed({}, "Version"));
}

TEST_CASE("access: a namespace must be named, allowed, there, and ours") {
  test::RequestWorld world;
  const operations::Caller alice{.user = "alice", .namespaces = {"pgouser1", "gone"}, .roles = {}};
  const auto check = [&](const operations::Caller& caller, std::string_view ns) {
    return operations::check_namespace(world.context(), caller, ns).has_value();
  };
  CHECK(check(alice, "pgouser1"));
  CHECK_FALSE(check(alice, ""));
  CHECK_FALSE(check(alice, "pgouser2"));
  CHECK_FALSE(check(alice, "gone"));
  CHECK(check(world.admin(), "pgouser2"));
  CHECK_FALSE(check(world.admin(), "default"));
  CHECK_FALSE(check(world.admin(), "pgo"));
}
