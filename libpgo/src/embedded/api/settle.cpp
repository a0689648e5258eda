// How writes of the store become durable, many at a time, and what becomes of those that cannot.
#include "embedded/api/status.h"
#include "embedded/api/store.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pgo::embedded::api {

Store::~Store() {
  background_ = {};  // ends after what was pending
}

std::uint64_t Store::reverts() const {
  const std::lock_guard lock(mutex_);
  return reverts_;
}

Result<void> Store::settle(std::uint64_t mark) {
  std::uint64_t target = 0;
  {
    const std::lock_guard lock(mutex_);
    if (reverts_ == mark && durable_ == version_) return {};
    target = version_;
  }
  // Who comes while another's turn lasts finds afterwards that it was done for him as well.
  std::unique_lock turn(journal_mutex_);
  Pendings settled;
  {
    const std::lock_guard lock(mutex_);
    if (reverts_ != mark) {
      return api_error(500, "InternalError",
                       refusal_ ? refusal_->message : "the state database refused a write");
    }
    if (durable_ >= target) return {};
    settled.swap(pending_);
  }
  std::vector<Journal::Entry> entries;
  entries.reserve(settled.size());
  for (const Pending& one : settled) {
    entries.push_back({.version = one.event.version,
                       .table = one.table_name,
                       .ns = one.event.after->ns(),
                       .name = one.event.after->name(),
                       .text = one.event.removed ? nullptr : &one.text});
  }
  Result<void> kept = journal_->write(entries);
  Watches to_wake;
  {
    const std::lock_guard lock(mutex_);
    if (kept) {
      durable_ = settled.back().event.version;
      refusal_.reset();
      release(settled, to_wake);
    } else {
      refusal_ = kept.error();
      // What was written meanwhile was written in view of what is lost now.
      std::ranges::move(pending_, std::back_inserter(settled));
      pending_.clear();
      revert(settled, to_wake);
    }
  }
  turn.unlock();
  for (const std::shared_ptr<Watch>& watch : to_wake) watch->wake();
  if (kept) return {};
  return api_error(500, "InternalError", std::move(kept).error().message);
}

Result<void> Store::settle_soon(std::uint64_t mark) {
  bool in_trouble = false;
  {
    const std::lock_guard lock(mutex_);
    in_trouble = refusal_ || reverts_ != mark;
    if (!in_trouble && durable_ == version_) return {};
  }
  // What is refused will be tried again: its maker should not go faster than the journal.
  if (in_trouble) return settle(mark);
  {
    const std::lock_guard lock(soon_mutex_);
    if (std::exchange(soon_, true)) return {};
  }
  soon_changed_.notify_one();
  return {};
}

void Store::settle_in_background(const std::stop_token& stop) {
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(soon_mutex_);
      soon_changed_.wait(lock, stop, [this] { return soon_; });
      soon_ = false;
    }
    last = stop.stop_requested();
    // A refusal reaches those who wrote as a change back.
    static_cast<void>(settle(reverts()));
  }
}

void Store::release(const Pendings& settled, Watches& to_wake) {
  std::set<const Table*> touched;
  for (const Pending& one : settled) {
    if (!touched.insert(one.table).second) continue;
    for (const std::shared_ptr<Watch>& watch : one.table->watches) {
      if (watch->release(durable_)) to_wake.push_back(watch);
    }
  }
}

void Store::revert(const Pendings& lost, Watches& to_wake) {
  while (!history_.empty() && history_.back().event.version > durable_) {
    history_bytes_ -= history_.back().event.after->bytes();
    history_.pop_back();
  }
  // What an object was before the first write that is lost.
  std::map<std::pair<Table*, Key>, RecordPtr> before;
  for (const Pending& one : lost) {
    before.emplace(std::pair(one.table, one.event.after->key()), one.event.before);
  }
  for (auto& [name, table] : tables_) {
    for (const std::shared_ptr<Watch>& watch : table.watches) {
      if (watch->sight() == Sight::durable) watch->retract(durable_);
    }
  }
  for (const auto& [where, record] : before) {
    const auto& [table, key] = where;
    const auto now = table->objects.find(key);
    restore(*table, now == table->objects.end() ? nullptr : *now, record, to_wake);
  }
  ++reverts_;
  durable_ = version_;
  release(lost, to_wake);
}

/// Versions only go up: what was before is there again at a new one.
void Store::restore(Table& table, const RecordPtr& now, const RecordPtr& before, Watches& to_wake) {
  if (!now && !before) return;
  const Record& like = before ? *before : *now;
  Event event{.version = ++version_, .before = now, .after = {}, .removed = !before};
  json::Value document = like.document()->document();
  const std::string text = text_at(version_, document);
  event.after = std::make_shared<const Record>(
      like, kube::PackedObject::make(std::move(document), table.packer.pack(text)), version_);
  apply(table, event);
  for (const std::shared_ptr<Watch>& watch : table.watches) {
    if (watch->sight() == Sight::early) {
      if (watch->offer(event)) to_wake.push_back(watch);
    } else if (before) {
      // Who never heard of what is lost hears of the new version alone.
      watch->offer({.version = event.version, .before = before, .after = event.after});
    }
  }
}

}  // namespace pgo::embedded::api
