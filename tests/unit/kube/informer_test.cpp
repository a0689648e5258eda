#include "pgo/kube/informer.h"

#include "unit/kube/scripted_transport.h"

#include <doctest/doctest.h>

#include <future>
#include <mutex>
#include <shared_mutex>

namespace pgo::kube {
namespace {

using namespace std::chrono_literals;

/// What the tests read of a pod.
struct PodView {
  std::string ns, name, cluster, phase;
  static PodView from(const Object& object) {
    return {std::string(object.ns()), std::string(object.name()),
            std::string(object.label("pg-cluster")),
            std::string(object["status"]["phase"].as_string())};
  }
  bool operator==(const PodView&) const = default;
};

std::string pod(std::string_view name, int version, std::string_view phase = "Running",
                std::string_view cluster = "hippo") {
  Object object(types::kPod, "pgo", name);
  object.document().at_or_add("metadata").set("resourceVersion", std::to_string(version));
  object.set_label("pg-cluster", cluster);
  object.document().at_or_add("status").set("phase", phase);
  return json::write(object.document());
}

Object pod_object(std::string_view name, int version, std::string_view phase = "Running",
                  std::string_view cluster = "hippo") {
  return Object(*json::parse(pod(name, version, phase, cluster)));
}

std::string event(std::string_view type, const std::string& object) {
  return R"({"type":")" + std::string(type) + R"(","object":)" + object + "}";
}

std::string list(int version, const std::vector<std::string>& items,
                 const std::string& continue_token = {}) {
  std::string body = R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":")" +
                     std::to_string(version) + R"(","continue":")" + continue_token +
                     R"("},"items":[)";
  for (std::size_t i = 0; i < items.size(); ++i) body += (i == 0 ? "" : ",") + items[i];
  return body + "]}";
}

std::string expired() {
  return R"({"kind":"Status","status":"Failure","reason":"Expired","code":410,"message":"old"})";
}

Error unavailable() {
  return Error{.code = Code::unavailable,
               .message = "refused",
               .subject = {},
               .http_status = 0,
               .reason = {}};
}

struct Fixture {
  explicit Fixture(InformerOptions options = {}, ListOptions selection = {})
      : pods(Client(transport), clock, ids, Log(), types::kPod, "pgo", std::move(selection),
             std::move(options), [](const PodView& view) { return std::vector{view.cluster}; }) {
    pods.on_change([this](const ObjectKey& key, const PodView* was, const PodView* is) {
      changes.push_back((was == nullptr  ? "+"
                         : is == nullptr ? "-"
                                         : "~") +
                        std::string(key.name) + (is == nullptr ? "" : ":" + is->phase));
    });
  }

  /// Steps until nothing more is to be done at this moment.
  InformerStep settle() {
    for (int i = 0; i < 100; ++i) {
      const InformerStep step = pods.step();
      if (!step.progressed) return step;
    }
    FAIL("the informer never rests");
    return {};
  }
  test::WatchScript& watch() { return *transport.watches.back(); }
  std::vector<std::string> take_changes() { return std::exchange(changes, {}); }

  test::ScriptedTransport transport;
  VirtualClock clock{TimePoint{} + std::chrono::hours(1)};
  SeededIdSource ids{1};
  Informer<PodView> pods;
  std::vector<std::string> changes;
};

using Changes = std::vector<std::string>;

}  // namespace

TEST_SUITE("kube.informer") {
  TEST_CASE("informer: nothing is known before the first list is complete") {
    Fixture f;
    CHECK_FALSE(f.pods.synced());
    f.transport.answer(200, list(10, {pod("a", 5)}, "more"));
    f.transport.answer(200, list(10, {pod("b", 6)}));
    CHECK(f.pods.step().progressed);
    CHECK_FALSE(f.pods.synced());
    CHECK(f.pods.get("pgo", "a") == nullptr);
    CHECK(f.pods.step().progressed);
    CHECK(f.pods.synced());
    REQUIRE(f.pods.get("pgo", "a"));
    CHECK(f.pods.get("pgo", "b")->phase == "Running");
    CHECK(f.pods.get("pgo", "c") == nullptr);
    CHECK(f.transport.requests[1].path.find("continue=more") != std::string::npos);
    CHECK(f.pods.version() == "10");
  }

  TEST_CASE("informer: the watch goes on from the list, with bookmarks and the same selectors") {
    Fixture f({}, {.label_selector = "pg-cluster=hippo"});
    f.transport.answer(200, list(10, {}));
    f.settle();
    REQUIRE(f.transport.watches.size() == 1);
    const std::string& path = f.watch().path;
    CHECK(
        path.starts_with("/api/v1/namespaces/pgo/pods?labelSelector=pg-cluster%3Dhippo"
                         "&resourceVersion=10&watch=true&allowWatchBookmarks=true"));
    CHECK(f.transport.requests[0].path.find("limit=500") != std::string::npos);
  }

  TEST_CASE("informer: events change the cache and only real differences are reported") {
    Fixture f;
    f.transport.answer(200, list(10, {pod("a", 5)}));
    f.settle();
    CHECK(f.take_changes() == Changes{"+a:Running"});
    f.watch().lines = {event("ADDED", pod("b", 11, "Pending")),
                       event("MODIFIED", pod("a", 12)),  // nothing that the projection holds
                       event("MODIFIED", pod("b", 13, "Running")), event("DELETED", pod("a", 14))};
    const auto before = f.pods.get("pgo", "a");
    CHECK(f.pods.step().progressed);
    CHECK(f.take_changes() == Changes{"+b:Pending", "~b:Running", "-a"});
    CHECK(f.pods.get("pgo", "a") == nullptr);
    CHECK(before->phase == "Running");
    CHECK(f.pods.version() == "14");
    CHECK_FALSE(f.pods.step().progressed);
  }

  TEST_CASE("informer: objects are found by their index key, which follows them") {
    Fixture f;
    f.transport.answer(200, list(10, {pod("b", 5), pod("a", 6), pod("c", 7, "Running", "rhino")}));
    f.settle();
    REQUIRE(f.pods.indexed("hippo").size() == 2);
    CHECK(f.pods.indexed("hippo")[0]->name == "a");
    CHECK(f.pods.indexed("none").empty());
    f.watch().lines = {event("MODIFIED", pod("a", 11, "Running", "rhino")),
                       event("DELETED", pod("c", 12))};
    f.settle();
    CHECK(f.pods.indexed("hippo").size() == 1);
    REQUIRE(f.pods.indexed("rhino").size() == 1);
    CHECK(f.pods.indexed("rhino")[0]->name == "a");
    CHECK(f.pods.all().size() == 2);
  }

  TEST_CASE("informer: objects that were there are found by keys that are learned later") {
    test::ScriptedTransport transport;
    VirtualClock clock{TimePoint{}};
    SeededIdSource ids(1);
    bool by_phase = false;
    Informer<PodView> pods(Client(transport), clock, ids, Log(), types::kPod, "", {}, {},
                           [&by_phase](const PodView& view) {
                             return std::vector{by_phase ? view.phase : view.cluster};
                           });
    transport.answer(200, list(10, {pod("a", 5), pod("b", 6, "Pending")}));
    pods.step();
    REQUIRE(pods.indexed("hippo").size() == 2);
    by_phase = true;
    pods.index_again();
    CHECK(pods.indexed("hippo").empty());
    REQUIRE(pods.indexed("Pending").size() == 1);
    CHECK(pods.indexed("Pending")[0]->name == "b");
  }

  TEST_CASE("informer: an own write is seen at once and an older event does not undo it") {
    Fixture f;
    f.transport.answer(200, list(10, {pod("a", 5, "Pending")}));
    f.settle();
    f.take_changes();
    f.pods.applied(pod_object("a", 12, "Running"));
    CHECK(f.pods.get("pgo", "a")->phase == "Running");
    f.watch().lines = {event("MODIFIED", pod("a", 11, "Pending")),
                       event("MODIFIED", pod("a", 12, "Running"))};
    f.settle();
    CHECK(f.take_changes() == Changes{"~a:Running"});
    f.watch().lines = {event("MODIFIED", pod("a", 13, "Failed"))};
    f.settle();
    CHECK(f.take_changes() == Changes{"~a:Failed"});
  }

  TEST_CASE("informer: a late answer brings back nothing that was deleted meanwhile") {
    Fixture f;
    f.transport.answer(200, list(10, {}));
    f.settle();
    f.watch().lines = {event("ADDED", pod("a", 11)), event("DELETED", pod("a", 12))};
    f.settle();
    f.take_changes();
    f.pods.applied(pod_object("a", 11));
    CHECK(f.pods.get("pgo", "a") == nullptr);
    f.pods.applied(pod_object("a", 13));
    CHECK(f.pods.get("pgo", "a") != nullptr);
  }

  TEST_CASE("informer: an own deletion is not undone by older events") {
    Fixture f;
    f.transport.answer(200, list(10, {pod("a", 5), pod("b", 6)}));
    f.settle();
    f.take_changes();
    f.pods.removed("pgo", "a", "13");
    f.pods.removed("pgo", "b");
    CHECK(f.take_changes() == Changes{"-a", "-b"});
    f.watch().lines = {event("MODIFIED", pod("a", 12)), event("DELETED", pod("a", 13)),
                       event("ADDED", pod("a", 14))};
    f.settle();
    CHECK(f.take_changes() == Changes{"+a:Running"});
  }

  TEST_CASE("informer: the deletion of an earlier namesake does not remove a newer object") {
    Fixture f;
    f.transport.answer(200, list(10, {pod("a", 5)}));
    f.settle();
    f.pods.applied(pod_object("a", 15, "Pending"));
    f.watch().lines = {event("DELETED", pod("a", 14))};
    f.settle();
    REQUIRE(f.pods.get("pgo", "a"));
    CHECK(f.pods.get("pgo", "a")->phase == "Pending");
  }

  TEST_CASE("informer: an answer that the selector no longer takes drops the object") {
    Fixture f({}, {.label_selector = "pg-cluster=hippo"});
    f.transport.answer(200, list(10, {pod("a", 5)}));
    f.settle();
    f.pods.applied(pod_object("a", 11, "Running", "rhino"));
    CHECK(f.pods.get("pgo", "a") == nullptr);
  }

  TEST_CASE("informer: a broken stream resumes from the last event or bookmark") {
    Fixture f;
    f.transport.answer(200, list(10, {}));
    f.settle();
    f.watch().lines = {event("ADDED", pod("a", 11)),
                       event("BOOKMARK", R"({"metadata":{"resourceVersion":"20"}})")};
    f.watch().broken = true;
    f.settle();
    REQUIRE(f.transport.watches.size() == 2);
    CHECK(f.transport.watches[0]->closed);
    CHECK(f.watch().path.find("resourceVersion=20&") != std::string::npos);
    CHECK(f.transport.requests.size() == 1);
    CHECK_FALSE(f.pods.problem());
  }

  TEST_CASE("informer: a watch that the server ended in its time is opened again at once") {
    Fixture f;
    f.transport.answer(200, list(10, {}));
    f.settle();
    f.clock.advance(300s);
    f.watch().ended = true;
    f.settle();
    CHECK(f.transport.watches.size() == 2);
    CHECK_FALSE(f.pods.problem());
  }

  TEST_CASE("informer: a watch that ends at once is not opened in a tight loop") {
    Fixture f;
    f.transport.answer(200, list(10, {}));
    f.settle();
    f.watch().ended = true;
    const InformerStep step = f.settle();
    CHECK(f.transport.watches.size() == 1);
    CHECK(step.next > f.clock.now());
    f.clock.advance_to(step.next);
    f.settle();
    CHECK(f.transport.watches.size() == 2);
  }

  TEST_CASE("informer: 410 in the stream lists again and reports the differences alone") {
    Fixture f;
    f.transport.answer(200, list(10, {pod("a", 5), pod("b", 6), pod("c", 7)}));
    f.settle();
    f.take_changes();
    f.transport.answer(200, list(90, {pod("a", 5), pod("b", 80, "Failed"), pod("d", 81)}));
    f.watch().lines = {event("ERROR", expired())};
    f.settle();
    CHECK(f.take_changes() == Changes{"~b:Failed", "+d:Running", "-c"});
    CHECK(f.pods.synced());
    CHECK(f.watch().path.find("resourceVersion=90&") != std::string::npos);
  }

  TEST_CASE("informer: 410 on opening lists again") {
    Fixture f;
    f.transport.answer(200, list(10, {}));
    f.transport.refuse_watch(error_from_response({410, "application/json", expired()}, "Pod"));
    f.transport.answer(200, list(20, {}));
    f.settle();
    CHECK(f.transport.requests.size() == 2);
    CHECK(f.transport.watches.size() == 1);
    CHECK(f.pods.version() == "20");
  }

  TEST_CASE("informer: an expired continue token starts the list over without pages") {
    Fixture f;
    f.transport.answer(200, list(10, {pod("a", 5)}, "more"));
    f.transport.answer(410, expired());
    f.transport.answer(200, list(20, {pod("b", 15)}));
    f.settle();
    CHECK(f.pods.synced());
    CHECK(f.pods.size() == 1);
    CHECK(f.transport.requests[2].path.find("limit=") == std::string::npos);
  }

  TEST_CASE("informer: a failing list backs off, keeps the problem, and heals") {
    Fixture f;
    TimePoint last = f.clock.now();
    Duration previous{};
    for (int i = 0; i < 4; ++i) {
      f.transport.answer_error(unavailable());
      const InformerStep step = f.settle();
      REQUIRE(f.pods.problem());
      CHECK(f.pods.problem()->code == Code::unavailable);
      CHECK(step.next - last > previous);
      previous = step.next - last;
      CHECK(f.pods.step().next == step.next);  // no request before the time has come
      f.clock.advance_to(step.next);
      last = f.clock.now();
    }
    CHECK(previous > 1s);
    CHECK_FALSE(f.pods.synced());
    f.transport.answer(200, list(10, {pod("a", 5)}));
    f.settle();
    CHECK(f.pods.synced());
    CHECK_FALSE(f.pods.problem());
  }

  TEST_CASE("informer: an own write since a list survives that list") {
    Fixture f;
    f.transport.answer(200, list(10, {pod("a", 5)}, "more"));
    f.transport.answer(200, list(10, {}));
    f.pods.step();
    f.pods.applied(pod_object("new", 11));
    f.pods.applied(pod_object("a", 12, "Failed"));
    f.settle();
    CHECK(f.pods.get("pgo", "new") != nullptr);
    CHECK(f.pods.get("pgo", "a")->phase == "Failed");
  }

  TEST_CASE("informer: a server whose history went back is believed") {
    Fixture f;
    f.transport.answer(200, list(100, {pod("a", 50, "Failed"), pod("b", 60)}));
    f.settle();
    f.take_changes();
    f.transport.answer(200, list(20, {pod("a", 5, "Running")}));
    f.watch().lines = {event("ERROR", expired())};
    f.settle();
    CHECK(f.take_changes() == Changes{"~a:Running", "-b"});
    CHECK(f.pods.version() == "20");
  }

  TEST_CASE("informer: an unreadable event lists again instead of losing changes") {
    Fixture f;
    f.transport.answer(200, list(10, {}));
    f.settle();
    f.transport.answer(200, list(20, {pod("a", 15)}));
    f.watch().lines = {"{not json"};
    f.settle();
    CHECK(f.pods.get("pgo", "a") != nullptr);
  }

  TEST_CASE("informer: a stream far beyond its asked life is taken for dead") {
    Fixture f;
    f.transport.answer(200, list(10, {}));
    const InformerStep step = f.settle();
    f.clock.advance_to(step.next);
    f.settle();
    CHECK(f.transport.watches.size() == 2);
  }

  TEST_CASE("informer: versions that are no integers are taken in order of arrival") {
    Fixture f;
    const std::string first = R"({"metadata":{"name":"a","namespace":"pgo",)"
                              R"("resourceVersion":"x"},"status":{"phase":"one"}})";
    const std::string second = R"({"metadata":{"name":"a","namespace":"pgo",)"
                               R"("resourceVersion":"b"},"status":{"phase":"two"}})";
    f.transport.answer(200, list(10, {first}));
    f.settle();
    f.watch().lines = {event("MODIFIED", second)};
    f.settle();
    CHECK(f.pods.get("pgo", "a")->phase == "two");
    f.watch().lines = {event("DELETED", second)};
    f.settle();
    CHECK(f.pods.size() == 0);
  }

  TEST_CASE("informer: the wake callback reaches the transport") {
    int woken = 0;
    Fixture f({.on_ready = [&] { ++woken; }});
    f.transport.answer(200, list(10, {}));
    f.settle();
    f.watch().on_ready();
    CHECK(woken == 1);
  }

  TEST_CASE("informer: its guard is held while the cache changes, and free during requests") {
    std::shared_mutex guard;
    const auto free = [&guard] {
      return std::async(std::launch::async,
                        [&guard] {
                          const std::shared_lock lock(guard, std::try_to_lock);
                          return lock.owns_lock();
                        })
          .get();
    };
    Fixture f({.guard = &guard});
    std::vector<bool> changed_when_free;
    f.pods.on_change([&](const ObjectKey&, const PodView*, const PodView*) {
      changed_when_free.push_back(free());
    });
    bool requested_when_free = false;
    f.transport.on_request = [&] { requested_when_free = free(); };
    f.transport.answer(200, list(10, {pod("a", 5)}));
    f.settle();
    f.watch().lines = {event("MODIFIED", pod("a", 11, "Failed"))};
    f.settle();
    f.pods.applied(pod_object("b", 12));
    f.pods.removed("pgo", "a");
    CHECK(changed_when_free == std::vector<bool>(4, false));
    CHECK(requested_when_free);
    CHECK(free());
  }

  TEST_CASE("informer: whole objects can be cached too") {
    test::ScriptedTransport transport;
    VirtualClock clock{TimePoint{}};
    SeededIdSource ids(1);
    Informer<Object> pods(Client(transport), clock, ids, Log(), types::kPod, "");
    transport.answer(200, list(10, {pod("a", 5)}));
    pods.step();
    REQUIRE(pods.get("pgo", "a"));
    CHECK(pods.get("pgo", "a")->kind() == "Pod");
    CHECK(pods.indexed("x").empty());
  }
}

}  // namespace pgo::kube
