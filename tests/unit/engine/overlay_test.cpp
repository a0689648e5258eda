#include "pgo/kube/overlay.h"

#include "rig.h"

using namespace pgo;
using namespace pgo::testing;
namespace types = kube::types;

namespace {

/// A store with one ConfigMap, and a view of it.
struct Laid {
  Rig rig;
  kube::Object stored = rig.create(types::kNamespace, kube::Object(types::kNamespace, "", "n"));
  kube::Object map = rig.create(types::kConfigMap, labelled("there"));
  kube::OverlayTransport view{*rig.door, rig.clock, rig.ids};
  kube::Client client{view};

  static kube::Object labelled(std::string_view name) {
    kube::Object object(types::kConfigMap, "n", name);
    object.set_label("a", "b");
    return object;
  }
  std::vector<std::string> names(const kube::Client& from, std::string selector = "") const {
    kube::ListOptions options;
    options.label_selector = std::move(selector);
    std::vector<std::string> result;
    const auto found = from.list(types::kConfigMap, "n", options);
    REQUIRE(found);
    for (const auto& one : found->items) {
      result.emplace_back(one.name());
    }
    return result;
  }
};

using Names = std::vector<std::string>;

json::Value data(std::string_view value) {
  return json::Value::object({{"data", json::Value::object({{"k", value}})}});
}

}  // namespace

TEST_CASE("overlay: writes are seen through it and nowhere else") {
  Laid laid;
  REQUIRE(laid.client.create(types::kConfigMap, Laid::labelled("new")));
  REQUIRE(laid.client.patch(types::kConfigMap, "n", "there", kube::PatchType::merge, data("v")));
  CHECK(laid.names(laid.client) == Names{"new", "there"});
  CHECK((*laid.client.get(types::kConfigMap, "n", "there"))["data"]["k"] == "v");
  CHECK(laid.names(laid.rig.client) == Names{"there"});
  CHECK((*laid.rig.client.get(types::kConfigMap, "n", "there"))["data"]["k"].is_null());
  REQUIRE(laid.client.remove(types::kConfigMap, "n", "there"));
  CHECK(laid.names(laid.client) == Names{"new"});
  CHECK(laid.client.get(types::kConfigMap, "n", "there").error().code == Code::not_found);
  CHECK(laid.names(laid.rig.client) == Names{"there"});
}

TEST_CASE("overlay: names, UIDs and versions are guarded as by the API server") {
  Laid laid;
  CHECK(laid.client.create(types::kConfigMap, Laid::labelled("there")).error().code ==
        Code::already_exists);
  kube::DeleteOptions other;
  other.uid = "another";
  CHECK(laid.client.remove(types::kConfigMap, "n", "there", other).error().code == Code::conflict);
  json::Value stale = data("v");
  stale.at_or_add("metadata").set("resourceVersion", "1");
  CHECK(laid.client.patch(types::kConfigMap, "n", "there", kube::PatchType::merge, stale)
            .error()
            .code == Code::conflict);
  CHECK(laid.client.patch(types::kConfigMap, "n", "none", kube::PatchType::merge, data("v"))
            .error()
            .code == Code::not_found);
  CHECK(laid.view.writes().empty());
}

TEST_CASE("overlay: what has a finalizer, or goes in the foreground, stays on its way out") {
  Laid laid;
  kube::DeleteOptions foreground;
  foreground.propagation = "Foreground";
  REQUIRE(laid.client.remove(types::kConfigMap, "n", "there", foreground));
  CHECK(laid.client.get(types::kConfigMap, "n", "there")->being_deleted());
  const json::Value release =
      json::Value::object({{"metadata", json::Value::object({{"finalizers", nullptr}})}});
  REQUIRE(laid.client.patch(types::kConfigMap, "n", "there", kube::PatchType::merge, release));
  CHECK(laid.client.get(types::kConfigMap, "n", "there").error().code == Code::not_found);
}

TEST_CASE("overlay: lists take what the selector takes after the changes") {
  Laid laid;
  const json::Value relabel = json::Value::object(
      {{"metadata", json::Value::object({{"labels", json::Value::object({{"a", "c"}})}})}});
  REQUIRE(laid.client.patch(types::kConfigMap, "n", "there", kube::PatchType::merge, relabel));
  CHECK(laid.names(laid.client, "a=b").empty());
  CHECK(laid.names(laid.client, "a=c") == Names{"there"});
  kube::ListOptions those;
  those.label_selector = "a=c";
  REQUIRE(laid.client.remove_collection(types::kConfigMap, "n", those));
  CHECK(laid.names(laid.client).empty());
}

TEST_CASE("overlay: writes and commands are kept in order, refused ones not") {
  Laid laid;
  REQUIRE(laid.client.create(types::kConfigMap, Laid::labelled("new")));
  kube::ExecRequest command;
  command.ns = "n";
  command.pod = "p";
  command.command = {"psql"};
  const auto ran = laid.client.exec(command);
  REQUIRE(ran);
  CHECK(ran->exit_code == 0);
  // What only reads is asked of what is there: here nobody can answer.
  command.reads_only = true;
  CHECK_FALSE(laid.client.exec(command).has_value());
  REQUIRE(laid.client.remove(types::kConfigMap, "n", "new"));
  const auto writes = laid.view.writes();
  REQUIRE(writes.size() == 3);
  CHECK(writes[0].method == kube::Method::post);
  CHECK(writes[0].kind == "ConfigMap");
  CHECK(writes[0].name == "new");
  CHECK(writes[0].labels.at("a") == "b");
  CHECK(writes[1].method == kube::Method::get);
  CHECK(writes[1].body[0] == "psql");
  CHECK(writes[2].method == kube::Method::delete_);
}

TEST_CASE("overlay: a watch delivers what is written through the view") {
  Laid laid;
  kube::Request request;
  request.path = "/api/v1/namespaces/n/configmaps?watch=true&labelSelector=a%3Db";
  auto stream = laid.view.watch(request, {});
  REQUIRE(stream);
  REQUIRE(laid.client.create(types::kConfigMap, Laid::labelled("new")));
  laid.rig.create(types::kConfigMap, Laid::labelled("elsewhere"));
  std::vector<std::string> lines;
  REQUIRE((*stream)->poll(lines));
  REQUIRE(lines.size() == 1);
  const auto event = json::parse(lines[0]);
  CHECK((*event)["type"] == "ADDED");
  CHECK((*event)["object"]["metadata"]["name"] == "new");
}
