#include "embedded/controllers/world.h"

#include "embedded/controllers/facts.h"
#include "pgo/base/text.h"

#include <algorithm>

namespace pgo::embedded::controllers {

namespace {

constexpr Duration kDiscoveryRetry = std::chrono::seconds(1);

std::vector<std::string> pod_keys(const kube::Object& pod, const World::LabelKeys& selecting) {
  std::vector<std::string> keys;
  if (std::string_view uid = controller_uid(pod); !uid.empty()) keys.push_back(by::owner(uid));
  if (std::string_view node = pod["spec"]["nodeName"].as_string(); !node.empty()) {
    keys.push_back(by::node(node));
  }
  for (const json::Member& label : pod["metadata"]["labels"].members()) {
    if (!selecting.contains(label.key.view())) continue;
    keys.push_back(by::label(pod.ns(), label.key, label.value.as_string()));
  }
  for (const json::Value& volume : pod["spec"]["volumes"].items()) {
    std::string_view claim = volume["persistentVolumeClaim"]["claimName"].as_string();
    if (!claim.empty()) keys.push_back(by::claim(pod.ns(), claim));
  }
  return keys;
}

std::vector<std::string> owner_keys(const kube::Object& object) {
  std::string_view uid = controller_uid(object);
  if (uid.empty()) return {};
  return {by::owner(uid)};
}

std::vector<std::string> service_keys(const kube::Object& service) {
  std::string key = by::selector(service);
  if (key.empty()) return {};
  return {std::move(key)};
}

/// Types that garbage collection leaves alone: short-lived records without owners.
bool uninteresting(const ServedType& type) { return type.kind == "Event"; }

bool offers(const json::Value& resource, std::string_view verb) {
  return std::ranges::any_of(resource["verbs"].items(),
                             [&](const json::Value& item) { return item.as_string() == verb; });
}

Result<json::Value> fetch(const kube::Client& client, std::string path) {
  kube::Request request;
  request.path = std::move(path);
  PGO_TRY(kube::Response answer, client.transport().request(request));
  if (answer.status != 200) {
    return fail(code_from_http(answer.status, {}), "discovery was refused", request.path);
  }
  return json::parse(answer.body);
}

}  // namespace

namespace by {
namespace {
/// The pair most likely to be rare is the one whose key sorts first ("pg-cluster" before "role").
const json::Member* selecting_label(const kube::Object& service) {
  const json::Object& selector = service["spec"]["selector"].members();
  if (selector.empty()) return nullptr;
  return &*std::ranges::min_element(selector, {}, &json::Member::key);
}

std::string key(char kind, std::string_view a, std::string_view b = {}, std::string_view c = {}) {
  std::string text(1, kind);
  for (std::string_view part : {a, b, c}) text.append(1, '\n').append(part);
  return text;
}
}  // namespace

std::string owner(std::string_view uid) { return key('o', uid); }
std::string node(std::string_view name) { return key('n', name); }
std::string claim(std::string_view ns, std::string_view name) { return key('c', ns, name); }
std::string label(std::string_view ns, std::string_view name, std::string_view value) {
  return key('l', ns, name, value);
}

std::string selector(const kube::Object& service) {
  const json::Member* pair = selecting_label(service);
  return pair == nullptr ? std::string() : label(service.ns(), pair->key, pair->value.as_string());
}
}  // namespace by

std::string table_of(const kube::ResourceType& type) {
  return std::string(type.plural) + "." + std::string(type.group);
}

World::World(kube::Client client, const Clock& clock, IdSource& ids, Log log,
             std::function<void()> on_ready, Changed changed)
    : client_(client),
      clock_(clock),
      ids_(ids),
      log_(std::move(log)),
      on_ready_(std::move(on_ready)),
      changed_(std::move(changed)),
      any_news_(std::make_shared<std::atomic<bool>>(true)),
      recent_(std::make_shared<Recent>()),
      namespaces(add_full(kube::types::kNamespace)),
      nodes(add_full(kube::types::kNode)),
      pods(add_full(
          kube::types::kPod, [this](const kube::Object& pod) { return pod_keys(pod, selecting_); },
          Keep::pod)),
      services(add_full(kube::types::kService, service_keys)),
      endpoints(add_full(kube::types::kEndpoints)),
      claims(add_full(kube::types::kPersistentVolumeClaim)),
      volumes(add_full(kube::types::kPersistentVolume)),
      deployments(add_full(kube::types::kDeployment)),
      sets(add_full(kube::types::kReplicaSet, owner_keys)),
      jobs(add_full(kube::types::kJob)),
      leases(add_full(kube::types::kLease)) {}

World::~World() = default;

Watched::Watched(const kube::ResourceType& of, std::shared_ptr<const ServedType> offered, Keep keep,
                 Keys keys, const Watching& with)
    : type(of),
      table(table_of(of)),
      served(std::move(offered)),
      keeper_(keep, with.recent),
      informer_(
          with.client, with.clock, with.ids, with.log, type, std::string(), {},
          options(with.on_ready),
          [this, keys = std::move(keys)](const Kept& kept) {
            return keys ? keys(*keeper_.take_out(kept)) : std::vector<std::string>();
          },
          [this](const Seen& object) { return keeper_.keep(object); }) {}

kube::InformerOptions Watched::options(const std::function<void()>& on_ready) const {
  return {.on_ready = [news = news, wake = on_ready] {
    news->store(true);
    wake();
  }};
}

void Watched::on_change(Changed changed) {
  informer_.on_change([this, changed = std::move(changed)](const kube::ObjectKey&, const Kept* was,
                                                           const Kept* is) {
    const Seen now = is == nullptr ? nullptr : keeper_.take_out(*is);
    Seen before = was == nullptr ? nullptr : now;
    const bool compared = type.kind == kube::types::kPod.kind;
    if (was != nullptr && (is == nullptr || compared || !was->same_object(*is))) {
      before = keeper_.take_out(*was);
    }
    changed(before.get(), now.get());
  });
}

Seen Watched::get(std::string_view ns, std::string_view name) const {
  const auto kept = informer_.get(ns, name);
  return kept ? keeper_.take_out(*kept) : nullptr;
}

std::vector<Seen> Watched::all() const {
  std::vector<Seen> found;
  informer_.each([&](const kube::ObjectKey&, const Kept& kept) { found.push_back(kept.object()); });
  return found;
}

std::vector<Seen> Watched::indexed(std::string_view key) const {
  std::vector<Seen> found;
  informer_.each_indexed(key, [&](const kube::ObjectKey&, const Kept& kept) {
    found.push_back(keeper_.take_out(kept));
  });
  return found;
}

void Watched::each(const Visit& visit) const {
  informer_.each([&](const kube::ObjectKey& key, const Kept& kept) { visit(key, *kept.object()); });
}

void Watched::each_indexed(std::string_view key, const Visit& visit) const {
  informer_.each_indexed(key, [&](const kube::ObjectKey& object, const Kept& kept) {
    visit(object, *keeper_.take_out(kept));
  });
}

Watching World::watching() const {
  return {.client = client_,
          .clock = clock_,
          .ids = ids_,
          .log = log_,
          .on_ready =
              [any = any_news_, wake = on_ready_] {
                any->store(true);
                if (wake) wake();
              },
          .recent = recent_};
}

Watched& World::add(std::unique_ptr<Watched> watched) {
  Watched& added = *watched;
  added.on_change([this, &added](const kube::Object* was, const kube::Object* is) {
    if (added.type.kind == kube::types::kCustomResourceDefinition.kind) rediscover_ = true;
    if (added.type.kind == kube::types::kService.kind && is != nullptr) learn_selector(*is);
    changed_(added, was, is);
  });
  all_.push_back(std::move(watched));
  return added;
}

/// Pods are indexed by the labels that Services select by, which are a few of the many they carry.
void World::learn_selector(const kube::Object& service) {
  const json::Member* pair = by::selecting_label(service);
  if (pair != nullptr && selecting_.emplace(pair->key).second) pods.index_again();
}

Watched& World::add_full(const kube::ResourceType& type, Watched::Keys keys, Keep keep) {
  return add(std::make_unique<Watched>(type, nullptr, keep, std::move(keys), watching()));
}

void World::add_light(const ServedType& type) {
  auto served = std::make_shared<const ServedType>(type);
  add(std::make_unique<Watched>(served->type(), served, Keep::metadata, nullptr, watching()));
}

bool World::step() {
  TimePoint now = clock_.now();
  if (!any_news_->exchange(false) && now < next_ && !rediscover_) return false;
  bool progressed = false;
  if (rediscover_ && discover_at_ <= now) progressed = discover();
  next_ = rediscover_ ? discover_at_ : TimePoint::max();
  synced_ = complete_ = true;
  // Discovery may add to the list while it is walked, hence the index.
  for (std::size_t i = 0; i < all_.size(); ++i) {
    Watched& watched = *all_[i];
    for (int rounds = 0; rounds < 64 && (watched.news->exchange(false) || watched.next <= now);
         ++rounds) {
      kube::InformerStep done = watched.step();
      watched.next = done.next;
      if (done.progressed) {
        progressed = true;
        watched.news->store(true);
      }
    }
    if (watched.news->load()) any_news_->store(true);
    next_ = std::min(next_, watched.next);
    if (watched.synced()) continue;
    complete_ = false;
    if (!watched.served) synced_ = false;
  }
  if (rediscover_) {
    complete_ = false;
    next_ = std::min(next_, discover_at_);
  }
  return progressed;
}

TimePoint World::next() const { return any_news_->load() ? TimePoint{} : next_; }

const Watched* World::find(std::string_view table) const {
  auto found = std::ranges::find_if(
      all_, [&](const std::unique_ptr<Watched>& item) { return item->table == table; });
  return found == all_.end() ? nullptr : found->get();
}

const Watched* World::resolve(std::string_view api_version, std::string_view kind) const {
  // Objects may name an older version of the group than the one that is watched.
  std::string_view group;
  if (auto slash = api_version.find('/'); slash != std::string_view::npos) {
    group = api_version.substr(0, slash);
  }
  auto found = std::ranges::find_if(all_, [&](const std::unique_ptr<Watched>& item) {
    return item->type.kind == kind && item->type.group == group;
  });
  return found == all_.end() ? nullptr : found->get();
}

void World::applied(const kube::ResourceType& type, kube::Object answer) {
  auto found = std::ranges::find_if(all_, [&](const std::unique_ptr<Watched>& item) {
    return item->type.kind == type.kind && item->type.group == type.group;
  });
  if (found != all_.end()) (*found)->applied(std::move(answer));
}

Result<std::vector<ServedType>> World::offered() const {
  std::vector<std::string> versions{"v1"};
  PGO_TRY(json::Value groups, fetch(client_, "/apis"));
  for (const json::Value& group : groups["groups"].items()) {
    versions.emplace_back(group["preferredVersion"]["groupVersion"].as_string());
  }
  std::vector<ServedType> types;
  for (const std::string& version : versions) {
    PGO_TRY(json::Value list, fetch(client_, version == "v1" ? "/api/v1" : "/apis/" + version));
    auto slash = version.find('/');
    for (const json::Value& item : list["resources"].items()) {
      std::string_view plural = item["name"].as_string();
      if (plural.find('/') != std::string_view::npos) continue;
      if (!offers(item, "list") || !offers(item, "watch") || !offers(item, "delete")) continue;
      ServedType type{slash == std::string::npos ? std::string() : version.substr(0, slash),
                      slash == std::string::npos ? version : version.substr(slash + 1),
                      std::string(item["kind"].as_string()), std::string(plural),
                      item["namespaced"].as_bool()};
      types.push_back(std::move(type));
    }
  }
  return types;
}

void World::drop_missing(const std::vector<ServedType>& offered) {
  auto missing = [&](const std::unique_ptr<Watched>& item) {
    return item->served && std::ranges::none_of(offered, [&](const ServedType& type) {
             return type.table() == item->table && type.version == item->type.version;
           });
  };
  // Their objects are gone with the type; said before anything moves, as listeners look around.
  for (const std::unique_ptr<Watched>& item : all_) {
    if (!missing(item)) continue;
    item->each([&](const kube::ObjectKey&, const kube::Object& object) {
      changed_(*item, &object, nullptr);
    });
  }
  std::erase_if(all_, missing);
}

bool World::discover() {
  auto found = offered();
  if (!found) {
    log_.warn("cannot discover the types of the API", {{"error", found.error().text()}});
    discover_at_ = clock_.now() + kDiscoveryRetry;
    return false;
  }
  rediscover_ = false;
  drop_missing(*found);
  for (const ServedType& type : *found) {
    if (!uninteresting(type) && find(type.table()) == nullptr) add_light(type);
  }
  return true;
}

}  // namespace pgo::embedded::controllers
