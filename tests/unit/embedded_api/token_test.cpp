#include "unit/embedded_api/api_fixture.h"

// Source: Kubernetes, "Managing Service Accounts", TokenRequest.
namespace pgo::embedded {
namespace {

const std::string kAccounts = "/api/v1/namespaces/default/serviceaccounts";

struct WithAccount : ApiFixture {
  WithAccount() { make_account(); }
  void make_account() const { post(kAccounts, R"({"metadata":{"name":"joe"}})"); }
  std::string token(const std::string& spec = "{}") const {
    const auto asked = post(kAccounts + "/joe/token", R"({"spec":)" + spec + "}");
    REQUIRE(asked.status == 201);
    return std::string(asked["status"]["token"].as_string());
  }
  bool good(const std::string& token) const { return server->authenticate(token).has_value(); }
};

TEST_SUITE("embedded.api.tokens") {
  TEST_CASE("tokens: none lives longer than Kubernetes lets it, nor for ever") {
    WithAccount api;
    for (const char* seconds : {"4294967297", "10000000000", "9223372036854775807", "599", "-1"}) {
      CAPTURE(seconds);
      CHECK(api.post(kAccounts + "/joe/token",
                     R"({"spec":{"expirationSeconds":)" + std::string(seconds) + "}}")
                .status == 422);
    }
    const std::string longest = api.token(R"({"expirationSeconds":4294967296})");
    CHECK(api.good(longest));
    api.clock.advance(std::chrono::seconds(4294967296));
    CHECK_FALSE(api.good(longest));
  }

  TEST_CASE("tokens: one dies with its account, also when another takes the name") {
    const WithAccount api;
    const std::string asked = api.token();
    const std::string given = api.server->issue_token(Identity::service_account("default", "joe"));
    CHECK(api.good(asked));
    CHECK(api.good(given));
    api.remove(kAccounts + "/joe");
    CHECK_FALSE(api.good(asked));
    CHECK_FALSE(api.good(given));
    api.make_account();
    CHECK_FALSE(api.good(asked));
    CHECK(api.good(api.token()));
  }

  TEST_CASE("tokens: one for other ears is no key to this API, and a review says for whose") {
    const WithAccount api;
    const std::string token = api.token(R"({"audiences":["vault","consul"]})");
    CHECK_FALSE(api.good(token));
    const auto review = [&](const std::string& audiences) {
      return api.post("/apis/authentication.k8s.io/v1/tokenreviews",
                      R"({"spec":{"token":")" + token + R"(","audiences":)" + audiences + "}}");
    };
    CHECK_FALSE(review("[]")["status"]["authenticated"].as_bool());
    CHECK_FALSE(review(R"(["other"])")["status"]["authenticated"].as_bool());
    const auto known = review(R"(["other","vault"])");
    CHECK(known["status"]["authenticated"].as_bool());
    CHECK(known["status"]["user"]["username"].as_string() == "system:serviceaccount:default:joe");
    CHECK(known["status"]["audiences"] == json::Value::array({"vault"}));
  }

  TEST_CASE("tokens: one that names no audience is for this API, and says so") {
    const WithAccount api;
    const auto asked = api.post(kAccounts + "/joe/token", R"({"spec":{}})");
    CHECK(asked["spec"]["audiences"][std::size_t{0}].as_string() ==
          "https://kubernetes.default.svc");
    CHECK(api.good(std::string(asked["status"]["token"].as_string())));
    CHECK(api.good(api.token(R"({"audiences":["vault","https://kubernetes.default.svc"]})")));
  }
}

}  // namespace
}  // namespace pgo::embedded
