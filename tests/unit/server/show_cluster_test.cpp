#include "pgo/json/codec.h"
#include "pgo/model/names.h"
#include "pgo/server/rest_service.h"
#include "request_world.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace pgo;

namespace {

/// Hands out one cluster whose spec is no spec.
class DamagedReader final : public operations::Reader {
 public:
  explicit DamagedReader(operations::Reader& real) : real_(real) {}
  Result<operations::ObjectPtr> get(const kube::ResourceType& type, std::string_view ns,
                                    std::string_view name) override {
    return real_.get(type, ns, name);
  }
  Result<std::vector<operations::ListedPtr>> find(const kube::ResourceType& type,
                                                  std::string_view ns,
                                                  std::string_view selector) override {
    PGO_TRY(auto found, real_.find(type, ns, selector));
    if (type == kube::types::kPgCluster) {
      kube::Object damaged(type, ns, "zebra");
      damaged.document().set("spec", "oops");
      found.push_back(operations::listed(std::make_shared<const kube::Object>(std::move(damaged))));
    }
    return found;
  }

 private:
  operations::Reader& real_;
};

http::Response show_all(const operations::Context& context, const operations::Caller& caller) {
  const auto service = server::RestService::create(context, {});
  REQUIRE(service.has_value());
  model::rest::ShowClusterRequest all;
  all.ns = "pgouser1";
  all.all_flag = true;
  all.client_version = model::fixed::kPgoVersion;
  http::Request request;
  request.method = "POST";
  request.target = "/showclusters";
  request.body = json::write(json::encode(all));
  return (*service)->answer_as(caller, request, {});
}

}  // namespace

TEST_CASE("show cluster: what is written a cluster at a time is the text of the whole answer") {
  test::RequestWorld world;
  for (const char* name : {"hippo", "rhino"}) {
    world.create(name);
    world.put_ready_pods("pgouser1", name);
  }
  model::rest::ShowClusterRequest all;
  all.ns = "pgouser1";
  all.all_flag = true;
  const auto whole = operations::show_clusters(world.context(), all);
  REQUIRE(whole.has_value());
  REQUIRE(whole->results.size() == 2);
  CHECK(show_all(world.context(), world.admin()).body ==
        json::encode_text(*whole, json::Escapes::go) + "\n");
}

TEST_CASE("show cluster: one that cannot be read makes an error of the answer, not half of it") {
  test::RequestWorld world;
  world.create("hippo");
  DamagedReader damaged(world.context().reader);
  const auto response = show_all(world.context(damaged), world.admin());
  const auto answer = json::parse(response.body);
  REQUIRE(answer.has_value());
  CHECK((*answer)["Results"].items().empty());
  CHECK((*answer)["Code"].as_string() == "error");
  CHECK_FALSE((*answer)["Msg"].as_string().empty());
}
