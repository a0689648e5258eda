#include "pgo/embedded/controllers.h"

#include "embedded/controllers/shell.h"
#include "pgo/kube/wakeup.h"

#include <algorithm>
#include <thread>

namespace pgo::embedded {

namespace {

/// Keys per step: keeps a step short under load without slowing a quiet system down.
constexpr int kKeysPerStep = 256;

}  // namespace

Controllers::Impl::Impl(kube::Transport& transport, const Clock& time, IdSource& id_source, Log to,
                        ControllersOptions chosen)
    : client(transport),
      clock(time),
      ids(id_source),
      log(to.named("embedded.controllers")),
      options(std::move(chosen)),
      queue(
          time, id_source,
          {.backoff_base = std::chrono::milliseconds(50), .backoff_cap = std::chrono::seconds(30)}),
      world(client, time, id_source, log, options.on_ready,
            [this](const controllers::Watched& watched, const kube::Object* was,
                   const kube::Object* is) { changed(watched, was, is); }) {
  if (options.events) want("events", "", "expiry");
}

ControllersStep Controllers::Impl::step() {
  bool progressed = world.step();
  if (!world.complete()) {
    swept = false;
  } else if (!swept) {
    swept = true;
    for (const std::string& uid : graph.suspects()) want("garbage", "", uid);
  }
  if (!world.synced()) return {progressed, world.next()};
  for (int i = 0; i < kKeysPerStep; ++i) {
    std::optional<std::string> key = queue.try_get();
    if (!key) break;
    progressed = true;
    if (Result<void> done = work(*key); !done) {
      queue.add_with_backoff(*key);
      if (done.error().code != Code::conflict) {
        log.warn("will be tried again", {{"key", *key}, {"error", done.error().text()}});
      }
    } else {
      queue.forget(*key);
    }
    queue.done(*key);
    world.step();
  }
  return {progressed, std::min(world.next(), queue.next())};
}

Controllers::Controllers(kube::Transport& transport, const Clock& clock, IdSource& ids, Log log,
                         ControllersOptions options)
    : impl_(std::make_unique<Impl>(transport, clock, ids, std::move(log), std::move(options))) {}

Controllers::~Controllers() = default;

ControllersStep Controllers::step() { return impl_->step(); }

struct ControllersRunner::Impl {
  Impl(kube::Transport& transport, const Clock& time, IdSource& ids, Log log,
       ControllersOptions options)
      : clock(time), controllers(transport, time, ids, std::move(log), wired(std::move(options))) {}

  ControllersOptions wired(ControllersOptions options) {
    options.on_ready = wakeup.callback();
    return options;
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ControllersStep done = controllers.step();
      if (!done.progressed) wakeup.wait_until(done.next, clock, stop);
    }
  }

  const Clock& clock;
  kube::Wakeup wakeup;
  Controllers controllers;
  std::jthread thread{[this](const std::stop_token& stop) { run(stop); }};
};

ControllersRunner::ControllersRunner(kube::Transport& transport, const Clock& clock, IdSource& ids,
                                     Log log, ControllersOptions options)
    : impl_(std::make_unique<Impl>(transport, clock, ids, std::move(log), std::move(options))) {}

ControllersRunner::~ControllersRunner() = default;

}  // namespace pgo::embedded
