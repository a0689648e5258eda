#include "embedded/api/watch.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
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

Watch::Watch(Filter filter, std::function<void()> on_ready)
    : filter_(std::move(filter)), on_ready_(std::move(on_ready)) {}

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

Watch::Taken Watch::take(std::vector<Notice>& into) {
  const std::lock_guard lock(mutex_);
  const auto end =
      queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), kTakenAtOnce));
  into.insert(into.end(), std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  if (!queue_.empty()) return Taken::some;
  return ended_ ? Taken::last : Taken::all;
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
