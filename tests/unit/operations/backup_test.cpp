#include "pgo/operations/backup.h"

#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"
#include "pgo/operations/pgdump.h"
#include "request_world.h"

#include <doctest/doctest.h>

using namespace pgo;
namespace types = kube::types;
namespace rest = model::rest;

namespace {

constexpr const char* kNs = "pgouser1";

rest::CreateBackrestBackupRequest request_of(std::string options, std::string storage = {}) {
  rest::CreateBackrestBackupRequest request;
  request.ns = kNs;
  request.args = {"hippo"};
  request.backup_opts = std::move(options);
  request.backrest_storage_type = std::move(storage);
  return request;
}

struct World : test::RequestWorld {
  World() {
    create("hippo");
    put_ready_pods(kNs, "hippo");
  }
  Result<rest::CreateBackrestBackupResponse> backup(std::string options = {}) {
    return operations::create_backups(context(), admin(), request_of(std::move(options)));
  }
  model::PgTask task(std::string_view name = "backrest-backup-hippo") {
    return *model::PgTask::from(get(types::kPgTask, kNs, name));
  }
};

rest::CreatepgDumpBackupRequest dump_request(std::string options = {}) {
  rest::CreatepgDumpBackupRequest request;
  request.ns = kNs;
  request.args = {"hippo"};
  request.backup_opts = std::move(options);
  return request;
}

constexpr const char* kInfo = R"([{"name":"db","status":{"code":0,"message":"ok"},
  "archive":[{"id":"15-1","min":"000000010000000000000001","max":"000000010000000000000009"}],
  "backup":[{"label":"20260101-000000F","type":"full","error":false,"prior":null,
    "timestamp":{"start":1767225600,"stop":1767225610},
    "archive":{"start":"000000010000000000000002","stop":"000000010000000000000003"},
    "info":{"size":100,"delta":90,"repository":{"size":10,"delta":9}}}]}])";

}  // namespace

TEST_CASE("backup: the options are stored as they will be used") {
  World world;
  REQUIRE(world.backup("--type full --exclude='a b'"));
  const model::PgTask task = world.task();
  CHECK(task.parameter("backrest-opts") == "--type=full --exclude='a b'");
  CHECK(task.parameter("podname") == "hippo-repo");
  CHECK(task.metadata.label("pgouser") == "pgoadmin");
}

TEST_CASE("backup: whatever is refused writes nothing") {
  World world;
  const std::size_t before = world.written();
  const auto refused = [&](const rest::CreateBackrestBackupRequest& request) {
    const auto answer = operations::create_backups(world.context(), world.admin(), request);
    CHECK_FALSE(answer.has_value());
    CHECK(world.written() == before);
  };
  refused(request_of("--stanza=x"));
  refused(request_of("", "s3"));
  auto two = request_of("");
  two.args = {"hippo", "nosuch"};  // the first one is not begun either
  refused(two);
  two.args.clear();
  refused(two);
}

TEST_CASE("backup: neither a primary that is not ready nor a repository without pod starts one") {
  test::RequestWorld world;
  world.create("hippo");
  const auto ask = [&] {
    return operations::create_backups(world.context(), world.admin(), request_of(""));
  };
  CHECK(ask().error().code == Code::failed_precondition);
  world.put_pod(kNs, "hippo-repo", "hippo", "pgo-backrest-repo", "true");
  world.put_pod(kNs, "hippo-pod", "hippo", "role", "master", false);
  CHECK(ask().error().code == Code::failed_precondition);
  CHECK(world.get(types::kPgTask, kNs, "backrest-backup-hippo").name().empty());
}

TEST_CASE("K6, O6: a new request replaces the older task, and none to replace is fine") {
  World world;
  REQUIRE(world.backup("--type=full"));
  const std::string first = world.task().metadata.uid;
  REQUIRE(world.backup("--type=incr"));
  CHECK(world.task().metadata.uid != first);
  CHECK(world.task().parameter("backrest-opts") == "--type=incr");
  CHECK(world.task().parameter("pgha-backup-type").empty());
}

TEST_CASE("backup: one that runs is not cut off, one that fails may be replaced") {
  World world;
  REQUIRE(world.backup("--type=full"));
  kube::Object job(types::kJob, kNs, "backrest-backup-hippo");
  job.set_annotation("pgo-task-uid", world.task().metadata.uid);
  job.document().set("spec", *json::parse(R"({"template":{"spec":{"restartPolicy":"Never",
      "containers":[{"name":"c","image":"i"}]}}})"));
  kube::Object running = world.put(types::kJob, job);
  // A pod that waits for a node or an image has not begun.
  CHECK(world.backup("--type=full"));
  running.set_annotation("pgo-task-uid", world.task().metadata.uid);
  running = *world.client().update(types::kJob, running);
  world.put_pod(kNs, "backrest-backup-hippo-abcde", "hippo", "job-name", "backrest-backup-hippo");
  const std::size_t before = world.written();
  const auto refused = world.backup("--type=diff");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::failed_precondition);
  CHECK(refused.error().message.find("--type=full") != std::string::npos);
  CHECK(world.written() == before);

  running.document().set("status", *json::parse(R"({"failed":1,"active":1})"));
  REQUIRE(world.client().update_status(types::kJob, running));
  CHECK(world.backup("--type=diff"));
  // The plan removes the older request's Job before it makes the new one's.
  CHECK(world.backup("--type=incr"));
}

TEST_CASE("backup: one that replaces what a promotion owes takes the debt over") {
  World world;
  model::BackrestWork work{.cluster = "hippo", .command = "backup", .backup_type = "failover"};
  model::PgTask owed = model::backrest_task(kNs, "backrest-backup-hippo", work);
  owed.metadata.annotations["pgo-failover-backup"] = "promoted-pod";
  world.put(types::kPgTask, owed.object());
  REQUIRE(world.backup());
  CHECK(world.task().parameter("pgha-backup-type") == "failover");
  CHECK(world.task().metadata.annotations.at("pgo-failover-backup") == "promoted-pod");
}

TEST_CASE("backup: a selector that fits nothing says so and is no error") {
  World world;
  auto request = request_of("");
  request.selector = "name=other";
  const auto answer = operations::create_backups(world.context(), world.admin(), request);
  REQUIRE(answer.has_value());
  CHECK(answer->results.size() == 1);
  CHECK(world.get(types::kPgTask, kNs, "backrest-backup-hippo").name().empty());
}

TEST_CASE("show backup: pgbackrest's JSON becomes fields") {
  World world;
  world.on_exec = [](const kube::ExecRequest& request) {
    CHECK(request.pod == "hippo-repo");
    CHECK(request.command.back() == "--output=json");
    return kube::ExecResult{.exit_code = 0, .out = kInfo, .err = {}};
  };
  const auto answer = operations::show_backups(
      world.context(), {.ns = kNs, .selector = {}, .cluster = "hippo", .structured = true});
  REQUIRE(answer.has_value());
  const auto& repository = answer->items.at(0).repositories.at(0);
  CHECK(repository.storage_type == "local");
  CHECK(repository.wal_max == "000000010000000000000009");
  const auto& backup = repository.backups.at(0);
  CHECK(backup.label == "20260101-000000F");
  CHECK(backup.stop == "2026-01-01T00:00:10Z");
  CHECK(backup.repository_backup_size == 9);
}

TEST_CASE("show backup: a repository that cannot be asked says why, and is no error") {
  World world;
  world.on_exec = [](const kube::ExecRequest&) {
    return kube::ExecResult{.exit_code = 39, .out = {}, .err = "unable to reach the repository"};
  };
  for (const bool structured : {false, true}) {
    const auto answer = operations::show_backups(
        world.context(), {.ns = kNs, .selector = {}, .cluster = "hippo", .structured = structured});
    REQUIRE(answer.has_value());
    const auto& item = answer->items.at(0);
    const std::string& text = structured ? item.repositories.at(0).status : item.info;
    CHECK(text.find("unable to reach") != std::string::npos);
  }
}

TEST_CASE("pgdump: --dump-all chooses pg_dumpall and is no option of it") {
  World world;
  REQUIRE(operations::create_dumps(world.context(), world.admin(),
                                   dump_request("--dump-all --clean --if-exists")));
  const model::PgTask task = world.task("backup-hippo-pgdump");
  CHECK(task.parameter("pgdump-all") == "true");
  CHECK(task.parameter("pgdump-opts") == "--clean --if-exists");
  const auto shown = operations::show_dumps(world.context(), kNs, "", "hippo");
  REQUIRE(shown.has_value());
  CHECK(shown->backup_list.items.at(0).spec.options == "--dump-all --clean --if-exists");
}

TEST_CASE("pgdump: whatever is refused writes nothing") {
  World world;
  const std::size_t before = world.written();
  auto bad_volume = dump_request();
  bad_volume.pvc_name = "Not_A_Name";
  auto bad_storage = dump_request();
  bad_storage.storage_config = "nosuch";
  world.put_owned(types::kPersistentVolumeClaim, kNs, "dumps", "rhino");
  auto anothers_volume = dump_request();
  anothers_volume.pvc_name = "dumps";
  for (const auto& request :
       {dump_request("--globals-only"), bad_volume, bad_storage, anothers_volume}) {
    CHECK_FALSE(operations::create_dumps(world.context(), world.admin(), request).has_value());
  }
  rest::PgRestoreRequest load;
  load.ns = kNs;
  load.from_cluster = "hippo";
  load.from_pvc = "nosuch";
  CHECK_FALSE(operations::restore_dump(world.context(), world.admin(), load).has_value());
  load.from_pvc = "";
  CHECK_FALSE(operations::restore_dump(world.context(), world.admin(), load).has_value());
  load.pitr_target = "../../etc";
  CHECK_FALSE(operations::restore_dump(world.context(), world.admin(), load).has_value());
  CHECK(world.written() == before);
}

TEST_CASE("pgdump: what no dump can have is refused") {
  World world;
  for (const char* options : {"-j 3", "--jobs=2", "--format=c --jobs=2"}) {
    const auto refused =
        operations::create_dumps(world.context(), world.admin(), dump_request(options));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("--jobs") != std::string::npos);
  }
}

TEST_CASE("pgdump: nothing is loaded from a volume that holds no complete dump") {
  World world;
  REQUIRE(operations::create_dumps(world.context(), world.admin(), dump_request()));
  world.clock().advance(std::chrono::seconds(2));
  world.put_claim(kNs, "backup-hippo-pgdump-pvc");
  rest::PgRestoreRequest load;
  load.ns = kNs;
  load.from_cluster = "hippo";
  load.from_pvc = "backup-hippo-pgdump-pvc";
  const auto code_when = [&](const char* status, const char* target) {
    const std::string patch = std::string(R"({"spec":{"status":")") + status + "\"}}";
    REQUIRE(world.client().patch(kube::types::kPgTask, kNs, "backup-hippo-pgdump",
                                 kube::PatchType::merge, *json::parse(patch)));
    load.pitr_target = target;
    const std::size_t before = world.written();
    const auto answer = operations::restore_dump(world.context(), world.admin(), load);
    if (answer) return Code::cancelled;
    CHECK(world.written() == before);
    return answer.error().code;
  };
  CHECK(code_when("", "") == Code::failed_precondition);
  CHECK(code_when("job submitted [x]", "2026-01-31-23-59-59") == Code::failed_precondition);
  CHECK(code_when("job error [x]", "") == Code::failed_precondition);
  CHECK(code_when("job completed [x]", "") == Code::cancelled);
  // A volume that is older than its task may hold dumps of former ones.
  world.clock().advance(std::chrono::seconds(2));
  REQUIRE(operations::create_dumps(world.context(), world.admin(), dump_request()));
  CHECK(code_when("job submitted [x]", "") == Code::failed_precondition);
  CHECK(code_when("job submitted [x]", "2026-01-31-23-59-59") == Code::cancelled);
  CHECK(code_when("job error [x]", "") == Code::cancelled);
}

TEST_CASE("O8: delete backup asks for the removal of the dumps, and says when there are none") {
  World world;
  const auto none = operations::delete_backup(world.context(), kNs, "hippo");
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().code == Code::not_found);
  REQUIRE(operations::create_dumps(world.context(), world.admin(), dump_request()));
  REQUIRE(operations::delete_backup(world.context(), kNs, "hippo"));
  const auto removal = model::removal_of(world.task("hippo-rmdata-backup"));
  CHECK(removal.is_backup);
  CHECK(removal.cluster == "hippo");
  // Nothing new is begun while the old goes.
  CHECK_FALSE(operations::create_dumps(world.context(), world.admin(), dump_request()).has_value());
}
