#pragma once

#include "embedded/api/filter.h"
#include "embedded/api/journal.h"
#include "embedded/api/record.h"
#include "embedded/api/watch.h"
#include "pgo/base/result.h"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
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
/// A write is in the journal before it can be seen.
class Store {
 public:
  struct Limits {
    std::size_t events = 50'000;
    /// History is also bounded by the size of the old states in it: by this, or by an eighth of
    /// what the present state takes when that is more.
    std::size_t bytes = 4u << 20;
  };

  Store(Limits limits, std::unique_ptr<Journal> journal);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Fills the store from the journal; before any other use.
  Result<void> load();

  RecordPtr get(std::string_view table, const Key& key) const;
  bool contains(std::string_view table, const Key& key) const { return get(table, key) != nullptr; }
  /// Every object of a table (of one namespace unless `ns` is empty), in key order.
  Listing list(std::string_view table, std::string_view ns) const;
  /// The objects a filter takes, after `from` (unless null), at most `limit` (0 = all).
  Listing select(std::string_view table, const Filter& filter, const Key* from,
                 std::size_t limit) const;
  /// The whole list as it was at `version`, rebuilt from history; `expired` when that is gone.
  Result<Listing> list_at(std::string_view table, std::string_view ns, std::uint64_t version) const;
  std::uint64_t version() const;
  /// The version of the last write to a table, 0 before the first.
  std::uint64_t changed(std::string_view table) const;
  std::size_t object_count() const;

  /// Runs under the store's lock: must not call the store.
  using Decide = std::function<Result<Change>(const Record* current)>;
  /// Runs `decide` on the object's current record (null when there is none) and applies the change,
  /// all of it atomic. Returns the state afterwards: the current record for `keep` (may be null),
  /// the new one, or the removed object's last state at the version of its removal.
  /// `dry_run`: decides, answers what would be stored, stores nothing.
  Result<RecordPtr> write(const Resource& resource, const Key& key, const Decide& decide,
                          bool dry_run = false);

  /// Opens a watch on one table. `since` empty: the current state first, as ADDED.
  /// `expired` when history no longer reaches back to `since`.
  Result<std::shared_ptr<Watch>> watch(std::string_view table, Filter filter,
                                       std::optional<std::uint64_t> since,
                                       std::function<void()> on_ready);
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

  Table& table_of(std::string_view name);
  const Table* find_table(std::string_view name) const;
  static void collect(const Table& table, std::string_view ns, std::vector<RecordPtr>& into);
  /// Where the events after `version` begin in the history.
  std::deque<HistoryEntry>::const_iterator after(std::uint64_t version) const;
  void remember(const Table& table, const Event& event);
  void apply(Table& table, const Event& event, std::vector<std::shared_ptr<Watch>>& to_wake);

  mutable std::mutex mutex_;
  Limits limits_;
  std::unique_ptr<Journal> journal_;
  std::shared_ptr<json::Packer::Scratch> scratch_ = json::Packer::make_scratch();
  /// The documents written last: watchers, and who changes them again, need not read their text.
  std::array<DocumentPtr, 128> recent_;
  std::map<std::string, Table, std::less<>> tables_;
  std::deque<HistoryEntry> history_;
  std::size_t history_bytes_ = 0;
  std::size_t live_bytes_ = 0;
  std::uint64_t version_ = 1;
  std::uint64_t oldest_ = 1;  ///< the oldest version a watch may start from
};

}  // namespace pgo::embedded::api
