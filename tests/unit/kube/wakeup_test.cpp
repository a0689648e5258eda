#include "pgo/kube/wakeup.h"

#include <doctest/doctest.h>

#include <thread>

using namespace pgo;

TEST_SUITE("kube.wakeup") {
  TEST_CASE("wake: before the wait is not lost, and counts once") {
    const SystemClock clock;
    kube::Wakeup wakeup;
    wakeup.wake();
    wakeup.wake();
    CHECK(wakeup.wait_until(TimePoint::max(), clock, {}));
    CHECK_FALSE(wakeup.take());
    wakeup.callback()();
    CHECK(wakeup.take());
  }

  TEST_CASE("wake: every one of many is found by somebody who waits") {
    const SystemClock clock;
    kube::Wakeup to, back;
    constexpr int kRounds = 200;
    const std::jthread other([&] {
      for (int round = 0; round < kRounds; ++round) {
        to.wait_until(TimePoint::max(), clock, {});
        back.wake();
      }
    });
    for (int round = 0; round < kRounds; ++round) {
      to.wake();
      CHECK(back.wait_until(TimePoint::max(), clock, {}));
    }
  }

  TEST_CASE("wait: ends at its time, on a stop request, and at once when the time is past") {
    const SystemClock clock;
    kube::Wakeup wakeup;
    CHECK_FALSE(wakeup.wait_until(clock.now() - std::chrono::hours(1), clock, {}));
    CHECK_FALSE(wakeup.wait_until(clock.now() + std::chrono::milliseconds(5), clock, {}));
    std::stop_source stop;
    stop.request_stop();
    CHECK_FALSE(wakeup.wait_until(TimePoint::max(), clock, stop.get_token()));
  }
}
