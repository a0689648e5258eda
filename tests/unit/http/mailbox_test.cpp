#include "http/mailbox.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace pgo::http {
namespace {

TEST_CASE("mailbox: who found the outlet crowded hears once when there is room again") {
  Outlet outlet(1000);
  int told = 0;
  outlet.on_room([&told] { ++told; });
  outlet.push(std::string(200, 'x'));
  CHECK_FALSE(outlet.crowded());
  outlet.sent(200);
  CHECK(told == 0);  // nobody waits
  for (int i = 0; i < 4; ++i) outlet.push(std::string(100, 'x'));
  CHECK(outlet.crowded());
  outlet.sent(100);
  outlet.sent(100);
  CHECK(told == 0);  // 200 are left: not before most has gone
  outlet.sent(100);
  CHECK(told == 1);
  outlet.sent(100);
  CHECK(told == 1);
  CHECK_FALSE(outlet.crowded());
}

TEST_CASE("mailbox: nobody waits for room in an outlet whose peer is gone") {
  Outlet outlet(100);
  const auto held = std::make_shared<int>(0);
  outlet.on_room([held] {});
  outlet.push(std::string(90, 'x'));
  CHECK(outlet.crowded());
  outlet.closed();
  CHECK_FALSE(outlet.crowded());
  CHECK(held.use_count() == 1);  // it may have held the connection
}

}  // namespace
}  // namespace pgo::http
