#include "embedded/node/claim_store.h"
#include "embedded/node/files.h"
#include "embedded/node/log_file.h"
#include "node_fixture.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace pgo;
using namespace pgo::embedded::node;
namespace fs = std::filesystem;

TEST_CASE("files: nothing outside of the guarded folder is ever deleted") {
  node_test::TemporaryFolder folder;
  fs::path guard = folder.path() / "guard";
  fs::path other = folder.path() / "other";
  fs::create_directories(guard / "inner");
  fs::create_directories(other);
  for (const fs::path& path :
       {guard, guard / "", guard / "..", guard / ".." / "other", guard / "inner" / ".." / "..",
        other, fs::path("/"), fs::path(""), fs::path("inner"), folder.path()}) {
    CAPTURE(path.string());
    CHECK(!remove_tree(guard, path));
  }
  CHECK(!remove_tree("", guard / "inner"));
  CHECK(fs::exists(guard / "inner"));
  CHECK(fs::exists(other));
  CHECK(remove_tree(guard, guard / "inner"));
  CHECK(!fs::exists(guard / "inner"));
  CHECK(remove_tree(guard, guard / "never there"));
}

TEST_CASE("files: a link is deleted, not what it points to, and locked folders are opened") {
  node_test::TemporaryFolder folder;
  fs::path guard = folder.path() / "guard";
  fs::path kept = folder.path() / "kept";
  fs::create_directories(guard / "x" / "locked" / "deep");
  fs::create_directories(kept / "data");
  fs::create_directory_symlink(kept, guard / "x" / "link");
  fs::permissions(guard / "x" / "locked", fs::perms::none);
  CHECK(remove_tree(guard, guard / "x"));
  CHECK(!fs::exists(guard / "x"));
  CHECK(fs::exists(kept / "data"));
}

TEST_CASE("files: names and inner paths cannot climb") {
  for (const char* good : {"a", "a.b", "..a"}) CHECK(is_file_name(good));
  for (const char* bad : {"", ".", "..", "a/b", "/"}) CHECK(!is_file_name(bad));
  for (const char* good : {"a", "a/b", "a/..b"}) CHECK(is_inner_path(good));
  for (const char* bad : {"", "/a", "../a", "a/../../b"}) CHECK(!is_inner_path(bad));
}

TEST_CASE("log: the file is rotated at its limit and read as one") {
  node_test::TemporaryFolder folder;
  fs::path path = folder.path() / "log";
  auto log = LogFile::create(path, 10);
  REQUIRE(log);
  log->append("one\ntwo\n");
  log->append("three\n");
  CHECK(read_log(path, 0) == "one\ntwo\nthree\n");
  log->append("four\n");
  log->append("five\n");
  CHECK(read_log(path, 0) == "three\nfour\nfive\n");  // one file back is kept
  CHECK(read_log(path, 1) == "five\n");
  CHECK(read_log(path, 5) == "three\nfour\nfive\n");
  CHECK(read_log(folder.path() / "none", 0) == "");
}

TEST_CASE("log: who follows reads every byte that is kept once, over any number of rotations") {
  node_test::TemporaryFolder folder;
  fs::path path = folder.path() / "log";
  auto rotation = std::make_shared<LogRotation>();
  auto log = LogFile::create(path, 10, rotation);
  REQUIRE(log);
  std::string written, followed;
  std::uint64_t at = 0;
  for (int i = 100; i < 120; ++i) {
    std::string line = std::to_string(i) + "\n";
    log->append(line);
    written += line;
    if (i % 3 != 0) continue;
    auto range = read_log_since(path, *rotation, at);
    REQUIRE(range);
    followed += range->text;
    at = range->end;
    CHECK(at == written.size());
    CHECK(followed == written);
  }
  // One who comes late reads from the first byte that is still there.
  auto late = read_log_since(path, *rotation, 0);
  REQUIRE(late);
  CHECK(late->text == read_log(path, 0).value());
  CHECK(late->end == written.size());
  CHECK(read_log_since(path, *rotation, at)->text == written.substr(at));
  CHECK(read_log_since(folder.path() / "none", *std::make_shared<LogRotation>(), 0)->text == "");
}

TEST_CASE("log: last lines count an unfinished line") {
  CHECK(last_lines("a\nb\nc", 2) == "b\nc");
  CHECK(last_lines("a\nb\nc\n", 2) == "b\nc\n");
  CHECK(last_lines("\n\n", 1) == "\n");
  CHECK(last_lines("a", 3) == "a");
  CHECK(last_lines("", 3) == "");
}

namespace {
kube::Object volume(const char* uid) {
  kube::Object object(kube::types::kPersistentVolume, {}, std::string("pv-") + uid);
  object.document().at_or_add("metadata").set("uid", uid);
  object.document().set(
      "spec", json::Value::object(
                  {{"claimRef", json::Value::object({{"namespace", "demo"}, {"name", "hippo"}})}}));
  return object;
}
const kube::Object kClaim(kube::types::kPersistentVolumeClaim, "demo", "hippo");
}  // namespace

TEST_CASE("claims: a new volume of the same claim name never sees nor deletes the old data") {
  node_test::TemporaryFolder folder;
  ClaimStore store(folder.path() / "pv");
  auto place = store.open(volume("old"), kClaim);
  REQUIRE(place);
  std::ofstream(*place / "data") << "old";
  CHECK(store.open(volume("old"), kClaim) == *place);
  CHECK(fs::exists(*place / "data"));

  CHECK(store.open(volume("new"), kClaim) == *place);
  CHECK(!fs::exists(*place / "data"));
  std::ofstream(*place / "data") << "new";
  // The old volume's deletion arrives late: it must not take the new one's folder.
  CHECK(fs::exists(folder.path() / "pv" / ".released" / "old" / "data"));
  REQUIRE(store.remove(volume("old")));
  CHECK(!fs::exists(folder.path() / "pv" / ".released" / "old"));
  CHECK(read_file(*place / "data") == "new");
  REQUIRE(store.remove(volume("new")));
  CHECK(!fs::exists(*place));
  REQUIRE(store.remove(volume("new")));
}

TEST_CASE("claims: an owner that a power cut has emptied hides and deletes nothing") {
  for (const char* left : {"", "..", "a/b"}) {
    CAPTURE(left);
    node_test::TemporaryFolder folder;
    ClaimStore store(folder.path() / "pv");
    const fs::path owner = folder.path() / "pv" / ".owners" / "demo" / "hippo";
    auto place = store.open(volume("uid"), kClaim);
    REQUIRE(place);
    std::ofstream(*place / "data") << "rows";

    REQUIRE(replace_file(owner, left));
    auto removed = store.remove(volume("uid"));
    REQUIRE(!removed);
    CHECK(removed.error().subject == owner.string());
    CHECK(store.open(volume("uid"), kClaim) == *place);
    CHECK(read_file(*place / "data") == "rows");
    CHECK(read_file(owner) == "uid");
    CHECK(!fs::exists(folder.path() / "pv" / ".released"));
  }
}

TEST_CASE("claims: the owner is written when it changes, not at every start of a pod") {
  node_test::TemporaryFolder folder;
  ClaimStore store(folder.path() / "pv");
  const fs::path owners = folder.path() / "pv" / ".owners" / "demo";
  REQUIRE(store.open(volume("uid"), kClaim));
  const auto written = fs::last_write_time(owners);  // of the folder: a rename changes it
  CHECK(store.open(volume("uid"), kClaim));
  CHECK(fs::last_write_time(owners) == written);
  CHECK(store.open(volume("other"), kClaim));
  CHECK(read_file(owners / "hippo") == "other");
}

TEST_CASE("claims: names that would leave the folder are refused") {
  node_test::TemporaryFolder folder;
  ClaimStore store(folder.path() / "pv");
  auto odd = volume("uid");
  odd.document().at_or_add("spec").at_or_add("claimRef").set("name", "../../etc");
  CHECK(!store.remove(odd));
  CHECK(!store.owns(odd));
  CHECK(!store.open(odd, kClaim));
}
