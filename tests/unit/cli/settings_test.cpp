#include "cli_world.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <stdlib.h>

using namespace pgo;
namespace fs = std::filesystem;
using test::CliWorld;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "pgo-cli-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  std::string write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

bool set_up_error(const CliWorld& world, std::string_view told) {
  return world.code == 2 && world.errors.find(told) != std::string::npos && world.requests.empty();
}

}  // namespace

TEST_CASE("settings: the server comes from the flag, else the environment") {
  CliWorld world;
  world.run({"status"});
  CHECK(world.settings.url == "http://server:8080");
  world.run({"status", "--apiserver-url=http://other:1/"});
  CHECK(world.settings.url == "http://other:1");
}

TEST_CASE("settings: without any server the message says how to get one") {
  CliWorld world;
  Folder home;
  world.environment = {{"HOME", home.path()}, {"PGO_STATE_DIR", home.path()}};
  world.run({"status"});
  CHECK(set_up_error(world, "postgres-operator --dev"));
}

TEST_CASE("settings: credentials from the environment, $PGOUSER, ~/.pgouser, in this order") {
  CliWorld world;
  Folder home;
  home.write(".pgouser", "bob:home:with:colons\n");
  world.environment["HOME"] = home.path();
  world.environment["PGOUSER"] = home.write("named", "carol:named");
  world.run({"status"});
  CHECK(world.settings.username == "anna");
  world.environment.erase("PGOUSERNAME");
  world.environment.erase("PGOUSERPASS");
  world.run({"status"});
  CHECK(world.settings.username == "carol");
  world.environment.erase("PGOUSER");
  world.run({"status"});
  CHECK(world.settings.username == "bob");
  CHECK(world.settings.password == "home:with:colons");
}

TEST_CASE("settings: half, broken and absent credentials are set-up errors") {
  Folder home;
  CliWorld world;
  world.environment["HOME"] = home.path();
  world.environment.erase("PGOUSERPASS");
  world.run({"status"});
  CHECK(set_up_error(world, "PGOUSERPASS"));
  world.environment.erase("PGOUSERNAME");
  world.run({"status"});
  CHECK(set_up_error(world, ".pgouser"));
  for (const char* broken : {"", "nocolon", ":x", "a:b\nc:d"}) {
    CAPTURE(broken);
    world.environment["PGOUSER"] = home.write("broken", broken);
    world.run({"status"});
    CHECK(set_up_error(world, "name:password"));
  }
  world.environment["PGOUSER"] = home.path() + "/absent";
  world.run({"status"});
  CHECK(set_up_error(world, "absent"));
}

TEST_CASE("settings: TLS needs readable files, flags win over the environment") {
  Folder files;
  CliWorld world;
  world.environment.erase("DISABLE_TLS");
  world.environment["PGO_APISERVER_URL"] = "https://server:8443";
  world.run({"status"});
  CHECK(set_up_error(world, "PGO_CA_CERT"));
  world.environment["PGO_CA_CERT"] = files.write("ca", "x");
  world.run({"status"});
  CHECK(set_up_error(world, "PGO_CLIENT_CERT"));
  world.environment["PGO_CLIENT_CERT"] = files.write("cert", "x");
  world.environment["PGO_CLIENT_KEY"] = files.path() + "/absent";
  world.run({"status"});
  CHECK(set_up_error(world, "absent"));
  world.run({"status", "--pgo-client-key", files.write("key", "x"), "--exclude-os-trust"});
  CHECK(world.code == 0);
  CHECK(world.settings.tls);
  CHECK_FALSE(world.settings.os_trust);
  CHECK(world.settings.client_key == files.path() + "/key");
}

TEST_CASE("settings: a proxy of the environment is for plain HTTP to other machines") {
  CliWorld world;
  world.environment["http_proxy"] = "http://proxy:3128";
  world.environment["NO_PROXY"] = ".example.com";
  world.run({"status"});
  CHECK(world.settings.proxy == "http://proxy:3128");
  CHECK(world.settings.no_proxy == ".example.com");
  for (const char* here : {"http://127.0.0.1:8080", "http://127.77.0.1", "http://localhost:8080/x",
                           "http://[::1]:8080"}) {
    CAPTURE(here);
    world.run({"status", "--apiserver-url", here});
    CHECK(world.settings.url.starts_with("http://"));
    CHECK(world.settings.proxy.empty());
  }
  for (const char* there : {"http://127.example.com", "http://localhost.example.com"}) {
    CAPTURE(there);
    world.run({"status", "--apiserver-url", there});
    CHECK_FALSE(world.settings.proxy.empty());
  }
  Folder files;
  const std::string pem = files.write("pem", "x");
  world.environment.erase("DISABLE_TLS");
  world.run({"status", "--apiserver-url=https://server", "--pgo-ca-cert", pem, "--pgo-client-cert",
             pem, "--pgo-client-key", pem});
  CHECK(world.settings.tls);
  CHECK(world.settings.proxy.empty());
}

TEST_CASE("settings: a local daemon is found when no server is named") {
  Folder state;
  state.write("pki/ca.crt", "x");
  const std::string pem = state.write("client.pem", "x");
  state.write("client.json", R"({"url":"https://127.77.0.1:8443/","ca_cert":"pki/ca.crt",
      "client_cert":")" + pem + R"(","client_key":")" +
                                 pem + R"(","username":"pgoadmin",
      "password":"p","namespace":"pgouser1"})");
  CliWorld world;
  world.environment = {{"PGO_STATE_DIR", state.path()}};
  world.run({"show", "cluster", "--all"});
  CHECK(world.settings.url == "https://127.77.0.1:8443");
  CHECK(world.settings.ca_cert == state.path() + "/pki/ca.crt");
  CHECK(world.settings.username == "pgoadmin");
  REQUIRE(world.bodies.size() == 1);
  CHECK(world.bodies[0].find("\"namespace\":\"pgouser1\"") != std::string::npos);

  // Who logs in, and where, can still be said.
  world.environment["PGOUSERNAME"] = "bob";
  world.environment["PGOUSERPASS"] = "b";
  world.environment["PGO_NAMESPACE"] = "team9";
  world.run({"show", "cluster", "--all"});
  CHECK(world.settings.username == "bob");
  CHECK(world.bodies[0].find("\"namespace\":\"team9\"") != std::string::npos);

  // What cannot be had is refused, not forgotten.
  CHECK(world.settings.tls);
  world.requests.clear();
  world.run({"show", "cluster", "--all", "--disable-tls"});
  CHECK(set_up_error(world, "--disable-tls does not fit the local daemon"));

  // A server that is named is never mixed with the daemon's settings.
  world.environment["PGO_APISERVER_URL"] = "http://server:8080";
  world.environment["DISABLE_TLS"] = "true";
  world.environment.erase("PGO_NAMESPACE");
  world.run({"show", "cluster", "--all"});
  CHECK(world.settings.url == "http://server:8080");
  CHECK(world.settings.found_in.empty());
  CHECK(world.bodies[0].find("\"namespace\":\"\"") != std::string::npos);
}
