#include "pgo/manifests/render.h"

#include "pgo/manifests/cluster.h"
#include "pgo/yaml/yaml.h"

#include <doctest/doctest.h>

#include <string>

namespace pgo::manifests {
namespace {

using Overrides = std::map<std::string, std::string>;

void refused(const Overrides& overrides, const std::string& subject, const std::string& word) {
  const auto renderer = Renderer::load(overrides);
  REQUIRE_FALSE(renderer.has_value());
  CHECK_MESSAGE(renderer.error().subject == subject, renderer.error().text());
  CHECK_MESSAGE(renderer.error().message.find(word) != std::string::npos, renderer.error().text());
}

model::PgCluster hippo() {
  model::PgCluster cluster;
  cluster.metadata.name = "hippo";
  cluster.metadata.ns = "ns";
  cluster.spec.port = "5432";
  cluster.spec.badger_port = "10000";
  cluster.spec.exporter_port = "9187";
  return cluster;
}

}  // namespace

TEST_CASE("templates: all that are built in parse") {
  const auto renderer = Renderer::load();
  REQUIRE_MESSAGE(renderer.has_value(), (renderer ? "" : renderer.error().text()));
  CHECK(renderer->skipped().empty());
}

TEST_CASE("templates: one file of pgo-config replaces one template") {
  const auto renderer = Renderer::load({{"cluster-service.yaml", R"(
apiVersion: v1
kind: Service
metadata: {name: "{{ .Name }}", namespace: "{{ .Namespace }}", annotations: {ours: "yes"}}
spec: {ports: [{port: "{{ .Port }}"}]}
)"},
                                        {"pvc.yaml", ""},
                                        {"pgo.yaml", "Cluster: {}"}});
  REQUIRE_MESSAGE(renderer.has_value(), (renderer ? "" : renderer.error().text()));
  const auto service = primary_service(*renderer, hippo(), model::Config::defaults());
  REQUIRE(service.has_value());
  CHECK(service->annotation("ours") == "yes");
  CHECK((*service)["spec"]["ports"][0]["port"].as_int() == 5432);
}

TEST_CASE("templates: a replacement that cannot work is refused when it is loaded") {
  refused({{"pvc.yaml", "metadata: {name: \"{{ .Nmae }}\"}"}}, "pgo-config: pvc.yaml", "Nmae");
  refused({{"pvc.yaml", "a:\n  b: \"{{ .Name\""}}, "pgo-config: pvc.yaml:2", "");
  refused({{"postgres-ha.yaml", "a: {{ .Nosuch }}"}}, "pgo-config: postgres-ha.yaml:1", "Nosuch");
  refused({{"postgres-ha.yaml", "a: [{{ .LogStatement }}"}}, "pgo-config: postgres-ha.yaml", "");
  refused({{"postgres-ha.yaml", "a: {{ if .LogStatement }}"}}, "pgo-config: postgres-ha.yaml:1",
          "");
}

TEST_CASE("templates: text templates of 4.2.0 are named, and the built-in ones stand in") {
  const auto renderer = Renderer::load({{"cluster-service.json", "{ \"kind\": {{ .x }} }"},
                                        {"affinity.json", ""},
                                        {"unrelated.json", "{}"}});
  REQUIRE(renderer.has_value());
  CHECK(renderer->skipped() == std::vector<std::string>{"cluster-service.json"});
  CHECK(primary_service(*renderer, hippo(), model::Config::defaults()).has_value());
}

TEST_CASE("templates: 4.2.0's own postgres-ha.yaml can be customised as it is") {
  const auto renderer = Renderer::load({{"postgres-ha.yaml",
                                         "bootstrap:\n  dcs:\n    ttl: 45\n{{if .LogStatement}}    "
                                         "log: {{.LogStatement}}\n{{end}}"}});
  REQUIRE(renderer.has_value());
  const auto map = default_config(*renderer, hippo(), model::Config::defaults());
  REQUIRE(map.has_value());
  const auto text = (*map)["data"]["postgres-ha.yaml"].as_string();
  const auto parsed = yaml::parse(text);
  REQUIRE(parsed.has_value());
  CHECK((*parsed)["bootstrap"]["dcs"]["ttl"].as_int() == 45);
  CHECK((*parsed)["bootstrap"]["dcs"]["log"].as_string() == "none");
}

TEST_CASE("templates: an unknown file is an error, not a crash") {
  CHECK_FALSE(Renderer::built_in().render("nosuch.yaml", json::Object{}).has_value());
  CHECK_FALSE(Renderer::built_in().text("nosuch.yaml", {}).has_value());
}

}  // namespace pgo::manifests
