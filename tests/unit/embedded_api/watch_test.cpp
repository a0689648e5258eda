#include "pgo/kube/object.h"
#include "unit/embedded_api/api_fixture.h"

// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
namespace pgo::embedded {
namespace {

using Lines = std::vector<std::string>;
const std::string kMaps = "/api/v1/namespaces/default/configmaps";

TEST_SUITE("embedded.api.watch") {
  TEST_CASE("watch: without a version the present state comes first as ADDED") {
    const ApiFixture api;
    api.post(kMaps, config_map("a"));
    for (const char* start : {"?watch=true", "?watch=1&resourceVersion=0", "?watch=True"}) {
      const auto stream = api.watch(kMaps + start);
      CHECK(ApiFixture::events(*stream) == Lines{"ADDED a"});
    }
  }

  TEST_CASE("watch: from a list's version every later event arrives, in order") {
    const ApiFixture api;
    api.post(kMaps, config_map("a"));
    const std::string version(api.get(kMaps).version());
    api.merge(kMaps + "/a", R"({"data":{"k":"1"}})");
    const auto stream = api.watch(kMaps + "?watch=True&resourceVersion=" + version);
    api.post(kMaps, config_map("b"));
    api.remove(kMaps + "/a");
    CHECK(ApiFixture::events(*stream) == Lines{"MODIFIED a", "ADDED b", "DELETED a"});
    CHECK(ApiFixture::events(*stream).empty());
  }

  TEST_CASE("watch: readers of objects get what the lines say, however far behind they are") {
    const ApiFixture api;
    const auto lines_of = api.watch(kMaps + "?watch=1&resourceVersion=0");
    const auto objects_of = api.watch(kMaps + "?watch=1&resourceVersion=0");
    // More than are taken at once, and more than the server keeps at hand.
    for (int i = 0; i < 700; ++i) api.post(kMaps, config_map("c" + std::to_string(i)));
    api.merge(kMaps + "/c0", R"({"data":{"k":"1"}})");
    api.remove(kMaps + "/c1");
    Lines lines;
    REQUIRE(lines_of->poll(lines).has_value());
    std::vector<kube::WatchEvent> events;
    for (std::size_t before = 1; before != events.size();) {
      before = events.size();
      REQUIRE(objects_of->poll_events(events).has_value());
    }
    REQUIRE(lines.size() == 702);
    REQUIRE(events.size() == lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto line = json::parse(lines[i]).value();
      REQUIRE(events[i].object != nullptr);
      REQUIRE(events[i].type == line["type"].as_string());
      REQUIRE(events[i].object->document() == line["object"]);
    }
  }

  TEST_CASE("watch: DELETED carries the version of the deletion") {
    const ApiFixture api;
    const auto made = api.post(kMaps, config_map("a"));
    const auto stream =
        api.watch(kMaps + "?watch=1&resourceVersion=" + std::string(made.version()));
    api.remove(kMaps + "/a");
    Lines lines;
    REQUIRE(stream->poll(lines).has_value());
    REQUIRE(lines.size() == 1);
    const auto event = json::parse(lines[0]).value();
    CHECK(event["object"]["metadata"]["resourceVersion"].as_string() ==
          std::to_string(api.server->version()));
    CHECK(api.server->version() > std::stoull(std::string(made.version())));
  }

  TEST_CASE("watch: entering the selector is ADDED, leaving it DELETED, live and from history") {
    const ApiFixture api;
    api.post(kMaps, config_map("a"));
    const std::string version(api.get(kMaps).version());
    const std::string path =
        kMaps + "?watch=1&labelSelector=role%3Dmaster&resourceVersion=" + version;
    const auto live = api.watch(path);
    api.merge(kMaps + "/a", R"({"metadata":{"labels":{"role":"master"}}})");
    api.merge(kMaps + "/a", R"({"metadata":{"labels":{"role":"replica"}}})");
    const Lines expected{"ADDED a", "DELETED a"};
    CHECK(ApiFixture::events(*live) == expected);
    CHECK(ApiFixture::events(*api.watch(path)) == expected);
  }

  TEST_CASE("watch: a version that history no longer reaches is 410 Gone") {
    ApiServerOptions options;
    options.history = 3;
    const ApiFixture api(options);
    api.post(kMaps, config_map("a"));
    const std::string version(api.get(kMaps).version());
    for (int i = 0; i < 5; ++i) {
      api.merge(kMaps + "/a", R"({"data":{"k":")" + std::to_string(i) + R"("}})");
    }
    kube::Request request;
    request.path = kMaps + "?watch=1&resourceVersion=" + version;
    const auto refused = api.admin->watch(request, {});
    REQUIRE(!refused.has_value());
    CHECK(refused.error().http_status == 410);
    CHECK(refused.error().code == Code::expired);
  }

  TEST_CASE("watch: all namespaces or one") {
    const ApiFixture api;
    api.post("/api/v1/namespaces", R"({"metadata":{"name":"n"}})");
    const auto all = api.watch("/api/v1/configmaps?watch=1");
    const auto one = api.watch(kMaps + "?watch=1");
    api.post("/api/v1/namespaces/n/configmaps", config_map("far"));
    api.post(kMaps, config_map("near"));
    CHECK(ApiFixture::events(*all) == Lines{"ADDED far", "ADDED near"});
    CHECK(ApiFixture::events(*one) == Lines{"ADDED near"});
  }

  TEST_CASE("watch: bookmarks come only when asked for, with the current version") {
    ApiFixture api;
    const auto plain = api.watch(kMaps + "?watch=1");
    const auto asking = api.watch(kMaps + "?watch=1&allowWatchBookmarks=true");
    api.clock.advance(std::chrono::minutes(5));
    CHECK(ApiFixture::events(*plain).empty());
    CHECK(ApiFixture::events(*asking) == Lines{"BOOKMARK "});
    CHECK(ApiFixture::events(*asking).empty());
  }

  TEST_CASE("watch: on_ready wakes the owner once until it polls") {
    const ApiFixture api;
    int woken = 0;
    kube::Request request;
    request.path = kMaps + "?watch=1";
    const auto stream = api.admin->watch(request, [&woken] { ++woken; }).value();
    api.post(kMaps, config_map("a"));
    api.post(kMaps, config_map("b"));
    CHECK(woken == 1);
    CHECK(ApiFixture::events(*stream).size() == 2);
    api.post(kMaps, config_map("c"));
    CHECK(woken == 2);
  }
}

}  // namespace
}  // namespace pgo::embedded
