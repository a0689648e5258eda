#include "pgo/kube/work_queue.h"

#include "pgo/kube/wakeup.h"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace pgo::kube {
namespace {

using namespace std::chrono_literals;

struct Fixture {
  VirtualClock clock{TimePoint{} + std::chrono::hours(1)};
  SeededIdSource ids{1};
  WorkQueue queue{clock, ids};
};

}  // namespace

TEST_SUITE("kube.work_queue") {
  TEST_CASE("work queue: keys come in the order they were added, each once") {
    Fixture f;
    for (const char* key : {"a", "b", "a", "c", "b"}) f.queue.add(key);
    CHECK(f.queue.size() == 3);
    CHECK(f.queue.try_get() == "a");
    CHECK(f.queue.try_get() == "b");
    CHECK(f.queue.try_get() == "c");
    CHECK_FALSE(f.queue.try_get());
  }

  TEST_CASE("work queue: a key added while it is processed runs once more") {
    Fixture f;
    f.queue.add("a");
    REQUIRE(f.queue.try_get() == "a");
    f.queue.add("a");
    f.queue.add("a");
    CHECK_FALSE(f.queue.try_get());
    f.queue.done("a");
    CHECK(f.queue.try_get() == "a");
    f.queue.done("a");
    CHECK_FALSE(f.queue.try_get());
    CHECK(f.queue.idle());
  }

  TEST_CASE("work queue: a busy key goes behind the others when it runs once more") {
    Fixture f;
    f.queue.add("a");
    REQUIRE(f.queue.try_get() == "a");
    f.queue.add("a");
    f.queue.add("b");
    f.queue.done("a");
    CHECK(f.queue.try_get() == "b");
    CHECK(f.queue.try_get() == "a");
  }

  TEST_CASE("work queue: a delayed key comes when its time has come and not before") {
    Fixture f;
    f.queue.add_after("a", 5s);
    f.queue.add_after("b", 3s);
    CHECK_FALSE(f.queue.try_get());
    CHECK(f.queue.next() == f.clock.now() + 3s);
    f.clock.advance(3s);
    CHECK(f.queue.try_get() == "b");
    CHECK_FALSE(f.queue.try_get());
    f.clock.advance(2s);
    CHECK(f.queue.try_get() == "a");
    CHECK(f.queue.next() == TimePoint::max());
  }

  TEST_CASE("work queue: of several delays of one key the earliest counts") {
    Fixture f;
    f.queue.add_after("a", 5s);
    f.queue.add_after("a", 2s);
    f.queue.add_after("a", 9s);
    f.clock.advance(2s);
    CHECK(f.queue.try_get() == "a");
    f.queue.done("a");
    f.clock.advance(10s);
    CHECK_FALSE(f.queue.try_get());
    CHECK(f.queue.idle());
  }

  TEST_CASE("work queue: a delay that ends while the key is processed is not lost") {
    Fixture f;
    f.queue.add("a");
    REQUIRE(f.queue.try_get() == "a");
    f.queue.add_after("a", 1s);
    f.clock.advance(1s);
    CHECK_FALSE(f.queue.try_get());
    f.queue.done("a");
    CHECK(f.queue.try_get() == "a");
  }

  TEST_CASE("work queue: never is never") {
    Fixture f;
    f.queue.add_at("a", TimePoint::max());
    f.queue.add_after("a", Duration::max());
    CHECK(f.queue.idle());
  }

  TEST_CASE("work queue: backoff doubles per key up to the cap, with jitter, until forgotten") {
    Fixture f;
    Duration expected = 200ms;
    for (int i = 0; i < 40; ++i) {
      const Duration delay = f.queue.add_with_backoff("a");
      CHECK(delay <= expected);
      CHECK(delay > expected * 3 / 4 - 1ns);
      expected = std::min<Duration>(expected * 2, 1min);
      f.clock.advance(delay);
      REQUIRE(f.queue.try_get() == "a");
      f.queue.done("a");
    }
    CHECK(f.queue.failures("a") == 40);
    CHECK(f.queue.add_with_backoff("b") <= 200ms);
    f.queue.forget("a");
    CHECK(f.queue.failures("a") == 0);
    CHECK(f.queue.add_with_backoff("a") <= 200ms);
  }

  TEST_CASE("work queue: the same seed gives the same delays") {
    Fixture a;
    Fixture b;
    for (int i = 0; i < 5; ++i) {
      CHECK(a.queue.add_with_backoff("k") == b.queue.add_with_backoff("k"));
    }
  }

  TEST_CASE("work queue: on_ready says when to look again") {
    VirtualClock clock{TimePoint{}};
    SeededIdSource ids(1);
    int woken = 0;
    WorkQueue queue(clock, ids, {.on_ready = [&] { ++woken; }});
    queue.add("a");
    CHECK(woken == 1);
    queue.add("a");
    CHECK(woken == 1);
    REQUIRE(queue.try_get() == "a");
    queue.add("a");
    CHECK(woken == 1);
    queue.done("a");
    CHECK(woken == 2);
    queue.add_after("b", 5s);
    CHECK(woken == 3);
    queue.add_after("c", 9s);
    CHECK(woken == 3);
  }

  TEST_CASE("work queue: workers share the keys and never one key at once") {
    SystemClock clock;
    SeededIdSource ids(1);
    WorkQueue queue(clock, ids);
    std::mutex mutex;
    std::map<std::string, int> busy;
    std::atomic<int> runs = 0;
    std::atomic<bool> overlap = false;
    {
      std::vector<std::jthread> workers;
      for (int w = 0; w < 4; ++w) {
        workers.emplace_back([&](std::stop_token stop) {
          while (auto key = queue.get(stop)) {
            {
              const std::lock_guard lock(mutex);
              if (++busy[*key] > 1) overlap = true;
            }
            ++runs;
            {
              const std::lock_guard lock(mutex);
              --busy[*key];
            }
            queue.done(*key);
          }
        });
      }
      for (int i = 0; i < 2000; ++i) queue.add("key" + std::to_string(i % 7));
      queue.add_after("late", 1ms);
      while (!queue.idle()) std::this_thread::yield();
    }
    CHECK_FALSE(overlap);
    CHECK(runs >= 8);
  }

  TEST_CASE("work queue: a stop request ends a waiting worker") {
    SystemClock clock;
    SeededIdSource ids(1);
    WorkQueue queue(clock, ids);
    std::optional<std::string> got = "unset";
    {
      std::jthread worker([&](std::stop_token stop) { got = queue.get(stop); });
    }
    CHECK_FALSE(got);
  }
}

TEST_SUITE("kube.wakeup") {
  TEST_CASE("wakeup: a wake before the wait is not lost, and counts once") {
    Wakeup wakeup;
    SystemClock clock;
    std::stop_source stop;
    wakeup.callback()();
    CHECK(wakeup.wait_until(TimePoint::max(), clock, stop.get_token()));
    CHECK_FALSE(wakeup.take());
    CHECK_FALSE(wakeup.wait_until(clock.now(), clock, stop.get_token()));
  }

  TEST_CASE("wakeup: a stop request and another thread end the wait") {
    Wakeup wakeup;
    SystemClock clock;
    bool woken = true;
    {
      std::jthread waiter(
          [&](std::stop_token stop) { woken = wakeup.wait_until(TimePoint::max(), clock, stop); });
    }
    CHECK_FALSE(woken);
    std::jthread waker([wake = wakeup.callback()] { wake(); });
    CHECK(wakeup.wait_until(TimePoint::max(), clock, {}));
  }
}

}  // namespace pgo::kube
