#include "unit/embedded_controllers/small_cluster.h"

#include <algorithm>

namespace pgo::test {

namespace {

class StaleStream final : public kube::WatchStream {
 public:
  StaleStream(std::unique_ptr<kube::WatchStream> inner, const bool& stale)
      : inner_(std::move(inner)), stale_(stale) {}
  Result<State> poll(std::vector<std::string>& lines) override {
    if (stale_) return State::open;
    return inner_->poll(lines);
  }
  Result<State> poll_events(std::vector<kube::WatchEvent>& events) override {
    if (stale_) return State::open;
    return inner_->poll_events(events);
  }

 private:
  std::unique_ptr<kube::WatchStream> inner_;
  const bool& stale_;
};

}  // namespace

Result<kube::Response> FaultyTransport::request(const kube::Request& request) {
  if (fault) {
    if (auto answer = fault(request)) return *std::move(answer);
  }
  if (request.method != kube::Method::get) ++writes;
  return inner_->request(request);
}

Result<std::unique_ptr<kube::WatchStream>> FaultyTransport::watch(const kube::Request& request,
                                                                  std::function<void()> on_ready) {
  if (on_ready) wakes_.push_back(on_ready);
  PGO_TRY(auto stream, inner_->watch(request, std::move(on_ready)));
  return std::make_unique<StaleStream>(std::move(stream), stale);
}

void FaultyTransport::catch_up() {
  stale = false;
  for (const auto& wake : wakes_) wake();
}

SmallCluster::SmallCluster(StandInOptions node_options, embedded::ControllersOptions chosen,
                           bool with_node)
    : server([this] {
        auto made = embedded::ApiServer::create({}, clock, ids, {});
        REQUIRE(made);
        return *std::move(made);
      }()),
      door(server->transport(embedded::Identity::admin())),
      faults(std::make_unique<FaultyTransport>(*door)),
      client(*door),
      options(std::move(chosen)) {
  restart_controllers();
  if (with_node) node = std::make_unique<StandInNode>(*door, clock, ids, std::move(node_options));
  settle();
}

void SmallCluster::restart_controllers() {
  controllers.reset();
  controllers = std::make_unique<embedded::Controllers>(*faults, clock, ids, Log{}, options);
}

bool SmallCluster::step() {
  if (on_step) on_step();
  const embedded::ControllersStep done = controllers->step();
  bool progressed = done.progressed;
  next = done.next;
  if (node) {
    auto moved = node->step();
    progressed = progressed || moved.progressed;
    next = std::min(next, moved.next);
  }
  return progressed;
}

void SmallCluster::settle() {
  for (int i = 0; i < 10'000; ++i) {
    if (!step() && next > clock.now()) return;
  }
  FAIL("the world does not come to rest");
}

void SmallCluster::pass(Duration time, const std::function<void()>& each) {
  TimePoint end = clock.now() + time;
  for (int i = 0; i < 1'000'000; ++i) {
    bool progressed = step();
    if (each) each();
    if (progressed || next <= clock.now()) continue;
    if (clock.now() >= end) return;
    clock.advance_to(std::min(next, end));
  }
  FAIL("the world does not come to rest");
}

void SmallCluster::until(const std::function<bool()>& done, Duration limit) {
  TimePoint end = clock.now() + limit;
  for (int i = 0; i < 1'000'000; ++i) {
    bool progressed = step();
    if (done()) return;
    if (progressed || next <= clock.now()) continue;
    if (clock.now() >= end) break;
    clock.advance_to(std::min(next, end));
  }
  FAIL("what the test waits for does not happen");
}

kube::Object SmallCluster::create(const kube::ResourceType& type, std::string_view ns,
                                  std::string_view json) {
  auto document = json::parse(json);
  REQUIRE_MESSAGE(document, (document ? "" : document.error().text()));
  kube::Object object(*std::move(document));
  object.document().set("apiVersion", type.api_version());
  object.document().set("kind", type.kind);
  if (type.namespaced) object.document().at_or_add("metadata").set("namespace", ns);
  auto made = client.create(type, object);
  REQUIRE_MESSAGE(made, (made ? "" : made.error().text()));
  return *std::move(made);
}

kube::Object SmallCluster::get(const kube::ResourceType& type, std::string_view ns,
                               std::string_view name) {
  auto found = client.get(type, ns, name);
  REQUIRE_MESSAGE(found, (found ? "" : found.error().text()));
  return *std::move(found);
}

bool SmallCluster::exists(const kube::ResourceType& type, std::string_view ns,
                          std::string_view name) {
  auto found = client.get(type, ns, name);
  if (!found) CHECK(found.error().code == Code::not_found);
  return found.has_value();
}

std::vector<kube::Object> SmallCluster::list(const kube::ResourceType& type, std::string_view ns,
                                             std::string_view labels) {
  kube::ListOptions which;
  which.label_selector = labels;
  auto found = client.list(type, ns, which);
  REQUIRE_MESSAGE(found, (found ? "" : found.error().text()));
  return std::move(found->items);
}

kube::Object SmallCluster::merge(const kube::ResourceType& type, std::string_view ns,
                                 std::string_view name, std::string_view json,
                                 std::string_view subresource) {
  auto patch = json::parse(json);
  REQUIRE(patch);
  auto changed = client.patch(type, ns, name, kube::PatchType::merge, *patch, subresource);
  REQUIRE_MESSAGE(changed, (changed ? "" : changed.error().text()));
  return *std::move(changed);
}

std::string deployment(std::string_view name, int replicas, std::string_view image,
                       std::string_view more_spec) {
  std::string text = R"({"metadata":{"name":"NAME"},"spec":{"replicas":COUNT,MORE
    "selector":{"matchLabels":{"app":"NAME"}},
    "template":{"metadata":{"labels":{"app":"NAME"}},
                "spec":{"containers":[{"name":"main","image":"IMAGE",
                                       "ports":[{"name":"web","containerPort":8080}]}]}}}})";
  auto put = [&](std::string_view place, std::string_view value) {
    for (auto at = text.find(place); at != std::string::npos; at = text.find(place)) {
      text.replace(at, place.size(), value);
    }
  };
  put("NAME", name);
  put("COUNT", std::to_string(replicas));
  put("IMAGE", image);
  put("MORE", more_spec);
  return text;
}

}  // namespace pgo::test
