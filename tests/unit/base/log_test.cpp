#include "pgo/base/log.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

TEST_SUITE_BEGIN("base.log");

TEST_CASE("log: records below the least level never reach the sink") {
  const pgo::VirtualClock clock{pgo::TimePoint(1577934245123ms)};
  std::string out;
  const pgo::Log log = pgo::Log([&](const pgo::LogRecord& r) { out += pgo::format_text(r); }, clock,
                                pgo::Level::info)
                           .named("engine");
  log.debug("hidden");
  log.info("cluster settled", {{"cluster", "ns/hippo"}, {"why", "nothing to do"}});
  CHECK(out ==
        "2020-01-02T03:04:05.123Z INFO  engine: cluster settled cluster=ns/hippo why=\"nothing to "
        "do\"\n");
}

TEST_CASE("log: JSON lines escape what text would break") {
  const pgo::VirtualClock clock{pgo::TimePoint(0s)};
  std::string out;
  const pgo::Log log([&](const pgo::LogRecord& r) { out += pgo::format_json(r); }, clock);
  log.warn("odd", {{"value", "a\"b\nc\x01"}});
  CHECK(out ==
        "{\"time\":\"1970-01-01T00:00:00.000000Z\",\"level\":\"warn\",\"message\":\"odd\","
        "\"value\":\"a\\\"b\\nc\\u0001\"}\n");
}

TEST_CASE("log: a default log drops everything") {
  const pgo::Log log;
  CHECK_FALSE(log.enabled(pgo::Level::error));
  log.error("nobody hears this");
}

TEST_SUITE_END();
