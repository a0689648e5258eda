#include "embedded/node/files.h"
#include "embedded/node/volume_content.h"
#include "node_fixture.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <sys/stat.h>

using namespace pgo;
using namespace pgo::embedded::node;
namespace fs = std::filesystem;

namespace {

VolumeSources sources() {
  return {
      .addresses = {"127.80.9.2", "127.0.0.1"},
      .lookup = [](const kube::ResourceType& type, std::string_view name) -> Result<kube::Object> {
        if (name == "map" && type == kube::types::kConfigMap)
          return kube::Object(*json::parse(
              R"({"kind":"ConfigMap","data":{"a":"1","b":"2"},"binaryData":{"c":"AAE="}})"));
        if (name == "sec" && type == kube::types::kSecret)
          return kube::Object(*json::parse(R"({"kind":"Secret","data":{"key":"a2V5"}})"));
        return fail(Code::not_found, "no such object", std::string(name));
      },
      .token = [](std::string_view ns, std::string_view account, std::string_view audience,
                  int) -> Result<std::string> {
        return std::string(ns) + ":" + std::string(account) + ":" + std::string(audience);
      },
      .ca_pem = "CA"};
}

Result<VolumeFiles> files(const char* volume) {
  kube::Object pod(*json::parse(
      R"({"metadata":{"name":"p","namespace":"demo"},"spec":{"serviceAccountName":"acc"}})"));
  return volume_files(pod, *json::parse(volume), sources());
}

}  // namespace

TEST_CASE("volume content: all keys, or the listed ones at their paths") {
  auto all = files(R"({"configMap":{"name":"map"}})");
  REQUIRE(all);
  CHECK(*all ==
        VolumeFiles{{"a", {"1", 0644}}, {"b", {"2", 0644}}, {"c", {std::string("\0\1", 2), 0644}}});
  auto some =
      files(R"({"configMap":{"name":"map","items":[{"key":"a","path":"d/x","mode":493}]}})");
  REQUIRE(some);
  CHECK(*some == VolumeFiles{{"d/x", {"1", 0755}}});
  CHECK(files(R"({"configMap":{"name":"map","items":[{"key":"z","path":"z"}]}})").error().code ==
        Code::not_found);
  CHECK(files(R"({"configMap":{"name":"none","optional":true}})")->empty());
  CHECK(!files(R"({"configMap":{"name":"map","items":[{"key":"a","path":"../x"}]}})"));
}

TEST_CASE("volume content: secrets are for the owner alone whatever is asked for") {
  CHECK((*files(R"({"secret":{"secretName":"sec","defaultMode":511}})"))["key"].mode == 0600);
  CHECK((*files(R"({"secret":{"secretName":"sec","defaultMode":256}})"))["key"].mode == 0400);
  CHECK((*files(R"({"secret":{"secretName":"sec","defaultMode":0}})"))["key"].mode == 0400);
  CHECK(
      (*files(R"({"projected":{"defaultMode":511,"sources":[{"secret":{"name":"sec"}}]}})"))["key"]
          .mode == 0600);
}

TEST_CASE("volume content: projected volumes join their sources") {
  auto joined = files(R"({"projected":{"sources":[
    {"configMap":{"name":"map","items":[{"key":"a","path":"a"}]}},
    {"secret":{"name":"none","optional":true}},
    {"serviceAccountToken":{"path":"tok","audience":"vault","expirationSeconds":600}},
    {"downwardAPI":{"items":[{"path":"ns","fieldRef":{"fieldPath":"metadata.namespace"}}]}}]}})");
  REQUIRE(joined);
  CHECK(joined->at("a").content == "1");
  CHECK(joined->at("tok").content == "demo:acc:vault");
  CHECK(joined->at("tok").mode == 0600);
  CHECK(joined->at("ns").content == "demo");
  CHECK(!files(R"({"projected":{"sources":[{"secret":{"name":"none"}}]}})"));
}

TEST_CASE("volume content: a change swaps everything at once and keeps mount points") {
  node_test::TemporaryFolder folder;
  fs::path volume = folder.path() / "v";
  REQUIRE(publish_files(volume, {{"a", {"1", 0644}}, {"d/b", {"2", 0600}}}));
  CHECK(read_file(volume / "a") == "1");
  CHECK(read_file(volume / "d" / "b") == "2");
  struct stat info{};
  REQUIRE(::stat((volume / "d" / "b").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  auto first = fs::read_symlink(volume / "..data");
  REQUIRE(publish_files(volume, {{"a", {"1", 0644}}, {"d/b", {"2", 0600}}}));
  CHECK(fs::read_symlink(volume / "..data") == first);  // nothing changed, nothing written

  REQUIRE(make_directory(volume / "inner"));
  REQUIRE(publish_files(volume, {{"a", {"new", 0644}}, {"e", {"5", 0644}}}));
  CHECK(fs::read_symlink(volume / "..data") != first);
  CHECK(read_file(volume / "a") == "new");
  CHECK(read_file(volume / "e") == "5");
  CHECK(!fs::exists(fs::symlink_status(volume / "d")));
  CHECK(fs::is_directory(volume / "inner"));
  CHECK(!fs::exists(volume / first));
}
