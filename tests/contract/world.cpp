#include "world.h"

#include "pgo/manifests/crds.h"
#include "pgo/manifests/namespace.h"
#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/model/names.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

namespace pgo::contract {
namespace {

namespace types = kube::types;

constexpr std::array kKinds{
    &types::kConfigMap, &types::kDeployment, &types::kJob,     &types::kPersistentVolumeClaim,
    &types::kPgCluster, &types::kPgReplica,  &types::kPgTask,  &types::kSecret,
    &types::kService,   &types::kPgPolicy,   &types::kPgBackup};

/// Not the operator's: Patroni's ConfigMaps and those every namespace has.
bool foreign(const kube::Object& object, bool with_patroni) {
  if (object.kind() == "ConfigMap") {
    return (!with_patroni && !object.label(model::label::kScope).empty()) ||
           object.name() == "kube-root-ca.crt" || object.name() == "mycustom";
  }
  return object.kind() == "Secret" &&
         object["type"].as_string() == "kubernetes.io/service-account-token";
}

json::Value without_server_fields(const kube::Object& object) {
  json::Value value = object.document();
  auto& metadata = value.at_or_add("metadata");
  for (const auto* key :
       {"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink"}) {
    metadata.erase(key);
  }
  if (metadata["annotations"].is_object()) {
    metadata.at_or_add("annotations").erase("deployment.kubernetes.io/revision");
    for (const auto* prefix : {"pv.kubernetes.io/", "volume."}) {
      std::vector<std::string> ours;
      for (const auto& member : metadata["annotations"].members()) {
        if (member.key.starts_with(prefix)) ours.push_back(member.key);
      }
      for (const auto& key : ours) metadata.at_or_add("annotations").erase(key);
    }
    if (metadata["annotations"].members().empty()) metadata.erase("annotations");
  }
  if (!object.api_version().starts_with("crunchydata.com")) value.erase("status");
  return value;
}

}  // namespace

World::World(const std::string& ns, test::StandInOptions node)
    : ns_(ns),
      server_([this] {
        auto made = embedded::ApiServer::create({}, clock_, ids_, {});
        REQUIRE(made.has_value());
        return *std::move(made);
      }()),
      door_(server_->transport(embedded::Identity::admin())),
      client_(*door_),
      controllers_(std::make_unique<embedded::Controllers>(*door_, clock_, ids_, Log{})),
      node_(std::make_unique<test::StandInNode>(*door_, clock_, ids_, std::move(node))),
      reader_(std::make_unique<operations::DirectReader>(client_)) {
  server_->set_container_runtime(node_.get());
  for (const auto& crd : manifests::custom_resource_definitions()) {
    create(crd, types::kCustomResourceDefinition);
  }
  create(manifests::target_namespace("pgo", "devtest", "test"), types::kNamespace);
  engine::Options options;
  options.installation = "devtest";
  options.operator_namespace = "pgo";
  options.namespaces = {ns};
  options.settings = {.config = &model::Config::defaults(),
                      .renderer = &manifests::Renderer::built_in()};
  engine_ = std::make_unique<engine::Engine>(client_, clock_, ids_, Log{}, std::move(options));
  settle();
}

World::~World() { server_->set_container_runtime(nullptr); }

void World::create(const kube::Object& object, const kube::ResourceType& type) {
  auto made = client_.create(type, object);
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().text()));
}

bool World::step(TimePoint& next) {
  const auto a = controllers_->step();
  const auto b = node_->step();
  next = std::min(a.next, b.next);
  bool progressed = a.progressed || b.progressed;
  if (engine_) {
    const auto c = engine_->step();
    next = std::min(next, c.next);
    progressed = progressed || c.progressed;
  }
  return progressed;
}

void World::settle() {
  const TimePoint end = clock_.now() + std::chrono::minutes(2);
  for (int i = 0; i < 200'000; ++i) {
    TimePoint next;
    if (step(next)) continue;
    if (clock_.now() >= end) return;
    if (next > clock_.now()) clock_.advance_to(std::min(next, end));
  }
  FAIL("the world does not come to rest");
}

void World::until(const std::function<bool()>& done, std::string_view what) {
  const TimePoint end = clock_.now() + std::chrono::minutes(10);
  for (int i = 0; i < 200'000 && clock_.now() < end; ++i) {
    if (done()) return;
    TimePoint next;
    if (step(next)) continue;
    if (next > clock_.now()) clock_.advance_to(std::min(next, end));
  }
  std::string why;
  for (const auto& [key, value] : objects()) {
    if (key.first != "pgclusters") continue;
    if (const auto status = engine_->status(ns_, key.second)) {
      for (const auto& condition : status->conditions)
        why += std::string(plan::explain(condition.reason)) + " " + condition.subject + " " +
               details(condition) + "; ";
      if (status->error) why += status->failed + ": " + status->error->text();
    }
  }
  FAIL("does not come about: " << what << " (" << why << ")");
}

operations::Context World::context() {
  return {.client = client_,
          .reader = *reader_,
          .config = model::Config::defaults(),
          .clock = clock_,
          .ids = ids_,
          .log = {},
          .operator_namespace = "pgo",
          .installation_name = "devtest"};
}

Objects World::objects(bool with_patroni) const {
  Objects found;
  for (const auto* type : kKinds) {
    auto list = client_.list(*type, ns_);
    REQUIRE_MESSAGE(list.has_value(), (list ? "" : list.error().text()));
    for (const auto& object : list->items) {
      if (foreign(object, with_patroni)) continue;
      found.emplace(std::pair{std::string(type->plural), std::string(object.name())},
                    without_server_fields(object));
    }
  }
  return found;
}

std::string World::state_of(std::string_view cluster) const {
  const auto found = client_.get(types::kPgCluster, ns_, cluster);
  return found ? std::string((*found)["status"]["state"].as_string()) : std::string();
}

}  // namespace pgo::contract
