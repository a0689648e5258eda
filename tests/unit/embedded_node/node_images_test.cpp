#include "embedded/node/images.h"
#include "node_fixture.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace pgo;
using namespace pgo::embedded::node;
namespace fs = std::filesystem;

namespace {
Result<ImageCatalogue> catalogue(const char* json) {
  return ImageCatalogue::from_value(*json::parse(json), "/images");
}
}  // namespace

TEST_CASE("images: a reference is found by its last part without tag and digest") {
  CHECK(image_name("registry.example:5000/crunchydata/crunchy-postgres-ha:centos7") ==
        "crunchy-postgres-ha");
  CHECK(image_name("pgo-backrest@sha256:abcd") == "pgo-backrest");
  CHECK(image_name("plain") == "plain");
  auto images = catalogue(R"({"images":[{"names":["a","b"],"folder":"x",
      "user":{"name":"postgres","uid":26,"gid":26},"env":{"K":"v"},"requires":{"p":"/no/such"}}]})");
  REQUIRE(images);
  auto image = images->find("r/b:1");
  REQUIRE(image);
  CHECK(image->folder == "/images/x");
  CHECK(image->uid == 26);
  CHECK(image->entrypoint == std::vector<std::string>{"/entrypoint"});
  CHECK(image->missing_packages() == std::vector<std::string>{"p"});
  CHECK(images->find("r/c:1").error().code == Code::not_found);
}

TEST_CASE("images: mistakes in the file are refused") {
  for (const char* wrong : {R"({})", R"({"images":[]})", R"({"images":[{"folder":"x"}]})",
                            R"({"images":[{"names":["a"],"folder":"../x"}]})",
                            R"({"images":[{"names":["a"],"typo":1}]})",
                            R"({"images":[{"names":["a"]},{"names":["a"]}]})",
                            R"({"images":[{"names":["a"],"user":{"name":"a:b","uid":1}}]})",
                            R"({"images":[{"names":["a"],"writable":["tmp"]}]})"}) {
    CAPTURE(wrong);
    CHECK(!catalogue(wrong));
  }
}

TEST_CASE("images: the topmost folders with files are bound, those of etc file by file") {
  node_test::TemporaryFolder folder;
  fs::path image_dir = folder.path() / "x";
  for (const char* path : {"rootfs/opt/cpm/bin/deeper", "rootfs/etc/app"})
    fs::create_directories(image_dir / path);
  for (const char* path : {"entrypoint", "rootfs/opt/cpm/bin/tool", "rootfs/opt/cpm/bin/deeper/y",
                           "rootfs/etc/motd", "rootfs/etc/app/conf", "rootfs/top"})
    std::ofstream(image_dir / path) << "x";
  Image image;
  image.folder = image_dir;
  auto binds = image_binds(image);
  REQUIRE(binds);
  std::vector<std::string> targets;
  for (const auto& bind : *binds) targets.push_back(bind.target);
  CHECK(targets ==
        std::vector<std::string>{"/entrypoint", "/etc/app", "/etc/motd", "/opt/cpm/bin", "/top"});
  image.folder = folder.path() / "none";
  CHECK(image_binds(image).error().code == Code::not_found);
}

TEST_CASE("images: the catalogue of this project can be read and its folders are there") {
  fs::path images_dir = "../../../deploy/images";  // tests run in the folder of their source
  auto images = ImageCatalogue::load(fs::absolute(images_dir));
  if (!images) FAIL(images.error().text());
  for (const char* name : {"crunchy-postgres-ha", "pgo-backrest-repo", "pgo-backrest"}) {
    auto image = images->find(name);
    REQUIRE(image);
    CHECK(image_binds(*image));
  }
}
