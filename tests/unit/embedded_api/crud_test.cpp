#include "pgo/base/text.h"
#include "pgo/kube/object.h"
#include "pgo/kube/selector.h"
#include "unit/embedded_api/api_fixture.h"

#include <thread>

// Semantics from the Kubernetes documentation: "API Concepts"
// (https://kubernetes.io/docs/reference/using-api/api-concepts/) and "API conventions"
// (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md).
namespace pgo::embedded {
namespace {

const std::string kMaps = "/api/v1/namespaces/default/configmaps";

TEST_SUITE("embedded.api.crud") {
  TEST_CASE("answers: who takes objects gets the object that the text would say") {
    const ApiFixture api;
    const std::string maps = "/api/v1/namespaces/default/configmaps";
    kube::Request request;
    request.method = kube::Method::post;
    request.path = maps;
    request.body = config_map("a");
    request.takes_object = true;
    const auto made = api.admin->request(request).value();
    CHECK(made.status == 201);
    CHECK(made.body.empty());
    REQUIRE(made.object != nullptr);
    CHECK(made.object->document() == api.get(maps + "/a").body);

    request.method = kube::Method::get;
    request.path = maps + "/none";
    const auto refused = api.admin->request(request).value();
    CHECK(refused.status == 404);
    CHECK(refused.object == nullptr);
    CHECK(json::parse(refused.body).value()["reason"].as_string() == "NotFound");
  }

  // API conventions, "Metadata": uid, creationTimestamp and resourceVersion are set by the server.
  TEST_CASE("create: the server sets uid, creationTimestamp and resourceVersion") {
    const ApiFixture api;
    const auto made = api.post(kMaps, config_map("a"));
    CHECK(made.status == 201);
    CHECK(made["metadata"]["uid"].as_string().size() == 36);
    CHECK(made["metadata"]["creationTimestamp"].as_string() == "2020-09-13T12:26:40Z");
    CHECK(made["metadata"]["namespace"].as_string() == "default");
    CHECK(api.get(kMaps + "/a").body == made.body);
  }

  TEST_CASE("create: a second object of the name is refused with 409 AlreadyExists") {
    const ApiFixture api;
    api.post(kMaps, config_map("a"));
    const auto again = api.post(kMaps, config_map("a"));
    CHECK(again.status == 409);
    CHECK(again.reason() == "AlreadyExists");
    CHECK(again["kind"].as_string() == "Status");
    CHECK(again["details"]["kind"].as_string() == "configmaps");
  }

  // API conventions, "Idempotency": generateName plus a random suffix.
  TEST_CASE("create: generateName makes a fresh name each time") {
    const ApiFixture api;
    const std::string body = R"({"metadata":{"generateName":"x-"}})";
    const auto one = api.post(kMaps, body);
    const auto two = api.post(kMaps, body);
    CHECK(one["metadata"]["name"].as_string().starts_with("x-"));
    CHECK(one["metadata"]["name"].as_string().size() == 7);
    CHECK(!(one["metadata"]["name"] == two["metadata"]["name"]));
  }

  TEST_CASE("create: a namespace that does not exist is 404, one that ends is 403") {
    const ApiFixture api;
    CHECK(api.post("/api/v1/namespaces/nope/configmaps", config_map("a")).status == 404);
    api.post("/api/v1/namespaces", R"({"metadata":{"name":"n"}})");
    CHECK(api.remove("/api/v1/namespaces/n")["status"]["phase"].as_string() == "Terminating");
    CHECK(api.post("/api/v1/namespaces/n/configmaps", config_map("a")).status == 403);
  }

  // API concepts, "Resource versions" and API conventions, "Concurrency Control and Consistency".
  TEST_CASE("update: a stale resourceVersion is 409 Conflict in PUT and in a patch body") {
    const ApiFixture api;
    const auto made = api.post(kMaps, config_map("a"));
    const std::string old(made.version());
    CHECK(api.merge(kMaps + "/a", R"({"data":{"k":"1"}})").status == 200);
    CHECK(api.put(kMaps + "/a", R"({"metadata":{"name":"a","resourceVersion":")" + old + "\"}}")
              .status == 409);
    const auto refused =
        api.merge(kMaps + "/a", R"({"metadata":{"resourceVersion":")" + old + R"("}})");
    CHECK(refused.status == 409);
    CHECK(refused.reason() == "Conflict");
  }

  TEST_CASE("update: versions only grow, and a patch that changes nothing keeps the version") {
    const ApiFixture api;
    const auto made = api.post(kMaps, config_map("a"));
    const auto same = api.merge(kMaps + "/a", R"({"metadata":{"labels":{}}})");
    CHECK(same.version() == made.version());
    const auto changed = api.merge(kMaps + "/a", R"({"data":{"k":"1"}})");
    CHECK(std::stoull(std::string(changed.version())) > std::stoull(std::string(made.version())));
  }

  TEST_CASE("patch: one writer wins when many compare and set the same version at once") {
    ApiFixture api;
    const auto made = api.post(kMaps, config_map("leader"));
    const std::string version(made.version());
    std::atomic<int> won = 0;
    std::atomic<int> lost = 0;
    std::vector<std::jthread> racers;
    for (int i = 0; i < 8; ++i) {
      racers.emplace_back([&, i] {
        kube::Request request;
        request.method = kube::Method::patch;
        request.path = kMaps + "/leader";
        request.content_type = "application/strategic-merge-patch+json";
        request.body = R"({"metadata":{"resourceVersion":")" + version +
                       R"(","annotations":{"leader":"n)" + std::to_string(i) + R"("}}})";
        const int status = api.admin->request(request).value().status;
        (status == 200 ? won : lost) += 1;
      });
    }
    racers.clear();
    CHECK(won == 1);
    CHECK(lost == 7);
  }

  // API concepts, "Patch": three kinds by Content-Type; anything else is 415.
  TEST_CASE("patch: kinds are chosen by Content-Type and unknown ones are 415") {
    const ApiFixture api;
    api.post(kMaps, R"({"metadata":{"name":"a"},"data":{"k":"1","l":"2"}})");
    CHECK(api.merge(kMaps + "/a", R"({"data":{"k":null}})")["data"]["k"].is_null());
    const auto json_patched = api.call(kube::Method::patch, kMaps + "/a",
                                       R"([{"op":"replace","path":"/data/l","value":"3"}])",
                                       "application/json-patch+json");
    CHECK(json_patched["data"]["l"].as_string() == "3");
    CHECK(api.call(kube::Method::patch, kMaps + "/a", "{}", "text/plain").status == 415);
    CHECK(api.call(kube::Method::patch, kMaps + "/nope", "{}", "application/merge-patch+json")
              .status == 404);
  }

  // API conventions, "Metadata", generation; "Spec and Status".
  TEST_CASE(
      "update: generation counts spec changes, status is written only through its subresource") {
    const ApiFixture api;
    const std::string path = "/apis/apps/v1/namespaces/default/deployments";
    const auto made = api.post(path, R"({"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":
      {"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c",
      "image":"i:1"}]}}},"status":{"replicas":7}})");
    CHECK(made.status == 201);
    CHECK(made["metadata"]["generation"].as_int() == 1);
    CHECK(made["status"]["replicas"].is_null());
    CHECK(made["spec"]["replicas"].as_int() == 1);
    const auto scaled = api.merge(path + "/d/scale", R"({"spec":{"replicas":3}})");
    CHECK(scaled["kind"].as_string() == "Scale");
    CHECK(scaled["spec"]["replicas"].as_int() == 3);
    CHECK(scaled["status"]["selector"].as_string() == "a=b");
    const auto counted =
        api.merge(path + "/d/status", R"({"status":{"replicas":3},"spec":{"replicas":9}})");
    CHECK(counted["status"]["replicas"].as_int() == 3);
    CHECK(counted["spec"]["replicas"].as_int() == 3);
    CHECK(counted["metadata"]["generation"].as_int() == 2);
    const auto ignored = api.merge(path + "/d", R"({"status":{"replicas":8}})");
    CHECK(ignored["status"]["replicas"].as_int() == 3);
  }

  // https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
  TEST_CASE("delete: finalizers hold an object until the last one is removed") {
    const ApiFixture api;
    api.post(kMaps, R"({"metadata":{"name":"a","finalizers":["x/y"]}})");
    const auto marked = api.remove(kMaps + "/a");
    CHECK(marked.status == 200);
    CHECK(marked["metadata"]["deletionTimestamp"].is_string());
    CHECK(api.get(kMaps + "/a").status == 200);
    api.merge(kMaps + "/a", R"({"metadata":{"finalizers":null}})");
    CHECK(api.get(kMaps + "/a").status == 404);
  }

  // https://kubernetes.io/docs/concepts/architecture/garbage-collection/
  TEST_CASE("delete: Foreground and Orphan leave a finalizer for the garbage collector") {
    const ApiFixture api;
    api.post(kMaps, config_map("a"));
    api.post(kMaps, config_map("b"));
    const auto foreground = api.remove(kMaps + "/a", R"({"propagationPolicy":"Foreground"})");
    CHECK(foreground["metadata"]["finalizers"][0].as_string() == "foregroundDeletion");
    const auto orphan = api.remove(kMaps + "/b", R"({"propagationPolicy":"Orphan"})");
    CHECK(orphan["metadata"]["finalizers"][0].as_string() == "orphan");
  }

  TEST_CASE("delete: preconditions on uid and resourceVersion are 409 when they fail") {
    const ApiFixture api;
    const auto made = api.post(kMaps, config_map("a"));
    CHECK(api.remove(kMaps + "/a", R"({"preconditions":{"uid":"other"}})").status == 409);
    CHECK(api.remove(kMaps + "/a", R"({"preconditions":{"resourceVersion":"1"}})").status == 409);
    const std::string uid(made["metadata"]["uid"].as_string());
    const auto gone = api.remove(kMaps + "/a", R"({"preconditions":{"uid":")" + uid + R"("}})");
    CHECK(gone.status == 200);
    CHECK(gone["status"].as_string() == "Success");
  }

  // https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
  TEST_CASE("delete: a pod on a node gets its grace period, one without a node goes at once") {
    const ApiFixture api;
    const std::string pods = "/api/v1/namespaces/default/pods";
    const std::string spec = R"("containers":[{"name":"c","image":"i:1"}])";
    api.post(pods, R"({"metadata":{"name":"free"},"spec":{)" + spec + "}}");
    CHECK(api.remove(pods + "/free").status == 200);
    CHECK(api.get(pods + "/free").status == 404);
    api.post(pods, R"({"metadata":{"name":"bound"},"spec":{"nodeName":"n",)" + spec + "}}");
    const auto marked = api.remove(pods + "/bound");
    CHECK(marked["metadata"]["deletionGracePeriodSeconds"].as_int() == 30);
    CHECK(marked["metadata"]["deletionTimestamp"].as_string() == "2020-09-13T12:27:10Z");
    CHECK(api.remove(pods + "/bound", R"({"gracePeriodSeconds":0})").status == 200);
    CHECK(api.get(pods + "/bound").status == 404);
  }

  TEST_CASE("deletecollection: takes what the selector takes, and only that") {
    const ApiFixture api;
    api.post(kMaps, config_map("a", R"({"s":"1"})"));
    api.post(kMaps, config_map("b", R"({"s":"2"})"));
    CHECK(api.remove(kMaps + "?labelSelector=s%3D1").status == 200);
    CHECK(api.get(kMaps + "/a").status == 404);
    CHECK(api.get(kMaps + "/b").status == 200);
  }

  // API concepts, "Dry-run".
  TEST_CASE("dry run: answers what would be stored and stores nothing") {
    const ApiFixture api;
    CHECK(api.post(kMaps + "?dryRun=All", config_map("a")).status == 201);
    CHECK(api.get(kMaps + "/a").status == 404);
  }

  // API concepts, "Retrieving large results sets in chunks".
  TEST_CASE("list: pages show one consistent state although the world goes on") {
    const ApiFixture api;
    for (const char* name : {"a", "b", "c", "d"}) api.post(kMaps, config_map(name));
    const auto first = api.get(kMaps + "?limit=2");
    CHECK(first["items"].items().size() == 2);
    api.remove(kMaps + "/c");
    api.post(kMaps, config_map("e"));
    const std::string token(first["metadata"]["continue"].as_string());
    const auto second = api.get(kMaps + "?limit=5&continue=" + token);
    REQUIRE(second["items"].items().size() == 2);
    CHECK(second["items"][0]["metadata"]["name"].as_string() == "c");
    CHECK(second["items"][1]["metadata"]["name"].as_string() == "d");
    CHECK(second.version() == first.version());
  }

  TEST_CASE("list: every operator of a label selector decides as kube's own matching does") {
    const ApiFixture api;
    const std::string labels = R"({"app":"hippo","tier":"","n":"5"})";
    api.post(kMaps, config_map("a", labels));
    const json::Value held = *json::parse(labels);
    for (const char* text : {"app=hippo", "app!=hippo", "app in (a,hippo)", "app notin (hippo)",
                             "tier", "tier=", "!tier", "zone", "!zone", "n>4", "n<5", "app>1"}) {
      CAPTURE(text);
      const bool taken = kube::LabelSelector::parse(text)->matches_json(held);
      const auto listed = api.get(kMaps + "?labelSelector=" + text::percent_encode(text));
      CHECK(listed["items"].items().size() == (taken ? 1 : 0));
    }
  }

  TEST_CASE("list: field selectors work on the offered fields and others are refused") {
    const ApiFixture api;
    api.post(kMaps, config_map("a"));
    api.post(kMaps, config_map("b"));
    CHECK(api.get(kMaps + "?fieldSelector=metadata.name%3Da")["items"].items().size() == 1);
    CHECK(api.get(kMaps + "?fieldSelector=data.x%3Da").status == 400);
  }

  // https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
  TEST_CASE("custom resources: a new type is served at once and goes with its definition") {
    const ApiFixture api;
    const std::string things = "/apis/example.com/v1/namespaces/default/things";
    CHECK(api.get(things).status == 404);
    const auto crd = api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", R"({
      "metadata":{"name":"things.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
      "names":{"plural":"things","kind":"Thing"},"versions":[{"name":"v1","served":true,
      "storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}]}})");
    CHECK(crd.status == 201);
    CHECK(crd["status"]["conditions"][1]["type"].as_string() == "Established");
    CHECK(api.post(things, R"({"metadata":{"name":"t"},"spec":{"x":1}})").status == 201);
    CHECK(api.get(things)["kind"].as_string() == "ThingList");
    CHECK(
        api.call(kube::Method::patch, things + "/t", "{}", "application/strategic-merge-patch+json")
            .status == 415);
    CHECK(api.remove("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com")
              .status == 200);
    CHECK(api.get(things).status == 404);
  }

  // Whoever discovers types when a definition comes or goes must not find yesterday's: the
  // controllers would wait for a type that nobody serves, and no namespace would ever be emptied.
  TEST_CASE("custom resources: discovery is right at the moment in which the watch tells") {
    const ApiFixture api;
    const std::string definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    std::vector<int> seen;
    kube::Request watch;
    watch.path = definitions + "?watch=1";
    const auto stream =
        api.admin->watch(watch, [&] { seen.push_back(api.get("/apis/example.com/v1").status); });
    REQUIRE(stream.has_value());
    seen.clear();
    api.post(definitions, R"({"metadata":{"name":"things.example.com"},
      "spec":{"group":"example.com","scope":"Namespaced",
      "names":{"plural":"things","kind":"Thing"},"versions":[{"name":"v1","served":true,
      "storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}]}})");
    std::vector<std::string> lines;
    REQUIRE((*stream)->poll(lines).has_value());
    api.remove(definitions + "/things.example.com");
    CHECK(seen == std::vector<int>{200, 404});
  }

  // kube-apiserver, --event-ttl: one hour by default.
  TEST_CASE("events: an old one goes when new ones come, a repeated one stays") {
    ApiFixture api;
    const std::string events = "/api/v1/namespaces/default/events";
    api.post(events, R"({"metadata":{"name":"old"},"lastTimestamp":"2020-09-13T12:26:40Z"})");
    api.post(events, R"({"metadata":{"name":"repeated"}})");
    api.clock.advance(std::chrono::minutes(50));
    api.merge(events + "/repeated", R"({"lastTimestamp":"2020-09-13T13:16:40Z"})");
    api.clock.advance(std::chrono::minutes(11));
    api.post(events, R"({"metadata":{"name":"new"}})");
    CHECK(api.get(events + "/old").status == 404);
    CHECK(api.get(events + "/repeated").status == 200);
  }

  TEST_CASE("events: those of the newer group go as the others do") {
    ApiFixture api;
    const std::string events = "/apis/events.k8s.io/v1/namespaces/default/events";
    api.post(events, R"({"metadata":{"name":"old"},"reason":"x"})");
    api.post(events, R"({"metadata":{"name":"repeated"},
      "series":{"count":2,"lastObservedTime":"2020-09-13T13:16:40.000000Z"}})");
    api.clock.advance(std::chrono::minutes(61));
    api.post("/api/v1/namespaces/default/events", R"({"metadata":{"name":"new"}})");
    CHECK(api.get(events + "/old").status == 404);
    CHECK(api.get(events + "/repeated").status == 200);
  }

  TEST_CASE("create: a null member of a built-in type counts as absent") {
    const ApiFixture api;
    const auto made = api.post(kMaps, R"({"metadata":{"name":"a","labels":null},"data":null})");
    CHECK(made.status == 201);
    CHECK(!made.body.members().contains("data"));
    CHECK(!made["metadata"].members().contains("labels"));
  }

  TEST_CASE("services: get a cluster IP of their own, which updates keep") {
    const ApiFixture api;
    const std::string path = "/api/v1/namespaces/default/services";
    const auto one =
        api.post(path, R"({"metadata":{"name":"a"},"spec":{"ports":[{"port":5432}]}})");
    const auto two =
        api.post(path, R"({"metadata":{"name":"b"},"spec":{"ports":[{"port":5432}]}})");
    CHECK(one["spec"]["clusterIP"].as_string() == "127.77.128.1");
    CHECK(two["spec"]["clusterIP"].as_string() == "127.77.128.2");
    CHECK(one["spec"]["ports"][0]["targetPort"].as_int() == 5432);
    const auto put =
        api.put(path + "/a", R"({"metadata":{"name":"a"},"spec":{"ports":[{"port":1}]}})");
    CHECK(put["spec"]["clusterIP"] == one["spec"]["clusterIP"]);
    const auto headless =
        api.post(path, R"({"metadata":{"name":"c"},"spec":{"clusterIP":"None"}})");
    CHECK(headless["spec"]["clusterIP"].as_string() == "None");
  }
}

}  // namespace
}  // namespace pgo::embedded
