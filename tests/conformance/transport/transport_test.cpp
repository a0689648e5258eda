// What the components above rely on, whatever way leads to the API: the same cases by direct calls
// and over HTTPS. Behaviour by the Kubernetes API concepts and conventions.
#include "conformance/transport/transport_suite.h"
#include "pgo/kube/informer.h"
#include "pgo/kube/wakeup.h"

#include <thread>

namespace pgo::conformance {
namespace {

using namespace std::chrono_literals;
using kube::Client;
using kube::Object;
using kube::PatchType;
namespace types = kube::types;

json::Value parsed(std::string_view text) {
  auto value = json::parse(text);
  REQUIRE(value);
  return *std::move(value);
}

}  // namespace

TEST_SUITE("conformance.transport") {
  TEST_CASE_TEMPLATE("transport: objects are created, read, changed and deleted", Way, Direct,
                     Https) {
    Api api(Way::kWay);
    const Client client = api.client();
    const auto made = client.create(types::kConfigMap, config_map("a", "1"));
    REQUIRE_MESSAGE(made, made.error().text());
    CHECK_FALSE(made->uid().empty());
    CHECK_FALSE(made->resource_version().empty());
    CHECK(*client.get(types::kConfigMap, "pgo", "a") == *made);

    Object changed = *made;
    changed.document().at_or_add("data").set("value", "2");
    const auto stored = client.update(types::kConfigMap, changed);
    REQUIRE(stored);
    CHECK(stored->uid() == made->uid());
    CHECK(stored->resource_version() != made->resource_version());

    REQUIRE(client.remove(types::kConfigMap, "pgo", "a"));
    CHECK(client.get(types::kConfigMap, "pgo", "a").error().code == Code::not_found);
  }

  TEST_CASE_TEMPLATE("transport: refusals have their codes and name the object", Way, Direct,
                     Https) {
    Api api(Way::kWay);
    const Client client = api.client();
    const auto missing = client.get(types::kConfigMap, "pgo", "none");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == Code::not_found);
    CHECK(missing.error().http_status == 404);
    CHECK(missing.error().reason == "NotFound");
    CHECK(missing.error().subject == "ConfigMap pgo/none");
    CHECK(missing.error().message.find("none") != std::string::npos);

    const auto made = client.create(types::kConfigMap, config_map("a", "1"));
    REQUIRE(made);
    CHECK(client.create(types::kConfigMap, config_map("a", "1")).error().code ==
          Code::already_exists);
    REQUIRE(client.update(types::kConfigMap, *made));
    Object fresh = *client.get(types::kConfigMap, "pgo", "a");
    fresh.set_label("x", "y");
    REQUIRE(client.update(types::kConfigMap, fresh));
    const auto stale = client.update(types::kConfigMap, fresh);
    CHECK(stale.error().code == Code::conflict);
    CHECK(stale.error().http_status == 409);
    CHECK(client.create(types::kConfigMap, config_map("Not_A_Name", "1")).error().code ==
          Code::invalid_argument);
    CHECK(client.remove(types::kConfigMap, "pgo", "a", {.uid = "another"}).error().code ==
          Code::conflict);
    Object nowhere = config_map("a", "1");
    nowhere.document().at_or_add("metadata").set("namespace", "nowhere");
    CHECK(client.create(types::kConfigMap, nowhere).error().code == Code::not_found);
  }

  TEST_CASE_TEMPLATE("transport: each patch kind does what it should", Way, Direct, Https) {
    Api api(Way::kWay);
    const Client client = api.client();
    REQUIRE(client.create(types::kConfigMap, config_map("a", "1")));
    const auto merged = client.patch(types::kConfigMap, "pgo", "a", PatchType::merge,
                                     parsed(R"({"data":{"value":null,"other":"ä"}})"));
    REQUIRE_MESSAGE(merged, merged.error().text());
    CHECK((*merged)["data"] == parsed(R"({"other":"ä"})"));

    const auto pointed = client.patch(
        types::kConfigMap, "pgo", "a", PatchType::json,
        parsed(
            R"([{"op":"test","path":"/data/other","value":"ä"},)"
            R"({"op":"add","path":"/data/more","value":"x"},{"op":"remove","path":"/data/other"}])"));
    REQUIRE_MESSAGE(pointed, pointed.error().text());
    CHECK((*pointed)["data"] == parsed(R"({"more":"x"})"));
    CHECK_FALSE(client.patch(types::kConfigMap, "pgo", "a", PatchType::json,
                             parsed(R"([{"op":"test","path":"/data/more","value":"y"}])")));

    REQUIRE(client.create(types::kPod, pod("p")));
    const auto strategic = client.patch(
        types::kPod, "pgo", "p", PatchType::strategic,
        parsed(R"({"spec":{"containers":[{"name":"sidecar","image":"exporter:2"}]}})"));
    REQUIRE_MESSAGE(strategic, strategic.error().text());
    REQUIRE((*strategic)["spec"]["containers"].items().size() == 2);
    CHECK((*strategic)["spec"]["containers"][std::size_t{0}]["image"].as_string() == "postgres-ha");
    CHECK((*strategic)["spec"]["containers"][std::size_t{1}]["image"].as_string() == "exporter:2");

    CHECK(client
              .patch(types::kConfigMap, "pgo", "a", PatchType::merge,
                     parsed(R"({"metadata":{"resourceVersion":"1"}})"))
              .error()
              .code == Code::conflict);
  }

  TEST_CASE_TEMPLATE("transport: the status changes only through its subresource", Way, Direct,
                     Https) {
    Api api(Way::kWay);
    const Client client = api.client();
    auto made = client.create(types::kPod, pod("p"));
    REQUIRE(made);
    Object both = *made;
    both.document().at_or_add("status").set("phase", "Running");
    both.set_label("x", "y");
    const auto status = client.update_status(types::kPod, both);
    REQUIRE_MESSAGE(status, status.error().text());
    CHECK((*status)["status"]["phase"].as_string() == "Running");
    const auto patched = client.patch(types::kPod, "pgo", "p", PatchType::merge,
                                      parsed(R"({"status":{"phase":"Failed"}})"));
    REQUIRE(patched);
    CHECK((*patched)["status"]["phase"].as_string() == "Running");
    CHECK(client
              .patch(types::kPod, "pgo", "p", PatchType::merge,
                     parsed(R"({"status":{"phase":"Failed"}})"), "status")
              ->document()["status"]["phase"]
              .as_string() == "Failed");
  }

  TEST_CASE_TEMPLATE("transport: lists select by label and field, and come in pages", Way, Direct,
                     Https) {
    Api api(Way::kWay);
    const Client client = api.client();
    for (const char* name : {"a", "b", "c", "d", "e"}) {
      REQUIRE(client.create(types::kConfigMap, config_map(name, name)));
    }
    CHECK(client.list(types::kConfigMap, "pgo", {.label_selector = "value in (a,b),value!=b"})
              ->items.size() == 1);
    CHECK(client.list(types::kConfigMap, "", {.field_selector = "metadata.name=c"})->items.size() ==
          1);
    std::vector<std::string> names;
    kube::ListOptions page{.label_selector = "value", .limit = 2};
    std::string version;
    for (int i = 0; i < 3; ++i) {
      const auto list = client.list(types::kConfigMap, "pgo", page);
      REQUIRE_MESSAGE(list, list.error().text());
      for (const Object& item : list->items) names.emplace_back(item.name());
      CHECK((i == 0 || list->resource_version == version));
      version = list->resource_version;
      page.continue_token = list->continue_token;
      CHECK(list->continue_token.empty() == (i == 2));
      CHECK(list->items.front().kind() == "ConfigMap");
    }
    CHECK(names == std::vector<std::string>{"a", "b", "c", "d", "e"});
    REQUIRE(client.remove_collection(types::kConfigMap, "pgo", {.label_selector = "value!=c"}));
    CHECK(client.list(types::kConfigMap, "pgo", {.label_selector = "value"})->items.size() == 1);
  }

  TEST_CASE_TEMPLATE("transport: a watch tells every change in order and can be resumed", Way,
                     Direct, Https) {
    Api api(Way::kWay);
    const Client client = api.client();
    const auto list = client.list(types::kConfigMap, "pgo");
    REQUIRE(list);
    REQUIRE(client.create(types::kConfigMap, config_map("a", "1")));
    std::string seen;
    {
      auto watch = Watch::open(api.transport(), types::kConfigMap, "pgo", list->resource_version);
      REQUIRE_MESSAGE(watch, watch.error().text());
      auto event = watch->next();
      REQUIRE_MESSAGE(event, event.error().text());
      CHECK(event->text() == "ADDED a 1");
      REQUIRE(client.patch(types::kConfigMap, "pgo", "a", PatchType::merge,
                           parsed(R"({"data":{"value":"ü\n2"}})")));
      event = watch->next();
      REQUIRE(event);
      CHECK(event->text() == "MODIFIED a ü\n2");
      CHECK(event->object == *client.get(types::kConfigMap, "pgo", "a"));
      seen = event->object.resource_version();
    }
    REQUIRE(client.remove(types::kConfigMap, "pgo", "a"));
    REQUIRE(client.create(types::kConfigMap, config_map("b", "3")));
    auto watch = Watch::open(api.transport(), types::kConfigMap, "pgo", seen);
    REQUIRE(watch);
    const auto deleted = watch->next();
    REQUIRE(deleted);
    CHECK(deleted->type == "DELETED");
    CHECK(std::stoull(std::string(deleted->object.resource_version())) > std::stoull(seen));
    CHECK(watch->next()->text() == "ADDED b 3");
  }

  TEST_CASE_TEMPLATE("transport: in a watch with a selector objects come and go with their labels",
                     Way, Direct, Https) {
    Api api(Way::kWay);
    const Client client = api.client();
    const auto made = client.create(types::kConfigMap, config_map("a", "1"));
    REQUIRE(made);
    auto watch = Watch::open(api.transport(), types::kConfigMap, "pgo", made->resource_version(),
                             {.label_selector = "value=2"});
    REQUIRE(watch);
    for (const char* value : {"2", "3"}) {
      REQUIRE(client.patch(
          types::kConfigMap, "pgo", "a", PatchType::merge,
          json::Value::object(
              {{"metadata",
                json::Value::object({{"labels", json::Value::object({{"value", value}})}})}})));
    }
    CHECK(watch->next()->type == "ADDED");
    CHECK(watch->next()->type == "DELETED");
  }

  TEST_CASE_TEMPLATE("transport: a watch from a forgotten version expires", Way, Direct, Https) {
    Api api(Way::kWay, 5);
    const Client client = api.client();
    const auto list = client.list(types::kConfigMap, "pgo");
    for (int i = 0; i < 20; ++i) {
      REQUIRE(client.create(types::kConfigMap, config_map("a" + std::to_string(i), "1")));
    }
    // Refused at once or by the first event: servers do both.
    auto watch = Watch::open(api.transport(), types::kConfigMap, "pgo", list->resource_version);
    const Error error = watch ? watch->next().error() : watch.error();
    CHECK(error.code == Code::expired);
    CHECK(error.http_status == 410);
  }

  TEST_CASE_TEMPLATE("transport: an informer on a thread of its own follows every change", Way,
                     Direct, Https) {
    Api api(Way::kWay, 20);
    const Client client = api.client();
    kube::Wakeup wakeup, reached;
    kube::Informer<Object> maps(client, api.clock, api.ids, Log(), types::kConfigMap, "pgo", {},
                                {.on_ready = wakeup.callback(), .page_size = 2});
    std::map<std::string, std::string> picture;
    maps.on_change([&](const kube::ObjectKey& key, const Object*, const Object* is) {
      if (is == nullptr) {
        picture.erase(key.name);
      } else {
        picture[key.name] = (*is)["data"]["value"].as_string();
      }
      if (picture.contains("last")) reached.wake();
    });
    for (const char* name : {"x", "y", "z"}) {
      REQUIRE(client.create(types::kConfigMap, config_map(name, "0")));
    }
    {
      const std::jthread runner([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const auto step = maps.step();
          if (!step.progressed) wakeup.wait_until(step.next, api.clock, stop);
        }
      });
      for (int i = 0; i < 100; ++i) {
        const std::string name = "m" + std::to_string(i % 7);
        (void)client.remove(types::kConfigMap, "pgo", name);
        REQUIRE(client.create(types::kConfigMap, config_map(name, std::to_string(i))));
      }
      REQUIRE(client.remove(types::kConfigMap, "pgo", "y"));
      REQUIRE(client.create(types::kConfigMap, config_map("last", "end")));
      REQUIRE(reached.wait_until(api.clock.now() + 20s, api.clock, {}));
    }
    const std::map<std::string, std::string> expected{
        {"x", "0"},   {"z", "0"},   {"m0", "98"}, {"m1", "99"}, {"m2", "93"},
        {"m3", "94"}, {"m4", "95"}, {"m5", "96"}, {"m6", "97"}, {"last", "end"}};
    CHECK(picture == expected);
    CHECK(maps.size() == expected.size());
  }

  TEST_CASE_TEMPLATE("transport: commands run in containers, with input, output and exit code", Way,
                     Direct, Https) {
    Api api(Way::kWay);
    const Client client = api.client();
    REQUIRE(client.create(types::kPod, pod("p")));
    kube::ExecRequest request{
        .ns = "pgo", .pod = "p", .container = "database", .command = {"echo", "a b", "ü&;"}};
    auto result = client.exec(request);
    REQUIRE_MESSAGE(result, result.error().text());
    CHECK(result->out == "a b ü&;");
    CHECK(result->err == "pgo/p/database");
    CHECK(result->exit_code == 0);

    request.command = {"fail"};
    result = client.exec(request);
    REQUIRE(result);
    CHECK(result->exit_code == 7);
    CHECK(result->err == "no luck");

    request.command = {"cat"};
    request.stdin_data = std::string("\0\xff\n", 3) + std::string(300'000, 'x');
    result = client.exec(request);
    REQUIRE_MESSAGE(result, result.error().text());
    CHECK(result->out == request.stdin_data);
  }

  TEST_CASE_TEMPLATE("transport: commands that cannot run or do not end are errors", Way, Direct,
                     Https) {
    Api api(Way::kWay);
    const Client client = api.client();
    REQUIRE(client.create(types::kPod, pod("p")));
    kube::ExecRequest request{
        .ns = "pgo", .pod = "none", .container = "database", .command = {"echo"}};
    auto refused = client.exec(request);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::not_found);
    CHECK(refused.error().subject == "Pod pgo/none");
    request.pod = "p";
    request.command = {"unknown"};
    CHECK_FALSE(client.exec(request));

    request.command = {"hang"};
    std::stop_source stop;
    request.stop = stop.get_token();
    const std::jthread stopper([&] { stop.request_stop(); });
    const auto stopped = client.exec(request);
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code == Code::cancelled);
  }

  TEST_CASE_TEMPLATE("transport: logs are read by container and tail", Way, Direct, Https) {
    Api api(Way::kWay);
    const Client client = api.client();
    REQUIRE(client.create(types::kPod, pod("p")));
    const auto log = client.log("pgo", "p", "sidecar", 5);
    REQUIRE_MESSAGE(log, log.error().text());
    CHECK(*log == "pgo/p/sidecar tail 5\n");
  }

  TEST_CASE_TEMPLATE("transport: everybody may do only what their roles allow", Way, Direct,
                     Https) {
    Api api(Way::kWay);
    const auto transport = api.transport_as(embedded::Identity::service_account("pgo", "nobody"));
    const Client client(*transport);
    const auto refused = client.list(types::kSecret, "pgo");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::permission_denied);
    CHECK(refused.error().http_status == 403);
    auto watch = Watch::open(*transport, types::kSecret, "pgo", "");
    REQUIRE_FALSE(watch);
    CHECK(watch.error().code == Code::permission_denied);
    CHECK(client.exec({.ns = "pgo", .pod = "p", .container = "c", .command = {"echo"}})
              .error()
              .code == Code::permission_denied);
  }
}

}  // namespace pgo::conformance
