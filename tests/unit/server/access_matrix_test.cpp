#include "pgo/base/text.h"
#include "pgo/server/rest_service.h"
#include "request_world.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;

namespace {

struct Service {
  test::RequestWorld world;
  std::unique_ptr<server::RestService> rest;

  explicit Service(server::RestOptions options = {}) {
    auto made = server::RestService::create(world.context(), std::move(options));
    REQUIRE(made.has_value());
    rest = *std::move(made);
  }

  http::Response ask(std::string method, std::string target, std::string credentials = {},
                     std::string body = {}, bool certificate = true) const {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.peer_verified = certificate;
    if (!credentials.empty()) {
      request.headers.emplace_back("authorization", "Basic " + text::base64_encode(credentials));
    }
    return rest->answer(request);
  }
};

bool challenges(const http::Response& response) {
  return std::ranges::any_of(response.headers,
                             [](const auto& header) { return header.first == "WWW-Authenticate"; });
}

json::Value body(const http::Response& response) {
  CHECK(response.body.ends_with("\n"));
  auto document = json::parse(response.body);
  REQUIRE(document.has_value());
  return *std::move(document);
}

constexpr const char* kAdmin = "pgoadmin:examplepassword";
constexpr const char* kAlice = "alice:alicepass";

}  // namespace

TEST_CASE("rest: certificate, credentials and permission are asked for in this order") {
  const Service service;
  struct Case {
    const char* what;
    const char* target;
    const char* credentials;
    bool certificate;
    int status;
    bool challenge;
  };
  const Case cases[] = {
      {"nothing at all", "/version", "", false, 403, false},
      {"credentials without certificate", "/version", kAdmin, false, 403, false},
      {"certificate without credentials", "/version", "", true, 401, true},
      {"wrong password", "/version", "pgoadmin:nope", true, 401, true},
      {"unknown user", "/version", "mallory:x", true, 401, true},
      {"no colon", "/version", "pgoadmin", true, 401, true},
      {"all right", "/version", kAdmin, true, 200, true},
      {"permission by role", "/version", kAlice, true, 200, true},
      {"permission missing", "/status?version=4.2.0&namespace=pgouser1", kAlice, true, 403, true},
      {"healthz is open", "/healthz", "", false, 200, false},
      {"health is exempt by default", "/health", "", false, 200, false},
      {"unknown route", "/nosuch", kAdmin, true, 404, false},
      {"a deeper unknown route", "/version/x", kAdmin, true, 404, false},
      {"a missing variable", "/workflow/", kAdmin, true, 404, false},
      {"a double slash", "//version", kAdmin, true, 301, false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    const auto response = service.ask("GET", one.target, one.credentials, "", one.certificate);
    CHECK(response.status == one.status);
    CHECK(challenges(response) == one.challenge);
    CHECK(response.body.find("examplepassword") == std::string::npos);
  }
}

TEST_CASE("rest: /health needs a certificate once it is taken off the exempt routes") {
  const Service service(server::RestOptions{.tls = true, .noauth_routes = {}});
  CHECK(service.ask("GET", "/health", "", "", false).status == 403);
  CHECK(service.ask("GET", "/health", "", "", true).status == 200);
  CHECK(service.ask("GET", "/healthz", "", "", false).status == 200);
}

TEST_CASE("rest: only the health routes can be exempt from certificates") {
  test::RequestWorld world;
  const auto made = server::RestService::create(
      world.context(), server::RestOptions{.tls = true, .noauth_routes = {"/clusters"}});
  CHECK_FALSE(made.has_value());
}

TEST_CASE("rest: without TLS there is no certificate to ask for") {
  const Service service(server::RestOptions{.tls = false, .noauth_routes = {}});
  CHECK(service.ask("GET", "/version", kAdmin, "", false).status == 200);
  CHECK(service.ask("GET", "/version", "", "", false).status == 401);
}

TEST_CASE("rest: BasicAuth false asks for no password but still for a permission") {
  Service service;
  service.world.config().basic_auth = "false";
  CHECK(service.ask("GET", "/version", "alice:anything").status == 200);
  CHECK(service.ask("GET", "/version", "nobody:x").status == 403);
  CHECK(service.ask("GET", "/version", "").status == 403);
}

TEST_CASE("rest: methods are bound where 4.2.0 bound them") {
  const Service service;
  CHECK(service.ask("GET", "/clusters", kAdmin).status == 405);
  CHECK(service.ask("POST", "/workflow/x", kAdmin).status == 405);
  CHECK(service.ask("DELETE", "/version", kAdmin).status == 200);
  CHECK(service.ask("POST", "/clusters/scale/x?version=4.2.0&namespace=pgouser1", kAdmin).status ==
        200);
}

TEST_CASE("rest: a client of another version, and one that names none, is refused in the body") {
  const Service service;
  for (const char* version : {"\"ClientVersion\":\"4.1.0\",", ""}) {
    const auto response =
        service.ask("POST", "/showclusters", kAdmin,
                    std::string("{") + version + "\"Namespace\":\"pgouser1\",\"AllFlag\":true}");
    CHECK(response.status == 200);
    CHECK(body(response)["Code"].as_string() == "error");
  }
}

TEST_CASE("rest: keys of a request match in any case, unknown ones are ignored") {
  const Service service;
  const auto response = service.ask(
      "POST", "/showclusters", kAdmin,
      R"({"CLIENTVERSION":"4.2.0","Namespace":"pgouser1","AllFlag":true,"Other":[1,{"a":2}]})");
  CHECK(body(response)["Code"].as_string() == "ok");
}

TEST_CASE("rest: a body that is no JSON counts as an empty request") {
  const Service service;
  for (const char* text : {"", "{", "[]", "null", "{\"Name\":7}", "\xff"}) {
    CAPTURE(text);
    const auto response = service.ask("POST", "/clusters", kAdmin, text);
    CHECK(response.status == 200);
    CHECK(body(response)["status"]["Code"].as_string() == "error");
  }
}

TEST_CASE("rest: a namespace must be allowed and ours") {
  const Service service;
  const auto code = [&](const char* credentials, const std::string& ns) {
    const auto response =
        service.ask("POST", "/showclusters", credentials,
                    R"({"clientversion":"4.2.0","allflag":true,"namespace":")" + ns + "\"}");
    CHECK(response.status == 200);
    return std::string(body(response)["Code"].as_string());
  };
  CHECK(code(kAdmin, "pgouser2") == "ok");
  CHECK(code(kAlice, "pgouser1") == "ok");
  CHECK(code(kAlice, "pgouser2") == "error");
  CHECK(code(kAdmin, "default") == "error");
  CHECK(code(kAdmin, "") == "error");
}

TEST_CASE("rest: answers escape what Go escapes") {
  const Service service;
  const auto response =
      service.ask("GET", "/workflow/%3Ca%26b%3E?version=4.2.0&namespace=pgouser1", kAdmin);
  CHECK(response.body.find("\\u003ca\\u0026b\\u003e") != std::string::npos);
  CHECK(response.body.find('<') == std::string::npos);
}
