#include "pgo/base/text.h"
#include "pgo/model/names.h"
#include "server_replay.h"

#include <doctest/doctest.h>

using namespace pgo;
using namespace pgo::test;
namespace types = kube::types;

namespace {

/// A cluster as the recordings of backups found it, its pods ready.
void put_backed_up_cluster(Replay& replay, const std::string& ns, const std::string& name,
                           std::string_view storage_type = {}) {
  auto request = replay.world.create_request(name);
  request.ns = ns;
  REQUIRE(operations::create_cluster(replay.world.context(), replay.world.admin(), request));
  if (!storage_type.empty()) {
    kube::Object cluster = replay.world.get(types::kPgCluster, ns, name);
    cluster.document()
        .at_or_add("spec")
        .at_or_add("userlabels")
        .set(model::label::kBackrestStorageType, storage_type);
    REQUIRE(replay.world.client().update(types::kPgCluster, cluster).has_value());
  }
  replay.world.put_ready_pods(ns, name);
}

std::string namespace_in(const json::Value& exchange) {
  for (const char* ns : {"pgouser1", "pgouser2"}) {
    if (json::write(exchange).find(ns) != std::string::npos) return ns;
  }
  return "pgouser3";
}

}  // namespace

TEST_CASE("contract: backup writes the task of 4.2.0, and nothing when it is refused") {
  for (const RecordedCase& recorded : test::recorded_cases("backup-")) {
    CAPTURE(recorded.name);
    for (const json::Value& exchange : recorded.exchanges()) {
      Replay replay;
      const std::string name(exchange["body"]["Args"][0].as_string());
      if (name != "nosuch") {
        put_backed_up_cluster(replay, namespace_in(exchange), name,
                              name.starts_with("s3") ? "local,s3" : "");
      }
      const std::size_t before = replay.world.written();
      check_answer(exchange, replay.ask(exchange));
      if (code_of(exchange["answer"]) != "ok") {
        CHECK(replay.world.written() == before);
        continue;
      }
      // Which pod holds the repository is chance; labels of pgdump tasks are ours.
      const json::Value& write = recorded.writes().front();
      const kube::Object task = replay.world.get(types::kPgTask, write["namespace"].as_string(),
                                                 std::string(write["name"].as_string()));
      CHECK(test::difference(write["object"], task.document(),
                             {"uid", "resourceVersion", "generation", "creationTimestamp",
                              "managedFields", "namespace", "podname", "labels"}) == "");
      if (recorded.name != "backup-pgdump") {
        CHECK(task["metadata"]["labels"] == write["object"]["metadata"]["labels"]);
      }
    }
  }
}

TEST_CASE("contract: show backup asks pgbackrest as 4.2.0 did and answers alike") {
  for (const char* name : {"show-backup", "show-backup-s3-and-local"}) {
    const RecordedCase recorded = test::recorded_case(name);
    CAPTURE(recorded.name);
    for (const json::Value& exchange : recorded.exchanges()) {
      Replay replay;
      const bool both = recorded.name == "show-backup-s3-and-local";
      put_backed_up_cluster(replay, namespace_in(exchange), both ? "s3both" : "hippo",
                            both ? "local,s3" : "");
      // The report as the stand-in for pgbackrest gave it in the recording, the first of them.
      std::string report(exchange["answer"]["Items"][0]["Info"].as_string());
      report = report.substr(report.find("stanza:"));
      report.resize(std::min(report.find("\nStorage Type:"), report.size()));
      std::vector<std::string> asked;
      replay.world.on_exec = [&](const kube::ExecRequest& request) {
        asked.push_back(request.container + ": " + text::join(request.command, " "));
        return kube::ExecResult{.exit_code = 0, .out = report, .err = {}};
      };
      check_answer(exchange, replay.ask(exchange));
      CHECK(asked.front() == "database: pgbackrest info");
      if (both) CHECK(asked.back() == "database: pgbackrest info --repo-type=s3");
    }
  }
}

TEST_CASE("contract: a dump is shown and loaded as with 4.2.0") {
  const RecordedCase taken = test::recorded_case("backup-pgdump");
  for (const char* name : {"show-backup-pgdump", "restore-pgdump", "restore-pgdump-no-pvc"}) {
    const RecordedCase recorded = test::recorded_case(name);
    CAPTURE(recorded.name);
    for (const json::Value& exchange : recorded.exchanges()) {
      Replay replay;
      put_backed_up_cluster(replay, "pgouser1", "rhino");
      kube::Object task(types::kPgTask, "pgouser1", "backup-rhino-pgdump");
      json::Value spec = taken.writes().front()["object"]["spec"];
      spec.set("status", "job completed [backup-rhino-pgdump-hlja]");
      task.document().set("spec", std::move(spec));
      replay.world.put(types::kPgTask, task);
      kube::Object claim(types::kPersistentVolumeClaim, "pgouser1", "backup-rhino-pgdump-pvc");
      claim.document().set("spec", *json::parse(R"({"accessModes":["ReadWriteOnce"],
          "resources":{"requests":{"storage":"300M"}}})"));
      replay.world.put(types::kPersistentVolumeClaim, claim);
      check_answer(exchange, replay.ask(exchange), {"creationTimestamp", "Msg"});
      for (const json::Value& write : recorded.writes()) {
        const kube::Object made =
            replay.world.get(types::kPgTask, "pgouser1", std::string(write["name"].as_string()));
        CHECK(test::difference(write["object"]["spec"], made["spec"], {"namespace"}) == "");
      }
    }
  }
}
