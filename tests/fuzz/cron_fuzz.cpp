#include "fuzz/fuzz.h"
#include "pgo/base/cron.h"

using namespace pgo;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto cron = Cron::parse(fuzz::view(data, size));
  if (!cron) {
    fuzz::require(!cron.error().message.empty(), "a refusal says why");
    return 0;
  }
  // Around a change of the clocks in both hemispheres.
  TimePoint time = TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 3 / 28));
  for (int i = 0; i < 20; ++i) {
    const auto next = cron->next(time);
    if (!next) break;
    fuzz::require(*next > time, "the next firing is later");
    fuzz::require(cron->latest(time, *next) == next, "and is the latest at its time");
    fuzz::require(!cron->latest(time, *next - std::chrono::seconds(1)), "and the first");
    time = *next;
  }
  return 0;
}
