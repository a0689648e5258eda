#include "embedded/api/watch.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace pgo::embedded::api {
namespace {

/// A reader this far behind has stopped reading; it lists again after the end of its watch.
constexpr std::size_t kMaxQueue = 100'000;

constexpr std::size_t kTakenAtOnce = 256;

}  // namespace

std::string_view to_string(Notice::Type type) {
  switch (type) {
    case Notice::Type::added:
      return "ADDED";
    case Notice::Type::modified:
      return "MODIFIED";
    case Notice::Type::deleted:
      return "DELETED";
  }
  return "MODIFIED";
}

Watch::Watch(Filter filter, std::uint64_t released, std::function<void()> on_ready)
    : filter_(std::move(filter)),
      sight_(released == kEverything ? Sight::early : Sight::durable),
      released_(released),
      on_ready_(std::move(on_ready)) {}

bool Watch::offer(const Event& event) {
  if (!filter_.ns.empty() && event.after->ns() != filter_.ns) return false;
  const bool was = event.before && filter_.matches(*event.before);
  const bool is = !event.removed && filter_.matches(*event.after);
  if (!was && !is) return false;
  Notice::Type type = Notice::Type::modified;
  if (!was) type = Notice::Type::added;
  if (!is) type = Notice::Type::deleted;
  const std::lock_guard lock(mutex_);
  if (ended_) return false;
  if (queue_.size() >= kMaxQueue) {
    ended_ = true;
    return true;
  }
  queue_.push_back({type, event.after});
  return queue_.size() == 1 && may_take_first();
}

void Watch::offer_initial(RecordPtr record) {
  const std::lock_guard lock(mutex_);
  queue_.push_back({Notice::Type::added, std::move(record)});
}

bool Watch::release(std::uint64_t version) {
  const std::lock_guard lock(mutex_);
  const bool known = may_take_first();
  released_ = std::max(released_, version);
  return !known && may_take_first();
}

void Watch::retract(std::uint64_t version) {
  const std::lock_guard lock(mutex_);
  while (!queue_.empty() && queue_.back().record->version() > version) queue_.pop_back();
}

void Watch::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
}

Watch::Taken Watch::take(std::vector<Notice>& into) {
  const std::lock_guard lock(mutex_);
  for (std::size_t count = 0; count < kTakenAtOnce && may_take_first(); ++count) {
    into.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  if (may_take_first()) return Taken::some;
  return ended_ && queue_.empty() ? Taken::last : Taken::all;
}

void Watch::wake() {
  const std::lock_guard lock(callback_mutex_);
  // A copy: the callback may close this watch, which drops the original.
  if (const std::function<void()> callback = on_ready_) callback();
}

void Watch::close() {
  end();
  std::function<void()> dropped;
  const std::lock_guard lock(callback_mutex_);
  dropped.swap(on_ready_);
}

}  // namespace pgo::embedded::api
