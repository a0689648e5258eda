#include "embedded/api/watch_stream.h"

#include "embedded/api/status.h"
#include "embedded/api/table.h"
#include "pgo/base/text.h"

#include <optional>
#include <utility>

namespace pgo::embedded::api {
namespace {

/// How often a quiet watch that asked for bookmarks is told the current version.
constexpr Duration kBookmarkEvery = std::chrono::minutes(1);

class StoreWatch final : public kube::WatchStream {
 public:
  StoreWatch(Api& api, const Call& call, std::shared_ptr<Watch> watch)
      : api_(&api),
        call_(call),
        watch_(std::move(watch)),
        tables_(wants_table(call)),
        bookmarks_(call.query.flag("allowWatchBookmarks")),
        last_bookmark_(api.clock().now()) {}
  StoreWatch(const StoreWatch&) = delete;
  StoreWatch& operator=(const StoreWatch&) = delete;
  ~StoreWatch() override {
    watch_->close();
    api_->store().unwatch(watch_);
  }

  /// After the present state of a watch that asked for it with sendInitialEvents.
  void announce_initial_end(std::uint64_t version) { initial_end_ = version; }

  Result<State> poll(std::vector<std::string>& lines) override {
    Progress progress = take();
    for (; progress.taken == Watch::Taken::some; progress = take()) {
      for (const Notice& notice : progress.notices) lines.push_back(line_of(notice));
    }
    for (const Notice& notice : progress.notices) lines.push_back(line_of(notice));
    if (!progress.bookmark.empty()) lines.push_back(std::move(progress.bookmark));
    return state_after(progress);
  }

  Result<State> poll_events(std::vector<kube::WatchEvent>& events) override {
    Progress progress = take();
    for (const Notice& notice : progress.notices) {
      if (tables_) {
        events.push_back({.line = line_of(notice)});
      } else {
        events.push_back({.type = to_string(notice.type), .object = notice.record->document()});
      }
    }
    if (!progress.bookmark.empty()) events.push_back({.line = std::move(progress.bookmark)});
    return state_after(progress);
  }

 private:
  struct Progress {
    std::vector<Notice> notices;
    Watch::Taken taken = Watch::Taken::all;
    std::string bookmark;  ///< the line to end with, if any
  };

  Progress take() {
    Progress progress;
    // Read before the queue: every event up to this version is in the queue by then.
    const std::uint64_t version = api_->store().version(call_.sight);
    progress.taken = watch_->take(progress.notices);
    if (progress.taken == Watch::Taken::some) return progress;
    if (initial_end_ && version >= *initial_end_) {
      progress.bookmark = bookmark(*std::exchange(initial_end_, std::nullopt), true);
    } else if (bookmarks_ && api_->clock().now() - last_bookmark_ >= kBookmarkEvery) {
      last_bookmark_ = api_->clock().now();
      progress.bookmark = bookmark(version, false);
    }
    return progress;
  }

  static State state_after(const Progress& progress) {
    return progress.taken == Watch::Taken::last ? State::ended : State::open;
  }

  std::string line_of(const Notice& notice) {
    std::string line = "{\"type\":\"" + std::string(to_string(notice.type)) + "\",\"object\":";
    if (tables_) {
      line += table_text(call_, {notice.record}, notice.record->version(), {}, api_->clock().now(),
                         !std::exchange(columns_sent_, true));
    } else {
      line += notice.record->text();
    }
    line += '}';
    return line;
  }

  std::string bookmark(std::uint64_t version, bool end_of_initial) const {
    json::Value metadata = json::Value::object({{"resourceVersion", std::to_string(version)}});
    if (end_of_initial) {
      metadata.set("annotations", json::Value::object({{"k8s.io/initial-events-end", "true"}}));
    }
    return json::write(json::Value::object(
        {{"type", "BOOKMARK"},
         {"object", json::Value::object({{"kind", call_.resource->kind},
                                         {"apiVersion", call_.resource->api_version()},
                                         {"metadata", std::move(metadata)}})}}));
  }

  Api* api_;
  Call call_;
  std::shared_ptr<Watch> watch_;
  bool tables_;
  bool columns_sent_ = false;
  bool bookmarks_;
  TimePoint last_bookmark_;
  std::optional<std::uint64_t> initial_end_;
};

}  // namespace

Result<std::unique_ptr<kube::WatchStream>> open_watch(Api& api, const Call& call,
                                                      std::function<void()> on_ready) {
  PGO_TRY(Filter filter, make_filter(*call.resource, call.ns, call.query.get("labelSelector"),
                                     call.query.get("fieldSelector")));
  if (!call.name.empty()) {
    filter.fields.push_back({.field = FieldTerm::kName, .equal = true, .value = call.name});
  }
  const std::string_view asked = call.query.get("resourceVersion");
  const auto number = asked.empty() ? std::optional<std::int64_t>(0) : text::to_int(asked);
  if (!number || *number < 0) {
    return bad_request("resourceVersion: \"" + std::string(asked) + "\" is not a number");
  }
  const bool initial = call.query.flag("sendInitialEvents");
  std::optional<std::uint64_t> since;
  // Absent and "0": start with synthetic events for what is there.
  if (*number > 0 && !initial) since = static_cast<std::uint64_t>(*number);
  PGO_TRY(auto watch, api.store().watch(call.resource->table, std::move(filter), since,
                                        std::move(on_ready), call.sight));
  auto stream = std::make_unique<StoreWatch>(api, call, std::move(watch));
  if (initial) stream->announce_initial_end(api.store().version());
  return stream;
}

}  // namespace pgo::embedded::api
