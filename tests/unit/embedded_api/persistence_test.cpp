#include "pgo/kube/client.h"
#include "unit/embedded_api/api_fixture.h"

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <memory>

namespace pgo::embedded {
namespace {

const std::string kMaps = "/api/v1/namespaces/default/configmaps";

/// A directory that goes with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pgo-api-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  ApiServerOptions options() const {
    ApiServerOptions options;
    options.database = path_ / "state.db";
    return options;
  }
  const std::filesystem::path& path() const { return path_; }
  void run_sql(const char* sql) const {
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open((path_ / "state.db").c_str(), &raw) == SQLITE_OK);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(raw, sqlite3_close);
    REQUIRE(sqlite3_exec(raw, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  }

 private:
  std::filesystem::path path_;
};

TEST_SUITE("embedded.api.persistence") {
  TEST_CASE("restart: every object is back as it was, deleted ones are not") {
    const Folder folder;
    json::Value before;
    std::string token;
    {
      const ApiFixture api(folder.options());
      api.post(kMaps, config_map("kept", R"({"a":"b"})"));
      api.post(kMaps, config_map("gone"));
      api.remove(kMaps + "/gone");
      before = api.get(kMaps + "/kept").body;
      token = api.server->issue_token(Identity::service_account("default", "joe"));
    }
    const ApiFixture api(folder.options());
    CHECK(api.get(kMaps + "/kept").body == before);
    CHECK(api.get(kMaps + "/gone").status == 404);
    CHECK(api.get(kMaps + "?labelSelector=a%3Db")["items"].items().size() == 1);
    const auto identity = api.server->authenticate(token);
    REQUIRE(identity.has_value());
    CHECK(identity->user == "system:serviceaccount:default:joe");
  }

  // Patroni compares versions across time: the counter never goes back.
  TEST_CASE("restart: versions go on above every version handed out before") {
    const Folder folder;
    std::uint64_t last = 0;
    {
      const ApiFixture api(folder.options());
      api.post(kMaps, config_map("a"));
      api.remove(kMaps + "/a");
      last = api.server->version();
    }
    const ApiFixture api(folder.options());
    CHECK(api.server->version() > last);
    kube::Request request;
    request.path = kMaps + "?watch=1&resourceVersion=" + std::to_string(last);
    const auto refused = api.admin->watch(request, {});
    REQUIRE(!refused.has_value());
    CHECK(refused.error().http_status == 410);
  }

  TEST_CASE("refused: a write that the database does not take is answered so, and not there") {
    const Folder folder;
    {
      const ApiFixture made(folder.options());
    }
    folder.run_sql(
        "CREATE TRIGGER refuse BEFORE INSERT ON objects WHEN NEW.name = 'bad' BEGIN"
        " SELECT RAISE(ABORT, 'no room'); END");
    {
      const ApiFixture api(folder.options());
      const auto refused = api.post(kMaps, config_map("bad"));
      CHECK(refused.status == 500);
      CHECK(refused["message"].as_string().find("no room") != std::string_view::npos);
      CHECK(api.get(kMaps + "/bad").status == 404);
      CHECK(api.post(kMaps, config_map("good")).status == 201);
    }
    const ApiFixture api(folder.options());
    CHECK(api.get(kMaps + "/good").status == 200);
    CHECK(api.get(kMaps + "/bad").status == 404);
  }

  TEST_CASE("controllers' door: carries objects, and what it wrote is kept") {
    const Folder folder;
    {
      const ApiFixture api(folder.options());
      const auto door = api.server->controllers_transport();
      CHECK(door->takes_objects());
      CHECK_FALSE(api.admin->takes_objects());
      const kube::Client client(*door);
      const auto made = client.create(kube::types::kConfigMap,
                                      kube::Object(kube::types::kConfigMap, "default", "early"));
      REQUIRE(made.has_value());
      CHECK(!made->uid().empty());
      CHECK(api.get(kMaps + "/early").status == 200);
    }
    const ApiFixture api(folder.options());
    CHECK(api.get(kMaps + "/early").status == 200);
  }

  TEST_CASE("restart: custom types are served again") {
    const Folder folder;
    const std::string things = "/apis/example.com/v1/namespaces/default/things";
    {
      const ApiFixture api(folder.options());
      api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", R"({
        "metadata":{"name":"things.example.com"},"spec":{"group":"example.com",
        "scope":"Namespaced","names":{"plural":"things","kind":"Thing"},
        "versions":[{"name":"v1","served":true,"storage":true}]}})");
      CHECK(api.post(things, R"({"metadata":{"name":"t"}})").status == 201);
    }
    const ApiFixture api(folder.options());
    CHECK(api.get(things + "/t").status == 200);
  }

  TEST_CASE("open: a state of the former layout is taken over, once") {
    const Folder folder;
    {
      const ApiFixture api(folder.options());
      api.post(kMaps, config_map("kept", R"({"a":"b"})"));
    }
    const char* const back =
        "CREATE TABLE object (tbl TEXT NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL, version "
        "INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (tbl, ns, name)) WITHOUT ROWID;"
        "INSERT INTO object SELECT tbl, ns, name, version, document FROM objects;"
        "DROP TABLE objects;";
    folder.run_sql(back);
    {
      const ApiFixture api(folder.options());
      CHECK(api.get(kMaps + "/kept").status == 200);
      CHECK(api.remove(kMaps + "/kept").status == 200);
    }
    const ApiFixture api(folder.options());
    CHECK(api.get(kMaps + "/kept").status == 404);
    CHECK(api.get("/api/v1/namespaces/default").status == 200);
  }

  TEST_CASE("open: a file that is no database is an error that names it") {
    const Folder folder;
    std::ofstream(folder.path() / "state.db") << std::string(4096, 'x');
    const VirtualClock clock{TimePoint()};
    SeededIdSource ids(1);
    const auto server = ApiServer::create(folder.options(), clock, ids, Log());
    REQUIRE(!server.has_value());
    CHECK(server.error().message.find((folder.path() / "state.db").string()) != std::string::npos);
  }

  TEST_CASE("open: a database that another server holds is an error that says so") {
    const Folder folder;
    const ApiFixture api(folder.options());
    const VirtualClock clock{TimePoint()};
    SeededIdSource ids(1);
    const auto server = ApiServer::create(folder.options(), clock, ids, Log());
    REQUIRE(!server.has_value());
    CHECK(server.error().message.find("another process") != std::string::npos);
  }
}

}  // namespace
}  // namespace pgo::embedded
