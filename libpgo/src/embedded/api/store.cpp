#include "embedded/api/store.h"

#include "embedded/api/status.h"

#include <algorithm>
#include <utility>

namespace pgo::embedded::api {
namespace {

/// After a restart versions go on this far above the last one written, so that a version that a
/// client saw and a crash of the machine lost is never given to something else.
constexpr std::uint64_t kRestartGap = 1000;

/// Records are found by what their documents say: under another name one would take the place of
/// what it does not belong to.
Result<void> check_key(const Key& key, const json::Value& document) {
  const json::Value& metadata = document["metadata"];
  if (metadata["namespace"].as_string() == key.ns && metadata["name"].as_string() == key.name) {
    return {};
  }
  return api_error(500, "InternalError",
                   "the object " + key.ns + "/" + key.name + " cannot become another one");
}

std::unexpected<Error> too_deep(const Key& key, std::size_t most) {
  return api_error(
      422, "Invalid",
      "the object " + key.name + " is nested deeper than " + std::to_string(most) + " levels");
}

std::unexpected<Error> too_large(const Key& key, std::size_t most) {
  return api_error(413, "RequestEntityTooLarge",
                   "the object " + key.name + " is larger than " + std::to_string(most) + " bytes");
}

}  // namespace

Store::Store(Limits limits, std::unique_ptr<Journal> journal)
    : limits_(limits), journal_(std::move(journal)) {
  if (!journal_->keeps()) return;
  background_ = std::jthread([this](const std::stop_token& stop) { settle_in_background(stop); });
}

Result<void> Store::load() {
  // Only built-in types have selectable fields beyond the name.
  const auto built_in = Registry::build({});
  const Resource custom;
  auto last = journal_->load(
      [&](std::string_view table, std::uint64_t version, const std::string& text) -> Result<void> {
        PGO_TRY(json::Value document, json::parse(text));
        const auto slash = table.find('/');
        const auto known = built_in->find(table.substr(0, slash), "v1", table.substr(slash + 1));
        Table& into = table_of(table).second;
        auto record = std::make_shared<const Record>(
            known ? *known : custom,
            kube::PackedObject::make(std::move(document), into.packer.pack(text)), version);
        live_bytes_ += record->bytes();
        into.changed = std::max(into.changed, version);
        into.objects.insert(std::move(record));
        return {};
      });
  if (!last) return fail(std::move(last).error());
  if (*last > 0) version_ = *last + kRestartGap;
  oldest_ = durable_ = version_;
  return {};
}

Store::Tables::value_type& Store::table_of(std::string_view name) {
  const auto found = tables_.find(name);
  return found != tables_.end() ? *found : *tables_.try_emplace(std::string(name), scratch_).first;
}

const Store::Table* Store::find_table(std::string_view name) const {
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : &found->second;
}

RecordPtr Store::get(std::string_view table, const Key& key) const {
  const std::lock_guard lock(mutex_);
  const Table* found = find_table(table);
  if (found == nullptr) return nullptr;
  const auto record = found->objects.find(key);
  return record == found->objects.end() ? nullptr : *record;
}

bool Store::empty(std::string_view table) const {
  const std::lock_guard lock(mutex_);
  const Table* found = find_table(table);
  return found == nullptr || found->objects.empty();
}

void Store::collect(const Table& table, std::string_view ns, std::vector<RecordPtr>& into) {
  auto at = ns.empty() ? table.objects.begin() : table.objects.lower_bound(ByKey::View{ns, ""});
  for (; at != table.objects.end() && (ns.empty() || (*at)->ns() == ns); ++at) into.push_back(*at);
}

Listing Store::list(std::string_view table, std::string_view ns) const {
  const std::lock_guard lock(mutex_);
  Listing listing{.records = {}, .version = version_};
  if (const Table* found = find_table(table)) collect(*found, ns, listing.records);
  return listing;
}

Listing Store::select(std::string_view table, const Filter& filter, const Key* from,
                      std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  Listing listing{.records = {}, .version = version_};
  const Table* found = find_table(table);
  if (found == nullptr) return listing;
  auto at = from != nullptr     ? found->objects.upper_bound(*from)
            : filter.ns.empty() ? found->objects.begin()
                                : found->objects.lower_bound(ByKey::View{filter.ns, ""});
  for (; at != found->objects.end(); ++at) {
    if (!filter.ns.empty() && (*at)->ns() != filter.ns) break;
    if (!filter.matches(**at)) continue;
    listing.more = limit > 0 && listing.records.size() == limit;
    if (listing.more) break;
    listing.records.push_back(*at);
  }
  return listing;
}

Result<Listing> Store::list_at(std::string_view table, std::string_view ns,
                               std::uint64_t version) const {
  const std::lock_guard lock(mutex_);
  if (version < oldest_) return expired("the version of this list is no longer kept");
  if (version > version_) return future_version(version, version_);
  Listing listing{.records = {}, .version = version};
  const Table* found = find_table(table);
  if (found == nullptr) return listing;
  // The first event after `version` on an object tells what it was at `version`.
  std::map<Key, RecordPtr> overlay;
  for (auto at = after(version); at != history_.end(); ++at) {
    if (at->table == found && (ns.empty() || at->event.after->ns() == ns)) {
      overlay.emplace(at->event.after->key(), at->event.before);
    }
  }
  std::map<Key, RecordPtr> state;
  std::vector<RecordPtr> now;
  collect(*found, ns, now);
  for (RecordPtr& record : now) {
    Key key = record->key();
    state.emplace(std::move(key), std::move(record));
  }
  for (auto& [key, record] : overlay) state[key] = std::move(record);
  for (auto& [key, record] : state) {
    if (record) listing.records.push_back(std::move(record));
  }
  return listing;
}

std::uint64_t Store::version(Sight sight) const {
  const std::lock_guard lock(mutex_);
  return sight == Sight::early ? version_ : durable_;
}

std::uint64_t Store::changed(std::string_view table) const {
  const std::lock_guard lock(mutex_);
  const Table* found = find_table(table);
  return found == nullptr ? 0 : found->changed;
}

std::size_t Store::object_count() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [name, table] : tables_) count += table.objects.size();
  return count;
}

std::deque<Store::HistoryEntry>::const_iterator Store::after(std::uint64_t version) const {
  return std::upper_bound(
      history_.begin(), history_.end(), version,
      [](std::uint64_t value, const HistoryEntry& entry) { return value < entry.event.version; });
}

void Store::remember(const Table& table, const Event& event) {
  history_.push_back({&table, event});

  history_bytes_ += event.after->bytes();
  const std::size_t most_bytes = std::max(limits_.bytes, live_bytes_ / 8);
  while (!history_.empty() && (history_.size() > limits_.events || history_bytes_ > most_bytes)) {
    history_bytes_ -= history_.front().event.after->bytes();
    oldest_ = history_.front().event.version;
    history_.pop_front();
  }
}

void Store::apply(Table& table, const Event& event) {
  table.changed = event.version;
  if (event.before) live_bytes_ -= event.before->bytes();
  if (!event.removed) live_bytes_ += event.after->bytes();
  auto at = table.objects.lower_bound(event.after);
  if (event.before) at = table.objects.erase(at);
  if (!event.removed) table.objects.insert(at, event.after);
  remember(table, event);
}

Result<RecordPtr> Store::write(const Resource& resource, const Key& key, const Decide& decide,
                               bool dry_run) {
  Watches to_wake;
  RecordPtr result;
  {
    const std::lock_guard lock(mutex_);
    auto& [table_name, table] = table_of(resource.table);
    const auto found = table.objects.find(key);
    RecordPtr current = found == table.objects.end() ? nullptr : *found;
    PGO_TRY(Change change, decide(current.get()));
    if (change.kind == Change::Kind::keep) return current;
    PGO_TRY_VOID(check_key(key, change.document));
    const std::uint64_t next = version_ + 1;
    const bool removed = change.kind == Change::Kind::remove;
    if (!removed && json::deeper_than(change.document, limits_.object.max_depth)) {
      return too_deep(key, limits_.object.max_depth);
    }
    const std::uint64_t version = dry_run && current ? current->version() : next;
    std::string text = text_at(version, change.document);
    if (!removed && text.size() > limits_.object.max_bytes) {
      return too_large(key, limits_.object.max_bytes);
    }
    const DocumentPtr document =
        kube::PackedObject::make(std::move(change.document), table.packer.pack(text));
    result = std::make_shared<const Record>(resource, document, version);
    recent_[next % recent_.size()] = document;
    if (dry_run) return result;
    const Event event{.version = next, .before = current, .after = result, .removed = removed};
    version_ = next;
    apply(table, event);
    for (const std::shared_ptr<Watch>& watch : table.watches) {
      if (watch->offer(event)) to_wake.push_back(watch);
    }
    pending_.push_back({table_name, &table, event, std::move(text)});
    if (!journal_->keeps()) {
      durable_ = next;
      release(std::exchange(pending_, {}), to_wake);
    }
  }
  for (const std::shared_ptr<Watch>& watch : to_wake) watch->wake();
  return result;
}

Result<std::shared_ptr<Watch>> Store::watch(std::string_view table_name, Filter filter,
                                            std::optional<std::uint64_t> since,
                                            std::function<void()> on_ready, Sight sight) {
  const std::lock_guard lock(mutex_);
  Table& table = table_of(table_name).second;
  auto watch = std::make_shared<Watch>(std::move(filter),
                                       sight == Sight::early ? Watch::kEverything : durable_,
                                       std::move(on_ready));
  if (!since) {
    std::vector<RecordPtr> now;
    collect(table, watch->filter().ns, now);
    for (RecordPtr& record : now) {
      if (watch->filter().matches(*record)) watch->offer_initial(std::move(record));
    }
  } else {
    if (*since < oldest_) {
      return expired("too old resource version: " + std::to_string(*since) + " (" +
                     std::to_string(oldest_) + ")");
    }
    // Of a history that is gone: its numbers will be given again, to other events.
    if (*since > version_) return expired("no such resource version: " + std::to_string(*since));
    for (auto at = after(*since); at != history_.end(); ++at) {
      if (at->table == &table) watch->offer(at->event);
    }
  }
  table.watches.push_back(watch);
  return watch;
}

void Store::unwatch(const std::shared_ptr<Watch>& watch) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, table] : tables_) std::erase(table.watches, watch);
}

std::string Store::setting(const std::string& name) const {
  const std::lock_guard lock(journal_mutex_);
  return journal_->setting(name);
}

Result<void> Store::set_setting(const std::string& name, const std::string& value) {
  const std::lock_guard lock(journal_mutex_);
  return journal_->set_setting(name, value);
}

}  // namespace pgo::embedded::api
