#include "pgo/kube/informer.h"

#include "kube/backoff.h"
#include "kube/object_store.h"
#include "pgo/kube/selector.h"

#include <algorithm>
#include <bit>
#include <mutex>

namespace pgo::kube::detail {
namespace {

template <class Selector>
Selector parse_or_everything(const std::string& text) {
  // The server refuses a bad selector and says why; nothing is cached then.
  auto parsed = Selector::parse(text);
  return parsed ? *std::move(parsed) : Selector();
}

}  // namespace

struct InformerCore::State {
  State(Client client_in, const Clock& clock_in, IdSource& ids_in, Log log_in, ResourceType type_in,
        std::string ns_in, ListOptions selection_in, InformerOptions options_in, Hooks hooks)
      : client(std::move(client_in)),
        clock(clock_in),
        ids(ids_in),
        log(log_in.named("kube.informer")),
        type(type_in),
        ns(std::move(ns_in)),
        selection(std::move(selection_in)),
        options(std::move(options_in)),
        labels(parse_or_everything<LabelSelector>(selection.label_selector)),
        fields(parse_or_everything<FieldSelector>(selection.field_selector)),
        store(std::move(hooks)) {}

  Client client;
  const Clock& clock;
  IdSource& ids;
  const Log log;
  const ResourceType type;
  const std::string ns;
  const ListOptions selection;
  const InformerOptions options;
  const LabelSelector labels;
  const FieldSelector fields;
  ObjectStore store;

  bool synced = false;
  bool must_list = true;
  bool whole_list = false;  ///< without pages, after a continue token had expired
  struct Listing {
    std::vector<ObjectStore::Listed> items;
    std::string continue_token;
    std::string resource_version;
  };
  std::optional<Listing> listing;

  std::unique_ptr<WatchStream> stream;
  TimePoint stream_opened{};
  bool stream_useful = false;
  std::vector<WatchEvent> events;

  int failures = 0;
  TimePoint retry_at = TimePoint::min();
  std::optional<Error> problem;

  InformerStep step();
  InformerStep step_list(TimePoint now);
  InformerStep step_open(TimePoint now);
  InformerStep step_poll(TimePoint now);

  std::optional<Error> read(WatchEvent& event, std::string& type) const;
  std::optional<Error> apply(WatchEvent event);
  void finish_list();
  void list_again() {
    must_list = true;
    listing.reset();
    stream.reset();
  }
  /// To be held while what readers see changes.
  std::unique_lock<std::shared_mutex> changing() const {
    using Lock = std::unique_lock<std::shared_mutex>;
    return options.guard == nullptr ? Lock() : Lock(*options.guard);
  }
  bool selects(const Object& object) const {
    return labels.matches(object) && fields.matches(object);
  }

  enum class First { at_once, backs_off };
  /// Remembers the failure and when to try again.
  InformerStep failed(TimePoint now, Error error, First first);
  TimePoint stream_deadline() const {
    return stream_opened + 2 * options.watch_timeout + std::chrono::seconds(30);
  }
};

InformerStep InformerCore::State::step() {
  const TimePoint now = clock.now();
  if (stream == nullptr && now < retry_at) return {false, retry_at};
  if (must_list) return step_list(now);
  if (stream == nullptr) return step_open(now);
  return step_poll(now);
}

InformerStep InformerCore::State::step_list(TimePoint now) {
  ListOptions page = selection;
  page.limit = whole_list ? 0 : options.page_size;
  page.continue_token = listing ? listing->continue_token : std::string();
  page.resource_version.clear();
  Result<ObjectList> answer = client.list(type, ns, page);
  if (!answer) {
    const bool token_expired = listing && answer.error().code == Code::expired;
    if (token_expired) whole_list = true;
    listing.reset();
    return failed(clock.now(), std::move(answer).error(),
                  token_expired ? First::at_once : First::backs_off);
  }
  if (!listing) {
    listing.emplace();
    listing->resource_version = answer->resource_version;
  }
  listing->items.reserve(listing->items.size() + answer->items.size());
  for (Object& item : answer->items) listing->items.push_back(store.listed(std::move(item)));
  listing->continue_token = std::move(answer->continue_token);
  if (listing->continue_token.empty()) finish_list();
  return {true, now};
}

void InformerCore::State::finish_list() {
  const auto lock = changing();
  Listing done = *std::exchange(listing, std::nullopt);
  must_list = false;
  whole_list = false;
  problem.reset();
  const std::size_t count = done.items.size();
  if (!store.replace(std::move(done.items), Version(done.resource_version))) {
    log.warn("the API server's history went back: its list replaces what was known",
             {{"type", std::string(type.plural)}, {"version", done.resource_version}});
  }
  synced = true;
  log.debug("listed", {{"type", std::string(type.plural)},
                       {"count", std::to_string(count)},
                       {"version", done.resource_version}});
}

InformerStep InformerCore::State::step_open(TimePoint now) {
  ListOptions from = selection;
  from.limit = 0;
  from.continue_token.clear();
  from.resource_version = std::string(store.progress().text());
  Request request;
  request.path = path_with_options(path_of(type, ns), from);
  add_query(request.path, "watch", "true");
  add_query(request.path, "allowWatchBookmarks", "true");
  // Spread, so that the watches of many informers do not all end at the same moment.
  const auto seconds =
      static_cast<std::uint64_t>(std::max<std::int64_t>(options.watch_timeout.count(), 1));
  add_query(request.path, "timeoutSeconds", std::to_string(seconds + ids.below(seconds / 4 + 1)));
  request.stop = client.stop();
  auto opened = client.transport().watch(request, options.on_ready);
  if (!opened) {
    if (opened.error().code == Code::expired) list_again();
    const bool expired = opened.error().code == Code::expired;
    return failed(clock.now(), std::move(opened).error(),
                  expired ? First::at_once : First::backs_off);
  }
  stream = *std::move(opened);
  stream_opened = now;
  stream_useful = false;
  problem.reset();
  return {true, now};
}

InformerStep InformerCore::State::step_poll(TimePoint now) {
  events.clear();
  const Result<WatchStream::State> state = stream->poll_events(events);
  for (WatchEvent& event : events) {
    if (std::optional<Error> error = apply(std::move(event))) {
      list_again();
      return failed(now, *std::move(error), First::at_once);
    }
    stream_useful = true;
  }
  const bool worked = stream_useful || now - stream_opened >= std::chrono::seconds(1);
  if (worked) failures = 0;
  if (!state) {
    stream.reset();
    return failed(now, state.error(), worked ? First::at_once : First::backs_off);
  }
  if (*state == WatchStream::State::ended) {
    stream.reset();
    if (worked) return {true, now};
    return failed(now,
                  Error{.code = Code::unavailable,
                        .message = "the API server ended a watch at once",
                        .subject = std::string(type.kind),
                        .http_status = 0,
                        .reason = {}},
                  First::backs_off);
  }
  if (now >= stream_deadline()) {
    // The server was asked to end it long ago: nobody is at the other end any more.
    stream.reset();
    return {true, now};
  }
  return {!events.empty(), stream_deadline()};
}

/// Makes an event that came as a line one that came as an object.
std::optional<Error> InformerCore::State::read(WatchEvent& event, std::string& type_text) const {
  Result<json::Value> parsed = json::parse(event.line);
  if (!parsed) {
    return Error{.code = Code::internal,
                 .message = "unreadable watch event: " + parsed.error().message,
                 .subject = std::string(type.kind),
                 .http_status = 0,
                 .reason = {}};
  }
  type_text = (*parsed)["type"].as_string();
  if (type_text == "ERROR") {
    return error_from_response({0, "application/json", json::write((*parsed)["object"])},
                               std::string(type.kind));
  }
  event.type = type_text;
  event.object = std::make_shared<const Object>(std::move(parsed->at_or_add("object")));
  return std::nullopt;
}

std::optional<Error> InformerCore::State::apply(WatchEvent event) {
  std::string type_text;
  if (event.object == nullptr) {
    if (std::optional<Error> error = read(event, type_text)) return error;
  }
  const Object& object = *event.object;
  Version version(object.resource_version());
  ObjectKey key{object.ns(), object.name()};
  const auto lock = changing();
  if (event.type == "ADDED" || event.type == "MODIFIED") {
    if (!key.name.empty()) store.put(std::move(key), std::move(event.object), version);
  } else if (event.type == "DELETED") {
    store.erase(key, version);
  } else if (event.type != "BOOKMARK") {
    log.debug("unknown watch event", {{"type", std::string(type.plural)}});
    return std::nullopt;
  }
  if (!version.empty()) store.advance(std::move(version));
  return std::nullopt;
}

InformerStep InformerCore::State::failed(TimePoint now, Error error, First first) {
  ++failures;
  const bool at_once = failures == 1 && first == First::at_once;
  const Duration delay =
      at_once ? Duration(0)
              : backoff_delay(options.backoff_base, options.backoff_cap, failures, ids);
  retry_at = now + delay;
  // The first failures, then ever rarer: a long outage must not fill the log.
  if (error.code == Code::cancelled || error.code == Code::expired) {
    log.debug("list or watch ended", {{"type", std::string(type.plural)}, {"error", error.text()}});
  } else if (std::has_single_bit(static_cast<unsigned>(failures))) {
    log.warn("list or watch failed", {{"type", std::string(type.plural)},
                                      {"error", error.text()},
                                      {"failures", std::to_string(failures)},
                                      {"retry_in", to_human(delay)}});
  }
  problem = std::move(error);
  return {at_once, retry_at};
}

InformerCore::InformerCore(Client client, const Clock& clock, IdSource& ids, Log log,
                           ResourceType type, std::string ns, ListOptions selection,
                           InformerOptions options, Hooks hooks)
    : state_(std::make_unique<State>(std::move(client), clock, ids, std::move(log), type,
                                     std::move(ns), std::move(selection), std::move(options),
                                     std::move(hooks))) {}
InformerCore::~InformerCore() = default;

InformerStep InformerCore::step() { return state_->step(); }
bool InformerCore::synced() const { return state_->synced; }
std::size_t InformerCore::size() const { return state_->store.size(); }
std::string_view InformerCore::version() const { return state_->store.progress().text(); }
const std::optional<Error>& InformerCore::problem() const { return state_->problem; }

InformerCore::Value InformerCore::get(std::string_view ns, std::string_view name) const {
  return state_->store.get(ns, name);
}
void InformerCore::each(const Visit& visit) const { state_->store.each(visit); }
void InformerCore::each_indexed(std::string_view key, const Visit& visit) const {
  state_->store.each_indexed(key, visit);
}

void InformerCore::applied(Object answer) {
  if (answer.name().empty() || !(state_->ns.empty() || answer.ns() == state_->ns)) return;
  ObjectKey key{answer.ns(), answer.name()};
  Version version(answer.resource_version());
  const auto lock = state_->changing();
  if (!state_->selects(answer)) {
    state_->store.erase(key, version);
  } else {
    state_->store.put_answer(std::move(key), std::make_shared<const Object>(std::move(answer)),
                             std::move(version));
  }
}

void InformerCore::removed(std::string_view ns, std::string_view name,
                           std::string_view resource_version) {
  const auto lock = state_->changing();
  state_->store.erase({ns, name}, Version(resource_version));
}

void InformerCore::index_again() {
  const auto lock = state_->changing();
  state_->store.index_again();
}

void InformerCore::set_on_change(OnChange on_change) {
  state_->store.set_on_change(std::move(on_change));
}

}  // namespace pgo::kube::detail
