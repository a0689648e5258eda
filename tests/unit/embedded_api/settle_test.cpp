// How writes of the embedded API's store become durable, and what becomes of those that cannot.
#include "embedded/api/store.h"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <initializer_list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pgo::embedded::api {
namespace {

/// What a scripted journal was asked to keep.
struct Kept {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::vector<std::string>> transactions;
  bool refuses = false;

  std::size_t count() {
    const std::lock_guard lock(mutex);
    return transactions.size();
  }
  void wait_for_transaction() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return !transactions.empty(); });
  }
  void refuse(bool now) {
    const std::lock_guard lock(mutex);
    refuses = now;
  }
};

class ScriptedJournal final : public Journal {
 public:
  explicit ScriptedJournal(Kept& kept) : kept_(kept) {}
  Result<std::uint64_t> load(const Visit&) override { return 0; }
  Result<void> write(std::span<const Entry> entries) override {
    const std::lock_guard lock(kept_.mutex);
    if (kept_.refuses) return fail(Code::resource_exhausted, "the disk is full");
    std::vector<std::string> names;
    for (const Entry& entry : entries) {
      names.push_back((entry.text != nullptr ? "+" : "-") + std::string(entry.name));
    }
    kept_.transactions.push_back(std::move(names));
    kept_.changed.notify_all();
    return {};
  }
  bool keeps() const override { return true; }
  std::string setting(const std::string&) override { return {}; }
  Result<void> set_setting(const std::string&, const std::string&) override { return {}; }

 private:
  Kept& kept_;
};

/// A store of one table over a scripted journal, and short ways to use it.
struct Rig {
  std::uint64_t put(const std::string& name, int value) {
    json::Value document = json::Value::object(
        {{"metadata", json::Value::object({{"name", name}})}, {"value", value}});
    const auto record = store.write(type, {"", name}, [&](const Record*) -> Result<Change> {
      return Change::put(std::move(document));
    });
    REQUIRE(record.has_value());
    return (*record)->version();
  }
  /// Each with the value 1.
  void put_durably(std::initializer_list<const char*> names) {
    for (const char* name : names) put(name, 1);
    REQUIRE(store.settle(0));
  }
  void remove(const std::string& name) {
    REQUIRE(store.write(type, {"", name}, [](const Record* current) -> Result<Change> {
      return Change::remove(current->document()->document());
    }));
  }
  /// The value of an object as it is seen at once, 0 when there is none.
  int value(const std::string& name) const {
    const RecordPtr record = store.get(type.table, {"", name});
    return record ? static_cast<int>((*record->document())["value"].as_int()) : 0;
  }
  std::shared_ptr<Watch> watch(Sight sight, std::optional<std::uint64_t> since = {}) {
    return store.watch(type.table, {}, since, {}, sight).value();
  }
  static std::vector<std::string> taken(Watch& watch) {
    std::vector<Notice> notices;
    watch.take(notices);
    std::vector<std::string> result;
    for (const Notice& notice : notices) {
      result.push_back(std::string(to_string(notice.type)) + " " +
                       std::string(notice.record->name()) + "=" +
                       std::to_string((*notice.record->document())["value"].as_int()));
    }
    return result;
  }

  Resource type = [] {
    Resource made;
    made.table = "/things";
    return made;
  }();
  Kept kept;
  Store store{{}, std::make_unique<ScriptedJournal>(kept)};
};

using Texts = std::vector<std::string>;

TEST_SUITE("embedded.api.settle") {
  TEST_CASE("settle: what was written meanwhile becomes durable in one transaction, in order") {
    Rig rig;
    rig.put("a", 1);
    rig.put("b", 1);
    rig.remove("a");
    CHECK(rig.kept.count() == 0);
    CHECK(rig.store.version(Sight::durable) < rig.store.version(Sight::early));
    REQUIRE(rig.store.settle(0));
    CHECK(rig.kept.transactions == std::vector<Texts>{{"+a", "+b", "-a"}});
    CHECK(rig.store.version(Sight::durable) == rig.store.version(Sight::early));
    REQUIRE(rig.store.settle(0));
    CHECK(rig.kept.count() == 1);
  }

  TEST_CASE("watch: told when the write is durable, or at once who asked for that") {
    Rig rig;
    const auto early = rig.watch(Sight::early);
    const auto durable = rig.watch(Sight::durable);
    rig.put("a", 1);
    CHECK(Rig::taken(*early) == Texts{"ADDED a=1"});
    CHECK(Rig::taken(*durable).empty());
    // A watch that starts with the present state must not tell of it any sooner.
    const auto late = rig.watch(Sight::durable);
    CHECK(Rig::taken(*late).empty());
    REQUIRE(rig.store.settle(0));
    CHECK(Rig::taken(*durable) == Texts{"ADDED a=1"});
    CHECK(Rig::taken(*late) == Texts{"ADDED a=1"});
  }

  TEST_CASE("watch: woken once for what it may take, not before") {
    Rig rig;
    std::atomic<int> woken = 0;
    const auto watch =
        rig.store.watch(
                     rig.type.table, {}, std::nullopt, [&woken] { ++woken; }, Sight::durable)
            .value();
    rig.put("a", 1);
    rig.put("b", 1);
    CHECK(woken == 0);
    REQUIRE(rig.store.settle(0));
    CHECK(woken == 1);
    rig.put("c", 1);
    REQUIRE(rig.store.settle(0));
    CHECK(woken == 1);  // it has not taken yet, and will find everything
    CHECK(Rig::taken(*watch).size() == 3);
    rig.put("d", 1);
    REQUIRE(rig.store.settle(0));
    CHECK(woken == 2);
  }

  TEST_CASE("refused: everything that is not durable is as it was, at new versions") {
    Rig rig;
    rig.put_durably({"changed", "removed"});
    const std::uint64_t before = rig.store.version(Sight::durable);
    rig.kept.refuse(true);
    rig.put("changed", 2);
    rig.put("changed", 3);
    rig.remove("removed");
    rig.put("made", 1);
    rig.put("passing", 1);
    rig.remove("passing");
    const auto settled = rig.store.settle(0);
    REQUIRE_FALSE(settled);
    CHECK(settled.error().http_status == 500);
    CHECK(settled.error().message == "the disk is full");
    CHECK(rig.value("changed") == 1);
    CHECK(rig.value("removed") == 1);
    CHECK(rig.value("made") == 0);
    CHECK(rig.value("passing") == 0);
    const RecordPtr changed = rig.store.get(rig.type.table, {"", "changed"});
    CHECK(changed->version() > before);
    CHECK(changed->document()->resource_version() == std::to_string(changed->version()));
    CHECK(rig.kept.count() == 1);
  }

  TEST_CASE("refused: who waited, and who read in the meantime, is told; who comes later is not") {
    Rig rig;
    rig.kept.refuse(true);
    const std::uint64_t mark = rig.store.reverts();
    rig.put("a", 1);
    CHECK_FALSE(rig.store.settle(mark));
    CHECK_FALSE(rig.store.settle(mark));
    CHECK(rig.store.settle(rig.store.reverts()));
    rig.kept.refuse(false);
    const std::uint64_t again = rig.store.reverts();
    rig.put("a", 2);
    REQUIRE(rig.store.settle(again));
    CHECK(rig.value("a") == 2);
    CHECK(rig.kept.transactions == std::vector<Texts>{{"+a"}});
  }

  TEST_CASE("refused: a durable watch hears nothing of it but the new versions") {
    Rig rig;
    rig.put_durably({"changed", "removed"});
    const std::uint64_t since = rig.store.version(Sight::durable);
    const auto durable = rig.watch(Sight::durable, since);
    const auto early = rig.watch(Sight::early, since);
    rig.kept.refuse(true);
    rig.put("changed", 2);
    rig.remove("removed");
    rig.put("made", 1);
    CHECK(Rig::taken(*early) == Texts{"MODIFIED changed=2", "DELETED removed=1", "ADDED made=1"});
    REQUIRE_FALSE(rig.store.settle(0));
    CHECK(Rig::taken(*durable) == Texts{"MODIFIED changed=1", "MODIFIED removed=1"});
    CHECK(Rig::taken(*early) == Texts{"MODIFIED changed=1", "DELETED made=1", "ADDED removed=1"});
    // Who comes later is also told of the end of what it never knew, which is nothing to it.
    const auto later = rig.watch(Sight::durable, since);
    CHECK(Rig::taken(*later) == Texts{"MODIFIED changed=1", "DELETED made=1", "ADDED removed=1"});
  }

  TEST_CASE("settle soon: another thread does it") {
    Rig rig;
    rig.put("a", 1);
    REQUIRE(rig.store.settle_soon(0));
    rig.kept.wait_for_transaction();
    CHECK(rig.kept.transactions == std::vector<Texts>{{"+a"}});
  }

  TEST_CASE("settle soon: after a refusal the one who writes waits for the journal") {
    Rig rig;
    rig.kept.refuse(true);
    rig.put("a", 1);
    REQUIRE_FALSE(rig.store.settle(0));
    const std::uint64_t mark = rig.store.reverts();
    rig.put("a", 2);
    CHECK_FALSE(rig.store.settle_soon(mark));
    CHECK(rig.value("a") == 0);
  }

  TEST_CASE("end: what waits becomes durable") {
    Kept kept;
    {
      Rig rig;
      Store store({}, std::make_unique<ScriptedJournal>(kept));
      REQUIRE(store.write(rig.type, {"", "a"}, [](const Record*) -> Result<Change> {
        return Change::put(
            json::Value::object({{"metadata", json::Value::object({{"name", "a"}})}}));
      }));
    }
    CHECK(kept.transactions == std::vector<Texts>{{"+a"}});
  }

  TEST_CASE("threads: nobody goes on before his own write is durable") {
    Rig rig;
    constexpr int kThreads = 4, kWrites = 50;
    std::atomic<int> early = 0;
    {
      std::vector<std::jthread> threads;
      for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&rig, &early, thread] {
          for (int write = 1; write <= kWrites; ++write) {
            const std::uint64_t version = rig.put("thread" + std::to_string(thread), write);
            const bool settled = rig.store.settle(0).has_value();
            if (!settled || rig.store.version(Sight::durable) < version) ++early;
          }
        });
      }
    }
    CHECK(early == 0);
    std::size_t entries = 0;
    for (const Texts& transaction : rig.kept.transactions) entries += transaction.size();
    CHECK(entries == kThreads * kWrites);
  }

  TEST_CASE("watch: from a version that was never reached has expired") {
    Rig rig;
    const auto watch =
        rig.store.watch(rig.type.table, {}, rig.store.version(Sight::early) + 1, {}, Sight::early);
    REQUIRE_FALSE(watch);
    CHECK(watch.error().code == Code::expired);
  }
}

}  // namespace
}  // namespace pgo::embedded::api
