#include "embedded/node/pod_fields.h"

#include <doctest/doctest.h>

using namespace pgo;
using namespace pgo::embedded::node;

namespace {

const PodAddresses kAddresses{"127.80.9.2", "127.0.0.1"};

kube::Object pod() {
  return kube::Object(*json::parse(R"({"apiVersion":"v1","kind":"Pod",
    "metadata":{"name":"hippo-1","namespace":"demo","uid":"u","labels":{"a/b":"x"},
                "annotations":{"n":"y"}},
    "spec":{"nodeName":"local","serviceAccountName":"pgo-pg","containers":[]}})"));
}

Result<kube::Object> lookup(const kube::ResourceType& type, std::string_view name) {
  if (name == "config" && type == kube::types::kConfigMap)
    return kube::Object(*json::parse(
        R"({"kind":"ConfigMap","metadata":{"name":"config"},"data":{"k":"v","bad key!":"z"}})"));
  if (name == "secret" && type == kube::types::kSecret)
    return kube::Object(*json::parse(
        R"({"kind":"Secret","metadata":{"name":"secret"},"data":{"password":"cHc="}})"));
  return fail(Code::not_found, "no such object", std::string(name));
}

Result<Environment> environment(const char* container, Environment base = {}) {
  return container_environment(pod(), *json::parse(container), kAddresses, lookup, std::move(base));
}

}  // namespace

TEST_CASE("fields: the downward API gives what the pod is and where it runs") {
  auto value = [](std::string_view path) { return field_value(pod(), kAddresses, path); };
  CHECK(value("metadata.name") == "hippo-1");
  CHECK(value("metadata.namespace") == "demo");
  CHECK(value("metadata.labels['a/b']") == "x");
  CHECK(value("metadata.annotations['n']") == "y");
  CHECK(value("metadata.labels['none']") == "");
  CHECK(value("metadata.labels") == "a/b=\"x\"");
  CHECK(value("status.podIP") == "127.80.9.2");
  CHECK(value("status.hostIP") == "127.0.0.1");
  CHECK(value("spec.nodeName") == "local");
  CHECK(value("spec.serviceAccountName") == "pgo-pg");
  CHECK(!value("spec.unknown"));
}

TEST_CASE("fields: limits are given in the asked unit, rounded up") {
  auto container = *json::parse(
      R"({"resources":{"limits":{"memory":"1Gi","cpu":"250m"},"requests":{"cpu":2}}})");
  auto value = [&](const char* reference) {
    return resource_value(pod(), container, *json::parse(reference));
  };
  CHECK(value(R"({"resource":"limits.memory"})") == "1073741824");
  CHECK(value(R"({"resource":"limits.memory","divisor":"1Mi"})") == "1024");
  CHECK(value(R"({"resource":"limits.cpu"})") == "1");
  CHECK(value(R"({"resource":"limits.cpu","divisor":"1m"})") == "250");
  CHECK(value(R"({"resource":"requests.cpu"})") == "2");
  CHECK(value(R"({"resource":"requests.memory"})") == "0");
  CHECK(!value(R"({"resource":"memory"})"));
}

TEST_CASE("environment: variables refer to earlier ones, escapes and unknown names stay") {
  Environment known{{"A", "1"}, {"B", ""}};
  CHECK(expand_variables("x$(A)$(B)y", known) == "x1y");
  CHECK(expand_variables("$$(A)", known) == "$(A)");
  CHECK(expand_variables("$(C) $A $( $", known) == "$(C) $A $( $");
  auto env = environment(R"({"env":[{"name":"X","value":"$(A)2"},{"name":"Y","value":"$(X)3"},
                                    {"name":"A","value":"own"}]})",
                         {{"A", "1"}});
  REQUIRE(env);
  CHECK((*env)["Y"] == "123");
  CHECK((*env)["A"] == "own");
}

TEST_CASE("environment: values come from secrets, config maps and fields") {
  auto env = environment(R"({
    "envFrom":[{"configMapRef":{"name":"config"},"prefix":"P_"},
               {"secretRef":{"name":"none","optional":true}}],
    "env":[{"name":"PASSWORD","valueFrom":{"secretKeyRef":{"name":"secret","key":"password"}}},
           {"name":"K","valueFrom":{"configMapKeyRef":{"name":"config","key":"k"}}},
           {"name":"NONE","valueFrom":{"configMapKeyRef":{"name":"config","key":"x","optional":true}}},
           {"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}]})");
  REQUIRE(env);
  CHECK(*env == Environment{{"IP", "127.80.9.2"}, {"K", "v"}, {"PASSWORD", "pw"}, {"P_k", "v"}});
}

TEST_CASE("environment: a missing reference is named, without its neighbours' values") {
  auto env = environment(
      R"({"env":[{"name":"V","valueFrom":{"secretKeyRef":{"name":"secret","key":"user"}}}]})");
  REQUIRE(!env);
  CHECK(env.error().code == Code::not_found);
  CHECK(env.error().text().find("variable V") != std::string::npos);
  CHECK(env.error().text().find("pw") == std::string::npos);
  CHECK(!environment(R"({"envFrom":[{"configMapRef":{"name":"none"}}]})"));
}

TEST_CASE("program: command and args replace entrypoint and args as Kubernetes says") {
  Image image;
  image.entrypoint = {"/entrypoint"};
  image.args = {"default"};
  auto program = [&](const char* container) {
    return container_program(*json::parse(container), image, {{"V", "1"}});
  };
  using Words = std::vector<std::string>;
  CHECK(program("{}") == Words{"/entrypoint", "default"});
  CHECK(program(R"x({"args":["a$(V)"]})x") == Words{"/entrypoint", "a1"});
  CHECK(program(R"({"command":["c"]})") == Words{"c"});
  CHECK(program(R"({"command":["c"],"args":["a"]})") == Words{"c", "a"});
}
