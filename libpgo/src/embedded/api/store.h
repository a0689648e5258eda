#pragma once

#include "embedded/api/filter.h"
#include "embedded/api/journal.h"
#include "embedded/api/record.h"
#include "embedded/api/watch.h"
#include "pgo/base/result.h"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace pgo::embedded::api {

/// What a write decides to do with an object.
struct Change {
  enum class Kind { keep, put, remove };
  Kind kind = Kind::keep;
  json::Value document;  ///< the new state, or the last state of a removed object

  static Change keep() { return {}; }
  static Change put(json::Value document) { return {Kind::put, std::move(document)}; }
  static Change remove(json::Value document) { return {Kind::remove, std::move(document)}; }
};

/// A list at one version.
struct Listing {
  std::vector<RecordPtr> records;
  std::uint64_t version = 0;
  bool more = false;  ///< the limit left something out
};

/// All objects, one version counter, and the recent history. Thread safe: one lock orders every
/// write, so compare-and-set is a matter of looking at the current record inside `decide`.
///
/// A write is made in memory at once and becomes durable with all others that wait by then, one
/// transaction for many: `settle` waits for that. Before it nobody may be told of the write but who
/// only writes here again, for a journal that refuses takes back whatever it has not got.
class Store {
 public:
  struct Limits {
    std::size_t events = 50'000;
    /// History is also bounded by the size of the old states in it: by this, or by an eighth of
    /// what the present state takes when that is more.
    std::size_t bytes = 4u << 20;
    /// Of one object. What is stored must be read again, also inside of a list or a watch event.
    json::ParseLimits object{.max_bytes = json::ParseLimits{}.max_bytes / 2,
                             .max_depth = json::ParseLimits{}.max_depth - 16};
  };

  Store(Limits limits, std::unique_ptr<Journal> journal);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  /// Makes durable what is not yet.
  ~Store();

  /// Fills the store from the journal; before any other use.
  Result<void> load();

  RecordPtr get(std::string_view table, const Key& key) const;
  bool contains(std::string_view table, const Key& key) const { return get(table, key) != nullptr; }
  bool empty(std::string_view table) const;
  /// Every object of a table (of one namespace unless `ns` is empty), in key order.
  Listing list(std::string_view table, std::string_view ns) const;
  /// The objects a filter takes, after `from` (unless null), at most `limit` (0 = all).
  Listing select(std::string_view table, const Filter& filter, const Key* from,
                 std::size_t limit) const;
  /// The whole list as it was at `version`, rebuilt from history; `expired` when that is gone.
  Result<Listing> list_at(std::string_view table, std::string_view ns, std::uint64_t version) const;
  std::uint64_t version(Sight sight = Sight::early) const;
  /// The version of the last write to a table, 0 before the first.
  std::uint64_t changed(std::string_view table) const;
  std::size_t object_count() const;

  /// Runs under the store's lock: must not call the store.
  using Decide = std::function<Result<Change>(const Record* current)>;
  /// Runs `decide` on the object's current record (null when there is none) and applies the change,
  /// all of it atomic. Returns the state afterwards: the current record for `keep` (may be null),
  /// the new one, or the removed object's last state at the version of its removal. To be followed
  /// by `settle` or `settle_soon`.
  /// Refused: a document of another key than this, or one beyond `Limits::object`.
  /// `dry_run`: decides, answers what would be stored, stores nothing.
  Result<RecordPtr> write(const Resource& resource, const Key& key, const Decide& decide,
                          bool dry_run = false);

  /// How often writes were taken back so far: to be asked before what `settle` answers for.
  std::uint64_t reverts() const;
  /// Waits until everything written so far is durable. An error when any write was taken back since
  /// `mark`: what was done or seen since then may not be so.
  Result<void> settle(std::uint64_t mark);
  /// Has that done by another thread, unless the journal refused last time: then as `settle`.
  Result<void> settle_soon(std::uint64_t mark);

  /// Opens a watch on one table. `since` empty: the current state first, as ADDED.
  /// `expired` when history no longer reaches back to `since`, or has not come so far.
  Result<std::shared_ptr<Watch>> watch(std::string_view table, Filter filter,
                                       std::optional<std::uint64_t> since,
                                       std::function<void()> on_ready, Sight sight);
  void unwatch(const std::shared_ptr<Watch>& watch);

  /// A number and a text kept beside the objects (keys, counters). Empty when never set.
  std::string setting(const std::string& name) const;
  Result<void> set_setting(const std::string& name, const std::string& value);

 private:
  struct Table {
    explicit Table(std::shared_ptr<json::Packer::Scratch> scratch) : packer(std::move(scratch)) {}

    std::set<RecordPtr, ByKey> objects;
    json::Packer packer;
    std::vector<std::shared_ptr<Watch>> watches;
    std::uint64_t changed = 0;
  };
  struct HistoryEntry {
    const Table* table;
    Event event;
  };
  /// A write that is not durable.
  struct Pending {
    std::string_view table_name;
    Table* table;
    Event event;
    std::string text;
  };
  using Pendings = std::vector<Pending>;
  using Watches = std::vector<std::shared_ptr<Watch>>;

  using Tables = std::map<std::string, Table, std::less<>>;
  Tables::value_type& table_of(std::string_view name);
  const Table* find_table(std::string_view name) const;
  static void collect(const Table& table, std::string_view ns, std::vector<RecordPtr>& into);
  /// Where the events after `version` begin in the history.
  std::deque<HistoryEntry>::const_iterator after(std::uint64_t version) const;
  void remember(const Table& table, const Event& event);
  /// Changes what is in memory.
  void apply(Table& table, const Event& event);
  void release(const Pendings& settled, Watches& to_wake);
  void revert(const Pendings& lost, Watches& to_wake);
  void restore(Table& table, const RecordPtr& now, const RecordPtr& before, Watches& to_wake);
  void settle_in_background(const std::stop_token& stop);

  /// Held while the journal works; taken before `mutex_`, which is not held then.
  mutable std::mutex journal_mutex_;
  mutable std::mutex mutex_;
  Limits limits_;
  std::unique_ptr<Journal> journal_;
  std::shared_ptr<json::Packer::Scratch> scratch_ = json::Packer::make_scratch();
  /// The documents written last: watchers, and who changes them again, need not read their text.
  std::array<DocumentPtr, 128> recent_;
  Tables tables_;
  std::deque<HistoryEntry> history_;
  std::size_t history_bytes_ = 0;
  std::size_t live_bytes_ = 0;
  std::uint64_t version_ = 1;
  std::uint64_t durable_ = 1;
  Pendings pending_;  ///< the versions after `durable_` that no `settle` has taken up
  std::uint64_t reverts_ = 0;
  std::optional<Error> refusal_;  ///< of the journal, until it takes something again
  std::uint64_t oldest_ = 1;      ///< the oldest version a watch may start from

  std::mutex soon_mutex_;
  std::condition_variable_any soon_changed_;
  bool soon_ = false;
  std::jthread background_;  ///< not without a journal that keeps
};

}  // namespace pgo::embedded::api
