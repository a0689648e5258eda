#pragma once

#include "embedded/api/filter.h"
#include "embedded/api/record.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace pgo::embedded::api {

/// One committed write.
struct Event {
  std::uint64_t version = 0;
  RecordPtr before;  ///< null: the object is new
  RecordPtr after;   ///< for a removal: the last state at the version of the removal
  bool removed = false;
};

/// What one watcher is told.
struct Notice {
  enum class Type { added, modified, deleted };
  Type type;
  RecordPtr record;
};

std::string_view to_string(Notice::Type type);

/// Whether a caller sees writes that are not durable yet.
enum class Sight {
  durable,  ///< everyone who does something outside of the store about what he sees
  early,
};

/// One open watch inside the store. Filled under the store's lock, emptied by its owner.
class Watch {
 public:
  static constexpr std::uint64_t kEverything = UINT64_MAX;
  /// Events up to `released` may be taken at once, others after `release`.
  Watch(Filter filter, std::uint64_t released, std::function<void()> on_ready);

  /// Translates an event for this watcher's selectors (entering them is ADDED, leaving DELETED) and
  /// queues it. True when the owner should be woken.
  bool offer(const Event& event);
  /// Queues the present state of an object.
  void offer_initial(RecordPtr record);
  /// Lets events up to this version be taken. True when the owner should be woken.
  bool release(std::uint64_t version);
  /// Forgets the events after this version, none of which has been released.
  void retract(std::uint64_t version);
  Sight sight() const { return sight_; }
  /// Ends the watch from the server's side.
  void end();

  enum class Taken {
    all,   ///< nothing is left for now
    some,  ///< there is more
    last,  ///< the watch has ended and nothing is left
  };
  /// Moves what is queued to the end of `into`, a bounded number at a time: a reader far behind
  /// shall not hold the whole queue as text.
  Taken take(std::vector<Notice>& into);

  /// Calls `on_ready` unless closed. Never under the store's lock.
  void wake();
  /// After it returns `on_ready` is not running in another thread and is never called again.
  void close();

  const Filter& filter() const { return filter_; }

 private:
  bool may_take_first() const {
    return !queue_.empty() && queue_.front().record->version() <= released_;
  }

  const Filter filter_;
  const Sight sight_;
  std::mutex mutex_;
  std::deque<Notice> queue_;
  std::uint64_t released_;
  bool ended_ = false;
  /// Recursive: an on_ready that closes its own watch must not lock itself out.
  std::recursive_mutex callback_mutex_;
  std::function<void()> on_ready_;
};

}  // namespace pgo::embedded::api
