#include "request_world.h"

#include "pgo/base/text.h"
#include "pgo/manifests/crds.h"
#include "pgo/model/names.h"

#include <doctest/doctest.h>

namespace pgo::test {

using namespace std::chrono_literals;
namespace types = kube::types;

RequestWorld::RequestWorld()
    : clock_(TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 11 / 22))),
      config_(model::Config::defaults()) {
  embedded::ApiServerOptions options;
  options.rbac = false;
  auto server = embedded::ApiServer::create(options, clock_, ids_, {});
  REQUIRE(server.has_value());
  server_ = *std::move(server);
  transport_ = server_->transport(embedded::Identity::admin());
  server_->set_container_runtime(&runtime_);
  reader_ = std::make_unique<operations::DirectReader>(client());
  install();
}

void RequestWorld::install() {
  for (const kube::Object& definition : manifests::custom_resource_definitions()) {
    put(types::kCustomResourceDefinition, definition);
  }
  for (const std::string name : {"pgo", "pgouser1", "pgouser2", "pgouser3", "golden3"}) {
    kube::Object ns(types::kNamespace, "", name);
    if (name != "pgo") {
      ns.set_label(model::label::kVendor, model::label::kVendorValue);
      ns.set_label(model::label::kInstallation, "devtest");
    }
    put(types::kNamespace, ns);
  }
  for (const auto& [name, region] : {std::pair{"node01", "us-east-1"}, {"node02", "us-west-1"}}) {
    kube::Object node(types::kNode, "", name);
    node.set_label("region", region);
    put(types::kNode, node);
  }
  put_role("pgoadmin", "*");
  put_role("reader", "ShowCluster, Version");
  put_user("pgoadmin", "examplepassword", "pgoadmin", "");
  put_user("alice", "alicepass", "reader", "pgouser1");
}

operations::Context RequestWorld::context() { return context(*reader_); }

operations::Context RequestWorld::context(operations::Reader& reader) {
  return {.client = client(),
          .reader = reader,
          .config = config_,
          .clock = clock_,
          .ids = ids_,
          .log = {},
          .operator_namespace = "pgo",
          .installation_name = "devtest"};
}

kube::Object RequestWorld::put(const kube::ResourceType& type, const kube::Object& object) {
  auto created = client().create(type, object);
  if (!created) FAIL(created.error().text());
  return *std::move(created);
}

void RequestWorld::put_claim(const std::string& ns, const std::string& name) {
  kube::Object claim(types::kPersistentVolumeClaim, ns, name);
  claim.document().set("spec", *json::parse(R"({"accessModes":["ReadWriteOnce"],
      "resources":{"requests":{"storage":"300M"}}})"));
  put(types::kPersistentVolumeClaim, claim);
}

void RequestWorld::put_owned(const kube::ResourceType& type, const std::string& ns,
                             const std::string& name, const std::string& cluster) {
  if (type == types::kPersistentVolumeClaim) {
    put_claim(ns, name);
  } else {
    kube::Object object(type, ns, name);
    if (type == types::kDeployment) {
      const json::Value labels = json::Value::object({{"app", name}});
      json::Value& spec = object.document().at_or_add("spec");
      spec.at_or_add("selector").set("matchLabels", labels);
      json::Value& pod = spec.at_or_add("template");
      pod.at_or_add("metadata").set("labels", labels);
      pod.at_or_add("spec").set(
          "containers",
          json::Value::array({json::Value::object({{"name", "one"}, {"image", "one"}})}));
    }
    put(type, object);
  }
  json::Value body;
  body.at_or_add("metadata").at_or_add("labels").set(model::label::kCluster, cluster);
  REQUIRE(client().patch(type, ns, name, kube::PatchType::merge, body));
}

kube::Object RequestWorld::get(const kube::ResourceType& type, std::string_view ns,
                               std::string_view name) {
  auto found = client().get(type, ns, name);
  return found ? *std::move(found) : kube::Object();
}

std::vector<kube::Object> RequestWorld::all(const kube::ResourceType& type, std::string_view ns) {
  auto found = client().list(type, ns);
  REQUIRE(found.has_value());
  return std::move(found->items);
}

std::size_t RequestWorld::written() {
  std::size_t count = 0;
  for (const std::string_view ns : {"pgouser1", "pgouser2", "pgouser3"}) {
    for (const kube::ResourceType* type :
         {&types::kSecret, &types::kPgTask, &types::kPgCluster, &types::kPgReplica}) {
      count += all(*type, ns).size();
    }
  }
  return count;
}

std::string RequestWorld::secret(std::string_view ns, std::string_view name, std::string_view key) {
  return operations::secret_text(get(types::kSecret, ns, name), key);
}

void RequestWorld::put_user(std::string_view name, std::string_view password,
                            std::string_view roles, std::string_view namespaces) {
  kube::Object secret(types::kSecret, "pgo", model::names::pgouser_secret(name));
  json::Value& data = secret.document().at_or_add("data");
  data.set(model::data_key::kUsername, text::base64_encode(name));
  data.set(model::data_key::kPassword, text::base64_encode(password));
  data.set(model::data_key::kRoles, text::base64_encode(roles));
  data.set(model::data_key::kNamespaces, text::base64_encode(namespaces));
  put(types::kSecret, secret);
}

void RequestWorld::put_role(std::string_view name, std::string_view permissions) {
  kube::Object secret(types::kSecret, "pgo", model::names::pgorole_secret(name));
  json::Value& data = secret.document().at_or_add("data");
  data.set(model::data_key::kPermissions, text::base64_encode(permissions));
  put(types::kSecret, secret);
}

void RequestWorld::put_policy(std::string_view ns, std::string_view name) {
  kube::Object policy(types::kPgPolicy, ns, name);
  policy.document().set("spec", json::Value::object({{"name", name}, {"sql", "select 1"}}));
  put(types::kPgPolicy, policy);
}

void RequestWorld::put_config_map(std::string_view ns, std::string_view name) {
  put(types::kConfigMap, kube::Object(types::kConfigMap, ns, name));
}

model::rest::CreateClusterRequest RequestWorld::create_request(std::string name) const {
  model::rest::CreateClusterRequest request;
  request.name = std::move(name);
  request.ns = "pgouser1";
  request.series = 1;
  request.autofail_flag = true;
  request.pgbouncer_user = "pgbouncer";
  request.client_version = std::string(model::fixed::kPgoVersion);
  return request;
}

void RequestWorld::create(const std::string& name, int replicas) {
  auto request = create_request(name);
  request.replica_count = replicas;
  const auto created = operations::create_cluster(context(), admin_, request);
  if (!created) FAIL(created.error().text());
}

Result<kube::ExecResult> RequestWorld::Runtime::exec(const kube::ExecRequest& request) {
  world.execs.push_back(request);
  return world.on_exec ? world.on_exec(request) : kube::ExecResult{};
}

std::string RequestWorld::pod_of(std::string_view instance) {
  return std::string(instance) + "-6765f8686c-brnnq";
}

void RequestWorld::put_instance(std::string_view ns, std::string_view cluster,
                                std::string_view name, std::string_view role, bool ready,
                                std::string_view node) {
  const json::Value containers =
      json::Value::array({json::Value::object({{"name", "database"}, {"image", "i"}})});
  const auto labelled = [&](const kube::ResourceType& type, std::string_view object) {
    kube::Object made(type, ns, object);
    made.set_label(model::label::kVendor, model::label::kVendorValue);
    made.set_label(model::label::kCluster, cluster);
    made.set_label(model::label::kDatabase, model::kTrue);
    made.set_label(model::label::kDeploymentName, name);
    return made;
  };
  kube::Object deployment = labelled(types::kDeployment, name);
  deployment.document().set(
      "spec", *json::parse(R"({"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":
               {"labels":{"a":"b"}},"spec":{"containers":[{"name":"database","image":"i"}]}}})"));
  put(types::kDeployment, deployment);
  kube::Object pod = labelled(types::kPod, pod_of(name));
  pod.set_label(model::label::kRole, role);
  pod.document().set("spec", json::Value::object({{"containers", containers}, {"nodeName", node}}));
  kube::Object stored = put(types::kPod, pod);
  stored.document().set(
      "status",
      json::Value::object(
          {{"phase", "Running"},
           {"containerStatuses",
            json::Value::array({json::Value::object({{"name", "database"}, {"ready", ready}})})}}));
  REQUIRE(client().update_status(types::kPod, stored).has_value());
}

void RequestWorld::put_pod(std::string_view ns, std::string_view name, std::string_view cluster,
                           std::string_view label, std::string_view value, bool ready) {
  kube::Object pod(types::kPod, ns, name);
  pod.set_label(model::label::kCluster, cluster);
  pod.set_label(label, value);
  pod.document().set("spec", *json::parse(R"({"containers":[{"name":"database","image":"i"}]})"));
  kube::Object stored = put(types::kPod, pod);
  stored.document().set(
      "status",
      json::Value::object(
          {{"phase", "Running"},
           {"containerStatuses",
            json::Value::array({json::Value::object({{"name", "database"}, {"ready", ready}})})}}));
  REQUIRE(client().update_status(types::kPod, stored).has_value());
}

void RequestWorld::put_ready_pods(std::string_view ns, std::string_view cluster) {
  const std::string name(cluster);
  put_pod(ns, name + "-pod", cluster, model::label::kRole, model::role::kMaster);
  put_pod(ns, name + "-repo", cluster, model::label::kBackrestRepo, model::kTrue);
}

}  // namespace pgo::test
