#include "embedded/api/sessions.h"

#include <utility>

namespace pgo::embedded::api {

void Sessions::run(std::function<void(std::stop_token)> job) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  reap();
  Session& session = sessions_.emplace_back();
  session.thread =
      std::jthread([this, &session, job = std::move(job)](const std::stop_token& stop) mutable {
        job(stop);
        job = nullptr;
        const std::lock_guard done(mutex_);
        session.done = true;
      });
}

void Sessions::reap() {
  // A done thread has nothing left to do but return, so joining it under the lock is short.
  sessions_.remove_if([](const Session& session) { return session.done; });
}

void Sessions::stop() {
  std::list<Session> running;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    running.swap(sessions_);
  }
  for (Session& session : running) session.thread.request_stop();
  running.clear();
}

}  // namespace pgo::embedded::api
