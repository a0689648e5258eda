#include "embedded/node/addresses.h"
#include "embedded/node/backoff.h"
#include "embedded/node/files.h"
#include "embedded/node/listeners.h"
#include "embedded/node/names.h"
#include "embedded/node/service_routes.h"
#include "node_fixture.h"

#include <doctest/doctest.h>

using namespace pgo;
using namespace pgo::embedded::node;

namespace {
AddressPool pool(const node_test::TemporaryFolder& folder, std::string_view range,
                 std::set<std::uint32_t> reserved = {}) {
  return AddressPool::open(folder.path() / "leases", *AddressRange::parse(range),
                           std::move(reserved));
}
}  // namespace

TEST_CASE("addresses: a range is a network of sensible size") {
  CHECK(ipv4_text(AddressRange::parse("127.77.3.9/24")->first) == "127.77.3.0");
  CHECK(AddressRange::parse("127.77.0.0/24")->count == 256);
  for (const char* wrong : {"127.77.0.0", "127.77.0.0/7", "127.77.0.0/30", "x/24", "127.77.0/24"})
    CHECK(!AddressRange::parse(wrong));
}

TEST_CASE("addresses: a pod keeps its address, another pod never gets it") {
  node_test::TemporaryFolder folder;
  auto first = pool(folder, "127.80.9.0/29", {*parse_ipv4("127.80.9.1")});
  CHECK(first.lease("a") == "127.80.9.2");
  CHECK(first.lease("b") == "127.80.9.3");
  CHECK(first.lease("a") == "127.80.9.2");
  // The next life of the node reads the same leases.
  auto second = pool(folder, "127.80.9.0/29", {*parse_ipv4("127.80.9.1")});
  CHECK(second.lease("b") == "127.80.9.3");
  second.release("a");
  CHECK(second.lease("c") == "127.80.9.4");  // a freed address rests as long as possible
  CHECK(second.lease("d") == "127.80.9.5");
  CHECK(second.lease("e") == "127.80.9.6");
  CHECK(second.lease("f") == "127.80.9.2");
  auto full = second.lease("g");
  REQUIRE(!full);
  CHECK(full.error().code == Code::resource_exhausted);
  second.keep_only({"c"});
  CHECK(second.size() == 1);
  CHECK(second.lease("g"));
}

TEST_CASE("addresses: a file that a power cut has emptied or cut off is told and begun anew") {
  for (const char* left : {"", "{\"leases\": {\"a\": \"127.8"}) {
    CAPTURE(left);
    node_test::TemporaryFolder folder;
    const auto file = folder.path() / "leases";
    REQUIRE(replace_file(file, left));
    std::string said;
    const SystemClock clock;
    const Log log([&](const LogRecord& record) { said += format_text(record); }, clock);
    auto addresses = AddressPool::open(file, *AddressRange::parse("127.80.9.0/29"), {}, log);
    CHECK(said.find(file.string()) != std::string::npos);
    CHECK(addresses.lease("a") == "127.80.9.1");
    CHECK(pool(folder, "127.80.9.0/29").size() == 1);
  }
}

TEST_CASE("names: services answer in their namespace by short name, elsewhere by long name") {
  node_test::TemporaryFolder folder;
  Names names(folder.path());
  auto one = names.folder("one");
  auto two = names.folder("two");
  REQUIRE(one);
  REQUIRE(two);
  names.set_service("one", "hippo", "127.80.9.7");
  names.set_pod("one", "hippo-abc", "127.80.9.8");
  REQUIRE(names.publish());
  CHECK(read_file(*one / "hosts") ==
        "127.0.0.1 localhost\n"
        "127.80.9.7 hippo hippo.one hippo.one.svc hippo.one.svc.cluster.local\n"
        "127.80.9.8 hippo-abc\n");
  CHECK(read_file(*two / "hosts") ==
        "127.0.0.1 localhost\n"
        "127.80.9.7 hippo.one hippo.one.svc hippo.one.svc.cluster.local\n");
  names.set_service("one", "hippo", "");
  REQUIRE(names.publish());
  CHECK(read_file(*two / "hosts") == "127.0.0.1 localhost\n");
}

TEST_CASE("listeners: programs that listen on every address are found, others are not") {
  std::string text =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   113        0 "
      "4711 1 00000000afed6214 100 0 0 10 0\n"
      "   1: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   113        0 "
      "4712 1 00000000afed6214 100 0 0 10 0\n"
      "   2: 00000000:1539 0100007F:0001 01 00000000:00000000 00:00000000 00000000   113        0 "
      "4713 1 00000000afed6214 100 0 0 10 0\n";
  auto found = parse_wildcard_listeners(text);
  REQUIRE(found.size() == 1);
  CHECK(found[0].port == 5432);
  CHECK(found[0].uid == 113);
  CHECK(found[0].inode == 4711);
  text =
      "   0: 00000000000000000000000000000000:1F49 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000 0 0 9 1 0 100 0 0 10 0\n";
  REQUIRE(parse_wildcard_listeners(text).size() == 1);
  CHECK(parse_wildcard_listeners(text)[0].port == 8009);
}

TEST_CASE("backoff: at once, then 10 s doubling to 5 min, anew after a long run") {
  RestartBackoff backoff;
  using std::chrono::seconds;
  for (int expected : {0, 10, 20, 40, 80, 160, 300, 300})
    CHECK(backoff.next(seconds(1)) == seconds(expected));
  CHECK(backoff.next(std::chrono::minutes(11)) == seconds(0));
  CHECK(backoff.next(seconds(1)) == seconds(10));
}

TEST_CASE("routes: a service's port goes to the endpoints of the same port name that are ready") {
  ServiceFacts facts;
  auto object = [](const char* text) { return kube::Object(*json::parse(text)); };
  kube::ObjectKey key{"demo", "hippo"};
  facts.services[key] = object(
      R"({"spec":{"clusterIP":"127.80.9.5","ports":[{"name":"pg","port":5432},{"name":"x","port":9},
          {"name":"u","port":53,"protocol":"UDP"}]}})");
  facts.endpoints[key] = object(
      R"({"subsets":[{"addresses":[{"ip":"127.80.9.2"}],"notReadyAddresses":[{"ip":"127.80.9.3"}],
          "ports":[{"name":"pg","port":5433}]}]})");
  facts.services[{"default", "kubernetes"}] =
      object(R"({"spec":{"clusterIP":"127.80.0.1","ports":[{"port":443}]}})");
  Routes expected;
  expected[{"127.80.9.5", 5432}] = {{"127.80.9.2", 5433}};
  expected[{"127.80.9.5", 9}] = {};
  CHECK(facts.routes() == expected);
  CHECK(facts.address_of(key) == "127.80.9.5");
  facts.services[key] = object(R"({"spec":{"clusterIP":"None","ports":[{"port":1}]}})");
  CHECK(facts.address_of(key) == "127.80.9.2");
}
