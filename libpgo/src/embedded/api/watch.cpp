#include "embedded/api/watch.h"

#include <utility>

namespace pgo::embedded::api {
namespace {

/// A reader this far behind has stopped reading; it lists again after the end of its watch.
constexpr std::size_t kMaxQueue = 100'000;

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

Watch::Watch(Filter filter, std::function<void()> on_ready)
    : filter_(std::move(filter)), on_ready_(std::move(on_ready)) {}

bool Watch::offer(const Event& event) {
  if (!filter_.ns.empty() && event.after->key.ns != filter_.ns) return false;
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
  return queue_.size() == 1;
}

void Watch::offer_initial(RecordPtr record) {
  const std::lock_guard lock(mutex_);
  queue_.push_back({Notice::Type::added, std::move(record)});
}

void Watch::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
}

bool Watch::take(std::vector<Notice>& into) {
  const std::lock_guard lock(mutex_);
  into.insert(into.end(), std::make_move_iterator(queue_.begin()),
              std::make_move_iterator(queue_.end()));
  queue_.clear();
  return !ended_;
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
