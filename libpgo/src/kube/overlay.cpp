#include "pgo/kube/overlay.h"

#include "kube/api_path.h"
#include "pgo/json/patch.h"
#include "pgo/kube/object.h"
#include "pgo/kube/selector.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace pgo::kube {
namespace {

using json::Value;

constexpr std::string_view kForeground = "foregroundDeletion";
/// Far above the versions of any real store, so that the view's objects are the newer ones.
constexpr std::uint64_t kFirstVersion = 1'000'000'000'000'000;

Response answer(int status, const Value& document) {
  return {status, "application/json", json::write(document)};
}

Response refusal(int status, std::string_view reason, const std::string& message) {
  return answer(status, Value::object({{"kind", "Status"},
                                       {"apiVersion", "v1"},
                                       {"status", "Failure"},
                                       {"reason", reason},
                                       {"message", message},
                                       {"code", status}}));
}

Response not_found(const ApiPath& path) {
  return refusal(404, "NotFound", path.plural + " \"" + path.name + "\" not found");
}

Response conflict(const ApiPath& path) {
  return refusal(409, "Conflict",
                 "another version or UID of " + path.plural + " \"" + path.name + "\" is there");
}

bool same_or_unset(const Value& wanted, const Value& stored) {
  return wanted.as_string().empty() || wanted.as_string() == stored.as_string();
}

Result<Value> patched(Value document, const Request& request, const Value& patch) {
  if (request.content_type.find("json-patch") != std::string::npos) {
    return json::apply_json_patch(std::move(document), patch);
  }
  if (request.content_type.find("strategic") != std::string::npos) {
    const std::string kind(document["kind"].as_string());
    return json::apply_strategic_merge_patch(std::move(document), patch, kind);
  }
  return json::apply_merge_patch(std::move(document), patch);
}

}  // namespace

struct OverlayTransport::Core {
  struct Entry {
    ApiPath path;
    std::optional<Value> object;  ///< nothing: deleted
  };
  struct Change {
    ApiPath path;
    std::string type;  ///< of the watch event
    Value object;
  };

  Transport& inner;
  const Clock& clock;
  IdSource& ids;
  std::recursive_mutex mutex;  ///< guards what follows
  std::map<std::string, Entry> entries;
  std::vector<Change> changes;
  std::vector<Write> writes;
  std::uint64_t version = kFirstVersion;

  Core(Transport& transport, const Clock& the_clock, IdSource& the_ids)
      : inner(transport), clock(the_clock), ids(the_ids) {}

  std::string next_version() { return std::to_string(++version); }
  void note(Method method, const ApiPath& path, const Value& object, Value body);
  void store(const ApiPath& path, std::string_view event, Value object);
  void erase(const ApiPath& path, Value object);
  /// The object as the view has it, null when there is none; an Error or a refusal of the other API
  /// passes as the unexpected part or `refused`.
  Result<Value> current(const ApiPath& path, std::optional<Response>& refused);

  Result<Response> list(const ApiPath& path, const Request& request);
  Result<Response> create(ApiPath path, const Request& request);
  Result<Response> change(const ApiPath& path, const Request& request);
  Result<Response> remove(const ApiPath& path, const Request& request);
  Result<Response> remove_all(const ApiPath& path, const Request& request);
};

void OverlayTransport::Core::note(Method method, const ApiPath& path, const Value& object,
                                  Value body) {
  writes.push_back({method, std::string(object["kind"].as_string()), path.ns, path.name,
                    Object(object).labels(), std::move(body)});
}

void OverlayTransport::Core::store(const ApiPath& path, std::string_view event, Value object) {
  object.at_or_add("metadata").set("resourceVersion", next_version());
  Entry& entry = entries[path.text()];
  entry.path = path;
  entry.path.query.clear();
  changes.push_back({entry.path, std::string(event), object});
  entry.object = std::move(object);
}

void OverlayTransport::Core::erase(const ApiPath& path, Value object) {
  object.at_or_add("metadata").set("resourceVersion", next_version());
  Entry& entry = entries[path.text()];
  entry.path = path;
  entry.path.query.clear();
  entry.object.reset();
  changes.push_back({entry.path, "DELETED", std::move(object)});
}

Result<Value> OverlayTransport::Core::current(const ApiPath& path,
                                              std::optional<Response>& refused) {
  const auto found = entries.find(path.text());
  if (found != entries.end()) return found->second.object.value_or(Value());
  PGO_TRY(Response response, inner.request({.path = path.text()}));
  if (response.status == 404) return Value();
  if (response.status != 200) {
    refused = std::move(response);
    return Value();
  }
  return json::parse(response.body);
}

Result<Response> OverlayTransport::Core::list(const ApiPath& path, const Request& request) {
  PGO_TRY(Response response, inner.request(request));
  if (response.status != 200) return response;
  PGO_TRY(Value document, json::parse(response.body));
  PGO_TRY(const LabelSelector labels, LabelSelector::parse(path.parameter("labelSelector")));
  PGO_TRY(const FieldSelector fields, FieldSelector::parse(path.parameter("fieldSelector")));
  Value items = Value::array();
  for (const Value& item : document["items"].items()) {
    ApiPath object = path;
    object.ns = item["metadata"]["namespace"].as_string();
    object.name = item["metadata"]["name"].as_string();
    if (!entries.contains(object.text())) items.push_back(item);
  }
  const bool last_page = document["metadata"]["continue"].as_string().empty();
  for (const auto& [text, entry] : entries) {
    if (!last_page || !entry.object || !path.covers(entry.path)) continue;
    const Object object(*entry.object);
    if (labels.matches(object) && fields.matches(object)) items.push_back(*entry.object);
  }
  // In the order of the API, as far as a page shows it.
  std::ranges::stable_sort(*items.if_array(), {}, [](const Value& item) {
    const Value& metadata = item["metadata"];
    return std::pair(metadata["namespace"].as_string(), metadata["name"].as_string());
  });
  document.set("items", std::move(items));
  return answer(200, document);
}

Result<Response> OverlayTransport::Core::create(ApiPath path, const Request& request) {
  PGO_TRY(Value object, json::parse(request.body));
  const Value sent = object;
  Value& metadata = object.at_or_add("metadata");
  if (metadata["name"].as_string().empty()) {
    metadata.set("name", std::string(metadata["generateName"].as_string()) +
                             ids.text(5, "bcdfghjklmnpqrstvwxz2456789"));
  }
  path.name = metadata["name"].as_string();
  std::optional<Response> refused;
  PGO_TRY(const Value there, current(path, refused));
  if (refused) return *std::move(refused);
  if (!there.is_null()) {
    return refusal(409, "AlreadyExists", path.plural + " \"" + path.name + "\" already exists");
  }
  if (!path.ns.empty()) metadata.set("namespace", path.ns);
  metadata.set("uid", ids.uuid());
  metadata.set("creationTimestamp", to_rfc3339(clock.now()));
  note(Method::post, path, object, sent);
  store(path, "ADDED", std::move(object));
  return answer(201, *entries[path.text()].object);
}

Result<Response> OverlayTransport::Core::change(const ApiPath& path, const Request& request) {
  PGO_TRY(const Value body, json::parse(request.body));
  std::optional<Response> refused;
  PGO_TRY(Value before, current(path, refused));
  if (refused) return *std::move(refused);
  if (before.is_null()) return not_found(path);
  const Value& metadata = before["metadata"];
  if (!same_or_unset(body["metadata"]["resourceVersion"], metadata["resourceVersion"]) ||
      !same_or_unset(body["metadata"]["uid"], metadata["uid"])) {
    return conflict(path);
  }
  Value after = body;
  if (request.method == Method::patch) {
    auto made = patched(before, request, body);
    if (!made) return refusal(422, "Invalid", made.error().text());
    after = *std::move(made);
  }
  // What the server owns stays.
  for (const char* member : {"uid", "creationTimestamp", "resourceVersion"}) {
    after.at_or_add("metadata").set(member, metadata[member]);
  }
  note(request.method, path, after, body);
  if (after == before) return answer(200, before);
  if (!after["metadata"]["deletionTimestamp"].is_null() &&
      after["metadata"]["finalizers"].items().empty()) {
    erase(path, after);
    return answer(200, after);
  }
  store(path, "MODIFIED", std::move(after));
  return answer(200, *entries[path.text()].object);
}

Result<Response> OverlayTransport::Core::remove(const ApiPath& path, const Request& request) {
  Value options = Value::object();
  if (!request.body.empty()) {
    PGO_TRY(options, json::parse(request.body));
  }
  std::optional<Response> refused;
  PGO_TRY(Value object, current(path, refused));
  if (refused) return *std::move(refused);
  if (object.is_null()) return not_found(path);
  const Value& wanted = options["preconditions"];
  if (!same_or_unset(wanted["uid"], object["metadata"]["uid"]) ||
      !same_or_unset(wanted["resourceVersion"], object["metadata"]["resourceVersion"])) {
    return conflict(path);
  }
  note(Method::delete_, path, object, options);
  const bool foreground = options["propagationPolicy"].as_string() == "Foreground";
  if (!foreground && object["metadata"]["finalizers"].items().empty()) {
    erase(path, object);
    return answer(200, Value::object({{"kind", "Status"}, {"status", "Success"}}));
  }
  // Somebody else has to let go of it first.
  Value& metadata = object.at_or_add("metadata");
  if (metadata["deletionTimestamp"].is_null()) {
    metadata.set("deletionTimestamp", to_rfc3339(clock.now()));
    if (foreground) {
      Value finalizers =
          metadata["finalizers"].is_array() ? metadata["finalizers"] : Value::array();
      finalizers.push_back(kForeground);
      metadata.set("finalizers", std::move(finalizers));
    }
    store(path, "MODIFIED", object);
  }
  return answer(200, object);
}

Result<Response> OverlayTransport::Core::remove_all(const ApiPath& path, const Request& request) {
  Request read;
  read.path = request.path;
  PGO_TRY(Response response, list(path, read));
  if (response.status != 200) return response;
  PGO_TRY(const Value document, json::parse(response.body));
  for (const Value& item : document["items"].items()) {
    ApiPath object = path;
    object.ns = item["metadata"]["namespace"].as_string();
    object.name = item["metadata"]["name"].as_string();
    PGO_TRY_VOID(remove(object, request));
  }
  return answer(200, Value::object({{"kind", "Status"}, {"status", "Success"}}));
}

/// Hands out the changes made since it was opened.
class OverlayTransport::Stream final : public WatchStream {
 public:
  Stream(std::shared_ptr<Core> core, ApiPath path, LabelSelector labels)
      : core_(std::move(core)), path_(std::move(path)), labels_(std::move(labels)) {
    const std::scoped_lock lock(core_->mutex);
    next_ = core_->changes.size();
  }

  Result<State> poll(std::vector<std::string>& lines) override {
    const std::scoped_lock lock(core_->mutex);
    for (; next_ < core_->changes.size(); ++next_) {
      const auto& change = core_->changes[next_];
      if (!path_.covers(change.path)) continue;
      const bool selected = labels_.matches(Object(change.object));
      lines.push_back(json::write(Value::object(
          {{"type", selected ? change.type : std::string("DELETED")}, {"object", change.object}})));
    }
    return State::open;
  }

 private:
  std::shared_ptr<Core> core_;
  ApiPath path_;
  LabelSelector labels_;
  std::size_t next_ = 0;
};

OverlayTransport::OverlayTransport(Transport& inner, const Clock& clock, IdSource& ids)
    : core_(std::make_shared<Core>(inner, clock, ids)) {}
OverlayTransport::~OverlayTransport() = default;

Result<Response> OverlayTransport::request(const Request& request) {
  const auto path = ApiPath::parse(request.path);
  const bool read = request.method == Method::get;
  if (!path || (!read && !path->subresource.empty() && path->subresource != "status")) {
    if (read) return core_->inner.request(request);
    return refusal(405, "MethodNotAllowed", "a dry run cannot do this: " + request.path);
  }
  const std::scoped_lock lock(core_->mutex);
  switch (request.method) {
    case Method::get: {
      if (path->name.empty()) return core_->list(*path, request);
      const auto found = core_->entries.find(path->text());
      if (found == core_->entries.end() || path->subresource == "log") {
        return core_->inner.request(request);
      }
      return found->second.object ? answer(200, *found->second.object) : not_found(*path);
    }
    case Method::post:
      return core_->create(*path, request);
    case Method::put:
    case Method::patch:
      return core_->change(*path, request);
    case Method::delete_:
      return path->name.empty() ? core_->remove_all(*path, request) : core_->remove(*path, request);
  }
  return refusal(405, "MethodNotAllowed", "unknown method");
}

Result<std::unique_ptr<WatchStream>> OverlayTransport::watch(const Request& request,
                                                             std::function<void()>) {
  const auto path = ApiPath::parse(request.path);
  if (!path) return fail(Code::invalid_argument, "this cannot be watched", request.path);
  PGO_TRY(LabelSelector labels, LabelSelector::parse(path->parameter("labelSelector")));
  return std::make_unique<Stream>(core_, *path, std::move(labels));
}

Result<ExecResult> OverlayTransport::exec(const ExecRequest& request) {
  if (request.reads_only) return core_->inner.exec(request);
  Value words = Value::array();
  for (const std::string& word : request.command) words.push_back(word);
  const std::scoped_lock lock(core_->mutex);
  core_->writes.push_back({Method::get, "Pod", request.ns, request.pod, {}, std::move(words)});
  return ExecResult{};
}

std::vector<OverlayTransport::Write> OverlayTransport::writes() const {
  const std::scoped_lock lock(core_->mutex);
  return core_->writes;
}

}  // namespace pgo::kube
