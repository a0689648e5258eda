#include "unit/embedded_api/api_fixture.h"

// https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
namespace pgo::embedded {
namespace {

const std::string kServices = "/api/v1/namespaces/default/services";

struct World : ApiFixture {
  Answer make(const std::string& name, const std::string& spec) const {
    return post(kServices, R"({"metadata":{"name":")" + name + R"("},"spec":{)" + spec +
                               R"("ports":[{"port":80}]}})");
  }
};

std::string address(const ApiFixture::Answer& service) {
  return std::string(service["spec"]["clusterIP"].as_string());
}

TEST_SUITE("embedded.api.service_addresses") {
  TEST_CASE("services: an empty cluster IP is none") {
    const World api;
    const auto made = api.make("a", R"("clusterIP":"",)");
    CHECK(address(made) == "127.77.128.1");
    CHECK(made["spec"]["clusterIPs"] == json::Value::array({"127.77.128.1"}));
    const auto put =
        api.put(kServices + "/a",
                R"({"metadata":{"name":"a"},"spec":{"clusterIP":"","ports":[{"port":1}]}})");
    CHECK(put.status == 200);
    CHECK(address(put) == "127.77.128.1");
  }

  TEST_CASE("services: no two have one address") {
    const World api;
    api.make("a", "");
    CHECK(api.make("b", R"("clusterIP":"127.77.128.1",)").status == 422);
    CHECK(api.make("b", R"("clusterIPs":["127.77.128.1"],)").status == 422);
    CHECK(address(api.make("b", R"("clusterIP":"127.77.128.2",)")) == "127.77.128.2");
    CHECK(address(api.make("c", "")) == "127.77.128.3");
    CHECK(address(api.make("d", R"("clusterIP":"None",)")) == "None");
    CHECK(address(api.make("e", R"("clusterIP":"None",)")) == "None");
    CHECK(api.merge(kServices + "/a", R"({"metadata":{"labels":{"l":"v"}}})").status == 200);
  }

  TEST_CASE("services: one that was a mere name gets an address, and gives it back") {
    const World api;
    const auto name = api.make("a", R"("type":"ExternalName","externalName":"x.y",)");
    CHECK(address(name).empty());
    const auto grown =
        api.merge(kServices + "/a", R"({"spec":{"type":"ClusterIP","externalName":null}})");
    CHECK(address(grown) == "127.77.128.1");
    CHECK(grown["spec"]["clusterIPs"] == json::Value::array({"127.77.128.1"}));
    api.make("b", "");
    const auto shrunk =
        api.merge(kServices + "/a", R"({"spec":{"type":"ExternalName","externalName":"x.y"}})");
    CHECK(address(shrunk).empty());
    CHECK(address(api.make("c", "")) == "127.77.128.1");
    CHECK(api.merge(kServices + "/a", R"({"spec":{"type":"ClusterIP","externalName":null,
      "clusterIP":"127.77.128.1"}})")
              .status == 422);
  }
}

}  // namespace
}  // namespace pgo::embedded
